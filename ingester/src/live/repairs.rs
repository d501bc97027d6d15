//! Holes that have ended and wait for the price history to know their minutes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite_core::{Date, Ticker, Timestamp};
use tokio::task::JoinSet;

use crate::days::new_york_day;
use crate::repair::{Candles, History, HistoryError};
use crate::store::Gap;

const MINUTE_MS: i64 = 60_000;
/// After the end of a minute its candle is there so much later.
const CANDLE_AFTER_MS: i64 = 5_000;
/// What is closed moves on by whole seconds.
const CLOSED_AFTER_MS: i64 = 1_000;
/// Wait after the first failure; it doubles up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Days that are asked for at once.
const AT_ONCE: usize = 4;

/// One New York day of one ticker.
pub type TickerDay = (Ticker, Date);

/// Asks the price history for the days that have holes.
pub struct Repairs {
    history: Arc<dyn History>,
    /// After the end of a minute it is asked for so much later.
    after_ms: i64,
    waiting: HashMap<TickerDay, Waiting>,
    /// Ended holes that are not settled.
    open: BTreeMap<TickerDay, u32>,
    asked: JoinSet<(TickerDay, Timestamp, Result<Candles, HistoryError>)>,
}

/// What the history says of a day.
#[derive(Debug)]
pub struct Answer {
    /// The day.
    pub key: TickerDay,
    /// Its candles.
    pub candles: Candles,
    /// The stream's time when it was asked: it knows nothing of what came later.
    pub asked_at: Timestamp,
}

impl Answer {
    /// The candles of minutes that have ended by then are final.
    #[must_use]
    pub fn complete_until(&self) -> Timestamp {
        self.asked_at.checked_add_millis(-CANDLE_AFTER_MS).unwrap_or(self.asked_at)
    }
}

/// A day that is to be asked for.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// The stream's time from which on the candles are there.
    due: Timestamp,
    /// Not before.
    not_before: Instant,
    /// How long to wait after the next failure.
    wait: Duration,
}

impl Repairs {
    /// No holes yet. Seconds close `close_grace_ms` of the stream's time after their end.
    #[must_use]
    pub fn new(history: Arc<dyn History>, close_grace_ms: i64) -> Self {
        let after_ms = CANDLE_AFTER_MS.max(close_grace_ms.saturating_add(CLOSED_AFTER_MS));
        Self { history, after_ms, waiting: HashMap::new(), open: BTreeMap::new(), asked: JoinSet::new() }
    }

    /// Forgets all holes.
    pub fn forget(&mut self) {
        self.waiting.clear();
        self.open.clear();
        self.asked = JoinSet::new();
    }

    /// Takes a hole that has ended. Its day is asked for when its last minute is over.
    pub fn add(&mut self, gap: &Gap) {
        let Some(end) = gap.ended_at else { return };
        let minutes = end.as_millis().div_euclid(MINUTE_MS) + 1;
        let due = Timestamp::from_millis(minutes * MINUTE_MS + self.after_ms);
        let days = [new_york_day(gap.started_at), new_york_day(end)];
        for date in &days[..if days[0] == days[1] { 1 } else { 2 }] {
            let key = (gap.ticker, *date);
            *self.open.entry(key).or_default() += 1;
            let waiting = Waiting { due, not_before: Instant::now(), wait: FIRST_WAIT };
            self.waiting
                .entry(key)
                .and_modify(|old| *old = Waiting { due: old.due.max(due), ..*old })
                .or_insert(waiting);
        }
    }

    /// Asks for the days that are due at the stream's time.
    pub fn ask(&mut self, now: Timestamp) {
        if self.waiting.is_empty() {
            return;
        }
        let real_now = Instant::now();
        let is_due = |waiting: &Waiting| waiting.due <= now && waiting.not_before <= real_now;
        let due: Vec<TickerDay> =
            self.waiting.iter().filter(|(_, waiting)| is_due(waiting)).map(|(key, _)| *key).collect();
        for key in due.into_iter().take(AT_ONCE.saturating_sub(self.asked.len())) {
            let Some(waiting) = self.waiting.get_mut(&key) else { continue };
            // Asked again only after the answer, or after a long silence of the history.
            waiting.not_before = real_now + MAX_WAIT;
            let history = Arc::clone(&self.history);
            self.asked.spawn(async move { (key, now, history.minutes(&key.0, key.1).await) });
        }
    }

