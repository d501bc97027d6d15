use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, process};

use alpha_kite_core::{Date, Session, Ticker, Timestamp};
use alpha_kite_simulator::{ClockStart, Config as Market, Running, Simulator, Speed};
use console::Term;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use url::Url;

use super::verify::write_report;
use super::{Exit, Failure};
use crate::app::{self, App};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Origin, Secret, Settings};
use crate::days::{DateRange, new_york_clock};
use crate::demo::{Paint, RULE, View, store_past};
use crate::hub::{DatabaseKind, Hub};
use crate::live::ServiceConfig;
use crate::schwab::token::{OauthClient, TokenFile};
use crate::schwab::{StreamerOptions, Subscriptions};
use crate::store::{self, DatabaseUrl, Store};
use crate::verify::Verifier;

/// A market that crosses often on most days.
const SEED: u64 = 3;
/// The port that is tried first.
const PORT: u16 = 8787;
/// Time from one drawing of the view to the next.
const DRAW_EVERY: Duration = Duration::from_millis(500);
/// Time from one line to the next where nobody sees the view.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Characters of the view.
const WIDTH: usize = 80;

/// See the whole program at work on a made-up market: no account, no server, no configuration.
///
/// A simulated Schwab runs in this process, and the service streams from it as it would from the real one: over
/// sockets, into a fresh SQLite database, with the dashboard and the HTTP API beside it. The session before and the
/// morning are there at once. Ctrl-C ends the demo and verifies, bit for bit, what was stored.
///
/// Example: alpha-kite demo --speed 60 --port 0 --ticker QQQ,SPY,AAPL
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is traded; several with commas. The view shows the first
    #[arg(long = "ticker", value_name = "TICKER", value_delimiter = ',', default_value = "QQQ,SPY")]
    tickers: Vec<Ticker>,
    /// Which market to make up
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// A trading day in New York [default: the last whole one]
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// New York time at which the demo begins, HH:MM; what was before is there at once
    #[arg(long, value_name = "HH:MM", default_value = "11:00", value_parser = parse_time)]
    at: u32,
    /// Market seconds in a second, above 0 to 10000
    #[arg(long, default_value = "30", value_parser = parse_speed)]
    speed: Speed,
    /// The dashboard's port; 0 takes a free one [default: 8787, or a free one if that is taken]
    #[arg(long)]
    port: Option<u16>,
    /// A folder that is empty or not there yet [default: a new one for temporary files]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// End by itself after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
}

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let session = session(args.date)?;
    let begin = begin(&session, args.at)?;
    let listener = listen(args.port).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let folder = folder(args.dir.clone())?;
    let database = DatabaseUrl::sqlite(folder.join("demo.db"));
    let store: Arc<dyn Store> = store::open(&database).await?.into();
    store.migrate().await?;

    // The streamer tells a second's trades early in the next one: half a second later it has told all that is stored.
    let before = |millis: i64| begin.checked_add_millis(-millis).unwrap_or(begin);
    let simulator = Simulator::bind(Market {
        seed: args.seed,
        speed: args.speed,
        clock_start: ClockStart::FirstSubscription,
        ..Market::new(args.tickers.clone(), before(500))
    });
    let simulator = simulator.await.map_err(Failure::cannot_run)?;
    // The whole session before as well, so that there is a day to go back to.
    let days = Session::last_before(session.open).into_iter().chain([session]).collect::<Vec<_>>();
    for &ticker in &args.tickers {
        for day in &days {
            let until = day.close.min(before(1000));
            let past = simulator.second_bars(ticker, day.open, until);
            store_past(store.as_ref(), ticker, day, &past, until).await?;
        }
    }

    println!("Alpha Kite demo: {} on {}, {}x, seed {}", names(&args.tickers), session.date, args.speed, args.seed);
    println!("  database   {database}");
    println!("  dashboard  {url}\n");
    let hub = app::hub();
    let app = app(&args, &simulator, &folder, Arc::clone(&store), Arc::clone(&hub), listener).await?;
    let (end, stop) = watch::channel(false);
    let service = tokio::spawn(app.run(stop));
    let watching =
        Watching { store: Arc::clone(&store), hub, simulator: &simulator, url, session, ticker: args.tickers[0] };
    watching.until_the_end(args.seconds.map(Duration::from_secs), &service).await?;

    println!("\nStopping …");
    end.send_replace(true);
    let lost = service.await.map_err(Failure::cannot_run)?;
    simulator.stop().await;
    let range = DateRange { from: days.first().map_or(session.date, |day| day.date), to: session.date };
    let is_equal = verify(store.as_ref(), &args.tickers, range).await?;
    store.close().await;
    write_what_next(&database, args.tickers[0], session.date);
    Ok(if is_equal && lost == 0 { Exit::Done } else { Exit::Refused })
}

