//! The `alpha-kite` command. What it does is in the library.
fn main() {}