    /// The next answer; waits for ever while nothing is asked.
    ///
    /// # Cancel safety
    /// No answer is lost if the future is dropped.
    pub async fn answer(&mut self) -> Answer {
        loop {
            let Some(answer) = self.asked.join_next().await else { return std::future::pending().await };
            match answer {
                Ok((key, asked_at, Ok(candles))) => return Answer { key, candles, asked_at },
                Ok((key, _, Err(error))) => {
                    tracing::warn!(ticker = %key.0, date = %key.1, %error, "holes wait for the price history");
                    self.put_off(&key);
                }
                Err(error) => tracing::error!(%error, "asking the price history broke off"),
            }
        }
    }

    /// A day could not be repaired now: it is asked for again later.
    pub fn put_off(&mut self, key: &TickerDay) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.not_before = Instant::now() + waiting.wait;
            waiting.wait = (waiting.wait * 2).min(MAX_WAIT);
        }
    }

    /// A day was repaired with an answer of a time of the stream; holes that have ended since wait for their own minutes.
    pub fn done(&mut self, key: &TickerDay, asked_at: Timestamp) {
        match self.waiting.get_mut(key) {
            Some(waiting) if waiting.due > asked_at => {
                (waiting.not_before, waiting.wait) = (Instant::now(), FIRST_WAIT);
            }
            _ => {
                self.waiting.remove(key);
                self.open.remove(key);
            }
        }
    }

    /// A day was repaired with an answer of a time of the stream, and a hole of it that has ended is open still: its minute
    /// has not closed, or its candle cannot be read. It is asked for again later.
    pub fn not_done(&mut self, key: &TickerDay, asked_at: Timestamp) {
        match self.waiting.get(key) {
            Some(waiting) if waiting.due > asked_at => self.done(key, asked_at),
            _ => self.put_off(key),
        }
    }

    /// Ended holes of a ticker that are not settled.
    #[must_use]
    pub fn open(&self, ticker: &Ticker) -> u32 {
        self.open.iter().filter(|((key, _), _)| key == ticker).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::MemoryHistory;
    use crate::store::GapState;

    /// 09:30 in New York on 5 October 2026.
    const MINUTE: i64 = 1_791_207_000_000;

    fn repairs(close_grace_ms: i64) -> Repairs {
        let mut repairs = Repairs::new(Arc::new(MemoryHistory::default()), close_grace_ms);
        repairs.add(&Gap {
            ticker: Ticker::parse("QQQ").unwrap(),
            started_at: Timestamp::from_millis(MINUTE + 10_000),
            ended_at: Some(Timestamp::from_millis(MINUTE + 20_000)),
            cause: "disconnect".to_owned(),
            state: GapState::Open,
            shares_missed: None,
            rows_added: 0,
            detail: None,
            detected_at: Timestamp::from_millis(MINUTE + 12_000),
            repaired_at: None,
        });
        repairs
    }

    fn asks_at(repairs: &mut Repairs, after_minute_ms: i64) -> bool {
        let before = repairs.asked.len();
        repairs.ask(Timestamp::from_millis(MINUTE + MINUTE_MS + after_minute_ms));
        repairs.asked.len() > before
    }

    #[tokio::test]
    async fn a_day_is_asked_for_when_its_minute_has_closed() {
        for (close_grace_ms, due) in [(0, 5_000), (2_500, 5_000), (4_000, 5_000), (10_000, 11_000), (60_000, 61_000)] {
            let mut repairs = repairs(close_grace_ms);
            assert!(!asks_at(&mut repairs, due - 1), "{close_grace_ms}");
            assert!(asks_at(&mut repairs, due), "{close_grace_ms}");
        }
    }

    #[tokio::test]
    async fn a_day_with_an_open_hole_is_asked_for_again_later() {
        let mut repairs = repairs(2_500);
        assert!(asks_at(&mut repairs, 5_000));
        let answer = repairs.answer().await;
        repairs.not_done(&answer.key, answer.asked_at);
        assert_eq!(repairs.open(&answer.key.0), 1);
        assert!(!asks_at(&mut repairs, 6_000), "not at once");
        let waiting = repairs.waiting.get_mut(&answer.key).unwrap();
        assert!(waiting.not_before <= Instant::now() + FIRST_WAIT && waiting.wait > FIRST_WAIT);
        waiting.not_before = Instant::now();
        assert!(asks_at(&mut repairs, 7_000));
        let asked_at = repairs.answer().await.asked_at;
        repairs.done(&answer.key, asked_at);
        assert_eq!(repairs.open(&answer.key.0), 0);
        assert!(!asks_at(&mut repairs, 100_000));
    }
}
