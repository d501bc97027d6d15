//! Frames as a busy streamer sends them, and how fast they are read.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use alpha_kite::schwab::{Counters, frame};
use alpha_kite_core::{Date, Session, Timestamp};

use super::process::processor_seconds;

/// Items of a frame.
pub(crate) const TICKERS: usize = 50;
const DECODE_FOR: Duration = Duration::from_secs(3);

/// Frames of one day, each with a trade of every ticker.
pub(crate) struct Frames {
    pub(crate) texts: Vec<String>,
    /// Trades that these frames tell of; the first one is an image, and tells of none.
    pub(crate) ticks: usize,
    /// Seconds of all tickers.
    pub(crate) rows: usize,
    /// When the last second of the day has closed.
    pub(crate) end: Timestamp,
}

/// The session in which everything happens: a half day.
pub(crate) fn session() -> Session {
    Session::on(Date::new(2026, 11, 27).unwrap()).unwrap()
}

/// Tickers that nobody has: `XAA`, `XAB` and so on.
pub(crate) fn tickers(count: usize) -> Vec<String> {
    let letters = || 'A'..='Z';
    let names = letters().flat_map(|first| letters().map(move |second| format!("X{first}{second}")));
    names.take(count).collect()
}

impl Frames {
    /// So many seconds of market, with so many frames a second.
    pub(crate) fn make(seconds: i64, a_second: i64) -> Self {
        let open = session().open.as_millis();
        let mut random = fastrand::Rng::with_seed(7);
        let mut states: Vec<_> =
            tickers(TICKERS).into_iter().map(|name| (name, random.i64(2_000..60_000), 1_000_000_u64)).collect();
        let mut texts = vec![frame(open - 1_000, &states)];
        for index in 0..seconds * a_second {
            for (_, cents, volume) in &mut states {
                *cents += random.i64(-3..=3);
                *volume += random.u64(1..2_000);
            }
            texts.push(frame(open + index * 1_000 / a_second + 50, &states));
        }
        let ticks = (texts.len() - 1) * TICKERS;
        let rows = usize::try_from(seconds).unwrap() * TICKERS;
        Self { texts, ticks, rows, end: Timestamp::from_millis(open + (seconds + 10) * 1_000) }
    }
}

/// A frame with the spelling of recorded ones.
fn frame(at: i64, states: &[(String, i64, u64)]) -> String {
    let mut text =
        format!(r#"{{"data":[{{"service":"LEVELONE_EQUITIES", "timestamp":{at},"command":"SUBS","content":["#);
    for (index, (name, cents, volume)) in states.iter().enumerate() {
        let price = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        let [bid, ask, last] = [cents - 1, cents + 1, *cents].map(price);
        let comma = if index == 0 { "" } else { "," };
        let (quoted, traded) = (at - 12, at - 40);
        write!(
            text,
            r#"{comma}{{"key":"{name}","1":{bid},"2":{ask},"3":{last},"4":3,"5":1,"8":{volume},"9":100,"34":{quoted},"35":{traded}}}"#
        )
        .unwrap();
    }
    text.push_str("]}]}");
    text
}

/// Prints how many frames and items one thread reads in a second.
pub(crate) fn measure() {
    let frames = Frames::make(100, 1).texts;
    let counters = Counters::default();
    let (begin, processor, mut read) = (Instant::now(), processor_seconds(), 0_u32);
    while begin.elapsed() < DECODE_FOR {
        for text in &frames {
            assert_eq!(frame::read(text, &counters).unwrap().len(), 1);
            read += 1;
        }
    }
    let times = [begin.elapsed().as_secs_f64(), processor_seconds() - processor];
    let [frames_read, items] = [read, u32::try_from(counters.items.get()).unwrap()].map(f64::from);
    let bytes: usize = frames.iter().map(String::len).sum();
    println!(
        "\n| reading frames of {TICKERS} items, one thread | a second | a second of processor time |\n|---|--:|--:|"
    );
    for (name, count) in [("frames", frames_read), ("items", items)] {
        let [wall, processor] = times.map(|time| count / time);
        println!("| {name} | {wall:.0} | {processor:.0} |");
    }
    println!("| bytes of a frame | {} | |", bytes / frames.len());
    assert_eq!(counters.bad_items.get() + counters.bad_fields.get(), 0);
}
