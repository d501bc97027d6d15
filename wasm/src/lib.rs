//! The JavaScript face of `alpha_kite_core`: converters and nothing else.
//!
//! Columns live in WebAssembly memory, where JavaScript reads and writes them through typed arrays; [`Engine`] computes over
//! them or bar by bar, [`Report`] names the sessions, crosses and digests, [`Resampler`] makes longer bars. The crate's
//! README is the contract with the TypeScript package. Whatever JavaScript passes in is checked before it is used:
//! nothing here panics, and a refusal is a JavaScript `Error` with a `code`.
#![cfg_attr(all(feature = "standalone", target_arch = "wasm32"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod calendar;
mod columns;
mod convert;
mod engine;
mod error;
mod js;
mod names;
mod report;
mod resampler;
#[cfg(all(feature = "standalone", target_arch = "wasm32"))]
mod standalone;
mod text;

pub use calendar::{is_regular_session, session_of, sessions_between};
pub use columns::Columns;
pub use engine::Engine;
pub use error::status_error;
pub use names::{parse_price, signal_id, version};
pub use report::Report;
pub use resampler::Resampler;
