//! The state machine of one connection, without a socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alpha_kite::config::Secret;
use alpha_kite::schwab::{Cause, Code, Counters, End, Login, Output, Protocol, StreamEvent, Subscriptions, Timeouts};
use alpha_kite_core::{Ticker, Timestamp};
use serde_json::{Value, json};

use crate::recorded::{numbered, of_kind};

/// A connection and the time at it.
struct Line {
    protocol: Protocol,
    counters: Arc<Counters>,
    now: Instant,
}

fn tickers(count: usize) -> Vec<Ticker> {
    (0..count).map(|index| Ticker::parse(&format!("T{index}")).unwrap()).collect()
}

fn of(names: &[&str]) -> Vec<Ticker> {
    names.iter().map(|name| Ticker::parse(name).unwrap()).collect()
}

impl Line {
    fn open(equities: Vec<Ticker>, charts: Vec<Ticker>) -> Self {
        let login = Login {
            customer_id: "customer".to_owned(),
            correlation_id: "correl".to_owned(),
            channel: "N9".to_owned(),
            function_id: "APIAPP".to_owned(),
            access_token: Secret::new("I0.hunter2@").unwrap(),
        };
        let (counters, now) = (Arc::new(Counters::default()), Instant::now());
        let subscriptions = Subscriptions { equities, charts };
        let protocol = Protocol::new(login, subscriptions, Timeouts::default(), Arc::clone(&counters), now);
        Self { protocol, counters, now }
    }

    /// Logged in, and with its subscriptions taken.
    fn streaming(names: &[&str]) -> Self {
        let mut line = Self::open(of(names), Vec::new());
        line.request("ADMIN", "LOGIN");
        line.answer("0", "ADMIN", "LOGIN", 0);
        assert_eq!(line.output(), Some(Output::Event(StreamEvent::Connected)));
        line.request("LEVELONE_EQUITIES", "SUBS");
        line.answer("1", "LEVELONE_EQUITIES", "SUBS", 0);
        assert_eq!(line.output(), Some(Output::Subscribed));
        line
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.protocol.pass_time(self.now);
    }

    fn receive(&mut self, text: &str) {
        self.protocol.receive(text, self.now);
    }

    fn answer(&mut self, request_id: &str, service: &str, command: &str, code: u32) {
        let content = json!({"code": code, "msg": "text"});
        let response = json!({"service": service, "command": command, "requestid": request_id, "content": content});
        self.receive(&json!({"response": [response]}).to_string());
    }

    fn notice(&mut self, code: u32) {
        self.receive(&json!({"notify": [{"service": "ADMIN", "content": {"code": code, "msg": "text"}}]}).to_string());
    }

    fn image(&mut self, name: &str) {
        let item = json!({"key": name, "delayed": false, "3": 1.5, "8": 7});
        let data = json!({"service": "LEVELONE_EQUITIES", "timestamp": 1_755_118_704_147_u64, "content": [item]});
        self.receive(&json!({"data": [data]}).to_string());
        assert!(matches!(self.output(), Some(Output::Event(StreamEvent::Data { .. }))));
    }

    fn output(&mut self) -> Option<Output> {
        self.protocol.next_output()
    }

    /// The next output, which must be a request of this kind.
    #[track_caller]
    fn request(&mut self, service: &str, command: &str) -> Value {
        let Some(Output::Send(text)) = self.output() else { panic!("no request") };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let request = frame["requests"][0].clone();
        assert_eq!((request["service"].as_str(), request["command"].as_str()), (Some(service), Some(command)));
        assert!(request["requestid"].is_string() && text.len() < 65_535);
        request
    }

