//! One process at a time writes what it streams: two would evict each other from the streamer for ever, and change each
//! other's rows.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, process};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::store::{Batch, Claim, Result, Store, StoreError, Tenure};

/// The lease's name in the database.
const NAME: &str = "streamer";
/// How long a lease lasts if it is not prolonged, as after `kill -9`.
const LENGTH: Duration = Duration::from_secs(30);
/// How often it is prolonged.
const PROLONG: Duration = Duration::from_secs(10);
/// Time to give it back.
const RELEASE: Duration = Duration::from_secs(1);

/// The right to stream and to write.
///
/// Whether it lasts is for the database alone to say, at each write: no clock of this process, and nothing that it remembers,
/// can make it write into what another one has taken over.
pub struct Lease {
    store: Arc<dyn Store>,
    holder: String,
    /// What is written belongs to it; `None` before the lease is there, and once it is lost.
    tenure: watch::Sender<Option<Tenure>>,
}

impl Lease {
    /// The right of a process with a new name. It has to [ask](Self::ask) first.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, holder: holder(), tenure: watch::Sender::new(None) }
    }

    /// Takes the lease; `None` if it is this process's now, else who has it.
    ///
    /// # Errors
    /// [`StoreError`].
    ///
    /// # Cancel safety
    /// A dropped call may have taken the lease: ask again, or release it.
    pub async fn ask(&self) -> Result<Option<String>> {
        let mut claim = self.claim().await?;
        if let Claim::HeldBy(other) = &claim
            && is_dead(other, &self.holder)
        {
            tracing::info!(holder = %other, "the process that streamed before has died; its lease is taken over");
            self.store.release_lease(NAME, other).await?;
            claim = self.claim().await?;
        }
        match claim {
            Claim::Granted(tenure) => {
                self.tenure.send_replace(Some(tenure));
                Ok(None)
            }
            Claim::HeldBy(other) => Ok(Some(other)),
        }
    }

    /// What is written now belongs to it; `None` without the lease.
    #[must_use]
    pub fn tenure(&self) -> Option<Tenure> {
        self.tenure.borrow().clone()
    }

    /// Does something while the lease lasts, and prolongs it. `None`, and the rest is not done, once another process has
    /// taken it, as after a long pause of this one.
    ///
    /// A database that is away takes the lease from nobody: what is streamed waits on disk.
    ///
    /// # Cancel safety
    /// That of what is done.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.keep() => None,
        }
    }

    /// Stores batches if the tenure lasts.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it does not; whoever [holds](Self::hold) the lease hears of it too. Others as of
    /// [`Store::write_under`].
    ///
    /// # Cancel safety
    /// As of [`Store::write_under`].
    pub async fn write(&self, tenure: &Tenure, batches: &[Batch]) -> Result<()> {
        let written = self.store.write_under(Some(tenure), batches).await;
        if matches!(written, Err(StoreError::LeaseLost)) {
            self.tenure.send_if_modified(|current| {
                let is_current = current.as_ref() == Some(tenure);
                if is_current {
                    *current = None;
                }
                is_current
            });
        }
        written
    }

    /// Stores a batch under the tenure of now.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Cancel safety
    /// As [`write`](Self::write).
    pub async fn write_now(&self, batch: Batch) -> Result<()> {
        let tenure = self.tenure().ok_or(StoreError::LeaseLost)?;
        self.write(&tenure, &[batch]).await
    }

    /// Gives the lease back, if this process has it. What waits on disk may be stored until another process takes it.
    pub async fn release(&self) {
        self.tenure.send_replace(None);
        match timeout(RELEASE, self.store.release_lease(NAME, &self.holder)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot give back the right to stream; it ends by itself"),
            Err(_) => tracing::warn!("cannot give back the right to stream in time; it ends by itself"),
        }
    }

    /// Prolongs the lease until another process has taken it, or a write has found that out.
    async fn keep(&self) {
        let mut tenure = self.tenure.subscribe();
        tokio::select! {
            holder = self.prolong() => {
                tracing::error!(%holder, "another process took over the stream");
                self.tenure.send_replace(None);
            }
            _ = tenure.wait_for(Option::is_none) => tracing::error!("another process took over the stream"),
        }
    }

    /// Returns who has it now.
    async fn prolong(&self) -> String {
        let mut is_said = false;
        loop {
            let late = || StoreError::Timeout { database: "the database".to_owned(), seconds: PROLONG.as_secs() };
            match timeout(PROLONG, self.claim()).await.unwrap_or_else(|_| Err(late())) {
                // One that was given back meanwhile is another tenure: rows of the one between may be there.
                Ok(Claim::Granted(tenure)) if Some(&tenure) == self.tenure.borrow().as_ref() => is_said = false,
                Ok(Claim::Granted(Tenure { holder, .. }) | Claim::HeldBy(holder)) => return holder,
                Err(error) if !is_said => {
                    tracing::warn!(%error, "cannot prolong the right to stream");
                    is_said = true;
                }
                Err(_) => {}
            }
            sleep(PROLONG).await;
        }
    }

    async fn claim(&self) -> Result<Claim> {
        self.store.take_lease(NAME, &self.holder, LENGTH).await
    }
}

/// A name for this process that no other has: host, boot, container, process id, and a random number.
fn holder() -> String {
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
