//! Codes and tokens, with their ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::Instant;

use crate::random::Draws;

const CODE_LIFETIME: Duration = Duration::from_secs(30);

/// Everything that was issued and has not ended. Lifetimes are real time, since clients measure them so.
#[derive(Debug)]
pub(crate) struct Tokens {
    draws: Draws,
    issued: Mutex<Issued>,
}

#[derive(Debug, Default)]
struct Issued {
    count: i64,
    /// Codes, with the redirect URI that each was asked for.
    codes: HashMap<String, (String, Instant)>,
    access: HashMap<String, Instant>,
    refresh: HashMap<String, Instant>,
}

/// How long the tokens of one answer last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) access: Duration,
    pub(crate) refresh: Duration,
}

/// The tokens of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn new(draws: Draws) -> Self {
        Self { draws: draws.named("tokens"), issued: Mutex::default() }
    }

    /// A code that can be exchanged once, in the next 30 s.
    pub(crate) fn issue_code(&self, redirect_uri: &str) -> String {
        let mut issued = self.lock();
        let code = format!("C0.{}@", self.text(&mut issued));
        issued.codes.insert(code.clone(), (redirect_uri.to_owned(), Instant::now() + CODE_LIFETIME));
        code
    }

    /// Exchanges a code for tokens, which ends the refresh tokens of earlier logins.
    pub(crate) fn exchange(&self, code: &str, redirect_uri: &str, last: Lifetimes) -> Option<Grant> {
        let mut issued = self.lock();
        let (asked_for, end) = issued.codes.remove(code)?;
        if asked_for != redirect_uri || end <= Instant::now() {
            return None;
        }
        issued.refresh.clear();
        let refresh = format!("{}@", self.text(&mut issued));
        issued.refresh.insert(refresh.clone(), Instant::now() + last.refresh);
        Some(Grant { access: self.issue_access(&mut issued, last.access), refresh })
    }

    /// A new access token for a refresh token, which stays as it is unless it is rotated. Its end never moves.
    pub(crate) fn refresh(&self, token: &str, rotate: Rotate, last: Lifetimes) -> Option<Grant> {
        let mut issued = self.lock();
        let end = *issued.refresh.get(token).filter(|end| **end > Instant::now())?;
        let mut refresh = token.to_owned();
        if rotate == Rotate::Yes {
            issued.refresh.remove(token);
            refresh = format!("{}@", self.text(&mut issued));
            issued.refresh.insert(refresh.clone(), end);
        }
        Some(Grant { access: self.issue_access(&mut issued, last.access), refresh })
    }

    pub(crate) fn is_valid(&self, access: &str) -> bool {
        self.lock().access.get(access).is_some_and(|end| *end > Instant::now())
    }

    pub(crate) fn revoke_access(&self) {
        self.lock().access.clear();
    }

    pub(crate) fn revoke_refresh(&self) {
        self.lock().refresh.clear();
    }

    fn issue_access(&self, issued: &mut Issued, lifetime: Duration) -> String {
        let now = Instant::now();
        issued.access.retain(|_, end| *end > now);
        issued.codes.retain(|_, (_, end)| *end > now);
        let access = format!("I0.{}@", self.text(issued));
        issued.access.insert(access.clone(), now + lifetime);
        access
    }

    fn text(&self, issued: &mut Issued) -> String {
        issued.count += 1;
        let draws = self.draws.child(issued.count);
        let bytes: Vec<u8> = (0..5).flat_map(|block| draws.at(block).to_be_bytes()).collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a refresh gives a new refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotate {
    No,
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Lifetimes = Lifetimes { access: Duration::from_secs(1800), refresh: Duration::from_secs(7 * 86_400) };

    #[tokio::test(start_paused = true)]
    async fn codes_work_once_and_soon() {
        let tokens = Tokens::new(Draws::new(1));
        let code = tokens.issue_code("https://127.0.0.1");
        assert!(tokens.exchange(&code, "https://127.0.0.1", LAST).is_some());
        assert!(tokens.exchange(&code, "https://127.0.0.1", LAST).is_none(), "used");
        let code = tokens.issue_code("https://127.0.0.1");
        assert!(tokens.exchange(&code, "https://127.0.0.1/", LAST).is_none(), "another redirect URI");
        let code = tokens.issue_code("https://127.0.0.1");
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(tokens.exchange(&code, "https://127.0.0.1", LAST).is_none(), "late");
    }

    #[tokio::test(start_paused = true)]
    async fn refreshing_does_not_extend_the_refresh_token() {
        let tokens = Tokens::new(Draws::new(1));
        let code = tokens.issue_code("x");
        let first = tokens.exchange(&code, "x", LAST).unwrap();
        tokio::time::advance(Duration::from_secs(1800)).await;
        assert!(!tokens.is_valid(&first.access));
        let second = tokens.refresh(&first.refresh, Rotate::No, LAST).unwrap();
        assert_eq!(second.refresh, first.refresh);
        assert!(tokens.is_valid(&second.access));
        let third = tokens.refresh(&second.refresh, Rotate::Yes, LAST).unwrap();
        assert_ne!(third.refresh, first.refresh);
        assert!(tokens.refresh(&first.refresh, Rotate::No, LAST).is_none(), "rotated away");
        tokio::time::advance(Duration::from_secs(7 * 86_400 - 1800)).await;
        assert!(tokens.refresh(&third.refresh, Rotate::No, LAST).is_none(), "seven days after the login");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_login_ends_the_old_one() {
        let tokens = Tokens::new(Draws::new(1));
        let login = || tokens.exchange(&tokens.issue_code("x"), "x", LAST).unwrap();
        let (first, second) = (login(), login());
        assert!(tokens.refresh(&first.refresh, Rotate::No, LAST).is_none());
        assert!(tokens.refresh(&second.refresh, Rotate::No, LAST).is_some());
        tokens.revoke_access();
        assert!(!tokens.is_valid(&second.access));
        tokens.revoke_refresh();
        assert!(tokens.refresh(&second.refresh, Rotate::No, LAST).is_none());
    }
}
