use std::sync::Arc;

use alpha_kite_core::{Date, Ticker};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::{Days, Query};
use super::reply::{self, Keep};
use super::shared::Shared;
use crate::days::{DateRange, new_york_day};
use crate::store::{Store, StoreError};
use crate::wire::SignalRecord;

/// Days that one answer may cover.
const MAX_DAYS: i32 = 100;
/// Days that are answered where no first one is named.
const DEFAULT_DAYS: i32 = 31;

#[derive(Serialize)]
struct Answer {
    signals: Vec<SignalRecord>,
}

/// The ledger of crosses.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "date", "from", "to", "interval"])?;
    let (ticker, days, interval) = (query.ticker()?, query.days()?, query.maybe_interval()?);
    let turn = api.turn().await?;
    let newest = match days.to {
        Some(to) => to,
        None => newest_day(turn.store(), &ticker).await?.unwrap_or_else(|| new_york_day(api.state.clock.now())),
    };
    let events = turn.store().events(&ticker, interval, choose(days, newest)?.moments()).await?;
    drop(turn);
    let make = move || Answer { signals: events.iter().map(SignalRecord::from).collect() };
    reply::json(&headers, Keep::Revalidate, make).await
}

/// The newest session that has a digest.
async fn newest_day(store: &dyn Store, ticker: &Ticker) -> Result<Option<Date>, StoreError> {
    let digests = store.digests(ticker, Date::MIN, Date::MAX).await?;
    Ok(digests.last().map(|digest| digest.date))
}

/// The days to answer, where open ends are the newest day and a month before the last.
fn choose(days: Days, newest: Date) -> Result<DateRange, Problem> {
    let to = days.to.unwrap_or(newest).max(days.from.unwrap_or(Date::MIN));
    let month_before = Date::from_days_since_epoch(to.days_since_epoch() + 1 - DEFAULT_DAYS);
    let from = days.from.or(month_before).unwrap_or(to);
    if to.days_since_epoch() - from.days_since_epoch() >= MAX_DAYS {
        return Err(Problem::parameter(
            "from",
            &format!("is {MAX_DAYS} days or more before to; ask for fewer at once"),
        ));
    }
    Ok(DateRange { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ends_are_chosen_and_long_ranges_refused() {
        let date = |text: &str| Date::parse(text).unwrap();
        let newest = date("2025-11-20");
        let find = |from: Option<&str>, to: Option<&str>| {
            let range = choose(Days { from: from.map(date), to: to.map(date) }, newest);
            range.map(|range| (range.from.to_string(), range.to.to_string())).ok()
        };
        let some = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(find(None, None), some("2025-10-21", "2025-11-20"));
        assert_eq!(find(None, Some("2019-02-11")), some("2019-01-12", "2019-02-11"));
        assert_eq!(find(Some("2025-11-01"), None), some("2025-11-01", "2025-11-20"));
        assert_eq!(find(Some("2025-12-01"), None), some("2025-12-01", "2025-12-01"));
        assert_eq!(find(Some("2025-08-13"), None), some("2025-08-13", "2025-11-20"));
        assert_eq!(find(Some("2025-08-12"), None), None);
        assert_eq!(find(Some("2025-01-01"), Some("2025-12-31")), None);
    }
}
