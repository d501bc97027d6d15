//! Access and refresh tokens: kept in a file, refreshed by one task.

mod file;
mod keeper;
mod oauth;
mod seal;
mod status;

use alpha_kite_core::Timestamp;

use crate::config::Secret;

pub use file::{TokenFile, TokenFileError};
pub use keeper::{KeeperOptions, TokenError, TokenKeeper, Tokens};
pub use oauth::{OauthClient, OauthError};
pub use seal::SealKey;
pub use status::{TokenState, TokenStatus};

/// How long a refresh token lasts from the login on, in milliseconds: seven days. Refreshing does not extend it.
pub(super) const REFRESH_LIFETIME_MS: i64 = 7 * 24 * 3_600_000;

/// The tokens of one login. `Debug` shows neither.
#[derive(Debug, Clone)]
pub struct TokenSet {
    /// What requests carry.
    pub access: Secret,
    /// What gets new access tokens.
    pub refresh: Secret,
    /// When the access token was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the login was.
    pub refresh_issued_at: Timestamp,
}

impl TokenSet {
    /// When the refresh token ends.
    pub fn refresh_expires_at(&self) -> Timestamp {
        self.refresh_issued_at.checked_add_millis(REFRESH_LIFETIME_MS).unwrap_or(self.refresh_issued_at)
    }

    /// When the access token should be refreshed: five minutes before its end, or at half of a short life.
    fn refresh_due_at(&self) -> Timestamp {
        const LEAD_MS: i64 = 300_000;
        let lifetime = self.expires_at.as_millis().saturating_sub(self.issued_at.as_millis()).max(0);
        Timestamp::from_millis(self.expires_at.as_millis().saturating_sub(LEAD_MS.min(lifetime / 2)))
    }
}
