//! The JavaScript face of `alpha_kite_core`: converters and nothing else.
//!
//! Columns live in WebAssembly memory, where JavaScript reads and writes them through typed arrays. Objects are held by
//! number, and only numbers, texts and typed arrays cross the border, so that the module stays small and a call costs
//! nanoseconds; `js/alpha_kite_wasm.ts` makes classes and `Error`s of them. The crate's README is the contract with the
//! TypeScript package. Whatever comes in is checked before it is used: a refusal is a negative status.
#![cfg_attr(all(feature = "standalone", target_arch = "wasm32"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod calendar;
mod columns;
mod engine;
mod lists;
mod report;
mod resampler;
mod shared;
mod signal;
mod slots;
#[cfg(all(feature = "standalone", target_arch = "wasm32"))]
mod standalone;
mod status;
mod text;

pub use calendar::session_on;
pub use columns::{columns_new, columns_offset};
pub use engine::{
    engine_basis, engine_day, engine_new, engine_push, engine_push_columns, engine_push_row, engine_restore,
    engine_snapshot, engine_values,
};
pub use report::{report_add, report_length, report_new, report_offset};
pub use resampler::{resampler_finish, resampler_new, resampler_push};
pub use signal::{parse_price, signal_id};
pub use slots::object_free;
pub use text::text_room;
