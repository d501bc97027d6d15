//! Stores what the pipeline hands over, and publishes it once it is durable.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alpha_kite_core::Date;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::change::Change;
use super::driver::told;
use super::lease::Lease;
use super::waiting::{Taken, Waiting};
use crate::config::BatchConfig;
use crate::days::new_york_day;
use crate::hub::{Hub, Latency, Update};
use crate::metrics::{Metrics, Queue};
use crate::spool::{Spool, SpoolError};
use crate::store::{Batch, Result, Store, StoreError, Tenure};

/// A write that takes longer counts as a database that is away.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait between two tries while the database is away.
const RETRY: Duration = Duration::from_secs(1);
/// How often the same fault is said.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// What is said of rows that come too late.
const GIVEN_UP: &str = "rows are given up: another process took over, and fills their time from the price history";
/// Rows of which the latency is remembered.
const REMEMBERED: usize = 4096;

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

/// How far the writer is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Submissions that are in the database.
    committed: u64,
    /// Whether the last write failed for want of the database.
    pub is_away: bool,
    /// Rows that wait on the local disk.
    pub spooled_rows: u64,
    /// Rows that were stored.
    pub rows: u64,
    /// Milliseconds from the event that closed a row to its commit, of the last rows.
    latencies: VecDeque<f64>,
    /// The longest of the latencies since the last report.
    worst: Worst,
    /// The longest of all.
    max: Option<f64>,
}

