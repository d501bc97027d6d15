//! What can go wrong when a simulator starts.

use std::io;
use std::net::SocketAddr;

/// Why a simulator cannot start, or a fault cannot be set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There is no ticker.
    #[error("no ticker is given")]
    NoTicker,
    /// An index has no trades, and none is simulated.
    #[error("{0} is an index; only stocks and funds are simulated")]
    Index(String),
    /// The market time is outside the calendar, which covers 1990 to 2100, or too near its ends.
    #[error("market time {0} is outside 1991 to 2099")]
    MarketTime(String),
    /// The text is no moment.
    #[error("{0:?} is no moment such as 2026-10-05T13:30:00Z or 2026-10-05T09:30:00-04:00")]
    Moment(String),
    /// The text is no fault.
    #[error("fault {text:?}: {reason}")]
    Fault {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A result with the simulator's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
