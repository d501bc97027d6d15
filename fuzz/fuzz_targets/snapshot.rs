//! Any bytes: a snapshot is refused, or is exactly what the restored engine writes.
#![no_main]

use alpha_kite_core::SessionEngine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(engine) = SessionEngine::restore(bytes) {
        assert_eq!(engine.snapshot(), bytes);
    }
});
