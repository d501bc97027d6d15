//! Stores what the pipeline hands over, and publishes it once it is durable.

mod disk;

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use self::disk::{come_back, keep};
use super::change::Change;
use super::complaint::Complaint;
use super::lease::Lease;
use super::progress::{Progress, Worst};
use super::revised::Revised;
use super::waiting::{Taken, Waiting};
use crate::config::BatchConfig;
use crate::hub::{Hub, Update};
use crate::metrics::{Metrics, Queue};
use crate::spool::Spool;
use crate::store::{Batch, Result, StoreError};

/// A write that takes longer counts as a database that is away.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The same once the end is asked for, where there is a disk that takes the rows.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// Wait between two tries while the database is away.
pub(super) const RETRY: Duration = Duration::from_secs(1);
/// What is said of rows that come too late.
pub(super) const GIVEN_UP: &str =
    "rows are given up: another process took over, and fills their time from the price history";

/// Hands changes to the writing task. It never waits.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

struct Shared {
    lease: Arc<Lease>,
    spool: Option<Mutex<Spool>>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    config: BatchConfig,
    waiting: Mutex<Waiting>,
    submitted: Notify,
    /// What has become of the changes so far.
    progress: watch::Sender<Progress>,
}

impl Writer {
    /// A writer, and the task that writes until [`end`](Self::end).
    pub fn start(
        lease: Arc<Lease>,
        spool: Option<Spool>,
        hub: Arc<Hub>,
        metrics: Arc<Metrics>,
        config: BatchConfig,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let shared = Arc::new(Shared {
            lease,
            spool: spool.map(Mutex::new),
            hub,
            metrics,
            config,
            waiting: Mutex::default(),
            submitted: Notify::new(),
            progress: watch::Sender::new(Progress::default()),
        });
        let task = tokio::spawn(run(Arc::clone(&shared)));
        (Self { shared }, task)
    }

    /// Takes changes, in the order in which they happened. Without the lease they are nobody's.
    pub fn submit(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        if let Some(longest) = changes.iter().filter_map(|change| change.since).map(|since| since.elapsed()).max() {
            self.shared.progress.send_if_modified(|progress| {
                progress.add_processing(longest);
                false
            });
        }
        let tenure = self.shared.lease.tenure();
        let mut waiting = self.shared.waiting();
        let late = waiting.submit(changes, tenure);
        if late > 0 {
            tracing::error!(rows = late, "{GIVEN_UP}");
        }
        self.shared.metrics.queue(Queue::Write).set(i64::try_from(waiting.rows).unwrap_or(i64::MAX));
        drop(waiting);
        self.shared.submitted.notify_one();
    }

    /// Waits until everything submitted so far is in the database, or given up since the lease is lost. `false` if the
    /// database is away.
    pub async fn settle(&self) -> bool {
        let wanted = {
            let mut waiting = self.shared.waiting();
            waiting.is_urgent = true;
            waiting.submitted
        };
        self.shared.submitted.notify_one();
        let mut progress = self.shared.progress.subscribe();
        let reached = progress.wait_for(|progress| progress.committed >= wanted || progress.is_away).await;
        reached.is_ok_and(|progress| progress.committed >= wanted)
    }

    /// Rows that wait to be stored.
    #[must_use]
    pub fn waiting_rows(&self) -> usize {
        self.shared.waiting().rows
    }

    /// Whether more than `rows` rows wait in memory since nobody takes them.
    #[must_use]
    pub fn is_refused_more_than(&self, rows: usize) -> bool {
        let waiting = self.shared.waiting();
        waiting.is_refused && waiting.rows + waiting.under_way > rows
    }

    /// Gives up what waits in memory; how many rows that were.
    #[must_use]
    pub fn discard(&self) -> usize {
        let mut waiting = self.shared.waiting();
        let rows = waiting.rows;
        drop(waiting.take());
        rows
    }