/// Puts the service together, logged in.
async fn app(
    args: &Args,
    simulator: &Running,
    folder: &Path,
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    listener: TcpListener,
) -> Result<App, Failure> {
    let base = Url::parse(&simulator.base_url).map_err(Failure::cannot_run)?;
    let secret = |text: &str| Secret::new(text).ok_or_else(|| Failure::cannot_run("the simulator has no app key"));
    let account = simulator.config();
    let oauth = OauthClient::new(
        &base,
        secret(&account.app_key)?,
        secret(&account.app_secret)?,
        "https://127.0.0.1:8182".to_owned(),
        Arc::new(SystemClock),
    );
    let code = simulator.authorize(oauth.redirect_uri());
    let tokens = oauth.exchange(&secret(&code)?).await.map_err(Failure::cannot_run)?;
    let file = TokenFile::new(folder.join("token.json"), None);
    file.save(&tokens).map_err(Failure::cannot_run)?;

    let tickers = ("STREAM_TICKER".to_owned(), names(&args.tickers), Origin::Flag);
    let config = Config::read(&Settings::new([tickers])).map_err(Failure::cannot_run)?;
    Ok(App {
        service: ServiceConfig {
            tickers: args.tickers.clone(),
            at_all_hours: false,
            batch: config.batch.clone(),
            intervals: None,
            rule: RULE,
            close_grace_ms: 2500,
            speed: f64::from(args.speed.as_thousandths()) / 1000.0,
            max_waiting_rows: ServiceConfig::MAX_WAITING_ROWS,
            database: DatabaseKind::Sqlite,
        },
        config: Arc::new(config),
        store,
        spool: None,
        hub,
        clock: Arc::new(simulator.clock().clone()),
        base,
        oauth,
        tokens: file,
        streamer: StreamerOptions::new(Subscriptions { equities: args.tickers.clone(), charts: Vec::new() }),
        listener: Some(listener),
    })
}

/// The view of a running demo.
struct Watching<'a> {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    simulator: &'a Running,
    url: String,
    session: Session,
    ticker: Ticker,
}

impl Watching<'_> {
    /// Shows what happens until Ctrl-C, until `length` is over, or until the service ends by itself.
    async fn until_the_end(&self, length: Option<Duration>, service: &JoinHandle<usize>) -> Result<(), Failure> {
        let end = length.map(|length| Instant::now() + length);
        let term = Term::stdout();
        let mut view = View::new(self.ticker, self.session);
        let mut drawn = 0;
        let mut interrupted = std::pin::pin!(super::interrupted());
        while !service.is_finished() && end.is_none_or(|end| Instant::now() < end) {
            view.read(self.store.as_ref()).await?;
            let (status, now) = (self.hub.status(), self.simulator.clock().now());
            if term.is_term() {
                let paint = if console::colors_enabled() { Paint::Ansi } else { Paint::Plain };
                let width = usize::from(term.size().1).min(WIDTH);
                let text = view.draw(&status, now, &self.url, width, paint);
                term.clear_last_lines(drawn)?;
                term.write_str(&text)?;
                drawn = text.lines().count();
            } else {
                println!("{}", view.line(&status, now));
            }
            let wait = if term.is_term() { DRAW_EVERY } else { LINE_EVERY };
            let wait = end.map_or(wait, |end| wait.min(end.saturating_duration_since(Instant::now())));
            tokio::select! {
                () = sleep(wait) => {}
                ended = &mut interrupted => return ended,
            }
        }
        Ok(())
    }
}

