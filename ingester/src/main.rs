//! The `alpha-kite` command. What it does is in the library; see [`alpha_kite::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    alpha_kite::cli::main()
}
