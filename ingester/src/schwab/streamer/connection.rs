//! One connection: the socket under the state machine.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use super::super::command::Login;
use super::super::event::Cause;
use super::super::frame::MAX_FRAME_BYTES;
use super::super::protocol::{End, Output, Protocol};
use super::super::tls;
use super::outlet::{Outlet, Pushed};
use super::{ConnectionState, Line, Streamer, stopped};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What happened next on a connection.
enum Next {
    Stop,
    Reconnect,
    Frame(Option<Result<Message, tungstenite::Error>>),
    Deadline,
    Ping,
}

impl Streamer {
    /// Asks where the streamer is and connects to it.
    pub(super) async fn open(&self) -> Result<(Socket, Login), End> {
        let address = self.client.streamer_address().await?;
        let access_token = self.client.tokens().access().await.map_err(super::super::SchwabError::Token)?;
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(MAX_FRAME_BYTES);
        config.max_frame_size = Some(MAX_FRAME_BYTES);
        let connector = Connector::Rustls(tls::client_config());
        let connecting = tokio_tungstenite::connect_async_tls_with_config(
            address.url.as_str(),
            Some(config),
            // Commands go out at once.
            true,
            Some(connector),
        );
        let (socket, _) = tokio::time::timeout(self.options.network, connecting)
            .await
            .map_err(|_| disconnect("the streamer does not answer".to_owned()))?
            .map_err(|error| disconnect(format!("the streamer cannot be reached: {error}")))?;
        let login = Login {
            customer_id: address.customer_id,
            correlation_id: address.correlation_id,
            channel: address.channel,
            function_id: address.function_id,
            access_token,
        };
        Ok((socket, login))
    }

    /// Serves a socket to its end.
    pub(super) async fn serve(
        &self,
        mut socket: Socket,
        login: Login,
        mut outlet: Outlet<'_>,
        stop: &CancellationToken,
    ) -> Line {
        let (subscriptions, timeouts) = (self.options.subscriptions.clone(), self.options.timeouts);
        let counters = std::sync::Arc::clone(&self.counters);
        let mut protocol = Protocol::new(login, subscriptions, timeouts, counters, Instant::now().into_std());
        let mut pings = tokio::time::interval_at(Instant::now() + self.options.ping_every, self.options.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut logged_in = None;
        let mut leave_by = None;
        let end = loop {
            if let Err(end) = self.carry_out(&mut protocol, &mut socket, &mut outlet, &mut logged_in, stop).await {
                break end;
            }
            let deadline = protocol.next_deadline().map(Instant::from_std).into_iter().chain(leave_by).min();
            let next = self.next(&mut socket, deadline, &mut pings, leave_by.is_none().then_some(stop)).await;
            let now = Instant::now();
            match next {
                Next::Stop => {
                    leave_by = Some(now + self.options.logout);
                    protocol.log_out(now.into_std());
                }
                Next::Reconnect => {
                    let detail = "no data although the line is alive".to_owned();
                    break End { cause: Cause::Silence, code: None, detail };
                }
                Next::Frame(Some(Ok(Message::Text(text)))) => protocol.receive(&text, now.into_std()),
                Next::Frame(Some(Ok(Message::Binary(bytes)))) => match std::str::from_utf8(&bytes) {
                    Ok(text) => protocol.receive(text, now.into_std()),
                    Err(_) => protocol.receive_garbage(now.into_std()),
                },
                Next::Frame(Some(Ok(Message::Close(frame)))) => {
                    let why = frame.map_or(String::new(), |frame| format!(" with code {}", u16::from(frame.code)));
                    break disconnect(format!("the streamer closed the connection{why}"));
                }
                // Pings are answered by the library.
                Next::Frame(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {}
                Next::Frame(Some(Err(error))) => break disconnect(format!("the connection broke: {error}")),
                Next::Frame(None) => break disconnect("the connection ended".to_owned()),
                Next::Deadline if leave_by.is_some_and(|leave_by| now >= leave_by) => break stopped(),
                Next::Deadline => protocol.pass_time(now.into_std()),
                Next::Ping => {
                    if let Err(end) = self.send(&mut socket, Message::Ping(Bytes::new())).await {
                        break end;
                    }
                }
            }
        };
        close(socket).await;
        // A line that broke while it was left was left.
        let end = if leave_by.is_some() && end.cause == Cause::Disconnect { stopped() } else { end };
        Line { end, logged_in }
    }

    /// Waits for whatever comes first.
    async fn next(
        &self,
        socket: &mut Socket,
        deadline: Option<Instant>,
        pings: &mut Interval,
        stop: Option<&CancellationToken>,
    ) -> Next {
        let stopping = async {
            match stop {
                Some(stop) => stop.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let passing = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stopping => Next::Stop,
            () = self.reconnect.notified() => Next::Reconnect,
            // Frames before deadlines: what has arrived in time is not late because it was read late.
            frame = socket.next() => Next::Frame(frame),
            () = passing => Next::Deadline,
            _ = pings.tick() => Next::Ping,
        }
    }

    /// Does what the state machine asks for.
    async fn carry_out(
        &self,
        protocol: &mut Protocol,
        socket: &mut Socket,
        outlet: &mut Outlet<'_>,
        logged_in: &mut Option<Instant>,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        while let Some(output) = protocol.next_output() {
            match output {
                Output::Send(text) => self.send(socket, Message::text(text)).await?,
                Output::Event(event) => {
                    if event == super::StreamEvent::Connected {
                        *logged_in = Some(Instant::now());
                    }
                    match outlet.push(event, stop).await {
                        Pushed::Done => {}
                        Pushed::AfterLoss => protocol.resubscribe(),
                        Pushed::Closed => return Err(stopped()),
                    }
                }
                Output::Subscribed => self.enter(ConnectionState::Live, None),
                Output::NoImage(tickers) => {
                    let tickers: Vec<&str> = tickers.iter().map(|ticker| ticker.as_str()).collect();
                    tracing::warn!(
                        tickers = tickers.join(","),
                        "subscribed, and no data came: are these tickers right?"
                    );
                }
                Output::End(end) => return Err(end),
            }
        }
        Ok(())
    }

    async fn send(&self, socket: &mut Socket, message: Message) -> Result<(), End> {
        match tokio::time::timeout(self.options.network, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(disconnect(format!("the connection broke: {error}"))),
            Err(_) => Err(disconnect("the streamer takes nothing".to_owned())),
        }
    }
}

/// Closes a socket politely, and soon.
async fn close(mut socket: Socket) {
    const PATIENCE: Duration = Duration::from_millis(500);
    // It is given up whatever the other side does.
    let _ = tokio::time::timeout(PATIENCE, socket.close(None)).await;
}

fn disconnect(detail: String) -> End {
    End { cause: Cause::Disconnect, code: None, detail }
}
