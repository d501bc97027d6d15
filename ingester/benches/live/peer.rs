//! The service in Python that is measured on the same frames.

use std::process::{Command, Stdio};
use std::sync::Once;

/// What it measured of itself.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Report {
    pub(crate) rows: usize,
    pub(crate) seconds: f64,
    pub(crate) processor: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
    pub(crate) resident_mb: f64,
}

/// Runs it with the Python that `ALPHA_KITE_PEER_PYTHON` names; `None` where there is none.
pub(crate) fn run(arguments: &[&str]) -> Option<Report> {
    static SAY: Once = Once::new();
    let Some(python) = std::env::var_os("ALPHA_KITE_PEER_PYTHON") else {
        SAY.call_once(|| {
            eprintln!("the peer is left out: ALPHA_KITE_PEER_PYTHON names no Python that has its packages")
        });
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bench-live/peer.py");
    let output = Command::new(python).arg(script).args(arguments).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "the peer failed: {}", output.status);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
