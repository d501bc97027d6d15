//! Faults as words of a command line: `mute,at=2026-10-05T14:00:00Z,for=30`.

use serde_json::{Map, Value};

use super::Fault;
use crate::error::{Error, Result};
use crate::moment::parse_moment;

impl Fault {
    /// Reads `KIND[,at=MOMENT][,for=MARKET_SECONDS][,next=COUNT][,path=START][,seconds=SECONDS]`, or
    /// `seeded,seed=N,from=MOMENT,to=MOMENT,count=N`, which stands for many faults.
    ///
    /// Kinds and meanings are those of the JSON form.
    ///
    /// # Errors
    /// [`Error::Fault`] for any other text.
    ///
    /// # Examples
    /// ```
    /// use alpha_kite_simulator::{Fault, FaultKind};
    /// assert_eq!(Fault::parse("mute,for=30")?, [Fault::new(FaultKind::Mute).lasting(30)]);
    /// # Ok::<(), alpha_kite_simulator::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Vec<Self>> {
        let error = |reason: String| Error::Fault { text: text.to_owned(), reason };
        let mut words = text.split(',');
        let kind = words.next().unwrap_or_default();
        let mut values = Map::new();
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(|| error(format!("{word:?} is not NAME=VALUE")))?;
            let number = value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from);
            let name = if name == "for" { "for_s" } else { name };
            if values.insert(name.to_owned(), number).is_some() {
                return Err(error(format!("{name} is given twice")));
            }
        }
        if kind == "seeded" {
            return from_seed(&values).map_err(error);
        }
        values.insert("fault".to_owned(), kind.into());
        serde_json::from_value(Value::Object(values))
            .map(|fault| vec![fault])
            .map_err(|reason| error(reason.to_string()))
    }
}

fn from_seed(values: &Map<String, Value>) -> Result<Vec<Fault>, String> {
    if let Some(name) = values.keys().find(|name| !["seed", "from", "to", "count"].contains(&name.as_str())) {
        return Err(format!("unknown name {name}"));
    }
    let value = |name: &str| values.get(name).ok_or_else(|| format!("{name} is missing"));
    let number = |name: &str| value(name)?.as_u64().ok_or_else(|| format!("{name} is not a number"));
    let moment = |name: &str| {
        let text = value(name)?.as_str().ok_or_else(|| format!("{name} is no moment"))?;
        parse_moment(text).map_err(|error| error.to_string())
    };
    let count = u32::try_from(number("count")?).map_err(|_| "count is too large".to_owned())?;
    Ok(Fault::seeded(number("seed")?, moment("from")?, moment("to")?, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultKind;

    #[test]
    fn words_are_read() {
        let at = parse_moment("2026-10-05T14:00:00Z").unwrap();
        assert_eq!(
            Fault::parse("http_429,at=2026-10-05T10:00:00-04:00,next=3,path=/marketdata,seconds=2").unwrap(),
            [Fault::new(FaultKind::Http429).at(at).times(3).on_path("/marketdata").seconds(2)]
        );
        assert_eq!(Fault::parse("drop").unwrap(), [Fault::new(FaultKind::Drop)]);
        let text = "seeded,seed=4,from=2026-10-05T14:00:00Z,to=2026-10-05T20:00:00Z,count=12";
        assert_eq!(Fault::parse(text).unwrap().len(), 12);
        for text in ["", "rain", "mute,30", "mute,for=x", "mute,next=1,next=2", "seeded,seed=1", "seeded,seed=1,x=2"] {
            assert!(Fault::parse(text).is_err(), "{text}");
        }
    }
}
