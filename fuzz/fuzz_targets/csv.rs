//! Any file: it is read whole or refused, its bars ascend, and it never panics.
#![no_main]

use std::{env, fs, process};

use alpha_kite::input::{Input, OnError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = env::temp_dir().join(format!("alpha-kite-fuzz-{}.csv", process::id()));
    fs::write(&path, bytes).expect("the temporary folder can be written to");
    let input = Input::new(vec![path]).expect("the file is there");
    for on_error in [OnError::Stop, OnError::Skip] {
        let mut days = input.read(None, on_error);
        let mut last = None;
        while let Ok(Some(day)) = days.next_day(&mut |_| {}) {
            for bar in &day.bars {
                assert!(last < Some(bar.start), "{} after {last:?}", bar.start);
                last = Some(bar.start);
            }
        }
    }
});
