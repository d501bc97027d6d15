//! The one task that refreshes tokens, and the handle by which others use them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::file::Fingerprint;
use super::oauth::{OauthClient, OauthError};
use super::status::warning;
use super::{TokenFile, TokenFileError, TokenSet, TokenState, TokenStatus};
use crate::clock::Clock;
use crate::config::Secret;
use crate::schwab::backoff::Backoff;

/// Requests to refresh that may wait for the task.
const MAX_WAITING: usize = 64;

/// The least time between two refreshes.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// How often things are done.
#[derive(Debug, Clone)]
pub struct KeeperOptions {
    /// How often the file is looked at, so that a new login is found. Default: 5 s.
    pub poll: Duration,
    /// Waits after a refresh that failed and may succeed later. Default: 2 s to 60 s.
    pub retry: Backoff,
}

impl Default for KeeperOptions {
    fn default() -> Self {
        Self { poll: Duration::from_secs(5), retry: Backoff::new(Duration::from_secs(2), Duration::from_secs(60)) }
    }
}

/// Why there is no access token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nobody has logged in.
    #[error("nobody is logged in at Schwab: run `alpha-kite auth login`")]
    NoLogin,
    /// The login has ended.
    #[error("the login at Schwab has ended ({0}): run `alpha-kite auth login`")]
    ReauthRequired(String),
    /// It may go better later.
    #[error("{0}")]
    Unavailable(String),
}

impl TokenError {
    /// Whether it can go better without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Uses the tokens that a [`TokenKeeper`] keeps. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    known: watch::Receiver<Known>,
    requests: mpsc::Sender<Renewal>,
    clock: Arc<dyn Clock>,
}

/// What everybody may know.
#[derive(Debug, Clone, Default)]
struct Known {
    tokens: Option<TokenSet>,
    /// Why Schwab does not refresh these tokens any more.
    refused: Option<String>,
    /// Why there are none, if not because nobody logged in.
    problem: Option<String>,
    /// Counts logins that were found.
    logins: u64,
}

/// A request for another access token than the one that was rejected.
struct Renewal {
    rejected: Option<Secret>,
    reply: oneshot::Sender<Result<Secret, TokenError>>,
}

