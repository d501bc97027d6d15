//! A stand-in for Schwab's OAuth, market-data and streaming services.
#![forbid(unsafe_code)]
#![allow(dead_code)]
mod market;
mod random;
mod value;
mod clock;
