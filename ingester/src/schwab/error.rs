//! What can go wrong with a request.

mod body;

use reqwest::StatusCode;

use super::token::TokenError;

pub(super) use body::{describe as describe_body, is_too_big};

/// What a request gives instead of an answer.
pub type Result<T, E = SchwabError> = std::result::Result<T, E>;

/// Why a request had no answer that can be used. No message holds a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchwabError {
    /// There is no token that can be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Nothing answered, or the connection broke.
    #[error("{path}: Schwab cannot be reached: {source}")]
    Unreachable {
        /// What was asked for.
        path: String,
        /// What the connection said, without the address.
        source: reqwest::Error,
    },
    /// The service is busy, throttles, or fails for now.
    #[error("{path}: Schwab answers {status}: {detail}{}", correlation(correlation_id))]
    Busy {
        /// What was asked for.
        path: String,
        /// The answer's status.
        status: StatusCode,
        /// What the answer says.
        detail: String,
        /// The id that Schwab's support asks for.
        correlation_id: Option<String>,
    },
    /// The service refuses the request, and would again.
    #[error("{path}: Schwab refuses with {status}: {detail}{}", correlation(correlation_id))]
    Refused {
        /// What was asked for.
        path: String,
        /// The answer's status.
        status: StatusCode,
        /// What the answer says.
        detail: String,
        /// The id that Schwab's support asks for.
        correlation_id: Option<String>,
    },
    /// The answer is not what it should be.
    #[error("{path}: the answer cannot be understood: {what}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        what: String,
    },
}

impl SchwabError {
    /// Whether the same request can succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Token(error) => error.is_retryable(),
            Self::Unreachable { .. } | Self::Busy { .. } => true,
            Self::Refused { .. } | Self::Unreadable { .. } => false,
        }
    }
}

fn correlation(id: &Option<String>) -> String {
    id.as_ref().map_or(String::new(), |id| format!(" (correlation id {id})"))
}
