//! Any frame of the streamer: it is read or refused, nothing impossible comes out, and it never panics.
#![no_main]

use alpha_kite::schwab::Counters;
use alpha_kite::schwab::frame::{self, Message};
use alpha_kite_core::Price;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(messages) = frame::read(text, &Counters::default()) else { return };
    for message in messages {
        if let Message::Data { equities, charts, .. } = message {
            for item in equities {
                assert!([item.last, item.bid, item.ask].into_iter().flatten().all(|price| price > Price::MIN));
            }
            assert!(charts.iter().all(|item| item.bar.is_consistent()));
        }
    }
});
