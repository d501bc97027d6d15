//! Faults: what goes wrong, when, and how often.

mod seeded;
mod text;

use std::sync::{Mutex, MutexGuard, PoisonError};

use alpha_kite_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment::optional_text;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The streamer's connection is cut without a close frame. Counted by connection.
    Drop,
    /// The streamer stays connected and sends nothing at all. Counted by frame.
    Mute,
    /// Heartbeats stop, data goes on. Counted by heartbeat.
    Stall,
    /// A data frame is sent twice. Counted by frame.
    Duplicate,
    /// A data frame is sent after the next one. Counted by frame.
    Reorder,
    /// A data frame is no valid JSON: it holds a bad escape. Counted by frame.
    InvalidJson,
    /// Numbers of a data frame's items are the string `"NaN"`. Counted by frame.
    Nan,
    /// TOTAL_VOLUME begins again at 0. Counted by frame.
    VolumeReset,
    /// The streamer sends code 12 and closes. Counted by connection.
    #[serde(rename = "code_12")]
    Code12,
    /// The streamer sends code 30 and closes. Counted by connection.
    #[serde(rename = "code_30")]
    Code30,
    /// Requests are answered 401.
    #[serde(rename = "http_401")]
    Http401,
    /// Requests are answered 403 with a page of HTML, as the network's edge does.
    #[serde(rename = "http_403")]
    Http403,
    /// Requests are answered 429; `seconds` is sent as `Retry-After`.
    #[serde(rename = "http_429")]
    Http429,
    /// Requests are answered 502 by the gateway.
    #[serde(rename = "http_502")]
    Http502,
    /// Requests are answered 504 with plain text.
    #[serde(rename = "http_504")]
    Http504,
    /// New connections are reset, and open ones at their next request.
    Refuse,
    /// Access tokens last `seconds`. Counted by token.
    AccessLifetime,
    /// Refresh tokens last `seconds`. Counted by token.
    RefreshLifetime,
    /// A refresh gives a new refresh token and ends the old one. Counted by refresh.
    RotateRefresh,
    /// All access tokens end.
    RevokeAccess,
    /// All refresh tokens end.
    RevokeRefresh,
}

/// One fault: what, from when, and for how long or how often.
///
/// Without `for_s` and `next` it happens once ([`FaultKind::Drop`], those of single frames, codes, revocations) or lasts until
/// it is cleared (all others).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub fault: FaultKind,
    /// The market time from which on it does. Default: as soon as the fault is set.
    #[serde(default, with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Market seconds for which it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u32>,
    /// How many times it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// Only requests whose path begins so, for `http_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Real seconds: the `Retry-After` of `http_429`, or a token's lifetime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// The faults that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    set: Mutex<Vec<Fault>>,
}

impl Fault {
    /// A fault from now on, once or until cleared.
    #[must_use]
    pub fn new(fault: FaultKind) -> Self {
        Self { fault, at: None, for_s: None, next: None, path: None, seconds: None }
    }

