use std::io::{self, Write};
use std::net::SocketAddr;

use alpha_kite_core::{Session, Ticker, Timestamp};
use alpha_kite_simulator::{ClockStart, Config, Fault, Simulator, Speed, parse_moment};

use super::{Exit, Failure};
use crate::clock::{Clock as _, SystemClock};

/// Run a stand-in for Schwab: OAuth, market data and streamer over a made-up market, until interrupted.
///
/// When it is ready it prints one line of JSON with its base URL, which takes the place of https://api.schwabapi.com. The
/// same seed gives the same market at any speed. docs/simulator.md says what is simulated, and lists the faults.
///
/// Example: alpha-kite simulate --listen 127.0.0.1:8790 --speed 60 --fault mute,at=2026-10-05T14:00:00Z,for=30
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What is traded; several with commas
    #[arg(long = "ticker", value_name = "TICKER", value_delimiter = ',', default_value = "QQQ,SPY")]
    tickers: Vec<Ticker>,
    /// Which market to make up
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Market seconds in a second, from 0 (the clock stands still) to 10000
    #[arg(long, default_value = "1", value_parser = speed)]
    speed: Speed,
    /// The market time at the start, in RFC 3339 [default: the open of the last whole session]
    #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
    market_time: Option<Timestamp>,
    /// Let market time wait for the first subscription
    #[arg(long)]
    hold_clock: bool,
    /// KIND[,at=RFC3339][,for=MARKET_SECONDS][,next=COUNT][,path=START][,seconds=SECONDS], or
    /// seeded,seed=N,from=RFC3339,to=RFC3339,count=N; may be given several times
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<String>,
    /// The app key that clients must use [default: simulated-app-key]
    #[arg(long, value_name = "KEY")]
    app_key: Option<String>,
    /// The app secret that clients must use [default: simulated-app-secret]
    #[arg(long, value_name = "SECRET")]
    app_secret: Option<String>,
    /// The registered redirect URI [default: any https://127.0.0.1]
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
}

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let running = Simulator::bind(config(args)?).await.map_err(Failure::cannot_run)?;
    let mut out = io::stdout();
    writeln!(out, "{}", running.ready_line())?;
    out.flush()?;
    tokio::signal::ctrl_c().await.map_err(Failure::cannot_run)?;
    running.stop().await;
    Ok(Exit::Done)
}

fn config(args: Args) -> Result<Config, Failure> {
    let market_time = match args.market_time {
        Some(moment) => moment,
        None => {
            let last = Session::last_before(SystemClock.now());
            last.ok_or_else(|| Failure::cannot_run("the host's clock is outside the calendar; give --market-time"))?
                .open
        }
    };
    let mut config = Config::new(args.tickers, market_time);
    config.listen = args.listen;
    config.seed = args.seed;
    config.speed = args.speed;
    config.redirect_uri = args.redirect_uri;
    if args.hold_clock {
        config.clock_start = ClockStart::FirstSubscription;
    }
    if let Some(key) = args.app_key {
        config.app_key = key;
    }
    if let Some(secret) = args.app_secret {
        config.app_secret = secret;
    }
    for text in &args.faults {
        config.faults.extend(Fault::parse(text).map_err(Failure::cannot_run)?);
    }
    Ok(config)
}

fn speed(text: &str) -> Result<Speed, &'static str> {
    Speed::parse(text).ok_or("not a number from 0 to 10000 with at most three decimals")
}
