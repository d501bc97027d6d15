//! Made-up frames, and rows that are worked out from them by the documented rules alone, in the plainest way.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use alpha_kite::live::{Day, Pipeline, PipelineConfig, SeriesPlan};
use alpha_kite::schwab::Counters;
use alpha_kite::schwab::frame::{self, Message};
use alpha_kite_core::{Date, Interval, Price, Rule, Session, Ticker, Timestamp};

const GRACE_MS: i64 = 2500;
const TICKERS: [&str; 3] = ["QQQ", "SPY", "BRK/B"];

/// Start in ms; open, high, low, close in micro-dollars; shares.
type Row = (String, i64, [i64; 4], u64);

/// Numbers that a seed determines.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from + 1).unwrap())).unwrap()
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[usize::try_from(self.below(u64::try_from(texts.len()).unwrap())).unwrap()]
    }
}

/// What an item says of trades.
#[derive(Debug, Clone)]
struct Item {
    ticker: &'static str,
    price: Option<i64>,
    total: Option<u64>,
    traded_at: Option<i64>,
}

#[derive(Debug, Clone)]
enum Frame {
    Data {
        sent: i64,
        items: Vec<Item>,
    },
    Heartbeat {
        sent: i64,
    },
    /// Something that is to be passed over.
    Other(String),
}

/// The rules: what was traded since the item before, in the second that is open at its time.
#[derive(Default)]
struct Oracle {
    stream_time: i64,
    tickers: BTreeMap<&'static str, OracleTicker>,
    rows: Vec<Row>,
}

#[derive(Default)]
struct OracleTicker {
    price: i64,
    total: Option<u64>,
    last_tick: i64,
    open: Option<(i64, Vec<(i64, u64)>)>,
    closed_until: i64,
}

impl Oracle {
    fn take(&mut self, frame: &Frame) {
        match frame {
            Frame::Other(_) => {}
            Frame::Heartbeat { sent } => self.pass(*sent),
            Frame::Data { sent, items } => {
                for item in items {
                    self.item(item, *sent);
                }
                self.pass(*sent);
            }
        }
    }

    fn item(&mut self, item: &Item, sent: i64) {
        let state = self.tickers.entry(item.ticker).or_default();
        state.price = item.price.unwrap_or(state.price);
        let Some(total) = item.total else { return };
        let Some(before) = state.total.replace(total) else { return };
        if total <= before {
            return;
        }
        let told = item.traded_at.filter(|at| *at <= sent).unwrap_or(sent);
        let at = told.max(state.last_tick).max(state.closed_until);
        state.last_tick = at;
        let second = at - at % 1000;
        if state.open.as_ref().is_some_and(|(open, _)| *open != second) {
            close(item.ticker, state, &mut self.rows);
        }
        state.closed_until = state.closed_until.max(second);
        let (price, shares) = (state.price, total - before);
        state.open.get_or_insert((second, Vec::new())).1.push((price, shares));
    }

    fn pass(&mut self, sent: i64) {
        self.stream_time = self.stream_time.max(sent);
        let closed = (self.stream_time - GRACE_MS) / 1000 * 1000;
        for (name, state) in &mut self.tickers {
            if state.open.as_ref().is_some_and(|(second, _)| *second < closed) {
                close(name, state, &mut self.rows);
            }
            state.closed_until = state.closed_until.max(closed);
        }
    }
}

fn close(name: &str, state: &mut OracleTicker, rows: &mut Vec<Row>) {
    let (second, ticks) = state.open.take().unwrap();
    let prices = || ticks.iter().map(|(price, _)| *price);
    let ohlc = [ticks[0].0, prices().max().unwrap(), prices().min().unwrap(), ticks[ticks.len() - 1].0];
    rows.push((name.to_owned(), second, ohlc, ticks.iter().map(|(_, shares)| shares).sum()));
}

/// A price as the streamer might write it.
fn price_text(draw: &mut Draw, micros: i64) -> String {
    let plain = Price::from_micros(micros).unwrap().to_string();
    match draw.below(6) {
        0 => format!("{micros}e-6"),
        1 if !plain.contains('.') => format!("{plain}.00"),
        2 if plain.contains('.') => format!("{plain}0000"),
        _ => plain,
    }
}

fn count_text(draw: &mut Draw, count: u64) -> String {
    match draw.below(8) {
        0 => format!("{count}.0"),
        1 if count.is_multiple_of(10) && count > 0 => format!("{}e1", count / 10),
        _ => count.to_string(),
    }
}