    /// The same fault, from a market time on.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Self {
        Self { at: Some(at), ..self }
    }

    /// The same fault, for some market seconds.
    #[must_use]
    pub fn lasting(self, seconds: u32) -> Self {
        Self { for_s: Some(seconds), ..self }
    }

    /// The same fault, so many times.
    #[must_use]
    pub fn times(self, next: u32) -> Self {
        Self { next: Some(next), ..self }
    }

    /// The same fault, of requests whose path begins so.
    #[must_use]
    pub fn on_path(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    /// The same fault with a `Retry-After` or a lifetime, in real seconds.
    #[must_use]
    pub fn seconds(self, seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    fn has_begun(&self, now: Timestamp) -> bool {
        self.at.is_none_or(|at| at <= now)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let end = self.at.zip(self.for_s).and_then(|(at, seconds)| at.checked_add_millis(i64::from(seconds) * 1000));
        self.next == Some(0) || end.is_some_and(|end| end <= now)
    }
}

impl FaultKind {
    /// Whether the fault happens once unless told otherwise.
    fn is_single(self) -> bool {
        match self {
            Self::Drop
            | Self::Duplicate
            | Self::Reorder
            | Self::InvalidJson
            | Self::Nan
            | Self::VolumeReset
            | Self::Code12
            | Self::Code30
            | Self::RevokeAccess
            | Self::RevokeRefresh => true,
            Self::Mute
            | Self::Stall
            | Self::Http401
            | Self::Http403
            | Self::Http429
            | Self::Http502
            | Self::Http504
            | Self::Refuse
            | Self::AccessLifetime
            | Self::RefreshLifetime
            | Self::RotateRefresh => false,
        }
    }
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault, now: Timestamp) {
        let once = fault.fault.is_single() && fault.next.is_none() && fault.for_s.is_none();
        let next = if once { Some(1) } else { fault.next };
        self.lock().push(Fault { at: fault.at.or(Some(now)), next, ..fault });
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Those that are not over.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<Fault> {
        let mut set = self.lock();
        set.retain(|fault| !fault.is_over(now));
        set.clone()
    }

    /// The fault of a kind that happens at a market time, which counts it.
    pub(crate) fn take(&self, kind: FaultKind, now: Timestamp) -> Option<Fault> {
        self.take_first(now, |fault| fault.fault == kind)
    }

    /// The fault of a request, which counts it.
    pub(crate) fn take_http(&self, path: &str, now: Timestamp) -> Option<Fault> {
        self.take_first(now, |fault| {
            let of_http = matches!(
                fault.fault,
                FaultKind::Http401 | FaultKind::Http403 | FaultKind::Http429 | FaultKind::Http502 | FaultKind::Http504
            );
            of_http && fault.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()))
        })
    }

    fn take_first(&self, now: Timestamp, is_meant: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut set = self.lock();
        let fault = set.iter_mut().find(|fault| is_meant(fault) && fault.has_begun(now) && !fault.is_over(now))?;
        if let Some(next) = &mut fault.next {
            *next -= 1;
        }
        Some(fault.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_counts_end() {
        let at = Timestamp::from_millis;
        let faults = Faults::default();
        faults.add(Fault::new(FaultKind::Mute).at(at(10_000)).lasting(5), at(0));
        faults.add(Fault::new(FaultKind::Http429).times(2).on_path("/marketdata"), at(0));
        faults.add(Fault::new(FaultKind::Drop), at(0));
        let muted = |moment| faults.take(FaultKind::Mute, at(moment)).is_some();
        assert!(!muted(9_999) && muted(10_000) && muted(14_999) && !muted(15_000));

        assert!(faults.take_http("/trader/v1/x", at(0)).is_none());
        assert!(faults.take_http("/marketdata/v1/x", at(0)).is_some());
        assert!(faults.take_http("/marketdata/v1/x", at(0)).is_some());
        assert!(faults.take_http("/marketdata/v1/x", at(0)).is_none());

        assert!(faults.take(FaultKind::Drop, at(0)).is_some());
        assert!(faults.take(FaultKind::Drop, at(0)).is_none(), "it happens once");
        assert_eq!(faults.list(at(0)).len(), 1);
        assert!(faults.list(at(15_000)).is_empty());
    }

    #[test]
    fn json_is_as_documented() {
        let json =
            r#"{"fault":"http_429","at":"2026-10-05T14:00:00Z","for_s":30,"next":3,"path":"/marketdata","seconds":2}"#;
        let fault: Fault = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&fault).unwrap(), json);
        for json in [r#"{"fault":"nonsense"}"#, r#"{"fault":"mute","for":3}"#, r#"{"fault":"mute","at":"noon"}"#] {
            assert!(serde_json::from_str::<Fault>(json).is_err(), "{json}");
        }
    }
}
