//! What is known of the tokens, for health and for people.

use std::fmt;

use alpha_kite_core::Timestamp;

use super::TokenSet;

/// Whether the program can act for its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// Nobody has logged in.
    None,
    /// All is well.
    Ok,
    /// The login ends within two days.
    Expiring,
    /// The login has ended: somebody must log in again.
    ReauthRequired,
}

/// The state of the tokens, without the tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStatus {
    /// In a word.
    pub state: TokenState,
    /// When the access token ends. It is refreshed before.
    pub access_expires_at: Option<Timestamp>,
    /// When the login ends.
    pub refresh_expires_at: Option<Timestamp>,
    /// What is wrong, if something is.
    pub detail: Option<String>,
}

/// Hours before the end of a login at which it is told.
const WARNING_HOURS: [i64; 4] = [48, 24, 6, 1];

const MILLIS_PER_HOUR: i64 = 3_600_000;

impl TokenState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ok => "ok",
            Self::Expiring => "expiring",
            Self::ReauthRequired => "reauth_required",
        }
    }
}

impl TokenStatus {
    /// Of a login that has not been refused, or of none.
    pub fn of(tokens: Option<&TokenSet>, now: Timestamp) -> Self {
        let Some(tokens) = tokens else {
            return Self { state: TokenState::None, access_expires_at: None, refresh_expires_at: None, detail: None };
        };
        let state = match warning(tokens, now) {
            _ if now >= tokens.refresh_expires_at() => TokenState::ReauthRequired,
            Some(_) => TokenState::Expiring,
            None => TokenState::Ok,
        };
        Self {
            state,
            access_expires_at: Some(tokens.expires_at),
            refresh_expires_at: Some(tokens.refresh_expires_at()),
            detail: None,
        }
    }
}

/// The smallest of the warning hours within which the login ends; `None` while none is reached.
pub(super) fn warning(tokens: &TokenSet, now: Timestamp) -> Option<i64> {
    let left = tokens.refresh_expires_at().as_millis().saturating_sub(now.as_millis());
    WARNING_HOURS.into_iter().filter(|hours| left <= hours * MILLIS_PER_HOUR).min()
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_state_follows_the_countdown() {
        let at = Timestamp::from_millis;
        let secret = Secret::new("x").unwrap();
        let tokens = TokenSet {
            access: secret.clone(),
            refresh: secret,
            issued_at: at(0),
            expires_at: at(1_800_000),
            refresh_issued_at: at(0),
        };
        let hours_left = |hours: i64| at((7 * 24 - hours) * MILLIS_PER_HOUR);
        for (left, state, hours) in [
            (168, TokenState::Ok, None),
            (49, TokenState::Ok, None),
            (48, TokenState::Expiring, Some(48)),
            (25, TokenState::Expiring, Some(48)),
            (24, TokenState::Expiring, Some(24)),
            (6, TokenState::Expiring, Some(6)),
            (1, TokenState::Expiring, Some(1)),
            (0, TokenState::ReauthRequired, Some(1)),
            (-5, TokenState::ReauthRequired, Some(1)),
        ] {
            assert_eq!(TokenStatus::of(Some(&tokens), hours_left(left)).state, state, "{left}");
            assert_eq!(warning(&tokens, hours_left(left)), hours, "{left}");
        }
        assert_eq!(TokenStatus::of(None, at(0)).state, TokenState::None);
    }
}