    /// Whether the database does not take anything at present.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.shared.progress.borrow().is_away
    }

    /// How far the writer is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.shared.progress.borrow().clone()
    }

    /// The longest times since the last call.
    #[must_use]
    pub fn take_worst(&self) -> Worst {
        let mut worst = Worst::default();
        self.shared.progress.send_if_modified(|progress| {
            worst = progress.take_worst();
            false
        });
        worst
    }

    /// Stores what waits and ends the task. Returns the rows that could not be stored.
    pub async fn end(self, task: tokio::task::JoinHandle<()>, limit: Duration) -> usize {
        self.shared.waiting().is_ended = true;
        self.shared.submitted.notify_one();
        if timeout(limit, task).await.is_err() {
            tracing::error!("the database did not take the last rows in time");
        }
        let waiting = self.shared.waiting();
        waiting.rows + waiting.under_way
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether rows go to the disk, since the database is away.
    fn has_disk_in_use(&self) -> bool {
        self.spool.is_some() && self.progress.borrow().is_away
    }

    fn set_spooled(&self, rows: u64) {
        self.metrics.spooled_rows.set(i64::try_from(rows).unwrap_or(i64::MAX));
        self.progress.send_modify(|progress| progress.spooled_rows = rows);
    }

    /// Another process has taken over: what it stored since stays as it is. Whoever was shown more reads again.
    fn give_up(&self, batches: &[Batch]) {
        tracing::error!(rows = rows_of(batches), "{GIVEN_UP}");
        Revised::new(&self.hub).add(batches);
    }

    fn published(&self, change: Change) {
        let now = Instant::now();
        let rows = change.rows();
        self.metrics.rows_written.inc_by(u64::try_from(rows).unwrap_or(u64::MAX));
        let latency = change.since.map(|since| now.saturating_duration_since(since));
        if let Some(latency) = latency {
            self.metrics.commit_latency.observe(latency.as_secs_f64());
        }
        self.progress.send_modify(|progress| {
            progress.rows += u64::try_from(rows).unwrap_or(u64::MAX);
            if let Some(latency) = latency {
                progress.add_latency(latency);
            }
        });
        for gap in change.batch.gaps {
            self.hub.publish(Update::Gap(gap));
        }
        let commit = change.commit;
        if !(commit.rows.is_empty() && commit.series.is_empty() && commit.signals.is_empty()) {
            self.hub.publish(Update::Commit(commit));
        }
    }
}

async fn run(shared: Arc<Shared>) {
    let mut tried = Instant::now();
    let (mut of_disk, of_database) = (Complaint::default(), Mutex::default());
    let mut trial = None;
    loop {
        let next = match &mut trial {
            None => next(&shared, Some(tried + RETRY)).await,
            // A database may take long to say nothing: rows go to the disk meanwhile.
            Some(trial) => tokio::select! {
                is_emptied = trial => Some(Next::Tried { is_emptied }),
                next = next(&shared, None) => next,
            },
        };
        let (taken, is_tried) = match next {
            None => return,
            Some(Next::Retry) => {
                trial = Some(Box::pin(come_back(&shared, &of_database)));
                continue;
            }
            // What is on disk comes first, also what came there meanwhile. Whether the database is back is shown by what
            // waits behind it.
            Some(Next::Tried { is_emptied }) => {
                trial = None;
                let is_emptied = is_emptied
                    && tokio::select! {
                        is_emptied = come_back(&shared, &of_database) => is_emptied,
                        () = no_time(&shared) => false,
                    };
                tried = Instant::now();
                if !is_emptied {
                    continue;
                }
                (shared.waiting().take(), true)
            }
            Some(Next::Write(taken)) => (taken, !shared.has_disk_in_use()),
        };
        let Taken { changes, tenure, since, submitted } = taken;
        let batches: Vec<Batch> = changes.iter().map(|change| change.batch.clone()).collect();
        if is_tried {
            let written = match &tenure {
                Some(tenure) => tokio::select! {
                    written = in_time(shared.lease.write(tenure, &batches)) => written,
                    // Should they arrive after all, storing them again from the disk changes nothing.
                    () = no_time(&shared) => Err(timed_out(LAST_WRITE_TIMEOUT)),
                },
                // Then there are no changes either.
                None => Ok(()),
            };
            match written {
                written @ (Ok(()) | Err(StoreError::LeaseLost)) => {
                    if written.is_ok() {
                        shared.metrics.commits.inc();
                        publish(&shared, changes);
                    } else {
                        shared.give_up(&batches);
                    }
                    shared.waiting().arrive();
                    of_disk = Complaint::default();
                    *of_database.lock().unwrap_or_else(PoisonError::into_inner) = Complaint::default();
                    come_through(&shared, submitted);
                    continue;
                }
                Err(error) => {
                    go_away(&shared, &error);
                    tried = Instant::now();
                }
            }
        }
        let Some(tenure) = tenure else { continue };
        match keep(&shared, tenure.clone(), batches).await {
            // What is on disk comes to the database whatever happens.
            Ok(()) => {
                publish(&shared, changes);
                shared.waiting().arrive();
            }
            Err(error) => {
                if let Some(error) = error
                    && of_disk.is_due()
                {
                    tracing::error!(%error, "rows wait in memory: neither the database nor the disk takes them");
                }
                shared.waiting().put_back(changes, &tenure, since);
                if shared.waiting().is_ended {
                    return;
                }
                sleep(RETRY).await;
            }
        }
    }
}

