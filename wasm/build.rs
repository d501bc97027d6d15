//! Lists the golden files for the tests, which also run where there is no file system.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").canonicalize().expect("tests/golden exists");
    println!("cargo:rerun-if-changed={}", golden.display());
    let mut files = Vec::new();
    for folder in [golden.join("engine"), golden] {
        let entries = fs::read_dir(folder).expect("the golden files can be listed");
        files.extend(entries.map(|entry| entry.expect("a folder can be read").path()));
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let name = path.strip_prefix(path.ancestors().nth(2).expect("in a folder")).expect("its own folder");
        writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a text can be written to");
    }
    list.push(']');
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    fs::write(Path::new(&out).join("golden.rs"), list).expect("the list can be written");
}
