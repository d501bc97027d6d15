//! A store that can be told to be away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alpha_kite::store::{Batch, Result, Store, StoreError, Tenure};
use async_trait::async_trait;

use crate::support::Fault;

/// Whether the database is away; shared with the stores in front of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch {
    is_away: Arc<AtomicBool>,
    /// The next write is stored, and its answer lost.
    loses_answer: Arc<AtomicBool>,
}

impl Switch {
    /// The database goes: the write that is on its way is stored, but nobody hears of it.
    pub(crate) fn go(&self) {
        self.loses_answer.store(true, Ordering::SeqCst);
        self.is_away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
        self.loses_answer.store(false, Ordering::SeqCst);
    }
}

fn gone() -> StoreError {
    StoreError::Timeout { database: "told to be away".to_owned(), seconds: 0 }
}

#[async_trait]
impl Fault for Switch {
    fn check(&self) -> Result<()> {
        if self.is_away.load(Ordering::SeqCst) { Err(gone()) } else { Ok(()) }
    }

    async fn write(&self, store: &dyn Store, tenure: Option<&Tenure>, batches: &[Batch]) -> Result<()> {
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            store.write_under(tenure, batches).await?;
            return Err(gone());
        }
        self.check()?;
        store.write_under(tenure, batches).await
    }
}
