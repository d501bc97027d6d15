//! The open connections of a store.

use std::sync::{Mutex, PoisonError};

use sqlx::{ConnectOptions as _, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections that may be open at once. Writers mostly take turns; the others are for readers.
const MAX_CONNECTIONS: usize = 4;

/// The open connections of one store.
///
/// Smaller than sqlx's pool on purpose: that one pings around every use, a round trip each, and turns a refused
/// connection into a wait. Here a use costs no round trip, a connection that failed is dropped, and whoever finds
/// a stale one opens another.
pub(super) struct Connections<C: Connection> {
    options: C::Options,
    idle: Mutex<Vec<C>>,
    permits: Semaphore,
}

/// A connection in use. Dropping it closes the connection; [`Connections::put_back`] keeps it.
pub(super) struct Lease<'a, C: Connection> {
    pub(super) connection: C,
    /// It was used before, so the other side may have closed it meanwhile.
    pub(super) reused: bool,
    _permit: SemaphorePermit<'a>,
}

impl<C: Connection> Connections<C> {
    pub(super) fn new(options: C::Options) -> Self {
        Self { options, idle: Mutex::new(Vec::new()), permits: Semaphore::new(MAX_CONNECTIONS) }
    }

    /// An idle connection, or a new one; waits while all are in use.
    ///
    /// # Cancel safety
    /// Nothing is lost: a connection is either idle or in a lease.
    pub(super) async fn take(&self) -> Result<Lease<'_, C>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let reused = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Lease { connection, reused, _permit: permit })
    }

    /// Keeps the connection of a use that went well.
    pub(super) fn put_back(&self, lease: Lease<'_, C>) {
        self.idle().push(lease.connection);
    }

    /// Closes what is idle; nothing can be taken afterwards.
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // The server notices anyway; there is nothing to do about a goodbye that fails.
            let _ = connection.close().await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<C>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