    #[track_caller]
    fn end(&mut self) -> End {
        match self.output() {
            Some(Output::End(end)) => {
                assert_eq!((self.output(), self.protocol.next_deadline()), (None, None));
                end
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn commands_go_out_one_at_a_time_in_parts() {
    let mut line = Line::open(tickers(1200), tickers(200));
    assert_eq!(line.request("ADMIN", "LOGIN")["parameters"]["Authorization"], "I0.hunter2@");
    assert_eq!(line.output(), None, "nothing before the login is answered");
    line.answer("0", "ADMIN", "LOGIN", 0);
    assert_eq!(line.output(), Some(Output::Event(StreamEvent::Connected)));
    let commands = [
        ("LEVELONE_EQUITIES", "SUBS", 500),
        ("LEVELONE_EQUITIES", "ADD", 500),
        ("LEVELONE_EQUITIES", "ADD", 200),
        ("CHART_EQUITY", "SUBS", 200),
    ];
    for (index, (service, command, count)) in commands.into_iter().enumerate() {
        let request = line.request(service, command);
        let keys = request["parameters"]["keys"].as_str().unwrap();
        assert_eq!(keys.split(',').count(), count);
        assert_eq!(request["requestid"], (index + 1).to_string());
        assert_eq!(line.output(), None, "the next command waits");
        line.answer(&(index + 1).to_string(), service, command, if index % 2 == 0 { 0 } else { 26 });
    }
    assert_eq!(line.output(), Some(Output::Subscribed));
}

#[test]
fn a_recorded_session_is_followed() {
    let mut line = Line::open(of(&["AAPL"]), Vec::new());
    line.request("ADMIN", "LOGIN");
    let frames: Vec<_> = of_kind("stream").into_iter().filter(|frame| frame.sequence == "session-2025-08-13").collect();
    // The recorded client counted its requests from 1 and used 3 for the subscription.
    line.receive(&frames[0].raw.replace(r#""requestid":"1""#, r#""requestid":"0""#));
    assert_eq!(line.output(), Some(Output::Event(StreamEvent::Connected)));
    line.request("LEVELONE_EQUITIES", "SUBS");
    line.receive(&frames[1].raw);
    let timestamp = Timestamp::from_millis(1_755_118_704_127);
    assert_eq!(line.output(), Some(Output::Event(StreamEvent::Heartbeat { received: line.now, timestamp })));
    line.receive(&frames[3].raw);
    assert!(
        matches!(line.output(), Some(Output::Event(StreamEvent::Data { .. }))),
        "data may come before the response"
    );
    line.receive(&frames[2].raw.replace(r#""requestid":"3""#, r#""requestid":"1""#));
    assert_eq!(line.output(), Some(Output::Subscribed));
    for frame in &frames[4..] {
        line.receive(&frame.raw);
        let Some(Output::Event(StreamEvent::Data { received, equities, .. })) = line.output() else { panic!() };
        assert_eq!((received, equities.len()), (line.now, 1));
    }
    line.pass(11);
    assert_eq!(line.output(), None, "the image came");
}

#[test]
fn every_code_has_its_consequence() {
    let cases = [
        (3, Some(Cause::Token)),
        (9, Some(Cause::Refused)),
        (11, None),
        (12, Some(Cause::Evicted)),
        (19, None),
        (20, Some(Cause::Refused)),
        (21, None),
        (22, None),
        (25, None),
        (26, None),
        (29, None),
        (30, Some(Cause::Stopped)),
        (77, None),
    ];
    for (code, cause) in cases {
        // Unasked for, whether as a notice or as a second response.
        for is_notice in [true, false] {
            let mut line = Line::streaming(&["QQQ"]);
            if is_notice {
                line.notice(code)
            } else {
                line.answer("1", "LEVELONE_EQUITIES", "SUBS", code)
            }
            match cause {
                Some(cause) => assert_eq!((line.end().cause, cause.is_final()), (cause, code == 12), "{code}"),
                None => assert_eq!(line.output(), None, "{code}"),
            }
        }
        // In answer to a login.
        let mut line = Line::open(of(&["QQQ"]), Vec::new());
        line.request("ADMIN", "LOGIN");
        line.answer("0", "ADMIN", "LOGIN", code);
        match code {
            26 | 29 => assert_eq!(line.output(), Some(Output::Event(StreamEvent::Connected))),
            _ => {
                let end = line.end();
                assert_eq!((end.cause, end.code), (cause.unwrap_or(Cause::Refused), Some(Code::from_number(code))));
                assert!(end.detail.contains(&format!("code {code}: text")), "{}", end.detail);
            }
        }
    }
}

#[test]
fn recorded_ends_are_understood() {
    for (id, cause) in
        [(14, Cause::Stopped), (39, Cause::Stopped), (43, Cause::Token), (54, Cause::Refused), (55, Cause::Evicted)]
    {
        let mut line = Line::streaming(&["QQQ"]);
        line.receive(&numbered(id).raw);
        assert_eq!(line.end().cause, cause, "{id}");
    }
}

#[test]
fn a_failed_command_is_sent_once_more() {
    let mut line = Line::open(of(&["QQQ"]), of(&["QQQ"]));
    line.request("ADMIN", "LOGIN");
    line.answer("0", "ADMIN", "LOGIN", 0);
    line.output();
    for id in ["1", "2"] {
        let request = line.request("LEVELONE_EQUITIES", "SUBS");
        assert_eq!(request["requestid"], id);
        line.answer(id, "LEVELONE_EQUITIES", "SUBS", 22);
    }
    // The other service is not to blame.
    line.request("CHART_EQUITY", "SUBS");
    line.answer("3", "CHART_EQUITY", "SUBS", 11);
    assert_eq!(line.output(), Some(Output::Subscribed));
}

#[test]
fn the_limit_of_tickers_ends_the_service_and_nothing_else() {
    let mut line = Line::open(tickers(1001), tickers(1));
    line.request("ADMIN", "LOGIN");
    line.answer("0", "ADMIN", "LOGIN", 0);
    line.output();
    line.request("LEVELONE_EQUITIES", "SUBS");
    line.answer("1", "LEVELONE_EQUITIES", "SUBS", 0);
    line.request("LEVELONE_EQUITIES", "ADD");
    line.receive(&numbered(50).raw.replace(r#""requestid":"8""#, r#""requestid":"2""#));
    line.request("CHART_EQUITY", "SUBS");
    line.receive(&numbered(51).raw.replace(r#""requestid":"8""#, r#""requestid":"2""#));
    assert_eq!(line.output(), None, "the second response is no answer to the command under way");
    line.answer("3", "CHART_EQUITY", "SUBS", 0);
    assert_eq!(line.output(), Some(Output::Subscribed));
}

#[test]
fn missing_images_are_told_once() {
    let mut line = Line::streaming(&["QQQ", "NOPE", "SPY"]);
    line.image("QQQ");
    line.image("SPY");
    line.pass(9);
    assert_eq!(line.output(), None);
    line.pass(1);
    assert_eq!(line.output(), Some(Output::NoImage(of(&["NOPE"]))));
    line.pass(15);
    assert_eq!((line.output(), line.counters.missing_images.get()), (None, 1));
}

#[test]
fn silence_and_missing_answers_end_the_line() {
    let mut line = Line::streaming(&["QQQ"]);
    line.image("QQQ");
    line.pass(29);
    line.receive("{}");
    line.pass(29);
    assert_eq!(line.output(), None, "any frame is life");
    assert_eq!(line.protocol.next_deadline(), Some(line.now + Duration::from_secs(1)));
    line.pass(1);
    assert_eq!(line.end().cause, Cause::Silence);

    let mut line = Line::open(of(&["QQQ"]), Vec::new());
    line.request("ADMIN", "LOGIN");
    line.pass(5);
    line.receive(r#"{"notify":[{"heartbeat":"1755118704127"}]}"#);
    line.output();
    line.pass(5);
    assert_eq!(line.end().cause, Cause::Refused);
}

#[test]
fn lost_frames_lead_to_new_images() {
    let mut line = Line::streaming(&["QQQ"]);
    line.image("QQQ");
    line.receive(&numbered(107).raw);
    assert_eq!(line.output(), Some(Output::Event(StreamEvent::Lost { cause: Cause::Garbage })));
    assert_eq!((line.output(), line.counters.bad_frames.get()), (None, 1));
    line.pass(2);
    line.request("LEVELONE_EQUITIES", "SUBS");
    line.protocol.receive_garbage(line.now);
    line.output();
    line.pass(5);
    assert_eq!(line.output(), None, "one command at a time");
    line.answer("2", "LEVELONE_EQUITIES", "SUBS", 0);
    assert_eq!(line.output(), Some(Output::Subscribed));
    line.pass(0);
    line.request("LEVELONE_EQUITIES", "SUBS");
}

#[test]
fn a_frame_without_a_time_has_the_last_one() {
    let mut line = Line::streaming(&["QQQ"]);
    let timeless = r#"{"data":[{"service":"LEVELONE_EQUITIES","timestamp":"soon","content":[{"key":"QQQ","8":9}]}]}"#;
    line.receive(timeless);
    assert_eq!((line.output(), line.counters.bad_items.get()), (None, 1));
    line.image("QQQ");
    line.receive(timeless);
    let Some(Output::Event(StreamEvent::Data { timestamp, .. })) = line.output() else { panic!() };
    assert_eq!(timestamp.as_millis(), 1_755_118_704_147);
}

#[test]
fn a_logout_is_answered_or_not() {
    for is_answered in [true, false] {
        let mut line = Line::streaming(&["QQQ"]);
        line.protocol.log_out(line.now);
        line.request("ADMIN", "LOGOUT");
        line.image("QQQ");
        if is_answered {
            line.receive(&numbered(44).raw.replace(r#""requestid":"0""#, r#""requestid":"2""#));
        } else {
            line.pass(10);
        }
        assert_eq!(line.end().cause, Cause::Shutdown);
    }
    let mut line = Line::open(of(&["QQQ"]), Vec::new());
    line.request("ADMIN", "LOGIN");
    line.protocol.log_out(line.now);
    assert_eq!(line.end().cause, Cause::Shutdown);
}

#[test]
fn nothing_shows_the_token() {
    let mut line = Line::open(of(&["QQQ"]), Vec::new());
    let output = line.output().unwrap();
    assert!(!format!("{:?}{output:?}", line.protocol).contains("hunter2"));
    line.receive(
        r#"{"response":[{"service":"ADMIN","command":"LOGIN","requestid":"0","content":{"code":3,"msg":"Denied.: I0.hunter2@ of customer"}}]}"#,
    );
    let end = line.end();
    assert!(end.detail.contains("Denied.: (not shown) of (not shown)"), "{}", end.detail);
}
