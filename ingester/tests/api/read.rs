//! What is stored, read over HTTP.

use std::sync::Arc;

use alpha_kite::api::PATHS;
use alpha_kite::series::Series;
use alpha_kite::store::{Batch, Gap, GapState};
use alpha_kite_core::{Bar, Direction, Interval, Price, RowHasher, Rule, SeriesHasher, Ticker, Timestamp, Volume};
use serde_json::Value;

use crate::api_support::{self, Answer, DAY, Document, Sample, Server, empty, fill, get, qqq, session};
use crate::support::{self, Engine, Fixture};

async fn document(server: &Server) -> Document {
    Document::new(get(server.address, "/v1/openapi.json", &[]).await.json())
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|item| item.as_i64().unwrap()).collect()
}

fn doubles(value: &Value) -> Vec<Option<f64>> {
    value.as_array().unwrap().iter().map(Value::as_f64).collect()
}

/// The bars of an answer, by the decimals that were sent.
fn bars(answer: &Value) -> Vec<Bar> {
    let prices = |name: &str| -> Vec<Price> {
        answer[name].as_array().unwrap().iter().map(|price| Price::parse(&price.to_string()).unwrap()).collect()
    };
    let (open, high, low, close) = (prices("open"), prices("high"), prices("low"), prices("close"));
    let (starts, volumes) = (integers(&answer["start_ms"]), integers(&answer["volume"]));
    (0..starts.len())
        .map(|index| Bar {
            start: Timestamp::from_millis(starts[index]),
            open: open[index],
            high: high[index],
            low: low[index],
            close: close[index],
            volume: Volume::new(volumes[index].unsigned_abs()).unwrap(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_the_document_says() {
    let sample = Sample::new().await;
    let gap = Gap {
        ticker: qqq(),
        started_at: session().open,
        ended_at: None,
        cause: "silence".to_owned(),
        state: GapState::Open,
        shares_missed: None,
        rows_added: 0,
        detail: None,
        detected_at: session().open,
        repaired_at: None,
    };
    sample.store.write(&Batch { gaps: vec![gap], ..Batch::new(qqq()) }).await.unwrap();
    let server = Server::start(sample.store).await;
    let document = document(&server).await;
    assert_eq!(document.value()["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut described = document.paths();
    let mut served = PATHS.map(str::to_owned).to_vec();
    described.sort();
    served.sort();
    assert_eq!(described, served);

    let mut checked = Vec::new();
    for (path, query, needed) in [
        ("/v1/tickers", "", "tickers"),
        ("/v1/sessions", "?ticker=QQQ", "sessions"),
        ("/v1/bars", "?ticker=QQQ&date=2025-11-20", "start_ms"),
        ("/v1/bars", "?ticker=SPY&date=2025-11-22", "ticker"),
        ("/v1/indicators", "?ticker=QQQ&date=2025-11-20&interval=1s", "start_ms"),
        ("/v1/indicators", "?ticker=QQQ&date=2025-11-20&interval=15m", "start_ms"),
        ("/v1/indicators", "?ticker=QQQ&date=2025-11-22&interval=1m", "ticker"),
        ("/v1/signals", "?ticker=QQQ", "signals"),
        ("/v1/digests", "?ticker=QQQ", "digests"),
        ("/v1/gaps", "?ticker=QQQ", "gaps"),
        ("/v1/status", "", "version"),
        ("/healthz", "", "reason"),
        ("/readyz", "", "reason"),
    ] {
        let answer = get(server.address, &format!("{path}{query}"), &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{path}{query}");
        let value = answer.json();
        document.check(document.answer(path, 200), &value, path).unwrap();
        assert!(value[needed].as_array().is_none_or(|list| !list.is_empty()), "{path}{query}: {value}");
        checked.push(path);
    }
    let others = ["/v1/stream", "/v1/openapi.json", "/docs", "/metrics"];
    assert!(PATHS.iter().all(|path| checked.contains(path) || others.contains(path)));

    let problem = get(server.address, "/v1/bars?ticker=QQQ", &[]).await;
    document.check(document.answer("/v1/bars", 400), &problem.json(), "problem").unwrap();
    let page = get(server.address, "/docs", &[]).await.text();
    assert!(PATHS.iter().all(|path| page.contains(&format!("GET {path}"))));
    assert!(page.contains("row_digest") && !page.contains("<script"));
    let metrics = get(server.address, "/metrics", &[]).await.text();
    assert!(metrics.contains("alpha_kite_http_requests_total{class=\"4\"} 1\n"), "{metrics}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_are_the_stored_rows_and_prove_it() {
    let sample = Sample::new().await;
    let server = Server::start(sample.store).await;
    let answer = get(server.address, "/v1/bars?ticker=QQQ&date=2025-11-20", &[]).await.json();
    let day = alpha_kite::days::DateRange::day(session().date).moments();
    let rows = server.store.rows(&qqq(), day).await.unwrap();
    assert!(rows.len() > 23_000);
    assert_eq!(answer["n"], rows.len());
    let found = bars(&answer);
    assert!(found.iter().eq(rows.iter().map(|row| &row.bar)));
    assert!(integers(&answer["bar_seconds"]).iter().all(|&seconds| seconds == 1));
    assert_eq!(answer["sources"], serde_json::json!(["replay"]));
    assert_eq!(answer["session"]["open_ms"], session().open.as_millis());

    let mut hasher = RowHasher::new();
    found.iter().filter(|bar| session().contains(bar.start)).for_each(|bar| hasher.push(bar));
    let digests = get(server.address, "/v1/digests?ticker=QQQ&date=2025-11-20&interval=1s", &[]).await.json();
    assert_eq!(digests["digests"].as_array().unwrap().len(), 1);
    assert_eq!(digests["digests"][0]["row_digest"], hasher.digest().to_string());

    for (after, count) in [
        (rows[99].bar.start.as_millis(), rows.len() - 100),
        (rows[99].bar.start.as_millis() - 1, rows.len() - 99),
        (i64::MIN, rows.len()),
        (i64::MAX - 1, 0),
        (i64::MAX, 0),
    ] {
        let path = format!("/v1/bars?ticker=QQQ&date=2025-11-20&after_ms={after}");
        assert_eq!(get(server.address, &path, &[]).await.json()["n"], count, "{after}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_stored_or_computed_and_prove_it() {
    let sample = Sample::new().await;
    let server = Server::start(sample.store).await;
    let rows = server.store.rows(&qqq(), session().open..session().close).await.unwrap();
    for interval in ["1s", "1m", "5m", "60m"].map(|text| Interval::parse(text).unwrap()) {
        let path = format!("/v1/indicators?ticker=QQQ&date={DAY}&interval={interval}");
        let answer = get(server.address, &path, &[]).await.json();
        let series = Series::compute(&session(), &rows, interval, Rule::default()).unwrap().unwrap();
        let (starts, crosses) = (integers(&answer["start_ms"]), integers(&answer["cross"]));
        let (sma9, vwap) = (doubles(&answer["sma9"]), doubles(&answer["vwap"]));
        let mut hasher = SeriesHasher::new();
        for index in 0..starts.len() {
            let cross = match crosses[index] {
                1 => Some(Direction::Up),
                -1 => Some(Direction::Down),
                _ => None,
            };
            hasher.push(Timestamp::from_millis(starts[index]), sma9[index], vwap[index], cross);
        }
        assert_eq!(hasher.digest(), series.digest, "{interval}");
        assert_eq!(answer["digest"], series.digest.to_string(), "{interval}");
        assert_eq!(answer["row_digest"], series.row_digest.to_string(), "{interval}");
        assert_eq!(answer["n"], series.bars.len(), "{interval}");
        assert_eq!(answer["rule"], Rule::default().name());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_rows_cannot_make_is_refused() {
    let sample = empty().await;
    let mut row = support::row(session().open.as_millis(), 167_000_000);
    row.bar_seconds = Interval::MINUTE;
    sample.store.write(&Batch { rows: vec![row], ..Batch::new(qqq()) }).await.unwrap();
    let server = Server::start(sample.store).await;
    let path = |interval: &str| format!("/v1/indicators?ticker=QQQ&date={DAY}&interval={interval}");
    let answer = get(server.address, &path("1s"), &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-series"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("ask for 1m or longer"));
    assert_eq!(get(server.address, &path("1m"), &[]).await.json()["n"], 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_in_order_and_chosen_by_day_and_series() {
    let sample = Sample::new().await;
    let spy = Ticker::parse("SPY").unwrap();
    sample
        .store
        .write(&Batch { rows: vec![support::row(session().open.as_millis(), 1)], ..Batch::new(spy) })
        .await
        .unwrap();
    let config = api_support::settings(&[("STREAM_TICKER", "QQQ,IWM")]);
    let server = Server::start_with(sample.store, 10, config).await;
    let json = async |path: &str| get(server.address, path, &[]).await.json();

    let tickers = json("/v1/tickers").await;
    assert_eq!(tickers, serde_json::json!({"tickers": ["QQQ", "IWM", "SPY"], "default": "QQQ"}));
    let sessions = json("/v1/sessions?ticker=QQQ").await;
    assert_eq!(sessions["sessions"][0]["date"], DAY);
    let series: Vec<i64> = sessions["sessions"][0]["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|series| series["bar_seconds"].as_i64().unwrap())
        .collect();
    assert_eq!(series, [1, 60]);
    assert_eq!(json("/v1/sessions?ticker=QQQ&to=2025-11-19").await["sessions"], serde_json::json!([]));
    // Rows of today that have no digest yet.
    let today = json("/v1/sessions?ticker=SPY").await;
    assert_eq!((&today["sessions"][0]["date"], &today["sessions"][0]["series"]), (&DAY.into(), &serde_json::json!([])));

    let all = json("/v1/signals?ticker=QQQ").await;
    let stored = server.store.events(&qqq(), None, support::ALWAYS).await.unwrap();
    let ids: Vec<String> = stored.iter().map(|event| event.id.to_string()).collect();
    let found: Vec<&str> =
        all["signals"].as_array().unwrap().iter().map(|signal| signal["id"].as_str().unwrap()).collect();
    assert!(ids.len() > 10, "{}", ids.len());
    assert_eq!(found, ids);
    assert_eq!(json("/v1/signals?ticker=QQQ&date=2025-11-20").await, all);
    let minutes = json("/v1/signals?ticker=QQQ&interval=1m").await;
    let minutes = minutes["signals"].as_array().unwrap();
    assert!(!minutes.is_empty() && minutes.iter().all(|signal| signal["bar_seconds"] == 60));
    assert_eq!(json("/v1/signals?ticker=QQQ&date=2025-11-19").await["signals"], serde_json::json!([]));
    let long = get(server.address, "/v1/signals?ticker=QQQ&from=2020-01-01&to=2025-11-20", &[]).await;
    assert_eq!((long.status, long.problem().as_str()), (400, "bad-query"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_and_not_sent_twice() {
    let sample = Sample::new().await;
    let server = Server::start(sample.store).await;
    let path = "/v1/bars?ticker=QQQ&date=2025-11-20";
    let ask = async |headers: &[&str]| -> Answer { get(server.address, path, headers).await };
    let plain = ask(&[]).await;
    let compressed = ask(&["Accept-Encoding: br, gzip"]).await;
    assert_eq!((plain.header("content-encoding"), compressed.header("content-encoding")), (None, Some("gzip")));
    assert_eq!(plain.text(), compressed.text());
    assert!(compressed.body.len() * 3 < plain.body.len(), "{} of {}", compressed.body.len(), plain.body.len());
    assert_eq!(compressed.header("cache-control"), Some("no-cache"));

    let tag = plain.header("etag").unwrap().to_owned();
    assert_eq!(compressed.header("etag"), Some(tag.as_str()));
    let known = format!("If-None-Match: \"other\", {tag}");
    let unchanged = ask(&[&known]).await;
    assert_eq!((unchanged.status, unchanged.body.len(), unchanged.header("etag")), (304, 0, Some(tag.as_str())));

    // One cent in one row, past everything that is computed from the rows.
    let mut row = server.store.rows(&qqq(), session().open..session().close).await.unwrap()[1000];
    row.bar.close = Price::from_micros(row.bar.close.as_micros() + 10_000).unwrap();
    server.store.write(&Batch { rows: vec![row], ..Batch::new(qqq()) }).await.unwrap();
    let changed = ask(&[&known]).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_gives_the_same_bytes() {
    let fixture = Fixture::new(Engine::Postgres).await;
    let sample = Sample::new().await;
    fill(fixture.store.as_ref(), sample.folder.path()).await;
    let postgres = Server::start(Arc::from(fixture.store)).await;
    let sqlite = Server::start(sample.store).await;
    for path in [
        "/v1/tickers",
        "/v1/sessions?ticker=QQQ",
        "/v1/bars?ticker=QQQ&date=2025-11-20",
        "/v1/indicators?ticker=QQQ&date=2025-11-20&interval=1s",
        "/v1/indicators?ticker=QQQ&date=2025-11-20&interval=5m",
        "/v1/digests?ticker=QQQ",
        "/v1/gaps?ticker=QQQ",
        "/v1/bars?ticker=QQQ&date=0001-01-01",
        "/v1/bars?ticker=QQQ&date=9999-12-31",
        "/v1/gaps?ticker=O'BRIEN",
        "/readyz",
    ] {
        let [one, other] = [get(postgres.address, path, &[]).await, get(sqlite.address, path, &[]).await];
        assert_eq!((one.status, one.text()), (200, other.text()), "{path}");
    }
    postgres.stop().await;
    sqlite.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_without_details() {
    let sample = empty().await;
    let folder = sample.folder.path().display().to_string();
    sample.store.close().await;
    let server = Server::start(sample.store).await;
    for path in ["/v1/tickers", "/v1/bars?ticker=QQQ&date=2025-11-20", "/v1/gaps?ticker=QQQ"] {
        let answer = get(server.address, path, &[]).await;
        assert!([500, 503].contains(&answer.status), "{path}: {answer:?}");
        answer.problem();
        for secret in [folder.as_str(), "sqlite", "select", ".db"] {
            assert!(!answer.text().to_lowercase().contains(secret), "{path}: {}", answer.text());
        }
    }
    assert_eq!(get(server.address, "/readyz", &[]).await.status, 503);
    assert_eq!(get(server.address, "/healthz", &[]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_without_sessions_have_none() {
    let sample = Sample::new().await;
    let server = Server::start(sample.store).await;
    let saturday = get(server.address, "/v1/bars?ticker=QQQ&date=2025-11-22", &[]).await.json();
    assert_eq!((&saturday["session"], &saturday["n"]), (&Value::Null, &0.into()), "{saturday}");
    server.stop().await;
}
