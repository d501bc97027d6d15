//! What an earlier run left on disk.

use tokio::sync::watch;
use tokio::time::sleep;

use super::complaint::Complaint;
use super::driver::told;
use super::revised::Revised;
use super::writer::{GIVEN_UP, RETRY, in_time, rows_of};
use crate::hub::Hub;
use crate::spool::Spool;
use crate::store::{Store, StoreError};

/// Brings what an earlier run left on disk into the database, under that run's tenure; tries until it is there. What another
/// process has taken over since is given up. Whoever shows its days meanwhile reads them again. `None` if told to stop.
pub(super) async fn drain(
    store: &dyn Store,
    hub: &Hub,
    mut spool: Spool,
    stop: &mut watch::Receiver<bool>,
) -> Option<Spool> {
    let rows = spool.rows();
    let mut complaint = Complaint::default();
    let mut given_up = 0;
    let mut revised = Revised::new(hub);
    loop {
        let fault = match spool.peek() {
            Ok(None) => {
                if rows > given_up {
                    tracing::info!(rows = rows - given_up, "rows that an earlier run left on disk are stored");
                }
                if given_up > 0 {
                    tracing::error!(rows = given_up, "{GIVEN_UP}");
                }
                return Some(spool);
            }
            Ok(Some(pending)) => {
                let written = in_time(store.write_under(Some(&pending.tenure), &pending.batches)).await;
                let is_lost = matches!(written, Err(StoreError::LeaseLost));
                if is_lost || written.is_ok() {
                    revised.add(&pending.batches);
                }
                let settled = if is_lost { Ok(()) } else { written.map_err(|error| error.to_string()) };
                match settled.and_then(|()| spool.acknowledge(&pending).map_err(|error| error.to_string())) {
                    Ok(()) => {
                        given_up += if is_lost { rows_of(&pending.batches) } else { 0 };
                        continue;
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error.to_string(),
        };
        revised.tell();
        if complaint.is_due() {
            tracing::error!(fault, rows, "rows of an earlier run wait on disk");
        }
        tokio::select! {
            () = sleep(RETRY) => {}
            () = told(stop) => return None,
        }
    }
}
