//! One process at a time may stream for an account: two would evict each other for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::driver::told;
use crate::store::Store;

/// The lease's name in the database.
const NAME: &str = "streamer";
/// How long a lease lasts if it is not prolonged, as after `kill -9`.
const LENGTH: Duration = Duration::from_secs(30);
/// How often it is prolonged.
const PROLONG: Duration = Duration::from_secs(10);

/// The right to stream.
pub struct Lease {
    store: Arc<dyn Store>,
    holder: String,
}

impl Lease {
    /// Takes the right to stream; waits while another process has it, and says so. `None` if told to stop meanwhile.
    pub async fn take(store: Arc<dyn Store>, holder: String, stop: &mut watch::Receiver<bool>) -> Option<Self> {
        let mut known = None;
        loop {
            match store.take_lease(NAME, &holder, LENGTH).await {
                Ok(None) => return Some(Self { store, holder }),
                Ok(Some(other)) => {
                    if known.as_ref() != Some(&other) {
                        tracing::warn!(holder = %other, "another process streams into this database; waiting for its end");
                        known = Some(other);
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot ask for the right to stream"),
            }
            tokio::select! {
                () = sleep(PROLONG / 5) => {}
                () = told(stop) => return None,
            }
        }
    }

    /// Prolongs the lease for ever; returns who has it if another process took it, as after a long pause of this one.
    ///
    /// A database that is away takes the lease from nobody: what is streamed waits on disk.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn keep(&self) -> String {
        loop {
            sleep(PROLONG).await;
            match self.store.take_lease(NAME, &self.holder, LENGTH).await {
                Ok(None) => {}
                Ok(Some(other)) => return other,
                Err(error) => tracing::warn!(%error, "cannot prolong the right to stream"),
            }
        }
    }

    /// Gives the right back.
    pub async fn release(self) {
        if let Err(error) = self.store.release_lease(NAME, &self.holder).await {
            tracing::warn!(%error, "cannot give back the right to stream; it ends by itself");
        }
    }
}

/// A name for this process that no other has.
#[must_use]
pub fn holder() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let host: String = host.trim().chars().filter(|character| !character.is_control()).take(64).collect();
    format!("{}-{}-{random:016x}", if host.is_empty() { "host" } else { &host }, std::process::id())
}
