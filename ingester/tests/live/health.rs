//! What the service tells of its own health, while it runs.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::market::{Market, session};
use crate::session::store;
use crate::support::{Engine, Fixture};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_monitor_hears_of_a_service_that_streams() {
    let monitor = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alive", monitor.local_addr().unwrap());
    let heartbeat = async || {
        let (mut stream, _) = monitor.accept().await.unwrap();
        let mut request = vec![0; 16];
        stream.read_exact(&mut request).await.unwrap();
        assert_eq!(String::from_utf8(request).unwrap(), "GET /alive HTTP/");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    };
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let market = Market::at(0, "1").await;
    let settings = [("ALPHA_KITE_HEARTBEAT_URL", url.as_str()), ("ALPHA_KITE_HEARTBEAT_SECONDS", "1")];
    let service = market.start_with(store(&fixture).await, None, &settings).await;
    service.reach(session().open.checked_add_millis(1000).unwrap()).await;
    for _ in 0..2 {
        timeout(Duration::from_secs(30), heartbeat()).await.expect("a heartbeat comes");
    }
    service.stop().await;
    // One may have been on its way.
    let _ = timeout(Duration::from_millis(100), heartbeat()).await;
    assert!(timeout(Duration::from_millis(1500), heartbeat()).await.is_err(), "nothing beats any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_known_since_when_the_database_takes_no_rows() {
    let fixture = Fixture::empty(Engine::Sqlite).await;
    let market = Market::at(0, "1").await;
    let service = market.start(store(&fixture).await).await;
    let first = session().open.checked_add_millis(1000).unwrap();
    service.reach(first).await;
    assert_eq!(service.hub.status().away_since, None);

    let is_away = async |expected: bool| {
        let changed = async {
            while service.hub.status().away_since.is_some() != expected {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(60), changed).await.expect("the state is told");
        service.hub.status().away_since
    };
    fixture.execute("alter table equity_data rename to elsewhere").await.unwrap();
    let since = is_away(true).await;
    assert!(since.is_some_and(|since| since > first), "{since:?}");
    service.reach(since.unwrap().checked_add_millis(1000).unwrap()).await;
    assert_eq!(service.hub.status().away_since, since, "the stream goes on, and the beginning stays");
    fixture.execute("alter table elsewhere rename to equity_data").await.unwrap();
    is_away(false).await;
    service.stop().await;
}