/// A frame as text, with much in it that does not matter.
fn text(draw: &mut Draw, frame: &Frame) -> String {
    const NOISE: [&str; 12] = [
        r#","1":"NaN""#,
        r#","2":null"#,
        r#","4":-1"#,
        r#","9":100"#,
        r#","47":null"#,
        r#","32":"Normal""#,
        r#","999":{"deep":[[[1]]]}"#,
        r#","new":"\u20ac""#,
        r#","28":true"#,
        r#","10":1e400"#,
        r#","37":"yesterday""#,
        r#","34":99"#,
    ];
    match frame {
        Frame::Other(text) => text.clone(),
        Frame::Heartbeat { sent } if draw.once_in(2) => format!(r#"{{"notify":[{{"heartbeat":{sent}}}]}}"#),
        Frame::Heartbeat { sent } => format!(r#"{{"notify":[{{"heartbeat":"{sent}"}}]}}"#),
        Frame::Data { sent, items } => {
            let mut content = String::new();
            for item in items {
                let mut fields = vec![format!(r#""key":"{}""#, item.ticker.replace('/', draw.one_of(&["/", "\\/"])))];
                if let Some(price) = item.price {
                    fields.push(format!(r#""3":{}"#, price_text(draw, price)));
                }
                if let Some(total) = item.total {
                    fields.push(format!(r#""8":{}"#, count_text(draw, total)));
                }
                if let Some(at) = item.traded_at {
                    fields.push(format!(r#""35":{at}"#));
                } else if draw.once_in(6) {
                    fields.push(format!(r#""35":{}"#, draw.one_of(&["0", "\"NaN\"", "null", "-999", "1e30"])));
                }
                let noise = if draw.once_in(3) { draw.one_of(&NOISE) } else { "" };
                write!(content, "{}{{{}{noise}}}", if content.is_empty() { "" } else { "," }, fields.join(","))
                    .unwrap();
            }
            let also =
                draw.one_of(&["", "", "", r#"{"service":"NYSE_BOOK","timestamp":1,"content":[{"key":"QQQ","3":1}]},"#]);
            format!(
                r#"{{"data":[{also}{{"service":"LEVELONE_EQUITIES", "timestamp":{sent},"command":"SUBS","content":[{content}]}}]}}"#
            )
        }
    }
}

/// A made-up stream from `start`: a second or so between frames, and everything that may come without anything being lost.
fn frames(draw: &mut Draw, start: i64, count: usize, jumps: bool) -> Vec<Frame> {
    let mut sent = start;
    let mut known: Vec<(i64, u64, i64)> = (0..3).map(|at| (1_000_000 * (at + 5), 1_000, start - 5_000)).collect();
    let image = |known: &[(i64, u64, i64)], index: usize| Item {
        ticker: TICKERS[index],
        price: Some(known[index].0),
        total: Some(known[index].1),
        traded_at: Some(known[index].2),
    };
    let all = |known: &[(i64, u64, i64)]| (0..3).map(|index| image(known, index)).collect::<Vec<_>>();
    let mut frames = vec![Frame::Data { sent, items: all(&known) }];
    let mut last_jump = 0;
    while frames.len() < count {
        sent += match draw.below(20) {
            // Not out of a session or into one, in which such a silence would be a hole.
            6 if jumps && frames.len() > last_jump + 4 && draw.once_in(4) => {
                last_jump = frames.len();
                let wait = draw.between(7 * 3_600_000, 30 * 3_600_000);
                let is_outside = |moment| Session::containing(Timestamp::from_millis(moment)).is_none();
                if is_outside(sent) && is_outside(sent + wait) { wait } else { draw.between(850, 1150) }
            }
            0 => 0,
            1..=4 => draw.between(1, 600),
            5 => draw.between(1500, 3400),
            _ => draw.between(850, 1150),
        };
        match draw.below(12) {
            0 => frames.push(Frame::Heartbeat { sent }),
            1 if draw.once_in(3) => frames.push(Frame::Data { sent, items: all(&known) }),
            2 if draw.once_in(3) => frames.push(Frame::Other(
                draw.one_of(&[
                    "{}",
                    r#"{"snapshot":[{"service":"LEVELONE_EQUITIES","content":[{"key":"QQQ","3":1,"8":9}]}]}"#,
                    r#"{"data":[{"service":"ACTIVES_NYSE","timestamp":1,"content":[{"key":"QQQ","8":5}]}]}"#,
                    r#"{"data":[{"service":"LEVELONE_EQUITIES","content":[{"3":5,"8":9},{"key":7,"8":1},null]}]}"#,
                    r#"{"data":[]}"#,
                    r#"{"data":[null,3,"x"],"notify":[{"service":"ADMIN"}]}"#,
                ])
                .to_owned(),
            )),
            _ => {}
        }
        let (mut items, mut advances) = (Vec::new(), true);
        for _ in 0..=draw.below(4) {
            let index = usize::try_from(draw.below(3)).unwrap();
            let (price, total, traded_at) = &mut known[index];
            let mut item = Item { ticker: TICKERS[index], price: None, total: None, traded_at: None };
            if draw.once_in(2) {
                *price = (*price + draw.between(-30_000, 30_000)).max(100);
                *price -= if draw.once_in(3) { 0 } else { *price % 100 };
                *price = (*price).max(1);
                item.price = Some(*price);
            }
            if !draw.once_in(4) {
                let before = *total;
                *total = match draw.below(60) {
                    0 => 0,
                    1 => before - draw.below(before + 1),
                    2..=6 => before,
                    _ => before + 1 + draw.below(2_000),
                };
                item.total = Some(*total);
                advances &= *total >= before;
            }
            advances &= item.total.is_some();
            if draw.once_in(2) {
                *traded_at = match draw.below(10) {
                    0 => sent + draw.between(1, 5_000),
                    1 => sent - draw.between(2_000, 30_000),
                    2 => sent,
                    _ => sent - draw.between(0, 2_000),
                };
                item.traded_at = Some(*traded_at);
            }
            items.push(item);
        }
        // A timestamp that is behind although the totals go on.
        let behind = if advances && draw.once_in(25) { draw.between(1, 1_500) } else { 0 };
        frames.push(Frame::Data { sent: sent - behind, items });
    }
    frames.push(Frame::Heartbeat { sent: sent + 30_000 });
    frames
}

/// The rows that the pipeline makes of texts.
fn rows_of(texts: &[String], stores_all_hours: bool) -> (Vec<Row>, Counters) {
    let tickers: Vec<Ticker> = TICKERS.iter().map(|name| Ticker::parse(name).unwrap()).collect();
    let plan = SeriesPlan { intervals: vec![Interval::SECOND, Interval::MINUTE], rule: Rule::Close };
    let config =
        PipelineConfig { tickers: tickers.clone(), plan: plan.clone(), stores_all_hours, close_grace_ms: GRACE_MS };
    let mut pipeline = Pipeline::new(config, Arc::default());
    let (mut rows, counters) = (Vec::new(), Counters::default());
    let enter = |pipeline: &mut Pipeline, sent: Timestamp| {
        if let Some(session) = pipeline.session_to_enter(sent) {
            let loaded = tickers.iter().map(|&ticker| (ticker, Day::empty(ticker, session, &plan)));
            pipeline.enter(session, loaded.collect(), sent);
        }
    };
    let mut stream_time = Timestamp::from_millis(0);
    for text in texts {
        for message in frame::read(text, &counters).unwrap() {
            match message {
                Message::Data { timestamp, equities, .. } => {
                    let sent = timestamp.unwrap_or(stream_time);
                    stream_time = stream_time.max(sent);
                    if !equities.is_empty() {
                        enter(&mut pipeline, sent);
                        pipeline.take(Instant::now(), sent, &equities);
                    }
                }
                Message::Heartbeat(sent) => {
                    stream_time = stream_time.max(sent);
                    enter(&mut pipeline, sent);
                    pipeline.beat(Instant::now(), sent);
                }
                Message::Response(_) | Message::Notice { .. } => {}
            }
        }
        for change in pipeline.take_changes() {
            rows.extend(change.batch.rows.iter().map(|row| {
                let bar = &row.bar;
                let ohlc = [bar.open, bar.high, bar.low, bar.close].map(Price::as_micros);
                (change.commit.ticker.to_string(), bar.start.as_millis(), ohlc, bar.volume.get())
            }));
        }
    }
    (rows, counters)
}

fn compare(seed: u64, start: i64, jumps: bool, stores_all_hours: bool) -> usize {
    let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let frames = frames(&mut draw, start, 400, jumps);
    let texts: Vec<String> = frames.iter().map(|frame| text(&mut draw, frame)).collect();
    let mut oracle = Oracle::default();
    frames.iter().for_each(|frame| oracle.take(frame));
    let mut expected = oracle.rows;
    expected.retain(|row| stores_all_hours || Session::containing(Timestamp::from_millis(row.1)).is_some());
    let (mut found, _) = rows_of(&texts, stores_all_hours);
    let count = expected.len();
    expected.sort();
    found.sort();
    let first = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert!(found == expected, "seed {seed}: {} rows for {count}, the first that differs is {first:?}", found.len());
    count
}

fn at(date: &str, after_open_ms: i64) -> i64 {
    Session::on(Date::parse(date).unwrap()).unwrap().open.as_millis() + after_open_ms
}

#[test]
fn rows_are_those_of_the_rules() {
    let mut rows = 0;
    for seed in 0..30 {
        // In the session; over the open and over the close of a whole and of a half day; over midnight; over a weekend.
        rows += compare(seed, at("2026-10-05", 3_600_000), false, false);
        rows += compare(seed, at("2026-10-05", -150_000), false, false);
        rows += compare(seed, at("2026-10-05", 6 * 3_600_000 + 27 * 60_000), false, false);
        rows += compare(seed, at("2026-11-27", 3 * 3_600_000 + 27 * 60_000), false, false);
        rows += compare(seed, at("2026-10-05", -150_000), false, true);
        rows += compare(seed, at("2026-10-05", 14 * 3_600_000 + 27 * 60_000), false, true);
        rows += compare(seed, at("2026-10-02", 7 * 3_600_000), true, true);
    }
    assert!(rows > 40_000, "{rows}");
}

/// A frame of a market in which one second has one trade, sent 0.7 s after it: seconds after the open, and whether it is an image.
fn told(second: i64, is_image: bool, changed: bool, volume: &str) -> String {
    let start = at("2026-10-05", second * 1000);
    let (sent, traded_at) = (start + 1200, start + 500);
    let image = if is_image { r#""delayed":false,"# } else { "" };
    let price = if is_image || changed { format!(r#""3":{},"#, price_of(second)) } else { String::new() };
    format!(
        r#"{{"data":[{{"service":"LEVELONE_EQUITIES", "timestamp":{sent},"content":[{{"key":"QQQ",{image}{price}"8":{volume},"35":{traded_at}}}]}}]}}"#
    )
}

/// It changes every third second.
fn price_of(second: i64) -> i64 {
    600 + second / 3
}

/// Seconds that differ from the market's outside the holes, after the faults of a seed.
fn differing(seed: u64) -> Vec<i64> {
    let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let total = |second: i64| 1_000 + 100 * (second + 1) + second * (second + 1) / 2;
    let ticker = Ticker::parse("QQQ").unwrap();
    let plan = SeriesPlan { intervals: vec![Interval::SECOND, Interval::MINUTE], rule: Rule::Close };
    let config =
        PipelineConfig { tickers: vec![ticker], plan: plan.clone(), stores_all_hours: false, close_grace_ms: GRACE_MS };
    let mut pipeline = Pipeline::new(config, Arc::default());
    let (mut rows, mut holes, counters) = (BTreeMap::new(), BTreeMap::new(), Counters::default());
    let mut image_at = Some(60);
    let mut queue: Vec<Option<String>> = Vec::new();
    let mut held: Option<String> = None;
    for second in 60..160 {
        let is_image = image_at.is_some_and(|at| second >= at);
        if is_image {
            image_at = None;
        }
        let changed = second % 3 == 0;
        let text = told(second, is_image, changed, &total(second).to_string());
        // Most faults come at the start, as those do that waited for a connection.
        match draw.below(if second < 70 { 8 } else { 40 }) {
            0 if held.is_none() => {
                held = Some(text);
                continue;
            }
            1 => queue.extend([Some(text.clone()), Some(text)]),
            2 => queue.push(Some(told(second, is_image, changed, "\"NaN\""))),
            // A frame that overtakes another one is sound: of a broken one nobody can tell when it was sent.
            3 if held.is_none() => {
                queue.push(None);
                image_at = Some(second + draw.between(1, 3));
            }
            _ => queue.push(Some(text)),
        }
        queue.extend(held.take().map(Some));
    }
    for text in queue {
        match text {
            None => pipeline.lose_sight("garbage"),
            Some(text) => {
                for message in frame::read(&text, &counters).unwrap() {
                    let Message::Data { timestamp: Some(sent), equities, .. } = message else { panic!("{text}") };
                    if let Some(session) = pipeline.session_to_enter(sent) {
                        pipeline.enter(session, vec![(ticker, Day::empty(ticker, session, &plan))], sent);
                    }
                    pipeline.take(Instant::now(), sent, &equities);
                }
            }
        }
        for change in pipeline.take_changes() {
            rows.extend(change.batch.rows.iter().map(|row| (row.bar.start.as_millis(), *row)));
            holes.extend(change.batch.gaps.into_iter().map(|gap| (gap.started_at.as_millis(), gap)));
        }
    }
    let is_in_hole = |start: i64| {
        holes.values().any(|gap| {
            let end = gap.ended_at.map_or(i64::MAX, Timestamp::as_millis);
            gap.started_at.as_millis() < start + 1000 && start < end
        })
    };
    (62..156)
        .filter(|second| {
            let start = at("2026-10-05", second * 1000);
            let row = rows.get(&start).map(|row| (row.bar.close.as_micros() / 1_000_000, row.bar.volume.get()));
            let expected = (price_of(*second), u64::try_from(100 + second).unwrap());
            !is_in_hole(start) && row != Some(expected)
        })
        .collect()
}

#[test]
fn rows_outside_holes_are_those_of_a_day_without_faults() {
    for seed in 0..1_000 {
        assert_eq!(differing(seed), Vec::<i64>::new(), "seed {seed}");
    }
}
