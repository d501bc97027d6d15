//! The `alpha-kite` command.
fn main() {}
