//! Any text: the number parsers agree with the standard library's on what is a number, and never panic.
#![no_main]

use alpha_kite_core::{Date, Interval, Price, Ticker, Timestamp, Volume};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(price) = Price::parse(text) {
        let nearest: f64 = text.parse().expect("a JSON number is a Rust number");
        let apart = (nearest * 1e6 - price.as_micros() as f64).abs();
        assert!(apart <= 1.0, "{text} was read as {price}");
        assert_eq!(Price::parse(&price.to_string()), Ok(price));
    }
    if let Ok(volume) = Volume::parse(text) {
        assert_eq!(Volume::parse(&volume.to_string()), Ok(volume));
    }
    if let Ok(ts) = Timestamp::parse(text) {
        let printed = ts.to_string();
        assert!(printed.starts_with(['+', '-']) || Timestamp::parse(&printed) == Ok(ts), "{text} was read as {ts}");
    }
    let _ = (Date::parse(text), Interval::parse(text), Ticker::parse(text));
});
