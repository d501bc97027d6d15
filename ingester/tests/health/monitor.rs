//! A monitor that waits for heartbeats, on a real socket.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Answers requests and remembers their first lines.
pub(crate) struct Monitor {
    pub(crate) address: SocketAddr,
    pub(crate) heard: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Monitor {
    /// Answers with these statuses, the last one for ever; 0 stands for no answer at all.
    pub(crate) async fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        let mut statuses: Vec<u16> = statuses.iter().rev().copied().collect();
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let line = first_line(&mut stream).await;
                let status = if statuses.len() > 1 { statuses.pop().unwrap() } else { statuses[0] };
                if status > 0 {
                    let head =
                        format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                    stream.write_all(head.as_bytes()).await.unwrap();
                } else {
                    open.push(stream);
                }
                tell.send(line).unwrap();
            }
        });
        Self { address, heard, task }
    }

    /// Listens no more.
    pub(crate) async fn end(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

async fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the request broke off");
    }
    String::from_utf8(bytes).unwrap().lines().next().unwrap().to_owned()
}
