use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::timeout;

use super::ApiState;
use super::origin::Origins;
use super::problem::{Kind, Problem};
use crate::store::Store;

/// Requests that read the database at once. It has four connections, and the writer must never wait for readers.
const MAX_READS: usize = 2;
/// How long a request waits for its turn.
const READ_WAIT: Duration = Duration::from_secs(10);
/// Requests that are being answered at once, streams aside.
const MAX_REQUESTS: usize = 32;
/// Event streams that are open at once.
const MAX_STREAMS: usize = 64;

/// What all handlers share.
pub(super) struct Shared {
    pub(super) state: ApiState,
    pub(super) origins: Origins,
    pub(super) requests: Arc<Semaphore>,
    pub(super) streams: Arc<Semaphore>,
    /// Becomes true when the server stops, which ends the streams.
    pub(super) stopping: watch::Receiver<bool>,
    reads: Semaphore,
}

/// A turn at the database.
pub(super) struct Turn<'a> {
    store: &'a dyn Store,
    _permit: SemaphorePermit<'a>,
}

impl Shared {
    pub(super) fn new(state: ApiState, origins: Origins, stopping: watch::Receiver<bool>) -> Self {
        Self {
            state,
            origins,
            requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            stopping,
            reads: Semaphore::new(MAX_READS),
        }
    }

    /// Waits for a turn to read the database.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Problem> {
        match timeout(READ_WAIT, self.reads.acquire()).await {
            Ok(Ok(permit)) => Ok(Turn { store: self.state.store.as_ref(), _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Problem::new(Kind::Busy, "too many readers at once; try again in a moment")),
        }
    }
}

impl Turn<'_> {
    pub(super) fn store(&self) -> &dyn Store {
        self.store
    }
}
