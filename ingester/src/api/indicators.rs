use std::collections::BTreeMap;
use std::sync::Arc;

use alpha_kite_core::{Date, Digest, Direction, Interval, Rule, Session, Ticker, Timestamp};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::problem::Problem;
use super::query::Query;
use super::reply::{self, Keep};
use super::shared::Shared;
use crate::hub::SeriesPoint;
use crate::ledger::in_force;
use crate::series::{Series, default_intervals};
use crate::store::{IndicatorRow, Store, StoreError, StoredDigest};
use crate::wire::SeriesColumns;

/// How often a series and its digest are read until they are of the same moment.
const MAX_ATTEMPTS: u32 = 3;

/// One series of one session.
struct Found {
    rule: Rule,
    digest: Digest,
    row_digest: Digest,
    points: Vec<SeriesPoint>,
}

#[derive(Serialize)]
struct Answer {
    ticker: Ticker,
    date: Date,
    bar_seconds: Interval,
    rule: Rule,
    n: usize,
    #[serde(flatten)]
    columns: SeriesColumns,
    digest: Digest,
    row_digest: Digest,
}

/// SMA9, VWAP and crosses of a session: as they are stored, or computed where the series is not stored.
pub(super) async fn get(
    State(api): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["ticker", "date", "interval"])?;
    let (ticker, date, interval) = (query.ticker()?, query.date()?, query.interval()?);
    let found = match Session::on(date) {
        Some(session) => find(&api, ticker, session, interval).await?,
        None => Found::empty(Rule::default()),
    };
    let make = move || Answer {
        ticker,
        date,
        bar_seconds: interval,
        rule: found.rule,
        n: found.points.len(),
        columns: SeriesColumns::new(&found.points),
        digest: found.digest,
        row_digest: found.row_digest,
    };
    reply::json(&headers, Keep::Revalidate, make).await
}

async fn find(api: &Shared, ticker: Ticker, session: Session, interval: Interval) -> Result<Found, Problem> {
    let turn = api.turn().await?;
    let mut rule = Rule::default();
    let mut stored = None;
    for _ in 0..MAX_ATTEMPTS {
        let digests = turn.store().digests(&ticker, session.date, session.date).await?;
        rule = digests.first().map_or(rule, |digest| digest.rule);
        let Some(digest) = digests.iter().find(|digest| digest.bar_seconds == interval) else { break };
        let found = Found::read(turn.store(), &ticker, &session, digest).await?;
        let is_whole = found.matches(digest);
        stored = Some(found);
        if is_whole {
            break;
        }
    }
    if let Some(found) = stored {
        // What still does not match its digest is wrong in the database, and whoever compares is to see it.
        return Ok(found);
    }
    let rows = turn.store().rows(&ticker, session.open..session.close).await?;
    drop(turn);
    let compute = move || match default_intervals(&session, &rows).first() {
        Some(&own) if interval < own => Err(Problem::no_series(interval, own)),
        _ => Series::compute(&session, &rows, interval, rule).map_err(|error| Problem::internal(&error)),
    };
    let computed = tokio::task::spawn_blocking(compute).await.map_err(|error| Problem::internal(&error))??;
    Ok(computed.map_or_else(|| Found::empty(rule), Found::from))
}

impl Found {
    fn empty(rule: Rule) -> Self {
        Self { rule, digest: Digest::EMPTY, row_digest: Digest::EMPTY, points: Vec::new() }
    }

    /// Reads a stored series. Its crosses are those that the ledger has in force.
    async fn read(
        store: &dyn Store,
        ticker: &Ticker,
        session: &Session,
        digest: &StoredDigest,
    ) -> Result<Self, StoreError> {
        let moments = session.open..session.close;
        let indicators = store.indicators(ticker, digest.bar_seconds, moments.clone()).await?;
        let events = store.events(ticker, Some(digest.bar_seconds), moments).await?;
        let crosses: BTreeMap<Timestamp, Direction> = in_force(&events)
            .filter(|event| event.rule == digest.rule)
            .map(|event| (event.timestamp, event.direction))
            .collect();
        let points = indicators.iter().map(|stored| point(&stored.values, &crosses)).collect();
        Ok(Self { rule: digest.rule, digest: digest.digest, row_digest: digest.row_digest, points })
    }

    /// Whether it has as many bars and crosses as its digest was made of.
    fn matches(&self, digest: &StoredDigest) -> bool {
        let crosses = self.points.iter().filter(|point| point.cross.is_some()).count();
        [(self.points.len(), digest.rows), (crosses, digest.crosses)]
            .into_iter()
            .all(|(found, expected)| u32::try_from(found) == Ok(expected))
    }
}

impl From<Series> for Found {
    fn from(series: Series) -> Self {
        let crosses: BTreeMap<Timestamp, Direction> =
            series.crosses.iter().map(|cross| (cross.start, cross.direction)).collect();
        let points = series.indicators.iter().map(|values| point(values, &crosses)).collect();
        Self { rule: series.rule, digest: series.digest, row_digest: series.row_digest, points }
    }
}

fn point(values: &IndicatorRow, crosses: &BTreeMap<Timestamp, Direction>) -> SeriesPoint {
    let IndicatorRow { start, sma9, vwap } = *values;
    SeriesPoint { start, sma9, vwap, cross: crosses.get(&start).copied() }
}
