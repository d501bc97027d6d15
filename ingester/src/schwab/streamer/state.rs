//! How the connection is, for health and for people.

use std::fmt;

use alpha_kite_core::Timestamp;

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// The first one is being made.
    Connecting,
    /// Logged in and subscribed.
    Live,
    /// It broke, and another one is being made.
    Reconnecting,
    /// There is none until somebody logs in.
    Waiting,
    /// There will be none.
    Stopped,
}

/// The connection since its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// How it is.
    pub state: ConnectionState,
    /// Since when.
    pub since: Timestamp,
    /// Why, for people.
    pub detail: Option<String>,
}

impl ConnectionState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