fn session(date: Option<Date>) -> Result<Session, Failure> {
    match date {
        Some(date) => Session::on(date)
            .ok_or_else(|| Failure::cannot_run(format!("{date} is no trading day between 1990 and 2100"))),
        None => {
            let mut moment = SystemClock.now();
            while let Some(session) = Session::last_before(moment) {
                if session.minutes() == 390 {
                    return Ok(session);
                }
                moment = session.open;
            }
            Err(Failure::cannot_run("the clock shows a time before 1990: give a trading day with --date"))
        }
    }
}

/// The moment of the session at which New York's clocks show so many minutes after midnight.
fn begin(session: &Session, minutes: u32) -> Result<Timestamp, Failure> {
    /// 09:30.
    const OPEN: i64 = 9 * 60 + 30;
    let offset = (i64::from(minutes) - OPEN) * 60_000;
    session.open.checked_add_millis(offset).filter(|&moment| session.contains(moment)).ok_or_else(|| {
        Failure::cannot_run(format!(
            "--at {:02}:{:02} is outside the session, which is from 09:30 to {}",
            minutes / 60,
            minutes % 60,
            &new_york_clock(session.close)[..5],
        ))
    })
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let bind = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let fault =
        |port: u16, error: io::Error| Failure::cannot_run(format!("port {port}: {error}; give another with --port"));
    match (port, bind(port.unwrap_or(PORT)).await) {
        (_, Ok(listener)) => Ok(listener),
        (None, Err(_)) => bind(0).await.map_err(|error| fault(0, error)),
        (Some(port), Err(error)) => Err(fault(port, error)),
    }
}

/// Makes the folder, and sees to it that nothing is in it.
fn folder(dir: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let name = |attempt: u32| format!("alpha-kite-demo-{}-{attempt}", process::id());
    let Some(folder) = dir else {
        let free = (0..1000).map(|attempt| env::temp_dir().join(name(attempt))).find(|folder| !folder.exists());
        let folder =
            free.ok_or_else(|| Failure::cannot_run("no free name for a temporary folder: give one with --dir"))?;
        create(&folder)?;
        return Ok(folder);
    };
    create(&folder)?;
    let mut entries = fs::read_dir(&folder).map_err(|error| fault(&folder, &error))?;
    match entries.next() {
        None => Ok(folder),
        Some(_) => Err(Failure::cannot_run(format!("{}: is not empty; give a folder that is", folder.display()))),
    }
}

fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| fault(folder, &error))
}

fn fault(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot_run(format!("{}: {error}", path.display()))
}

async fn verify(store: &dyn Store, tickers: &[Ticker], range: DateRange) -> Result<bool, Failure> {
    println!("\nComputed again from the stored rows and compared, bit for bit:\n");
    let mut out = io::stdout().lock();
    let mut is_equal = true;
    for &ticker in tickers {
        if tickers.len() > 1 {
            writeln!(out, "{ticker}")?;
        }
        let mut verifier = Verifier::new(store, ticker, range, &[]).await?;
        while let Some(report) = verifier.next().await? {
            is_equal &= report.is_ok();
            write_report(&mut out, &report)?;
        }
    }
    Ok(is_equal)
}

fn write_what_next(url: &DatabaseUrl, ticker: Ticker, date: Date) {
    let url = shell_word(&url.to_string());
    println!("\nLook further:\n");
    println!("  export DATABASE_URL={url}");
    println!("  alpha-kite signals --ticker {ticker} --interval 1m");
    for what in ["bars", "indicators", "signals"] {
        println!("  alpha-kite export {what} --ticker {ticker} --date {date} | head");
    }
    println!("  alpha-kite verify --ticker {ticker} --json");
}

fn names(tickers: &[Ticker]) -> String {
    tickers.iter().map(Ticker::as_str).collect::<Vec<_>>().join(",")
}

fn parse_time(text: &str) -> Result<u32, &'static str> {
    let number = |text: &str, below: u32| text.parse().ok().filter(|&number: &u32| text.len() == 2 && number < below);
    let time = text.split_once(':').and_then(|(hours, minutes)| Some(number(hours, 24)? * 60 + number(minutes, 60)?));
    time.ok_or("not a time such as 11:00")
}

fn parse_speed(text: &str) -> Result<Speed, &'static str> {
    let speed = Speed::parse(text).filter(|&speed| speed != Speed::STOPPED);
    speed.ok_or("not a number above 0 to 10000 with at most three decimals")
}

/// Text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/:._-+,@%".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
