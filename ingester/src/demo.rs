//! A made-up session of seconds, for looking at the program at work.

mod chart;
mod market;

pub use chart::{Paint, draw};
pub use market::generate;