impl Tokens {
    /// An access token that has not ended; refreshed first if it has.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn access(&self) -> Result<Secret, TokenError> {
        let usable = self.known.borrow().usable(&*self.clock);
        match usable {
            Some(access) => Ok(access),
            None => self.ask(None).await,
        }
    }

    /// Another access token, after Schwab has rejected one. Many callers at once cause one refresh.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn renew(&self, rejected: &Secret) -> Result<Secret, TokenError> {
        self.ask(Some(rejected.clone())).await
    }

    /// The state of the tokens.
    pub fn status(&self) -> TokenStatus {
        let known = self.known.borrow();
        let status = TokenStatus::of(known.tokens.as_ref(), self.clock.now());
        match &known.refused {
            Some(refused) => TokenStatus { state: TokenState::ReauthRequired, detail: Some(refused.clone()), ..status },
            None => TokenStatus { detail: known.problem.clone(), ..status },
        }
    }

    /// How many logins were found so far.
    pub fn logins(&self) -> u64 {
        self.known.borrow().logins
    }

    /// Waits for a login after the first `count`. For ever, once the keeper has stopped.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn login_after(&self, count: u64) {
        let mut known = self.known.clone();
        if known.wait_for(|known| known.logins > count).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn ask(&self, rejected: Option<Secret>) -> Result<Secret, TokenError> {
        let stopped = || TokenError::Unavailable("the program is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        self.requests.send(Renewal { rejected, reply }).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Known {
    fn usable(&self, clock: &dyn Clock) -> Option<Secret> {
        let tokens = self.tokens.as_ref().filter(|tokens| clock.now() < tokens.expires_at)?;
        Some(tokens.access.clone())
    }
}

/// Refreshes tokens before they end, and finds new logins in the file.
pub struct TokenKeeper {
    file: TokenFile,
    oauth: OauthClient,
    options: KeeperOptions,
    clock: Arc<dyn Clock>,
    known: watch::Sender<Known>,
    requests: mpsc::Receiver<Renewal>,
    fingerprint: Option<Fingerprint>,
    /// Not before this is a refresh tried again.
    next_attempt: Instant,
    /// The smallest warning that was given for this login, in hours before its end.
    warned: Option<i64>,
}

impl TokenKeeper {
    /// Reads the file. `clock` tells the real time, since Schwab's tokens last in real time.
    pub fn new(file: TokenFile, oauth: OauthClient, options: KeeperOptions, clock: Arc<dyn Clock>) -> (Self, Tokens) {
        let (known, known_receiver) = watch::channel(Known::default());
        let (requests_sender, requests) = mpsc::channel(MAX_WAITING);
        let handle = Tokens { known: known_receiver, requests: requests_sender, clock: Arc::clone(&clock) };
        let next_attempt = Instant::now();
        let mut keeper =
            Self { file, oauth, options, clock, known, requests, fingerprint: None, next_attempt, warned: None };
        keeper.read_file();
        (keeper, handle)
    }

    /// Runs until stopped. A refresh that is under way is finished, so that no token is lost.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut next_poll = Instant::now() + self.options.poll;
        loop {
            let wake = self.refresh_at().map_or(next_poll, |at| at.min(next_poll));
            tokio::select! {
                () = stop.cancelled() => return,
                request = self.requests.recv() => match request {
                    Some(request) => self.renew(request).await,
                    None => return,
                },
                () = tokio::time::sleep_until(wake) => {}
            }
            if Instant::now() >= next_poll {
                next_poll = Instant::now() + self.options.poll;
                self.look_at_file();
                self.warn();
            }
            if self.refresh_at().is_some_and(|at| Instant::now() >= at) {
                // A failure is in the log and in the status, and is tried again.
                let _ = self.refresh().await;
            }
        }
    }

    async fn renew(&mut self, Renewal { rejected, reply }: Renewal) {
        self.look_at_file();
        let current = self.known.borrow().usable(&*self.clock);
        let answer = match current {
            Some(access) if rejected.is_none_or(|rejected| rejected.expose() != access.expose()) => Ok(access),
            _ => self.refresh().await,
        };
        // Whoever asked may have given up.
        let _ = reply.send(answer);
    }

    /// When the tokens are to be refreshed; `None` if they cannot be.
    fn refresh_at(&self) -> Option<Instant> {
        let known = self.known.borrow();
        let tokens = known.tokens.as_ref().filter(|_| known.refused.is_none())?;
        let left = tokens.refresh_due_at().as_millis().saturating_sub(self.clock.now().as_millis());
        let due = Instant::now() + Duration::from_millis(u64::try_from(left).unwrap_or(0));
        Some(due.max(self.next_attempt))
    }

    /// Refreshes once, unless a refresh has just failed.
    async fn refresh(&mut self) -> Result<Secret, TokenError> {
        let known = self.known.borrow().clone();
        let Some(tokens) = known.tokens else {
            return Err(known.problem.map_or(TokenError::NoLogin, TokenError::Unavailable));
        };
        if let Some(refused) = known.refused {
            return Err(TokenError::ReauthRequired(refused));
        }
        if Instant::now() < self.next_attempt {
            if let Some(problem) = known.problem {
                return Err(TokenError::Unavailable(problem));
            }
            // A success a moment ago; soon another one may be tried.
            tokio::time::sleep_until(self.next_attempt).await;
        }
        self.next_attempt = Instant::now() + LEAST_PAUSE;
        match self.refresh_locked(tokens).await {
            Ok(tokens) => {
                self.options.retry.reset();
                let access = tokens.access.clone();
                tracing::info!(expires_at = %tokens.expires_at, "access token refreshed");
                self.publish(tokens);
                Ok(access)
            }
            Err(Failure::Refused(detail)) => {
                tracing::error!(detail, "Schwab refuses the refresh token: run `alpha-kite auth login`");
                self.known.send_modify(|known| known.refused = Some(detail.clone()));
                Err(TokenError::ReauthRequired(detail))
            }
            Err(Failure::Unavailable(detail)) => {
                tracing::warn!(detail, "access token not refreshed");
                self.next_attempt = Instant::now() + self.options.retry.next_wait().max(LEAST_PAUSE);
                self.known.send_modify(|known| known.problem = Some(detail.clone()));
                Err(TokenError::Unavailable(detail))
            }
        }
    }

    /// Refreshes while no other process does. One that has just done so has done it for both.
    async fn refresh_locked(&mut self, mut tokens: TokenSet) -> Result<TokenSet, Failure> {
        let lock = self.file.lock().await?;
        if let Some(stored) = self.file.load()? {
            // It is older than what is known where it could not be written.
            let is_newer = stored.refresh_issued_at != tokens.refresh_issued_at || stored.issued_at > tokens.issued_at;
            if is_newer && self.clock.now() < stored.refresh_due_at() {
                return Ok(stored);
            }
            if is_newer {
                tokens = stored;
            }
        }
        let fresh = self.oauth.refresh(&tokens).await?;
        let (file, stored) = (self.file.clone(), fresh.clone());
        let saved = tokio::task::spawn_blocking(move || {
            let saved = file.save(&stored);
            drop(lock);
            saved
        });
        match saved.await {
            Ok(Ok(())) => self.fingerprint = self.file.fingerprint(),
            // The tokens are good all the same; the next refresh tries to save again.
            Ok(Err(error)) => tracing::error!(%error, "new tokens not saved"),
            Err(error) => tracing::error!(%error, "new tokens not saved"),
        }
        Ok(fresh)
    }

    fn look_at_file(&mut self) {
        if self.file.fingerprint() != self.fingerprint {
            self.read_file();
        }
    }

    /// Takes what the file holds, and remembers what the file looked like.
    fn read_file(&mut self) {
        self.fingerprint = self.file.fingerprint();
        match self.file.load() {
            Ok(Some(tokens)) => self.publish(tokens),
            Ok(None) => {
                if self.known.borrow().tokens.is_some() {
                    tracing::warn!(path = %self.file.path().display(), "logged out: the token file is gone");
                }
                self.known.send_modify(|known| *known = Known { logins: known.logins, ..Known::default() });
            }
            Err(error) => {
                tracing::error!(%error, "token file not read");
                self.known.send_modify(|known| known.problem = Some(error.to_string()));
            }
        }
    }

    fn publish(&mut self, tokens: TokenSet) {
        let mut is_login = false;
        self.known.send_modify(|known| {
            let is_same_login = |old: &TokenSet| {
                old.refresh_issued_at == tokens.refresh_issued_at
                    || (known.refused.is_none() && old.refresh.expose() == tokens.refresh.expose())
            };
            is_login = !known.tokens.as_ref().is_some_and(is_same_login);
            if is_login {
                known.logins += 1;
                known.refused = None;
            }
            known.problem = None;
            known.tokens = Some(tokens);
        });
        if is_login {
            self.warned = None;
            self.next_attempt = Instant::now();
            self.warn();
        }
    }

    /// Tells that the login ends, at 48, 24, 6 and 1 hours before.
    fn warn(&mut self) {
        let known = self.known.borrow();
        let Some(tokens) = &known.tokens else { return };
        let Some(hours) = warning(tokens, self.clock.now()) else { return };
        if self.warned.is_none_or(|warned| hours < warned) {
            self.warned = Some(hours);
            let ends_at = tokens.refresh_expires_at();
            tracing::warn!(%ends_at, "the login at Schwab ends in less than {hours} h: run `alpha-kite auth login`");
        }
    }
}

/// How a refresh failed.
enum Failure {
    Refused(String),
    Unavailable(String),
}

impl From<OauthError> for Failure {
    fn from(error: OauthError) -> Self {
        match error {
            OauthError::Refused { .. } => Self::Refused(error.to_string()),
            OauthError::Unavailable { detail } => Self::Unavailable(detail),
        }
    }
}

impl From<TokenFileError> for Failure {
    fn from(error: TokenFileError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
