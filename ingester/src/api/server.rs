use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::ApiState;
use super::gate::Gate;
use super::origin::Origins;
use super::routes::router;
use super::shared::Shared;

/// Connections that are open at once; later ones wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
/// How long a client may take to send a request, or to say nothing between two of them.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of a request's lines and headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Headers of a request.
const MAX_HEADERS: usize = 64;
/// How long connections have to end when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// A pause after an accept that failed, most likely for too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests until `stop` completes, then ends streams, lets answers finish for at most three seconds, and returns.
///
/// On a loopback address only requests that name that address are answered. When this returns no task is left behind.
///
/// # Errors
/// If the listener has no address.
///
/// # Cancel safety
/// Dropped, it closes the listener and all connections at once.
pub async fn serve(listener: TcpListener, state: ApiState, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
    let origins = Origins::new(listener.local_addr()?, state.config.http.origins.clone());
    let (stopping, stopped) = watch::channel(false);
    let app = router(Arc::new(Shared::new(state, origins, stopped.clone())));
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));

    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            // What a connection ended with is of no interest to others.
            Some(_) = connections.join_next() => {}
            (stream, permit) = accept(&listener, &permits) => {
                connections.spawn(talk(stream, app.clone(), stopped.clone(), permit));
            }
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Whatever has not ended by then ends with the set.
    let _ = timeout(STOP_TIMEOUT, ended).await;
    Ok(())
}

async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection.
async fn talk(
    stream: TcpStream,
    app: Router,
    mut stopped: watch::Receiver<bool>,
    _permit: Option<OwnedSemaphorePermit>,
) {
    // Events are small and must not wait for one another; a failure only costs time.
    let _ = stream.set_nodelay(true);
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(Gate::new(stream)), TowerToHyperService::new(app))
    );
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        // It changes once. An error means that the server is gone, which is a stop too.
        _ = stopped.changed() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}
