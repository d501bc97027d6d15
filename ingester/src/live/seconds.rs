//! Ticks become bars of one second.

use alpha_kite_core::{Bar, Timestamp};

use super::ticks::Tick;

const SECOND_MS: i64 = 1000;

/// The second of one ticker that is forming.
///
/// Seconds close in order: by a tick of a later one, or when the stream's time has passed them. A tick that comes late
/// counts in the earliest second still open, so that no share is lost and no closed second changes.
#[derive(Debug, Clone, Copy)]
pub struct Seconds {
    forming: Option<Bar>,
    /// Everything before is closed. The start of a second.
    closed: Timestamp,
    /// The time of the last tick, after it was moved if it was late.
    last_tick: Timestamp,
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The second that it closed.
    pub closed: Option<Bar>,
    /// It came too late for its own second.
    pub is_late: bool,
}

impl Seconds {
    /// Seconds of which all that end by `closed` are closed.
    #[must_use]
    pub fn new(closed: Timestamp) -> Self {
        let closed = start_of_second(closed);
        Self { forming: None, closed, last_tick: closed }
    }

    /// Takes a tick. `None` if the second's volume would pass what a volume can be; the tick is lost then.
    pub fn push(&mut self, tick: Tick) -> Option<Taken> {
        let at = tick.at.max(self.last_tick).max(self.closed);
        let start = start_of_second(at);
        let is_late = start_of_second(tick.at) < start;
        let Tick { price, shares, .. } = tick;
        let opened = Bar { start, open: price, high: price, low: price, close: price, volume: shares };
        let closed = match &mut self.forming {
            Some(bar) if bar.start == start => {
                bar.volume = bar.volume.checked_add(shares)?;
                (bar.high, bar.low, bar.close) = (bar.high.max(price), bar.low.min(price), price);
                None
            }
            forming => forming.replace(opened),
        };
        self.last_tick = at;
        self.closed = self.closed.max(start);
        Some(Taken { closed, is_late })
    }

    /// Closes every second that ends by `moment`.
    pub fn close_until(&mut self, moment: Timestamp) -> Option<Bar> {
        self.closed = self.closed.max(start_of_second(moment));
        let closed = self.closed;
        self.forming.take_if(|bar| bar.start < closed)
    }

    /// Gives up the second that is forming: what it holds is not what was traded in it.
    pub fn discard(&mut self) -> Option<Bar> {
        self.forming.take()
    }

    /// The time of the last tick; no later one counts before it.
    #[must_use]
    pub fn last_tick(&self) -> Timestamp {
        self.last_tick
    }

    /// Takes no more ticks into seconds before `moment`, which are stored already.
    pub fn close_before(&mut self, moment: Timestamp) {
        self.closed = self.closed.max(moment);
    }

    /// The second that is forming.
    #[must_use]
    pub fn forming(&self) -> Option<&Bar> {
        self.forming.as_ref()
    }

    /// Everything before is closed.
    #[must_use]
    pub fn closed(&self) -> Timestamp {
        self.closed
    }
}

/// The start of the second that a moment is in.
#[must_use]
pub fn start_of_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_millis(moment.as_millis() - moment.as_millis().rem_euclid(SECOND_MS))
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Price, Volume};

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn tick(millis: i64, dollars: i64, shares: u64) -> Tick {
        let price = Price::from_micros(dollars * 1_000_000).unwrap();
        Tick { at: at(millis), price, shares: Volume::new(shares).unwrap() }
    }

    /// Start in ms, open, high, low, close in dollars, shares.
    fn shown(bar: Option<Bar>) -> Option<(i64, [i64; 4], u64)> {
        let dollars = |price: Price| price.as_micros() / 1_000_000;
        bar.map(|bar| (bar.start.as_millis(), [bar.open, bar.high, bar.low, bar.close].map(dollars), bar.volume.get()))
    }

    #[test]
    fn a_tick_of_a_later_second_closes_the_one_before() {
        let mut seconds = Seconds::new(at(9_500));
        for (millis, dollars, shares) in [(10_000, 5, 1), (10_400, 7, 2), (10_999, 4, 4), (10_999, 6, 8)] {
            assert_eq!(seconds.push(tick(millis, dollars, shares)), Some(Taken { closed: None, is_late: false }));
        }
        let taken = seconds.push(tick(13_000, 9, 1)).unwrap();
        assert_eq!(shown(taken.closed), Some((10_000, [5, 7, 4, 6], 15)));
        assert_eq!(shown(seconds.forming().copied()), Some((13_000, [9, 9, 9, 9], 1)));
    }

    #[test]
    fn a_late_tick_counts_in_the_earliest_open_second() {
        let mut seconds = Seconds::new(at(0));
        seconds.push(tick(10_000, 5, 1));
        seconds.push(tick(12_300, 6, 1));
        // Before the tick before it, in a second that is closed.
        assert_eq!(seconds.push(tick(10_900, 7, 1)), Some(Taken { closed: None, is_late: true }));
        assert_eq!(shown(seconds.forming().copied()), Some((12_000, [6, 7, 6, 7], 2)));
        // The stream's time has closed the seconds up to 15.
        assert_eq!(shown(seconds.close_until(at(15_999))), Some((12_000, [6, 7, 6, 7], 2)));
        assert_eq!(seconds.push(tick(12_900, 8, 3)), Some(Taken { closed: None, is_late: true }));
        assert_eq!(shown(seconds.forming().copied()), Some((15_000, [8, 8, 8, 8], 3)));
    }

    #[test]
    fn seconds_close_with_the_streams_time() {
        let mut seconds = Seconds::new(at(0));
        seconds.push(tick(10_000, 5, 1));
        assert_eq!(seconds.close_until(at(10_999)), None);
        assert_eq!(shown(seconds.close_until(at(11_000))), Some((10_000, [5; 4], 1)));
        assert_eq!(seconds.close_until(at(20_000)), None);
        assert_eq!(seconds.close_until(at(5_000)), None, "time does not go back");
        assert_eq!(seconds.closed(), at(20_000));
    }

    #[test]
    fn a_volume_that_cannot_be_is_refused() {
        let mut seconds = Seconds::new(at(0));
        seconds.push(tick(10_000, 5, 10_000_000_000_000)).unwrap();
        assert_eq!(seconds.push(tick(10_001, 5, 1)), None);
        assert_eq!(seconds.forming().unwrap().volume.get(), 10_000_000_000_000);
    }
}
