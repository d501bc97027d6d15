//! A made-up market for looking at the program at work: its past, and a view of what becomes of it.

mod chart;
mod past;
mod view;

use alpha_kite_core::Rule;

pub use chart::{Paint, draw};
pub use past::store_past;
pub use view::View;

/// The rule of all series of the demo.
pub const RULE: Rule = Rule::Close;
