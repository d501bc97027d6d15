//! Reads the items of data frames, one service at a time.

use std::fmt;

use alpha_kite_core::{Bar, Ticker};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::counters::Counters;
use super::field::{Reader, string, whole};
use super::item::{ChartItem, EquityItem, SecurityStatus};

const MILLIS_PER_MINUTE: i64 = 60_000;

/// Reads one item of LEVELONE_EQUITIES. `None` if it names no ticker, or nothing that is of use.
pub(super) fn equity_item(raw: &RawValue, counters: &Counters) -> Option<EquityItem> {
    let fields = Fields::read(raw)?;
    let ticker = fields.ticker()?;
    let reader = Reader { counters };
    let bad_before = counters.bad_fields.get();
    let last = reader.price(fields.numbered[3]);
    let total_volume = reader.volume(fields.numbered[8]);
    let is_damaged = counters.bad_fields.get() > bad_before;
    Some(EquityItem {
        ticker,
        is_image: fields.is_image,
        is_damaged,
        bid: reader.price(fields.numbered[1]),
        ask: reader.price(fields.numbered[2]),
        last,
        total_volume,
        last_size: reader.volume(fields.numbered[9]),
        status: fields.numbered[32].and_then(string).map(|word| status(&word)),
        quote_time: reader.moment(fields.numbered[34]),
        trade_time: reader.moment(fields.numbered[35]),
    })
}

/// Reads one item of CHART_EQUITY. `None` unless every field of the bar is there and can be: a service that numbered the
/// fields in another way would be found out here.
pub(super) fn chart_item(raw: &RawValue, counters: &Counters) -> Option<ChartItem> {
    let fields = Fields::read(raw)?;
    let reader = Reader { counters };
    let bar = Bar {
        start: reader.moment(fields.numbered[7])?,
        open: reader.price(fields.numbered[2])?,
        high: reader.price(fields.numbered[3])?,
        low: reader.price(fields.numbered[4])?,
        close: reader.price(fields.numbered[5])?,
        volume: reader.volume(fields.numbered[6])?,
    };
    if bar.start.as_millis() % MILLIS_PER_MINUTE != 0 || !bar.is_consistent() {
        return None;
    }
    Some(ChartItem {
        ticker: fields.ticker()?,
        bar,
        seq: fields.seq.and_then(|raw| whole(raw.get())).unwrap_or(0),
        minute: fields.numbered[1].and_then(|raw| whole(raw.get())?.try_into().ok()).unwrap_or(0),
    })
}

fn status(word: &str) -> SecurityStatus {
    match word {
        "Normal" => SecurityStatus::Normal,
        "Halted" => SecurityStatus::Halted,
        "Closed" => SecurityStatus::Closed,
        _ => SecurityStatus::Unknown,
    }
}

/// Fields up to this number are kept.
const KEPT: usize = 36;

/// The fields of an item as they stand in the frame. Of a name that comes twice the last one counts.
struct Fields<'a> {
    key: Option<&'a RawValue>,
    seq: Option<&'a RawValue>,
    is_image: bool,
    numbered: [Option<&'a RawValue>; KEPT],
}

