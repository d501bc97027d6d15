//! A database that does not answer: another process holds the write lock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite::app;
use alpha_kite::config::BatchConfig;
use alpha_kite::hub::{EventId, Hub, Message};
use alpha_kite::live::{Change, Lease, Writer};
use alpha_kite::metrics::Metrics;
use alpha_kite::spool::Spool;
use alpha_kite::store::{Batch, Claim, open};
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::disk::SmallDisk;
use crate::market::Market;
use crate::support::{ALWAYS, Engine, Fixture, OPEN_MS, row, ticker};

/// A writer alone, with the lease, before a file that others can lock.
struct Alone {
    fixture: Fixture,
    writer: Writer,
    task: JoinHandle<()>,
    hub: Arc<Hub>,
    disk: SmallDisk,
    folder: TempDir,
}

impl Alone {
    async fn start() -> Self {
        let (folder, disk) = (TempDir::new().unwrap(), SmallDisk::default());
        let spool = Spool::open_with(Box::new(disk.clone()), folder.path(), 64 << 20).unwrap();
        Self::start_with(Some(spool), disk, folder).await
    }

    async fn without_a_disk() -> Self {
        Self::start_with(None, SmallDisk::default(), TempDir::new().unwrap()).await
    }

    async fn start_with(spool: Option<Spool>, disk: SmallDisk, folder: TempDir) -> Self {
        let fixture = Fixture::new(Engine::Sqlite).await;
        let lease = Arc::new(Lease::new(Arc::from(open(&fixture.url).await.unwrap())));
        assert_eq!(lease.ask().await.unwrap(), None);
        let batch = BatchConfig { size: 1, interval: Duration::from_secs(1) };
        let hub = app::hub();
        let (writer, task) = Writer::start(lease, spool, Arc::clone(&hub), Arc::new(Metrics::new()), batch);
        Self { fixture, writer, task, hub, disk, folder }
    }

    fn submit(&self, second: i64) {
        let mut change = Change::new(ticker("QQQ"));
        change.add_row(row(OPEN_MS + 1000 * second, 1_000_000), Instant::now());
        self.writer.submit(vec![change]);
    }

    /// Rows on the disk.
    fn spooled(&self) -> u64 {
        self.writer.progress().spooled_rows
    }
}

/// The seconds that are in the database.
async fn stored(fixture: &Fixture) -> Vec<i64> {
    let rows = fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap();
    rows.iter().map(|row| (row.bar.start.as_millis() - OPEN_MS) / 1000).collect()
}

/// Waits until readers are told to read the rows' day again.
async fn told_again(hub: &Arc<Hub>) {
    let begin = EventId::parse(&format!("{}-0", hub.epoch())).unwrap();
    let mut told = hub.subscribe(Some(begin));
    let again = async {
        loop {
            if let Message::Event(event) = told.next().await
                && let text = String::from_utf8_lossy(&event)
                && text.contains("event: revised")
                && text.contains("QQQ")
                && text.contains("2019-02-11")
            {
                return;
            }
        }
    };
    timeout(Duration::from_secs(10), again).await.expect("the day is to be read again");
}

