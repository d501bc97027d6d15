//! The streamer's response codes.

use std::fmt;

/// What the streamer says of a command or of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 0, and 26 to 29, which are documented and were never seen.
    Success,
    /// 3: the access token is not valid. The connection ends.
    LoginDenied,
    /// 9.
    UnknownFailure,
    /// 11: this service does not exist, or not now.
    ServiceNotAvailable,
    /// 12: there is another connection of this user. The connection ends.
    CloseConnection,
    /// 19: the tickers up to the limit are kept, the others dropped, and it is not said which.
    ReachedSymbolLimit,
    /// 20: the streamer does not know this connection.
    ConnectionNotFound,
    /// 21.
    BadCommandFormat,
    /// 22 to 25: a SUBS, UNSUBS, ADD or VIEW failed, usually because another command was under way.
    CommandFailed(u32),
    /// 30: the stream ends.
    StopStreaming,
    /// Any other number.
    Other(u32),
}

impl Code {
    /// The code of a number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 | 26..=29 => Self::Success,
            3 => Self::LoginDenied,
            9 => Self::UnknownFailure,
            11 => Self::ServiceNotAvailable,
            12 => Self::CloseConnection,
            19 => Self::ReachedSymbolLimit,
            20 => Self::ConnectionNotFound,
            21 => Self::BadCommandFormat,
            22..=25 => Self::CommandFailed(number),
            30 => Self::StopStreaming,
            other => Self::Other(other),
        }
    }

    const fn number(self) -> u32 {
        match self {
            Self::Success => 0,
            Self::LoginDenied => 3,
            Self::UnknownFailure => 9,
            Self::ServiceNotAvailable => 11,
            Self::CloseConnection => 12,
            Self::ReachedSymbolLimit => 19,
            Self::ConnectionNotFound => 20,
            Self::BadCommandFormat => 21,
            Self::CommandFailed(number) | Self::Other(number) => number,
            Self::StopStreaming => 30,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.number())
    }
}
