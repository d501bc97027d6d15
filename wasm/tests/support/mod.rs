//! What both environments run.
#![expect(clippy::unwrap_used, clippy::as_conversions, reason = "a test stops at the first surprise")]

mod columns;
mod fixtures;
mod fuzz;
mod golden;
