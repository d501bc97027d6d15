use alpha_kite_core::{Bar, Interval, Session, Ticker, Timestamp};

use crate::days::DateRange;
use crate::results::{StoredResults, Wanted};
use crate::store::{Batch, Result, Row, Source, Store};

/// Stores the seconds of a session that ended before `now`, and what follows from them.
///
/// # Errors
/// What the store refuses.
pub async fn store_past(
    store: &dyn Store,
    ticker: Ticker,
    session: &Session,
    bars: &[Bar],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<Row> =
        bars.iter().map(|&bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Replay }).collect();
    let range = DateRange::day(session.date).moments();
    let stored = StoredResults::read(store, ticker, session.date, range).await?;
    let wanted = Wanted { intervals: None, rule: super::RULE, closed: now };
    // A made-up market has neither unordered seconds nor sessions of 10^13 shares.
    let series = stored.compute(&rows, wanted).unwrap_or_default();
    let mut batch = Batch { rows, ..Batch::new(ticker) };
    stored.update(store, &series, now, &mut batch).await?;
    store.write(&batch).await
}
