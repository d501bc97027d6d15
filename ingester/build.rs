//! Puts the dashboard's files into the program, and tells cargo which files are a reason to compile again.

#[path = "build/embed.rs"]
mod embed;

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed=build.rs");

    let dashboard = Path::new("../dashboard");
    let export = dashboard.join("out");
    // A path that is not there would make cargo run this every time, so the nearest one that is there is watched.
    if let Some(watched) = [&export, dashboard].into_iter().find(|path| path.is_dir()) {
        println!("cargo:rerun-if-changed={}", watched.display());
    }
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("cargo sets OUT_DIR"))?;
    embed::embed(&export, Path::new(&out))
}