impl<'a> Fields<'a> {
    fn read(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    fn ticker(&self) -> Option<Ticker> {
        Ticker::parse(&string(self.key?)?).ok()
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an item")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields { key: None, seq: None, is_image: false, numbered: [None; KEPT] };
                while let Some(name) = map.next_key()? {
                    match name {
                        Name::Key => fields.key = Some(map.next_value()?),
                        Name::Seq => fields.seq = Some(map.next_value()?),
                        Name::Number(number) => match fields.numbered.get_mut(usize::from(number)) {
                            Some(field) => *field = Some(map.next_value()?),
                            None => drop(map.next_value::<IgnoredAny>()?),
                        },
                        Name::Descriptor => {
                            fields.is_image = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                        Name::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// The name of a field.
enum Name {
    Key,
    Seq,
    Number(u8),
    /// One that only a full image has.
    Descriptor,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "key" => Name::Key,
                    "seq" => Name::Seq,
                    "delayed" | "assetMainType" => Name::Descriptor,
                    _ => name.parse().map_or(Name::Other, Name::Number),
                })
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equity(text: &str) -> (Option<EquityItem>, u64) {
        let counters = Counters::default();
        (equity_item(&RawValue::from_string(text.to_owned()).unwrap(), &counters), counters.bad_fields.get())
    }

    #[test]
    fn an_item_keeps_what_can_be_read() {
        let (item, bad) = equity(
            r#"{"key":"QQQ","1":"NaN","2":-999,"3":600.1100,"8":26.0,"9":null,"32":"Halted","35":1715990395834,"47":{"a":[1]}}"#,
        );
        let item = item.unwrap();
        assert_eq!((item.ticker.as_str(), item.is_image, item.is_damaged), ("QQQ", false, false));
        assert_eq!(item.last.unwrap().to_string(), "600.11");
        assert_eq!(item.total_volume.unwrap().get(), 26);
        assert_eq!((item.bid, item.ask, item.last_size, item.quote_time), (None, None, None, None));
        assert_eq!(item.status, Some(SecurityStatus::Halted));
        assert_eq!((item.trade_time.unwrap().as_millis(), bad), (1_715_990_395_834, 3));
    }

    #[test]
    fn what_is_wrong_with_a_trade_is_told() {
        for (text, is_damaged) in [
            (r#"{"key":"QQQ","3":0,"35":0}"#, false),
            (r#"{"key":"QQQ","3":"NaN"}"#, true),
            (r#"{"key":"QQQ","3":600,"8":"NaN"}"#, true),
            (r#"{"key":"QQQ","3":600,"8":-999}"#, true),
            // The frame has a time too.
            (r#"{"key":"QQQ","8":7,"35":-999}"#, false),
        ] {
            assert_eq!(equity(text).0.unwrap().is_damaged, is_damaged, "{text}");
        }
    }

    #[test]
    fn names_may_be_escaped_and_come_twice() {
        let (item, _) = equity(r#"{"\u006bey":"BRK\/B","3":1,"\u0033":2,"300":1,"-1":1,"":0}"#);
        let item = item.unwrap();
        assert_eq!((item.ticker.as_str(), item.last.unwrap().to_string().as_str()), ("BRK/B", "2"));
    }

    #[test]
    fn an_item_without_a_ticker_is_none() {
        for text in ["{}", r#"{"3":1}"#, r#"{"key":1,"3":1}"#, r#"{"key":"a|b"}"#, r#"{"key":""}"#, "[]", "3", "null"] {
            assert_eq!(equity(text).0, None, "{text}");
        }
    }

    #[test]
    fn a_bar_is_whole_or_none() {
        let item = |text: &str| chart_item(&RawValue::from_string(text.to_owned()).unwrap(), &Counters::default());
        let text = r#"{"seq":2925,"key":"QQQ","1":0,"2":600.03,"3":600.04,"4":599.66,"5":599.78,"6":26.0,"7":1791198000000,"8":20731}"#;
        let chart = item(text).unwrap();
        assert_eq!((chart.seq, chart.minute, chart.bar.volume.get()), (2925, 0, 26));
        assert_eq!(chart.bar.start.as_millis(), 1_791_198_000_000);
        assert_eq!([chart.bar.open, chart.bar.high, chart.bar.low, chart.bar.close].map(|p| p.to_string()), {
            ["600.03", "600.04", "599.66", "599.78"]
        });
        for (from, to) in [
            ("1791198000000", "1791198000001"),
            ("\"3\":600.04", "\"3\":600.02"),
            ("\"6\":26.0", "\"6\":\"NaN\""),
            ("\"2\":600.03", "\"2\":0"),
            ("QQQ", "qqq"),
        ] {
            assert_eq!(item(&text.replace(from, to)), None, "{to}");
        }
        // The numbering of Schwab's guide: open, high, low, close, volume.
        let guide = r#"{"key":"QQQ","1":600.03,"2":600.04,"3":599.66,"4":599.78,"5":4779,"6":12,"7":1791198000000}"#;
        assert_eq!(item(guide), None);
    }
}
