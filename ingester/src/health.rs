//! Whether data is fresh: the one decision behind `/healthz` and the heartbeat.

use std::time::Duration;

use alpha_kite_core::{Session, Timestamp};

use crate::hub::{ConnectionState, DatabaseState, Status, TokenState};

/// How old the newest row may be while the market is open, beside the time that rows may wait to be written.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Decides from the service's state. `Err` says what is wrong; both texts are for people.
pub(crate) fn judge(status: &Status, now: Timestamp, batch_interval: Duration) -> Result<&'static str, String> {
    if status.token.state == TokenState::ReauthRequired {
        return Err("the login at Schwab has ended: run `alpha-kite auth login`".to_owned());
    }
    if status.connection.state == ConnectionState::Off {
        return Ok("nothing is streamed");
    }
    if (status.connection.state, status.database.state) == (ConnectionState::Connecting, DatabaseState::Away) {
        return Err("nothing is streamed until the database is there".to_owned());
    }
    let Some(session) = Session::containing(now) else { return Ok("the market is closed") };
    if status.connection.state == ConnectionState::Stopped {
        return Err("the stream was stopped while the market is open".to_owned());
    }
    let limit = (MAX_AGE + batch_interval).mul_f64(status.speed.max(1.0));
    let since = |moment: Timestamp| {
        Duration::from_millis(now.as_millis().saturating_sub(moment.as_millis()).max(0).unsigned_abs())
    };
    // Rows that wait on disk are safe, but nobody can read them.
    if let Some(away) = status.away_since.map(|away| since(away.max(session.open))).filter(|away| *away > limit) {
        return Err(format!("the database has been away for {} s", away.as_secs()));
    }
    // Rows may also be late because the session, or the service, has only begun.
    let begun = session.open.max(status.started_at);
    let newest = newest_row(status).map_or(begun, |row| row.max(begun));
    let age = since(newest);
    if age <= limit {
        return Ok("data is fresh");
    }
    let cause = match status.database.state {
        DatabaseState::Away => "the database is away",
        DatabaseState::Ok => "the market is open",
    };
    Err(format!("no row was stored for {} s, and {cause}", age.as_secs()))
}

/// The start of the newest row of any ticker.
pub(crate) fn newest_row(status: &Status) -> Option<Timestamp> {
    status.tickers.iter().filter_map(|ticker| ticker.last_row).max()
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Ticker;

    use super::*;
    use crate::hub::TickerStatus;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn status(connection: ConnectionState, last_row: Option<&str>) -> Status {
        let mut status = Status { started_at: at("2025-11-20T12:00:00Z"), ..Status::default() };
        status.connection.state = connection;
        let ticker = Ticker::parse("QQQ").unwrap();
        let last_row = last_row.map(at);
        status.tickers.push(TickerStatus { ticker, last_row, last_price: None, rows: 0, gaps_open: 0 });
        status
    }

    #[test]
    fn stale_data_is_unhealthy_in_market_hours_only() {
        use ConnectionState::{Live, Off, Stopped, Waiting};
        for (connection, last_row, now, healthy) in [
            (Live, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:01:01Z", true),
            (Live, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:01:01.001Z", false),
            (Live, None, "2025-11-20T14:31:00Z", true),
            (Live, None, "2025-11-20T14:32:00Z", false),
            (Live, Some("2025-11-19T20:59:59Z"), "2025-11-20T14:31:01Z", true),
            (Live, Some("2025-11-19T20:59:59Z"), "2025-11-20T14:31:02Z", false),
            (Stopped, Some("2025-11-20T15:00:00Z"), "2025-11-20T15:00:01Z", false),
            (Off, None, "2025-11-20T15:00:00Z", true),
            (Waiting, Some("2025-11-20T20:59:59Z"), "2025-11-20T21:30:00Z", true),
            (Waiting, None, "2025-11-27T15:00:00Z", true),
            (Waiting, None, "2025-11-22T15:00:00Z", true),
        ] {
            let found = judge(&status(connection, last_row), at(now), Duration::from_secs(1));
            assert_eq!(found.is_ok(), healthy, "{connection:?} {last_row:?} {now}: {found:?}");
        }
        let mut dead = status(Waiting, None);
        dead.token.state = TokenState::ReauthRequired;
        assert!(judge(&dead, at("2025-11-27T15:00:00Z"), Duration::from_secs(1)).is_err());
    }

    #[test]
    fn a_database_that_stays_away_is_unhealthy_however_fresh_the_stream() {
        for (away, now, healthy) in [
            ("2025-11-20T15:00:00Z", "2025-11-20T15:01:01Z", true),
            ("2025-11-20T15:00:00Z", "2025-11-20T15:01:01.001Z", false),
            // The night before counts for nothing.
            ("2025-11-19T22:00:00Z", "2025-11-20T14:31:01Z", true),
            ("2025-11-19T22:00:00Z", "2025-11-20T14:31:02Z", false),
            ("2025-11-20T15:00:00Z", "2025-11-20T21:30:00Z", true),
        ] {
            let mut status = status(ConnectionState::Live, Some(now));
            (status.database.state, status.away_since) = (DatabaseState::Away, Some(at(away)));
            let found = judge(&status, at(now), Duration::from_secs(1));
            assert_eq!(found.is_ok(), healthy, "{away} {now}: {found:?}");
        }
    }

    #[test]
    fn a_service_that_waits_for_its_database_is_unhealthy_at_any_time() {
        let mut waiting = status(ConnectionState::Connecting, None);
        waiting.database.state = DatabaseState::Away;
        for now in ["2025-11-20T12:00:01Z", "2025-11-20T14:30:01Z", "2025-11-22T15:00:00Z"] {
            assert!(judge(&waiting, at(now), Duration::from_secs(1)).is_err(), "{now}");
        }
    }

    #[test]
    fn a_fast_market_is_measured_in_its_own_time() {
        let mut fast = status(ConnectionState::Live, Some("2025-11-20T15:00:00Z"));
        fast.speed = 60.0;
        assert!(judge(&fast, at("2025-11-20T16:01:00Z"), Duration::from_secs(1)).is_ok());
        assert!(judge(&fast, at("2025-11-20T16:01:01Z"), Duration::from_secs(1)).is_err());
    }
}
