//! The streamer's task on a simulator, through everything that can go wrong.

use std::time::Duration;

use alpha_kite::schwab::token::TokenState;
use alpha_kite::schwab::{Cause, ConnectionState, Overflow, StreamEvent};
use alpha_kite_simulator::{Fault, FaultKind, SlowReader};

use crate::listener::{Listener, Reading, Tick, options};
use crate::world::{World, after, config, soon, ticker, until};

#[tokio::test]
async fn every_trade_and_every_bar_arrives() {
    let mut config = config();
    config.slow_reader = SlowReader::Wait;
    let world = World::start(config).await;
    let start = world.simulator.clock().now();
    let mut listener = Listener::live(&world, options()).await;
    until(|| listener.handle.connection().state == ConnectionState::Live).await;
    let moment = after(start, 600);
    // What comes before is heard as well.
    let hearing = tokio::spawn(async move {
        let events = listener.until(moment).await;
        (listener, events)
    });
    for _ in 0..70 {
        world.advance(10);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (listener, events) = soon(hearing).await.unwrap();
    let reading = Reading::of(&events);
    for symbol in ["QQQ", "SPY"] {
        let sent: Vec<Tick> = world
            .simulator
            .sent_ticks()
            .into_iter()
            .filter(|sent| sent.ticker == ticker(symbol) && sent.frame < moment)
            .map(|sent| Tick { at: sent.at, price: sent.price, shares: sent.shares })
            .collect();
        let heard = &reading.ticks[&ticker(symbol)];
        // The first change was needed to know the volume before it: `live` has read the images.
        assert!(sent.len() > 300 && heard.len() + 1 >= sent.len(), "{symbol}: {} of {}", heard.len(), sent.len());
        assert_eq!(heard[..], sent[sent.len() - heard.len()..], "{symbol}");
        let bars: Vec<_> = reading.charts.iter().filter(|chart| chart.ticker == ticker(symbol)).collect();
        let expected = world.simulator.minute_bars(ticker(symbol), start, after(start, 540));
        let found: Vec<_> = bars.iter().map(|chart| chart.bar).filter(|bar| bar.start >= start).collect();
        assert_eq!(found, expected, "{symbol}");
        assert!(bars.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    }
    let counters = listener.handle.counters();
    assert_eq!((counters.bad_frames.get(), counters.bad_items.get(), counters.dropped_frames.get()), (0, 0, 0));
    assert!(counters.items.get() > 1000);
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_line_that_breaks_is_made_again() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    for (kind, cause) in [(FaultKind::Drop, Cause::Disconnect), (FaultKind::Code30, Cause::Stopped)] {
        world.simulator.add_fault(Fault::new(kind));
        world.advance(5);
        assert_eq!(listener.disconnected().await, cause);
        listener.connected().await;
        listener.images().await;
    }
    let counters = listener.handle.counters();
    assert_eq!((counters.logins.get(), counters.disconnects.get()), (3, 2));
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn silence_is_a_disconnect() {
    let world = World::start(config()).await;
    let mut options = options();
    options.timeouts.silence = Duration::from_millis(300);
    let mut listener = Listener::start(&world, options, 1024);
    listener.connected().await;
    // The clock stands still, and so does everything.
    assert_eq!(listener.disconnected().await, Cause::Silence);
    listener.connected().await;
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn missing_data_is_a_reason_to_connect_again() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    listener.handle.reconnect();
    assert_eq!(listener.disconnected().await, Cause::Silence);
    listener.connected().await;
    listener.images().await;
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn an_evicted_client_does_not_come_back() {
    let world = World::start(config()).await;
    let mut first = Listener::live(&world, options()).await;
    // Another program of the same user, which stays.
    let second = Listener::live(&world, options()).await;
    assert_eq!(first.disconnected().await, Cause::Evicted);
    soon(first.task).await.unwrap();
    let connection = first.handle.connection();
    assert_eq!(connection.state, ConnectionState::Stopped);
    assert!(connection.detail.unwrap().contains("another program streams as the same Schwab user (code 12"));
    until(|| second.handle.connection().state == ConnectionState::Live).await;
    second.end().await;
    world.end().await;
}

#[tokio::test]
async fn refused_connections_are_tried_for_ever() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    world.simulator.add_fault(Fault::new(FaultKind::Refuse).times(25));
    world.simulator.add_fault(Fault::new(FaultKind::Drop));
    world.advance(5);
    assert_eq!(listener.disconnected().await, Cause::Disconnect);
    assert_eq!(listener.next().await, StreamEvent::Connected, "no event for tries that fail");
    listener.images().await;
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn tokens_end_while_the_stream_goes_on() {
    let world = World::start_with(config(), |simulator| {
        simulator.add_fault(Fault::new(FaultKind::AccessLifetime).seconds(3));
    })
    .await;
    let mut listener = Listener::live(&world, options()).await;
    let first = world.tokens.access().await.unwrap();
    until(|| {
        world.tokens.status().access_expires_at.is_some() && {
            let current = world.file.load().unwrap().unwrap().access;
            current.expose() != first.expose()
        }
    })
    .await;
    // The line did not notice; a new one uses the new token.
    assert_eq!(listener.handle.counters().disconnects.get(), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.simulator.add_fault(Fault::new(FaultKind::Drop));
    world.advance(5);
    assert_eq!(listener.disconnected().await, Cause::Disconnect);
    listener.connected().await;
    listener.images().await;
    assert_eq!(world.tokens.status().state, TokenState::Ok);
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn revoked_tokens_are_replaced() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    let before = world.tokens.access().await.unwrap();
    world.simulator.add_fault(Fault::new(FaultKind::RevokeAccess));
    world.simulator.add_fault(Fault::new(FaultKind::Drop));
    world.advance(5);
    assert_eq!(listener.disconnected().await, Cause::Disconnect);
    listener.connected().await;
    assert_ne!(world.tokens.access().await.unwrap().expose(), before.expose());
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_dead_login_waits_for_a_new_one() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    world.simulator.add_fault(Fault::new(FaultKind::RevokeRefresh));
    world.simulator.add_fault(Fault::new(FaultKind::RevokeAccess));
    world.simulator.add_fault(Fault::new(FaultKind::Drop));
    world.advance(5);
    assert_eq!(listener.disconnected().await, Cause::Disconnect);
    until(|| listener.handle.connection().state == ConnectionState::Waiting).await;
    assert_eq!(world.tokens.status().state, TokenState::ReauthRequired);
    assert!(listener.handle.connection().detail.unwrap().contains("alpha-kite auth login"));
    world.log_in().await;
    listener.connected().await;
    listener.images().await;
    assert_eq!(world.tokens.status().state, TokenState::Ok);
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn garbage_is_followed_by_new_images() {
    let world = World::start(config()).await;
    let mut listener = Listener::live(&world, options()).await;
    world.simulator.add_fault(Fault::new(FaultKind::InvalidJson));
    world.advance(5);
    loop {
        match listener.next().await {
            StreamEvent::Lost { cause } => break assert_eq!(cause, Cause::Garbage),
            StreamEvent::Disconnected { cause, .. } => panic!("{cause}"),
            StreamEvent::Connected | StreamEvent::Data { .. } | StreamEvent::Heartbeat { .. } => {}
        }
    }
    listener.images().await;
    assert_eq!((listener.handle.counters().bad_frames.get(), listener.handle.counters().disconnects.get()), (1, 0));
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_pipeline_that_lags_loses_frames_and_learns_it() {
    let world = World::start(config()).await;
    let mut options = options();
    options.overflow = Overflow::Drop;
    let mut listener = Listener::start(&world, options, 4);
    until(|| {
        world.advance(1);
        listener.handle.counters().dropped_frames.get() > 10
    })
    .await;
    assert_eq!(listener.next().await, StreamEvent::Connected);
    let mut was_lost = false;
    loop {
        world.advance(1);
        match listener.next().await {
            StreamEvent::Lost { cause } => was_lost = cause == Cause::Overflow,
            StreamEvent::Data { equities, .. } if was_lost && equities.iter().any(|item| item.is_image) => break,
            StreamEvent::Disconnected { cause, .. } => panic!("{cause}"),
            StreamEvent::Connected | StreamEvent::Data { .. } | StreamEvent::Heartbeat { .. } => {}
        }
    }
    listener.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_stop_is_quick_whatever_is_going_on() {
    let world = World::start(config()).await;
    let listener = Listener::live(&world, options()).await;
    let handle = listener.handle.clone();
    listener.end().await;
    assert_eq!(handle.connection().state, ConnectionState::Stopped);
    // While it waits to connect again.
    world.simulator.add_fault(Fault::new(FaultKind::Http502));
    let listener = Listener::start(&world, options(), 1024);
    until(|| listener.handle.connection().state == ConnectionState::Reconnecting).await;
    listener.end().await;
    // While nobody takes what it has.
    world.simulator.clear_faults();
    let listener = Listener::start(&world, options(), 1);
    until(|| listener.handle.counters().logins.get() == 1).await;
    world.advance(60);
    listener.end().await;
    world.end().await;
}