/// The longest times since the last report, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Worst {
    /// From the event that closed a row to its commit.
    pub commit: Option<f64>,
    /// From the arrival of a frame to the hand-over of the rows that it closed.
    pub processing: Option<f64>,
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
        let processing = changes.iter().filter_map(|change| change.since).map(|since| millis(since.elapsed()));
        if let Some(longest) = processing.reduce(f64::max) {
            self.shared.progress.send_if_modified(|progress| {
                progress.worst.processing = longer(progress.worst.processing, longest);
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
        waiting.is_refused && waiting.rows > rows
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
            worst = std::mem::take(&mut progress.worst);
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
        self.shared.waiting().rows
    }
}

impl Progress {
    /// The latency of the last rows, in ms.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let mut sorted: Vec<f64> = self.latencies.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let at =
            |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied();
        Latency { p50: at(50), p99: at(99), max: self.max }
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
        for batch in batches {
            let mut dates: Vec<Date> = batch.rows.iter().map(|row| new_york_day(row.bar.start)).collect();
            dates.dedup();
            for date in dates {
                self.hub.publish(Update::Revised { ticker: batch.ticker, date });
            }
        }
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
            let Some(latency) = latency.map(millis) else { return };
            if progress.latencies.len() == REMEMBERED {
                progress.latencies.pop_front();
            }
            progress.latencies.push_back(latency);
            progress.worst.commit = longer(progress.worst.commit, latency);
            progress.max = longer(progress.max, latency);
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

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn longer(longest: Option<f64>, millis: f64) -> Option<f64> {
    Some(longest.map_or(millis, |longest| longest.max(millis)))
}

async fn run(shared: Arc<Shared>) {
    let mut tried = Instant::now();
    let (mut of_disk, mut of_database) = (Complaint::default(), Complaint::default());
    loop {
        let Some(next) = next(&shared, tried + RETRY).await else { return };
        let (taken, is_tried) = match next {
            // What is on disk comes first. Whether the database is back is shown by what waits behind it.
            Next::Retry => {
                tried = Instant::now();
                if !come_back(&shared, &mut of_database).await {
                    continue;
                }
                (shared.waiting().take(), true)
            }
            Next::Write(taken) => (taken, !shared.has_disk_in_use()),
        };
        let Taken { changes, tenure, since, submitted } = taken;
        let batches: Vec<Batch> = changes.iter().map(|change| change.batch.clone()).collect();
        if is_tried {
            let written = match &tenure {
                Some(tenure) => in_time(shared.lease.write(tenure, &batches)).await,
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
                    (of_disk, of_database) = (Complaint::default(), Complaint::default());
                    shared.progress.send_modify(|progress| {
                        if std::mem::take(&mut progress.is_away) {
                            tracing::info!("the database is back");
                        }
                        progress.committed = submitted;
                    });
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
            Ok(()) => publish(&shared, changes),
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

/// Something that stays as it is, and is not said each time that it is met.
#[derive(Default)]
struct Complaint(Option<Instant>);

impl Complaint {
    /// Whether it is to be said now.
    fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|said| said.elapsed() >= COMPLAIN_EVERY);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

/// What the writer is to do.
enum Next {
    /// Store, or keep on disk.
    Write(Taken),
    /// Try whether the database is back.
    Retry,
}

/// What is to be done next; `None` at the end. While the database is away it is tried again from `retry_at` on, and only
/// time triggers a write to the disk.
async fn next(shared: &Shared, retry_at: Instant) -> Option<Next> {
    let is_away = shared.has_disk_in_use();
    loop {
        let wait = {
            let mut waiting = shared.waiting();
            if is_away && !waiting.is_ended && retry_at <= Instant::now() {
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
            let until = if is_away { Some(due.map_or(retry_at, |due| due.min(retry_at))) } else { due };
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

fn go_away(shared: &Shared, error: &StoreError) {
    shared.progress.send_modify(|progress| {
        if !std::mem::replace(&mut progress.is_away, true) {
            tracing::error!(%error, "the database is away; rows wait");
        }
    });
}

/// Keeps batches on disk. `Err(None)` where there is no spool.
async fn keep(shared: &Arc<Shared>, tenure: Tenure, batches: Vec<Batch>) -> Result<(), Option<SpoolError>> {
    if shared.spool.is_none() {
        return Err(None);
    }
    let kept = with_spool(shared, move |spool| (spool.append(&tenure, &batches), spool.rows())).await;
    let Some((appended, rows)) = kept else { return Err(None) };
    shared.set_spooled(rows);
    appended.map_err(Some)
}

/// Tries to bring what is on disk into the database, or gives it up where another process has taken over since; whether
/// nothing of it waits any more.
async fn come_back(shared: &Arc<Shared>, complaint: &mut Complaint) -> bool {
    loop {
        let peeked = with_spool(shared, |spool| spool.peek()).await;
        let pending = match peeked {
            Some(Ok(Some(pending))) => pending,
            Some(Ok(None)) | None => return true,
            Some(Err(error)) => {
                if complaint.is_due() {
                    tracing::error!(%error, "the spool cannot be read");
                }
                return false;
            }
        };
        match in_time(shared.lease.write(&pending.tenure, &pending.batches)).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => shared.give_up(&pending.batches),
            Err(error) => {
                if !error.is_retryable() && complaint.is_due() {
                    tracing::error!(%error, "the database refuses what waits on disk");
                }
                return false;
            }
        }
        let acknowledged = with_spool(shared, move |spool| (spool.acknowledge(&pending), spool.rows())).await;
        if let Some((acknowledged, rows)) = acknowledged {
            shared.set_spooled(rows);
            if let Err(error) = acknowledged {
                tracing::error!(%error, "the spool cannot be cleared");
                return false;
            }
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
        Some(act(&mut spool.lock().unwrap_or_else(PoisonError::into_inner)))
    });
    done.await.ok().flatten()
}

/// Brings what an earlier run left on disk into the database, under that run's tenure; tries until it is there. What another
/// process has taken over since is given up. `None` if told to stop.
pub(super) async fn drain(store: &dyn Store, mut spool: Spool, stop: &mut watch::Receiver<bool>) -> Option<Spool> {
    let rows = spool.rows();
    let mut complaint = Complaint::default();
    let mut given_up = 0;
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
        if complaint.is_due() {
            tracing::error!(fault, rows, "rows of an earlier run wait on disk");
        }
        tokio::select! {
            () = sleep(RETRY) => {}
            () = told(stop) => return None,
        }
    }
}

fn rows_of(batches: &[Batch]) -> u64 {
    let rows: usize = batches.iter().map(|batch| batch.rows.len()).sum();
    u64::try_from(rows).unwrap_or(u64::MAX)
}

async fn in_time(write: impl Future<Output = Result<()>>) -> Result<()> {
    match timeout(WRITE_TIMEOUT, write).await {
        Ok(written) => written,
        Err(_) => Err(StoreError::Timeout { database: "the database".to_owned(), seconds: WRITE_TIMEOUT.as_secs() }),
    }
}
