//! What the streamer tells the pipeline.

use std::fmt;
use std::time::Instant;

use alpha_kite_core::Timestamp;

use super::item::{ChartItem, EquityItem};

/// What happened on the stream, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// Logged in and subscribing anew: the first image of each ticker is a snapshot, whose trade is not new.
    Connected,
    /// The items of one service in one frame.
    Data {
        /// When the frame arrived, by the host's clock.
        received: Instant,
        /// When the streamer sent it, by its own.
        timestamp: Timestamp,
        /// Items of LEVELONE_EQUITIES.
        equities: Vec<EquityItem>,
        /// Items of CHART_EQUITY.
        charts: Vec<ChartItem>,
    },
    /// The line is alive, and the streamer's clock shows this.
    Heartbeat {
        /// When the frame arrived, by the host's clock.
        received: Instant,
        /// When the streamer sent it, by its own.
        timestamp: Timestamp,
    },
    /// The line is gone. The client keeps trying unless [`Cause::is_final`].
    Disconnected {
        /// Why.
        cause: Cause,
        /// What was found, for people.
        detail: String,
    },
    /// Frames were lost on a line that stays. What is known of a ticker may be old until its next image, which is a snapshot:
    /// the client asks for new ones.
    Lost {
        /// Why.
        cause: Cause,
    },
}

/// Why data is missing; its text is stored with the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The connection broke or could not be made.
    Disconnect,
    /// Nothing came for too long.
    Silence,
    /// Another program logged in as the same user (code 12).
    Evicted,
    /// The streamer refused the login or a command.
    Refused,
    /// The streamer ended the stream (code 30).
    Stopped,
    /// There is no valid token.
    Token,
    /// The pipeline did not keep up.
    Overflow,
    /// A frame could not be read.
    Garbage,
    /// This program was told to stop.
    Shutdown,
}

impl Cause {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::Silence => "silence",
            Self::Evicted => "evicted",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Token => "token",
            Self::Overflow => "overflow",
            Self::Garbage => "garbage",
            Self::Shutdown => "shutdown",
        }
    }

    /// Whether the client does not connect again by itself: two programs that evict each other would do so for ever.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Evicted | Self::Shutdown)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
