//! The line between one program and a PostgreSQL server that others reach too.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

use crate::support::Cluster;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// What is sent to the server waits on its way.
    Slow,
    /// Every connection breaks.
    Cut,
}

/// A port that leads to a server.
pub(crate) struct Line {
    port: u16,
    state: watch::Sender<State>,
    /// Bytes that wait on their way.
    waiting: Arc<watch::Sender<usize>>,
}

impl Line {
    pub(crate) async fn new(cluster: &Cluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = cluster.socket_folder().join(".s.PGSQL.5432");
        let (state, is) = watch::channel(State::Good);
        let waiting = Arc::new(watch::Sender::new(0));
        tokio::spawn(serve(listener, socket, is, Arc::clone(&waiting)));
        Self { port, state, waiting }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// What is sent from now on arrives after [`mend`](Self::mend).
    pub(crate) fn slow_down(&self) {
        self.state.send_replace(State::Slow);
    }

    pub(crate) fn mend(&self) {
        self.state.send_replace(State::Good);
    }

    /// Waits until so many bytes are on their way.
    pub(crate) async fn holds(&self, bytes: usize) {
        self.waiting.subscribe().wait_for(|waiting| *waiting >= bytes).await.unwrap();
    }
}

async fn serve(
    listener: TcpListener,
    socket: PathBuf,
    state: watch::Receiver<State>,
    waiting: Arc<watch::Sender<usize>>,
) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if *state.borrow() == State::Cut {
            continue;
        }
        let server = UnixStream::connect(&socket).await.unwrap();
        tokio::spawn(pass(client, server, state.clone(), Arc::clone(&waiting)));
    }
}

async fn pass(
    client: TcpStream,
    server: UnixStream,
    state: watch::Receiver<State>,
    waiting: Arc<watch::Sender<usize>>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut is_cut, mut may_pass) = (state.clone(), state);
    let there = async {
        let mut buffer = [0; 65_536];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            waiting.send_modify(|waiting| *waiting += length);
            let passes = may_pass.wait_for(|state| *state != State::Slow).await.is_ok();
            waiting.send_modify(|waiting| *waiting -= length);
            if !passes || to_server.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    // It says nothing more, and what it said goes its way: the server answers, whoever listens.
    let back = async { copy(&mut from_server, &mut to_client).await };
    tokio::select! {
        _ = is_cut.wait_for(|state| *state == State::Cut) => {}
        _ = async { tokio::join!(there, back) } => {}
    }
}
