//! The price that underlies trades and quotes: a random walk that can be entered anywhere.
//!
//! Days hang on anchors, which sum up noise of longer and longer waves. Between two anchors the walk is found by halving:
//! the middle of a span is the mean of its ends plus a draw whose size grows with the square root of the span. So the price
//! of any second follows from sixteen draws, and the price of the next one from about two more.

use super::hours::Hours;
use super::instrument::Instrument;
use crate::random::Draws;

/// 2^16 seconds, the first power of two that holds a trading day from 04:00 to 20:00. What is left is the night.
const LEVELS: usize = 16;
/// Waves of the anchors: 1, 2, 4 … 512 days.
const WAVES: u32 = 10;

/// The walk of one instrument on one day, with the spans that were visited last.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    draws: Draws,
    hours: Hours,
    /// Micro-dollars per square root of a second, in thousandths.
    sigma: i64,
    /// `spans[n]` is the span of length `2^(16 - n)` seconds that holds the second looked up last.
    spans: [Span; LEVELS + 1],
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: i64,
    from: i64,
    to: i64,
}

/// The price at 04:00 of a day, in micro-dollars; the walk of the day before ends there.
pub(crate) fn day_anchor(instrument: &Instrument, days_since_epoch: i32) -> i64 {
    let day = i64::from(days_since_epoch);
    let swing: i64 = (0..WAVES)
        .map(|wave| {
            let draws = instrument.draws.child(1).child(i64::from(wave));
            let (cell, length) = (day >> wave, 1_i64 << wave);
            let noise = |cell: i64| draws.below(cell, 2001) - 1000;
            let here = noise(cell) * (length - day % length) + noise(cell + 1) * (day % length);
            // Hundredths of a percent of the base price, times 1000, growing with the square root of the wave's length.
            here / length * instrument.daily_move * root(length) / 1000
        })
        .sum();
    // At most 60 % away from the base price.
    let swing = swing.clamp(-6_000_000, 6_000_000);
    instrument.base_micros + instrument.base_micros / 10_000 * swing / 1000
}

impl Path {
    pub(crate) fn new(instrument: &Instrument, hours: Hours) -> Self {
        let day = hours.date.days_since_epoch();
        let whole = Span { start: 0, from: day_anchor(instrument, day), to: day_anchor(instrument, day + 1) };
        let mut path = Self {
            draws: instrument.draws.child(2).child(i64::from(day)),
            hours,
            // A session has 23,400 seconds, whose root is 153.
            sigma: instrument.base_micros / 10_000 * instrument.daily_move * 1000 / 153,
            spans: [whole; LEVELS + 1],
        };
        path.descend(0, 0);
        path
    }

    /// The price in micro-dollars in a second of the day, counted from 04:00.
    pub(crate) fn at(&mut self, second: i64) -> i64 {
        let second = second.clamp(0, (1 << LEVELS) - 1);
        // The shortest visited span that holds the second.
        let level = (0..=LEVELS)
            .rev()
            .find(|&level| self.spans[level].start == second >> (LEVELS - level) << (LEVELS - level))
            .unwrap_or(0);
        self.descend(level, second);
        self.spans[LEVELS].from
    }

    /// Halves the span of a level until it is the second's own.
    fn descend(&mut self, level: usize, second: i64) {
        for level in level..LEVELS {
            let Span { start, from, to } = self.spans[level];
            let half = 1 << (LEVELS - level - 1);
            let middle = start + half;
            let bend =
                self.draws.bell(middle) * self.restlessness(middle) / 1000 * (self.sigma * root(half) / 1000) / 1000;
            let price = i64::midpoint(from, to) + bend / 4;
            self.spans[level + 1] =
                if second < middle { Span { start, from, to: price } } else { Span { start: middle, from: price, to } };
        }
    }

    /// How much the price moves at a time of the day, in thousandths: most at the open, little at noon, least outside.
    fn restlessness(&self, second: i64) -> i64 {
        let Hours { open_second, close_second, .. } = self.hours;
        if !self.hours.is_regular(second) {
            return 350;
        }
        let (since_open, to_close) = (second - open_second, close_second - second);
        650 + 900 * 1800 / (1800 + since_open) + 400 * 1800 / (1800 + to_close)
    }
}

/// A thousand times the square root.
fn root(value: i64) -> i64 {
    (value * 1_000_000).isqrt()
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::{Date, Ticker};

    use super::*;

    #[test]
    fn a_price_is_the_same_however_it_is_reached() {
        let qqq = Instrument::new(1, Ticker::parse("QQQ").unwrap());
        let hours = Hours::on(Date::new(2026, 10, 5).unwrap()).unwrap();
        let mut walk = Path::new(&qqq, hours);
        let prices: Vec<i64> = (0..57_600).map(|second| walk.at(second)).collect();
        for second in [57_599, 0, 19_800, 19_799, 43_200, 1, 30_000] {
            assert_eq!(Path::new(&qqq, hours).at(second), prices[usize::try_from(second).unwrap()], "{second}");
        }
        assert_eq!(prices[0], day_anchor(&qqq, hours.date.days_since_epoch()));
        let (low, high) = (prices.iter().min().unwrap(), prices.iter().max().unwrap());
        let range_percent = (high - low) * 100 / low;
        assert!((0..8).contains(&range_percent), "{range_percent} %");
        let step = prices.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap();
        assert!((10_000..3_000_000).contains(&step), "largest step of a second: {step}");
    }

    #[test]
    fn anchors_wander_but_stay_near_the_base() {
        let qqq = Instrument::new(1, Ticker::parse("QQQ").unwrap());
        let anchors: Vec<i64> = (18_000..21_000).map(|day| day_anchor(&qqq, day)).collect();
        assert!(anchors.iter().all(|price| (240_000_000..=960_000_000).contains(price)));
        let largest = anchors.windows(2).map(|pair| (pair[1] - pair[0]).abs() * 1000 / pair[0]).max().unwrap();
        assert!((10..120).contains(&largest), "largest move of a day in thousandths: {largest}");
    }
}
