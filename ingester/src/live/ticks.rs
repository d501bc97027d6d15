//! Items of the stream become ticks: what was traded since the item before.

use alpha_kite_core::{Price, Timestamp, Volume};

use crate::schwab::EquityItem;

/// Shares that changed hands, at a price and a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// The trade's time where the item says a possible one, else the time at which the item was sent.
    pub at: Timestamp,
    /// The last price.
    pub price: Price,
    /// Shares since the item before; never 0.
    pub shares: Volume,
}

/// What an item means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A quote, or a repeated image.
    NoTrade,
    /// A total that begins anew: what was traded since the item before is not told.
    Reset,
    /// Shares were traded.
    Tick(Tick),
    /// The first image after a hole: `missed` shares were traded meanwhile, where that can be known.
    Snapshot {
        /// Change of the day's total volume.
        missed: Option<u64>,
    },
}

/// The state of one ticker, merged from partial items.
#[derive(Debug, Clone, Copy, Default)]
pub struct TickReader {
    price: Option<Price>,
    /// The day's total volume up to the last tick.
    total: Option<Volume>,
    /// The next total is a snapshot: what it brings was not seen as it happened.
    is_blind: bool,
}

impl TickReader {
    /// A reader that has seen no item; the first total that it sees is a snapshot.
    #[must_use]
    pub fn new() -> Self {
        Self { price: None, total: None, is_blind: true }
    }

    /// From here on something may have been missed: the next total with a price of its own or a later one is a snapshot.
    pub fn go_blind(&mut self) {
        self.is_blind = true;
        self.price = None;
    }

    /// Takes shares back that were in a tick and are not stored: they count as not seen.
    pub fn take_back(&mut self, shares: Volume) {
        self.total = self.total.and_then(|total| Volume::new(total.get().saturating_sub(shares.get())).ok());
    }

    /// Whether nothing has been seen since the last hole.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// Whether an item tells of at least the shares of all before it, as far as these are known.
    #[must_use]
    pub fn goes_on_with(&self, item: &EquityItem) -> bool {
        !self.is_blind && item.total_volume.zip(self.total).is_some_and(|(total, before)| total >= before)
    }

    /// The last price that was told.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.price
    }

    /// Takes an item that was sent at `sent`.
    pub fn read(&mut self, item: &EquityItem, sent: Timestamp) -> Reading {
        self.price = item.last.or(self.price);
        let Some(total) = item.total_volume else { return Reading::NoTrade };
        // Shares without a price wait for one.
        let Some(price) = self.price else { return Reading::NoTrade };
        let before = self.total.replace(total);
        let shares = before.and_then(|before| total.get().checked_sub(before.get()));
        if self.is_blind {
            self.is_blind = false;
            return Reading::Snapshot { missed: shares };
        }
        match shares.and_then(|shares| Volume::new(shares).ok()) {
            Some(shares) if shares.get() > 0 => {
                let at = item.trade_time.filter(|&time| time <= sent).unwrap_or(sent);
                Reading::Tick(Tick { at, price, shares })
            }
            None if before.is_some() => Reading::Reset,
            _ => Reading::NoTrade,
        }
    }
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Ticker;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn item(last: Option<&str>, total: Option<u64>, trade_time: Option<i64>) -> EquityItem {
        EquityItem {
            ticker: Ticker::parse("QQQ").unwrap(),
            is_image: false,
            is_damaged: false,
            last: last.map(|text| Price::parse(text).unwrap()),
            total_volume: total.map(|shares| Volume::new(shares).unwrap()),
            trade_time: trade_time.map(at),
            last_size: None,
            bid: None,
            ask: None,
            quote_time: None,
            status: None,
        }
    }

    fn tick(millis: i64, price: &str, shares: u64) -> Reading {
        let (price, shares) = (Price::parse(price).unwrap(), Volume::new(shares).unwrap());
        Reading::Tick(Tick { at: at(millis), price, shares })
    }

    #[test]
    fn a_tick_is_the_change_of_the_total() {
        let mut reader = TickReader::new();
        let cases = [
            ("shares without a price", item(None, Some(90), None), Reading::NoTrade),
            ("the first image", item(Some("600.1"), Some(100), Some(900)), Reading::Snapshot { missed: None }),
            ("the image again", item(Some("600.1"), Some(100), Some(900)), Reading::NoTrade),
            ("a quote", item(None, None, None), Reading::NoTrade),
            ("a trade", item(Some("600.2"), Some(150), Some(990)), tick(990, "600.2", 50)),
            ("a trade at the same price", item(None, Some(151), None), tick(1000, "600.2", 1)),
            ("a price without shares", item(Some("600.3"), None, Some(995)), Reading::NoTrade),
            ("a trade after the frame", item(None, Some(160), Some(1001)), tick(1000, "600.3", 9)),
            ("a total that falls", item(None, Some(0), None), Reading::Reset),
            ("the trade after it", item(None, Some(7), Some(999)), tick(999, "600.3", 7)),
        ];
        for (name, item, expected) in cases {
            assert_eq!(reader.read(&item, at(1000)), expected, "{name}");
        }
    }

    #[test]
    fn what_a_hole_brought_is_no_tick() {
        let mut reader = TickReader::new();
        reader.read(&item(Some("5"), Some(100), None), at(0));
        for (total, missed) in [(175, Some(75)), (175, Some(0)), (20, None)] {
            reader.go_blind();
            assert_eq!(reader.read(&item(None, None, None), at(0)), Reading::NoTrade);
            assert_eq!(reader.read(&item(None, Some(total), None), at(0)), Reading::NoTrade, "at which price?");
            assert!(reader.is_blind());
            assert_eq!(reader.read(&item(Some("5"), Some(total), None), at(0)), Reading::Snapshot { missed });
        }
        assert_eq!(reader.read(&item(None, Some(21), None), at(7)), tick(7, "5", 1));
        reader.take_back(Volume::new(4).unwrap());
        reader.go_blind();
        assert_eq!(reader.read(&item(Some("5"), Some(25), None), at(8)), Reading::Snapshot { missed: Some(8) });
    }
}
