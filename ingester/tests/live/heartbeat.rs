//! The service tells a monitor that it streams, until it ends.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

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
    let service = market.start_with(store(&fixture).await, &settings).await;
    service.reach(session().open.checked_add_millis(1000).unwrap()).await;
    for _ in 0..2 {
        timeout(Duration::from_secs(30), heartbeat()).await.expect("a heartbeat comes");
    }
    service.stop().await;
    // One may have been on its way.
    let _ = timeout(Duration::from_millis(100), heartbeat()).await;
    assert!(timeout(Duration::from_millis(1500), heartbeat()).await.is_err(), "nothing beats any more");
}
