//! Accepting connections, refusing them, and cutting them off.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::faults::FaultKind;
use crate::shared::Shared;

/// Both ends of a connection, and the means to cut it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    cut: Arc<AtomicBool>,
}

/// The listening socket.
#[derive(Debug)]
pub(crate) struct Gate {
    listener: TcpListener,
    local: SocketAddr,
    shared: Arc<Shared>,
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Peer {
    fn new(remote: SocketAddr, local: SocketAddr) -> Self {
        Self { remote, local, cut: Arc::default() }
    }

    /// Nothing more is sent; once everybody has let go of the connection it is reset, without any goodbye.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(listener: TcpListener, local: SocketAddr, shared: Arc<Shared>) -> Self {
        Self { listener, local, shared }
    }
}

impl Listener for Gate {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        loop {
            let Ok((stream, remote)) = self.listener.accept().await else {
                // Too many open files, most likely: let some close.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let peer = Peer::new(remote, stream.local_addr().unwrap_or(self.local));
            let connection = Connection { stream, cut: Arc::clone(&peer.cut) };
            if self.shared.faults.take(FaultKind::Refuse, self.shared.clock.now()).is_some() {
                peer.cut();
                continue;
            }
            // Without it small frames wait for the client's acknowledgement of the one before; a failure only costs time.
            let _ = connection.stream.set_nodelay(true);
            return (connection, peer);
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer::new(self.local, self.local))
    }
}

impl Connected<IncomingStream<'_, Gate>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.cut.load(Ordering::Relaxed) {
            // Without lingering, closing resets the connection. Where that fails it is closed, which clients must survive too.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
