//! When there is something to stream.

use alpha_kite_core::{Session, Timestamp};

/// The line is made so long before the open, in milliseconds.
const BEFORE_OPEN_MS: i64 = 5 * 60_000;
/// The line is kept so long after the close, in milliseconds: trades are told late.
const AFTER_CLOSE_MS: i64 = 30_000;

/// What to do at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Stream until then; `None` means for ever.
    Stream {
        /// When to stop.
        until: Option<Timestamp>,
    },
    /// The market is closed.
    Wait {
        /// When to connect again.
        until: Timestamp,
        /// The session for which.
        session: Session,
    },
    /// The calendar ends; nothing is known of later sessions.
    End,
}

/// What to do at `now`; `at_all_hours` is for those who stream around the clock.
#[must_use]
pub fn phase(now: Timestamp, at_all_hours: bool) -> Phase {
    if at_all_hours {
        return Phase::Stream { until: None };
    }
    let later = |moment: Timestamp, millis| moment.checked_add_millis(millis).unwrap_or(moment);
    let recent = Session::containing(now).or_else(|| Session::last_before(now));
    if let Some(session) = recent.filter(|session| now < later(session.close, AFTER_CLOSE_MS)) {
        return Phase::Stream { until: Some(later(session.close, AFTER_CLOSE_MS)) };
    }
    let Some(session) = Session::next_after(now) else { return Phase::End };
    match later(session.open, -BEFORE_OPEN_MS) {
        connect if connect <= now => Phase::Stream { until: Some(later(session.close, AFTER_CLOSE_MS)) },
        connect => Phase::Wait { until: connect, session },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_there_around_the_session() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let close = Some(at("2019-04-18T20:00:30Z"));
        for (now, streams_until) in [
            ("2019-04-18T13:24:59.999Z", None),
            ("2019-04-18T13:25:00Z", close),
            ("2019-04-18T13:30:00Z", close),
            ("2019-04-18T19:59:59Z", close),
            ("2019-04-18T20:00:29.999Z", close),
            ("2019-04-18T20:00:30Z", None),
            ("2019-04-19T15:00:00Z", None), // Good Friday
        ] {
            match phase(at(now), false) {
                Phase::Stream { until } => assert_eq!(until, streams_until, "{now}"),
                Phase::Wait { until, session } => {
                    assert_eq!(streams_until, None, "{now}");
                    assert_eq!(session.open.as_millis() - until.as_millis(), 300_000);
                    assert!(until > at(now));
                }
                Phase::End => panic!("{now}"),
            }
            assert_eq!(phase(at(now), true), Phase::Stream { until: None });
        }
        assert_eq!(phase(at("2101-01-01T00:00:00Z"), false), Phase::End);
    }
}
