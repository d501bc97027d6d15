//! A streamer at work on a simulator, and the pipeline's end of its queue.

use std::collections::BTreeMap;
use std::time::Duration;

use alpha_kite::schwab::{
    Cause, ChartItem, EquityItem, Overflow, SchwabClient, StreamEvent, Streamer, StreamerHandle, StreamerOptions,
    Subscriptions,
};
use alpha_kite_core::{Price, Ticker, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::{World, clock, quick, soon, ticker};

pub(crate) struct Listener {
    pub(crate) handle: StreamerHandle,
    pub(crate) events: mpsc::Receiver<StreamEvent>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

/// One trade, as the pipeline is to understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    pub(crate) price: Price,
    pub(crate) shares: u64,
}

/// Options whose waits do not make a test long.
pub(crate) fn options() -> StreamerOptions {
    let both = vec![ticker("QQQ"), ticker("SPY")];
    let mut options = StreamerOptions::new(Subscriptions { equities: both.clone(), charts: both });
    options.overflow = Overflow::Wait;
    options.reconnect = quick();
    options.timeouts.resubscribe = Duration::from_millis(1);
    options
}

impl Listener {
    pub(crate) fn start(world: &World, options: StreamerOptions, capacity: usize) -> Self {
        Self::start_with(world.client.clone(), world.stop.child_token(), options, capacity)
    }

    pub(crate) fn start_with(
        client: SchwabClient,
        stop: CancellationToken,
        options: StreamerOptions,
        capacity: usize,
    ) -> Self {
        let (sender, events) = mpsc::channel(capacity);
        let (streamer, handle) = Streamer::new(client, options, sender, clock());
        let task = tokio::spawn(streamer.run(stop.clone()));
        Self { handle, events, stop, task }
    }

    /// Connected, with an image of both tickers.
    pub(crate) async fn live(world: &World, options: StreamerOptions) -> Self {
        let mut listener = Self::start(world, options, 1024);
        listener.connected().await;
        listener.images().await;
        listener
    }

    pub(crate) async fn next(&mut self) -> StreamEvent {
        soon(self.events.recv()).await.expect("the streamer runs")
    }

    /// Passes over what comes before a new connection.
    pub(crate) async fn connected(&mut self) {
        while self.next().await != StreamEvent::Connected {}
    }

    /// Passes over what comes before the images of both tickers.
    pub(crate) async fn images(&mut self) {
        let mut missing = 2;
        while missing > 0 {
            if let StreamEvent::Data { equities, .. } = self.next().await {
                missing -= equities.iter().filter(|item| item.is_image).count();
            }
        }
    }

    /// Passes over what comes before the line is gone.
    pub(crate) async fn disconnected(&mut self) -> Cause {
        loop {
            if let StreamEvent::Disconnected { cause, .. } = self.next().await {
                return cause;
            }
        }
    }

    /// Whatever comes before the streamer's clock shows a moment.
    pub(crate) async fn until(&mut self, moment: Timestamp) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            if matches!(event, StreamEvent::Heartbeat { timestamp, .. } if timestamp >= moment) {
                return events;
            }
            events.push(event);
        }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        soon(self.task).await.unwrap();
    }
}

/// The documented reading of items: a trade is a change of the volume, an image is none.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    last: BTreeMap<Ticker, (Option<Price>, Option<u64>)>,
    pub(crate) ticks: BTreeMap<Ticker, Vec<Tick>>,
    pub(crate) charts: Vec<ChartItem>,
}

impl Reading {
    pub(crate) fn of(events: &[StreamEvent]) -> Self {
        let mut reading = Self::default();
        for event in events {
            if let StreamEvent::Data { timestamp, equities, charts, .. } = event {
                equities.iter().for_each(|item| reading.take(*timestamp, item));
                reading.charts.extend(charts);
            }
        }
        reading
    }

    pub(crate) fn take(&mut self, timestamp: Timestamp, item: &EquityItem) {
        let (price, volume) = self.last.entry(item.ticker).or_default();
        *price = item.last.or(*price);
        let Some(total) = item.total_volume.map(|volume| volume.get()) else { return };
        let before = volume.replace(total);
        let shares = before.and_then(|before| total.checked_sub(before)).filter(|shares| *shares > 0);
        if let (false, Some(shares), Some(price)) = (item.is_image, shares, *price) {
            let at = item.trade_time.filter(|time| *time <= timestamp).unwrap_or(timestamp);
            self.ticks.entry(item.ticker).or_default().push(Tick { at, price, shares });
        }
    }
}
