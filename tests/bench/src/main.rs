//! SMA9, session VWAP and their cross: this project's core beside the crates that a user could pick instead.
//!
//! `measure` checks every peer against exact results and times it, one line a number; `report` makes a table of the lines of
//! several processes. `scripts/bench.sh` runs both.

mod exact;
mod input;
mod measure;
mod output;
mod peers;
mod random;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: alpha-kite-bench measure [--inputs DIR] | report FILE…";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["measure"] => input::generate().map(|inputs| measure::measure(&inputs)),
        ["measure", "--inputs", folder] => input::read(&PathBuf::from(folder)).map(|inputs| measure::measure(&inputs)),
        ["report", ref files @ ..] if !files.is_empty() => report::report(files).map(|text| print!("{text}")),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alpha-kite-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
