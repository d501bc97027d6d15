//! The local disk, while the database is away.

use std::sync::{Arc, Mutex, PoisonError};

use super::{GIVEN_UP, Shared, in_time, rows_of};
use crate::live::complaint::Complaint;
use crate::live::revised::Revised;
use crate::spool::{Spool, SpoolError};
use crate::store::{Batch, StoreError, Tenure};

/// Keeps batches on disk. `Err(None)` where there is no spool.
pub(super) async fn keep(shared: &Arc<Shared>, tenure: Tenure, batches: Vec<Batch>) -> Result<(), Option<SpoolError>> {
    if shared.spool.is_none() {
        return Err(None);
    }
    let appended = with_spool(shared, move |spool| spool.append(&tenure, &batches)).await;
    appended.ok_or(None)?.map_err(Some)
}

/// Tries to bring what is on disk into the database, or gives it up where another process has taken over since; whether
/// nothing of it waits any more. Batches may be kept meanwhile.
pub(super) async fn come_back(shared: &Arc<Shared>, complaint: &Mutex<Complaint>) -> bool {
    // What came to the disk was told then, but nobody could read it.
    let mut revised = Revised::new(&shared.hub);
    let is_due = || complaint.lock().unwrap_or_else(PoisonError::into_inner).is_due();
    loop {
        let peeked = with_spool(shared, |spool| spool.peek()).await;
        let pending = match peeked {
            Some(Ok(Some(pending))) => pending,
            Some(Ok(None)) | None => return true,
            Some(Err(error)) => {
                if is_due() {
                    tracing::error!(%error, "the spool cannot be read");
                }
                return false;
            }
        };
        match in_time(shared.lease.write(&pending.tenure, &pending.batches)).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => tracing::error!(rows = rows_of(&pending.batches), "{GIVEN_UP}"),
            Err(error) => {
                if !error.is_retryable() && is_due() {
                    tracing::error!(%error, "the database refuses what waits on disk");
                }
                return false;
            }
        }
        revised.add(&pending.batches);
        let acknowledged = with_spool(shared, move |spool| spool.acknowledge(&pending)).await;
        if let Some(Err(error)) = acknowledged {
            tracing::error!(%error, "the spool cannot be cleared");
            return false;
        }
    }
}

async fn with_spool<T: Send + 'static>(
    shared: &Arc<Shared>,
    act: impl FnOnce(&mut Spool) -> T + Send + 'static,
) -> Option<T> {
    let shared = Arc::clone(shared);
    let done = tokio::task::spawn_blocking(move || {
        let spool = shared.spool.as_ref()?;
        let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut spool);
        // Under the lock, since two may be at it.
        shared.set_spooled(spool.rows());
        Some(done)
    });
    done.await.ok().flatten()
}
