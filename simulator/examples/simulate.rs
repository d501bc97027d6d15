//! Runs a simulator until it is interrupted: `simulate [LISTEN [TICKERS [MARKET_TIME [SPEED [FAULT…]]]]]`.

use std::io::Write;

use alpha_kite_core::Ticker;
use alpha_kite_simulator::{Config, Fault, Simulator, Speed, parse_moment};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, usual: &str| arguments.get(index).map_or(usual, String::as_str).to_owned();
    let tickers = argument(1, "QQQ,SPY").split(',').map(Ticker::parse).collect::<Result<Vec<_>, _>>()?;
    let mut config = Config::new(tickers, parse_moment(&argument(2, "2026-10-05T10:00:00-04:00"))?);
    config.listen = argument(0, "127.0.0.1:0").parse()?;
    config.speed = Speed::parse(&argument(3, "1")).ok_or("the speed is no number up to 10000")?;
    for text in arguments.iter().skip(4) {
        config.faults.extend(Fault::parse(text)?);
    }
    let running = Simulator::bind(config).await?;
    writeln!(std::io::stdout(), "{}", running.ready_line())?;
    std::future::pending::<()>().await;
    Ok(())
}
