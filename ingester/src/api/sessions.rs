use std::sync::Arc;

use alpha_kite_core::{Date, Session, Ticker, Timestamp};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::shared::Shared;
use crate::days::new_york_day;
use crate::store::StoredDigest;
use crate::wire::{SeriesRecord, millis};

/// When a session opens and closes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Hours {
    #[serde(serialize_with = "millis")]
    open_ms: Timestamp,
    #[serde(serialize_with = "millis")]
    close_ms: Timestamp,
}

/// A session's date and hours.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct DatedHours {
    date: Date,
    #[serde(flatten)]
    hours: Hours,
}

#[derive(Serialize)]
struct Answer {
    ticker: Ticker,
    sessions: Vec<SessionAnswer>,
}

#[derive(Serialize)]
struct SessionAnswer {
    #[serde(flatten)]
    session: DatedHours,
    series: Vec<SeriesRecord>,
}

impl Hours {
    pub(super) fn of(session: &Session) -> Self {
        Self { open_ms: session.open, close_ms: session.close }
    }
}

impl DatedHours {
    pub(super) fn of(session: &Session) -> Self {
        Self { date: session.date, hours: Hours::of(session) }
    }
}

/// The sessions that have data, with their stored series.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "from", "to"])?;
    let (ticker, days) = (query.ticker()?, query.days()?.or_all());
    let turn = api.turn().await?;
    let digests = turn.store().digests(&ticker, days.from, days.to).await?;
    let mut sessions = group(&digests);
    // The first rows of today may be there before their digest is.
    let today = Session::on(new_york_day(api.state.clock.now())).filter(|today| days.contains(today.date));
    if let Some(today) = today
        && sessions.last().is_none_or(|last| last.session.date < today.date)
    {
        let first = turn.store().first_row_from(&ticker, today.open).await?;
        if first.is_some_and(|first| today.contains(first)) {
            sessions.push(SessionAnswer { session: DatedHours::of(&today), series: Vec::new() });
        }
    }
    drop(turn);
    reply::json(&headers, Keep::Revalidate, move || Answer { ticker, sessions }).await
}

/// Puts the series of a date together; the digests come by date.
fn group(digests: &[StoredDigest]) -> Vec<SessionAnswer> {
    let mut sessions: Vec<SessionAnswer> = Vec::new();
    for digest in digests {
        let series = SeriesRecord::from(digest);
        match sessions.last_mut().filter(|last| last.session.date == digest.date) {
            Some(last) => last.series.push(series),
            None => sessions.extend(
                Session::on(digest.date)
                    .map(|session| SessionAnswer { session: DatedHours::of(&session), series: vec![series] }),
            ),
        }
    }
    sessions
}
