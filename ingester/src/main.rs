//! The `alpha-kite` command.
use alpha_kite as _;
fn main() {}