/// What the writer is to do.
enum Next {
    /// Store, or keep on disk.
    Write(Taken),
    /// Try whether the database is back.
    Retry,
    /// It was tried.
    Tried { is_emptied: bool },
}

/// What is to be done next; `None` at the end. While the database is away it is tried again from `retry_at` on, and only
/// time triggers a write to the disk.
///
/// # Cancel safety
/// Nothing is taken unless it is returned.
async fn next(shared: &Shared, retry_at: Option<Instant>) -> Option<Next> {
    let is_away = shared.has_disk_in_use();
    loop {
        let wait = {
            let mut waiting = shared.waiting();
            if is_away && !waiting.is_ended && retry_at.is_some_and(|retry_at| retry_at <= Instant::now()) {
                return Some(Next::Retry);
            }
            let full = !is_away && waiting.rows >= usize::try_from(shared.config.size).unwrap_or(usize::MAX);
            let due = waiting.since.map(|since| since + shared.config.interval);
            let is_due = due.is_some_and(|due| due <= Instant::now());
            if !waiting.changes.is_empty() && (full || is_due || waiting.is_urgent || waiting.is_ended) {
                return Some(Next::Write(waiting.take()));
            }
            if waiting.changes.is_empty() {
                if waiting.is_ended {
                    return None;
                }
                waiting.is_urgent = false;
                if !is_away {
                    let submitted = waiting.submitted;
                    shared.progress.send_if_modified(|progress| {
                        std::mem::replace(&mut progress.committed, submitted) != submitted
                    });
                }
            }
            let until = due.into_iter().chain(retry_at.filter(|_| is_away)).min();
            until.map(|until| until.saturating_duration_since(Instant::now()))
        };
        match wait {
            // A timer that runs out is the point.
            Some(wait) => drop(timeout(wait, shared.submitted.notified()).await),
            None => shared.submitted.notified().await,
        }
    }
}

fn publish(shared: &Shared, changes: Vec<Change>) {
    for change in changes {
        shared.published(change);
    }
}

fn come_through(shared: &Shared, submitted: u64) {
    shared.progress.send_modify(|progress| {
        if std::mem::take(&mut progress.is_away) {
            tracing::info!("the database is back");
        }
        progress.committed = submitted;
    });
}

fn go_away(shared: &Shared, error: &StoreError) {
    shared.progress.send_modify(|progress| {
        if !std::mem::replace(&mut progress.is_away, true) {
            tracing::error!(%error, "the database is away; rows wait");
        }
    });
}

pub(super) fn rows_of(batches: &[Batch]) -> u64 {
    let rows: usize = batches.iter().map(|batch| batch.rows.len()).sum();
    u64::try_from(rows).unwrap_or(u64::MAX)
}

pub(super) async fn in_time(write: impl Future<Output = Result<()>>) -> Result<()> {
    match timeout(WRITE_TIMEOUT, write).await {
        Ok(written) => written,
        Err(_) => Err(timed_out(WRITE_TIMEOUT)),
    }
}

fn timed_out(after: Duration) -> StoreError {
    StoreError::Timeout { database: "the database".to_owned(), seconds: after.as_secs() }
}

/// Waits until the end is asked for and the database has had its time since. For ever where there is no disk: then the
/// database has all the time that there is.
async fn no_time(shared: &Shared) {
    if shared.spool.is_none() {
        return pending().await;
    }
    while !shared.waiting().is_ended {
        shared.submitted.notified().await;
    }
    sleep(LAST_WRITE_TIMEOUT).await;
}