async fn within(limit: Duration, what: &str, happened: impl Fn() -> bool) {
    let wait = async {
        while !happened() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(limit, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_reach_the_disk_while_the_database_hangs() {
    let alone = Alone::start().await;
    let lock = alone.fixture.lock().await;
    alone.submit(0);
    within(Duration::from_secs(20), "the first row is on disk", || alone.spooled() == 1).await;
    // It is tried again meanwhile, and hangs again.
    for second in 1..14 {
        alone.submit(second);
        let is_there = || alone.spooled() == u64::try_from(second).unwrap() + 1;
        within(Duration::from_secs(3), "the row is on disk soon", is_there).await;
    }
    assert!(stored(&alone.fixture).await.is_empty());

    lock.close().await.unwrap();
    within(Duration::from_secs(30), "the database is back", || !alone.writer.is_away()).await;
    assert_eq!((alone.spooled(), stored(&alone.fixture).await), (0, (0..14).collect::<Vec<_>>()));
    alone.submit(14);
    assert!(timeout(Duration::from_secs(10), alone.writer.settle()).await.unwrap());
    assert_eq!(stored(&alone.fixture).await, (0..15).collect::<Vec<_>>());
    assert_eq!(alone.writer.end(alone.task, Duration::from_secs(3)).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_wait_for_a_database_that_hangs_are_counted() {
    let alone = Alone::start().await;
    alone.disk.set_full(true);
    let lock = alone.fixture.lock().await;
    (0..3).for_each(|second| alone.submit(second));
    within(Duration::from_secs(20), "nobody takes them", || alone.writer.is_refused_more_than(2)).await;
    // However often it is tried.
    for second in 3..16 {
        alone.submit(second);
        sleep(Duration::from_millis(500)).await;
        assert!(alone.writer.is_refused_more_than(usize::try_from(second).unwrap()), "{second}");
    }

    lock.close().await.unwrap();
    within(Duration::from_secs(30), "the database is back", || !alone.writer.is_away()).await;
    assert!(timeout(Duration::from_secs(10), alone.writer.settle()).await.unwrap());
    assert_eq!(stored(&alone.fixture).await, (0..16).collect::<Vec<_>>());
    assert!(!alone.writer.is_refused_more_than(0));
    assert_eq!(alone.writer.end(alone.task, Duration::from_secs(3)).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_on_their_way_at_the_end_are_on_disk() {
    let alone = Alone::start().await;
    let lock = alone.fixture.lock().await;
    alone.submit(0);
    within(Duration::from_secs(1), "it is on its way", || alone.writer.waiting_rows() == 0).await;
    alone.submit(1);
    assert_eq!((alone.writer.is_away(), alone.spooled()), (false, 0));
    let Alone { fixture, writer, task, folder, .. } = alone;
    assert_eq!(writer.end(task, Duration::from_secs(3)).await, 0);

    let mut spool = Spool::open(folder.path(), 64 << 20).unwrap();
    assert_eq!(spool.rows(), 2);
    lock.close().await.unwrap();
    while let Some(pending) = spool.peek().unwrap() {
        fixture.store.write_under(Some(&pending.tenure), &pending.batches).await.unwrap();
        spool.acknowledge(&pending).unwrap();
    }
    assert_eq!(stored(&fixture).await, [0, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_on_their_way_at_the_end_are_counted_as_lost_without_a_disk() {
    let alone = Alone::without_a_disk().await;
    let _lock = alone.fixture.lock().await;
    alone.submit(0);
    within(Duration::from_secs(1), "it is on its way", || alone.writer.waiting_rows() == 0).await;
    (1..3).for_each(|second| alone.submit(second));
    assert_eq!(alone.writer.end(alone.task, Duration::from_secs(3)).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_hear_of_rows_that_come_from_the_disk() {
    let alone = Alone::start().await;
    let lock = alone.fixture.lock().await;
    alone.submit(0);
    within(Duration::from_secs(20), "the row is on disk", || alone.spooled() == 1).await;
    lock.close().await.unwrap();
    within(Duration::from_secs(30), "the database is back", || !alone.writer.is_away()).await;
    told_again(&alone.hub).await;
    assert_eq!(stored(&alone.fixture).await, [0]);
    assert_eq!(alone.writer.end(alone.task, Duration::from_secs(3)).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_hear_of_rows_that_an_earlier_run_left() {
    let fixture = Fixture::new(Engine::Sqlite).await;
    let claim = fixture.store.take_lease("streamer", "elsewhere/boot/1/a", Duration::ZERO).await.unwrap();
    let Claim::Granted(tenure) = claim else { panic!("nobody else has it") };
    let folder = TempDir::new().unwrap();
    let mut spool = Spool::open(folder.path(), 64 << 20).unwrap();
    let batch = Batch { rows: vec![row(OPEN_MS, 1_000_000)], ..Batch::new(ticker("QQQ")) };
    spool.append(&tenure, &[batch]).unwrap();

    let market = Market::at(-30_000, "1").await;
    let service = market.start_with(Arc::from(open(&fixture.url).await.unwrap()), Some(spool), &[]).await;
    told_again(&service.hub).await;
    assert_eq!(stored(&fixture).await, [0]);
    service.stop().await;
}
