//! One process at a time may stream for an account: two would evict each other for ever.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, process};

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
                Ok(Some(other)) if is_dead(&other, &holder) => {
                    tracing::info!(holder = %other, "the process that streamed before has died; its lease is taken over");
                    if let Err(error) = store.release_lease(NAME, &other).await {
                        tracing::warn!(%error, "cannot take the lease over");
                    }
                    if store.take_lease(NAME, &holder, LENGTH).await.is_ok_and(|other| other.is_none()) {
                        return Some(Self { store, holder });
                    }
                }
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

/// A name for this process that no other has: host, boot, container, process id, and a random number.
#[must_use]
pub fn holder() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{}/{}/{random:016x}", place(), process::id())
}

/// The host, its boot, and the container: process ids mean nothing elsewhere.
fn place() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let clean = |text: String| {
        text.trim().chars().filter(|character| !character.is_control() && *character != '/').take(64).collect()
    };
    let host: String = clean(read("/proc/sys/kernel/hostname"));
    let boot: String = clean(read("/proc/sys/kernel/random/boot_id"));
    let ids = fs::read_link("/proc/self/ns/pid").unwrap_or_default().to_string_lossy().into_owned();
    format!("{host}/{boot}/{}", clean(ids))
}

/// Whether the holder was a process of this host, since its last start, that is no more. `false` where that cannot be
/// known.
fn is_dead(other: &str, own: &str) -> bool {
    let parts = |holder: &str| -> Option<(String, u32)> {
        let (rest, _) = holder.rsplit_once('/')?;
        let (place, id) = rest.rsplit_once('/')?;
        Some((place.to_owned(), id.parse().ok()?))
    };
    let (Some((other_place, other_id)), Some((own_place, own_id))) = (parts(other), parts(own)) else { return false };
    let is_known = Path::new("/proc/self").exists() && own_place.split('/').all(|part| !part.is_empty());
    // The number of a dead process may be this one's now, as in a container that was started again.
    let is_gone = || other_id == own_id || !Path::new("/proc").join(other_id.to_string()).exists();
    is_known && other_place == own_place && other != own && is_gone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_dead_if_its_process_is_gone_from_this_host() {
        let own = holder();
        let place = place();
        // Process ids end far below this number.
        let gone = format!("{place}/4194305/0000000000000000");
        let alive = format!("{place}/1/0000000000000000");
        let reborn = format!("{place}/{}/0000000000000000", process::id());
        assert!(is_dead(&gone, &own) && is_dead(&reborn, &own));
        // A process of another container cannot be seen from here.
        let (host, _) = place.rsplit_once('/').unwrap();
        let container = format!("{host}/pid:[1]/4194305/0000000000000000");
        for other in [alive.as_str(), &container, &own, "elsewhere/boot/4194305/0", "", "a-b-c"] {
            assert!(!is_dead(other, &own), "{other}");
        }
        assert_ne!(holder(), holder());
    }
}
