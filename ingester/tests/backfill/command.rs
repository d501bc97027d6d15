//! `alpha-kite backfill` against a simulator.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use alpha_kite::clock::SystemClock;
use alpha_kite::config::Secret;
use alpha_kite::days::DateRange;
use alpha_kite::results::{StoredResults, Wanted};
use alpha_kite::schwab::token::{OauthClient, TokenFile};
use alpha_kite::store::{self, Batch, Gap, Row, Source, Store, StoredDigest};
use alpha_kite_core::{Bar, Date, Interval, Rule, Session};
use alpha_kite_simulator::{Config, Running, Simulator, Speed, parse_moment};
use tempfile::TempDir;
use url::Url;

use crate::{gap, ticker};

const REDIRECT: &str = "https://127.0.0.1:8182";

/// A trading day, long over, of which the simulator knows everything.
fn date() -> Date {
    Date::parse("2024-10-07").unwrap()
}

struct World {
    folder: TempDir,
    simulator: Running,
    store: Box<dyn Store>,
}

impl World {
    /// A simulator in the evening of the day, a person who has logged in, and a database.
    async fn start() -> Self {
        let mut config = Config::new(vec![ticker()], parse_moment("2024-10-07T20:30:00-04:00").unwrap());
        config.speed = Speed::STOPPED;
        let simulator = Simulator::bind(config).await.unwrap();
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("alpha-kite.db").display()).parse().unwrap();
        let store = store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let world = Self { folder, simulator, store };
        world.log_in().await;
        world
    }

    async fn log_in(&self) {
        let secret = |text: &str| Secret::new(text).unwrap();
        let (key, app_secret) = (&self.simulator.config().app_key, &self.simulator.config().app_secret);
        let base = Url::parse(&self.simulator.base_url).unwrap();
        let oauth =
            OauthClient::new(&base, secret(key), secret(app_secret), REDIRECT.to_owned(), Arc::new(SystemClock));
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let redirect = reqwest::redirect::Policy::none();
        let browser = reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(redirect).build().unwrap();
        let answer = browser.get(oauth.authorize_url("state")).send().await.unwrap();
        let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let (_, code) = location.query_pairs().find(|(name, _)| name == "code").unwrap();
        let tokens = oauth.exchange(&secret(&code)).await.unwrap();
        TokenFile::new(self.folder.path().join("alpha-kite-token.json"), None).save(&tokens).unwrap();
    }

    async fn backfill(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alpha-kite"));
        command
            .args(format!("backfill --ticker QQQ {arguments}").split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .env("SCHWAB_APP_KEY", &self.simulator.config().app_key)
            .env("SCHWAB_APP_SECRET", &self.simulator.config().app_secret)
            .env("ALPHA_KITE_SCHWAB_URL", &self.simulator.base_url)
            .stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn seconds(&self) -> Vec<Row> {
        let session = Session::on(date()).unwrap();
        let row = |bar: Bar| Row { bar, bar_seconds: Interval::SECOND, source: Source::Stream };
        self.simulator.second_bars(ticker(), session.open, session.close).into_iter().map(row).collect()
    }

    async fn minute_digest(&self) -> StoredDigest {
        let digests = self.store.digests(&ticker(), date(), date()).await.unwrap();
        *digests.iter().find(|digest| digest.bar_seconds == Interval::MINUTE).unwrap()
    }

    /// Stores rows and what follows from them.
    async fn write(&self, rows: Vec<Row>, gaps: Vec<Gap>) {
        let range = DateRange::day(date()).moments();
        let stored = StoredResults::read(self.store.as_ref(), ticker(), date(), range.clone()).await.unwrap();
        let wanted = Wanted { intervals: None, rule: Rule::Close, closed: range.end };
        let series = stored.compute(&rows, wanted).unwrap();
        let mut batch = Batch { delete_rows: vec![range.clone()], rows, gaps, ..Batch::new(ticker()) };
        stored.update(self.store.as_ref(), &series, range.start, &mut batch).await.unwrap();
        self.store.write(&batch).await.unwrap();
    }
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[tokio::test]
async fn a_day_with_holes_gets_the_minutes_of_the_day_without() {
    let world = World::start().await;
    let seconds = world.seconds();
    world.write(seconds.clone(), vec![]).await;
    let whole = world.minute_digest().await;

    // A hole of seconds, one of many minutes, and a time in which nobody ran.
    let open = Session::on(date()).unwrap().open;
    let after = |seconds: i64| open.checked_add_millis(seconds * 1000).unwrap();
    let holes = vec![gap("disconnect", after(1_234)..after(1_251)), gap("disconnect", after(5_000)..after(6_000))];
    let unseen = after(12_000)..after(13_800);
    let is_lost = |row: &Row| {
        let start = row.bar.start;
        unseen.contains(&start)
            || holes.iter().any(|gap| gap.started_at <= start && gap.ended_at.is_some_and(|end| start < end))
    };
    let seen: Vec<Row> = seconds.iter().filter(|row| !is_lost(row)).copied().collect();
    world.write(seen, holes).await;
    assert_ne!(world.minute_digest().await.digest, whole.digest);

    let ran = world.backfill("--date 2024-10-07 --json").await;
    assert_eq!(ran.status.code(), Some(0), "{}{}", text(&ran.stdout), text(&ran.stderr));
    assert!(text(&ran.stderr).contains("filling"), "progress is told: {}", text(&ran.stderr));
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((told["ok"].as_bool(), told["days"][0]["gaps"]["repaired"].as_u64()), (Some(true), Some(3)));
    let repaired = world.minute_digest().await;
    assert_eq!((repaired.digest, repaired.crosses, repaired.rows), (whole.digest, whole.crosses, 390));

    // Again nothing happens; a difference is told by the exit code.
    let ran = world.backfill("--from 2024-10-05 --to 2024-10-07").await;
    assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(0), "2024-10-07  3 holes repaired\n".to_owned()));
    let mut changed = seconds;
    changed.pop();
    world.write(changed, vec![]).await;
    let ran = world.backfill("--date 2024-10-07").await;
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stdout).contains("  minute 2024-10-07T19:59:00Z has "), "{}", text(&ran.stdout));
    world.simulator.stop().await;
}

#[tokio::test]
async fn without_a_login_it_says_what_to_do() {
    let world = World::start().await;
    std::fs::remove_file(world.folder.path().join("alpha-kite-token.json")).unwrap();
    let ran = world.backfill("--date 2024-10-07").await;
    assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(2), String::new()));
    assert!(text(&ran.stderr).contains("run `alpha-kite auth login`"), "{}", text(&ran.stderr));
    for (arguments, message) in [
        ("", "--date"),
        ("--from 2024-10-07", "--to"),
        ("--from 2024-10-07 --to 2024-10-04", "--from 2024-10-07 is after --to 2024-10-04"),
    ] {
        let ran = world.backfill(arguments).await;
        assert_eq!(ran.status.code(), Some(2), "{arguments}");
        assert!(text(&ran.stderr).contains(message), "{}", text(&ran.stderr));
    }
    world.simulator.stop().await;
}
