//! Exact SMA9, session VWAP and their crosses.
#![no_std]
#![forbid(unsafe_code)]
