//! The code that puts the dashboard's files into the program.

#[path = "../../build/embed.rs"]
mod embed;

use std::fs;
use std::io::Read as _;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

#[test]
fn files_become_code_with_what_a_browser_must_be_told() {
    let (folder, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let script = "self.__next_f.push([1,\"a\"])";
    let page = format!(
        "<html><head><script src=\"/_next/static/a.js\" async=\"\"></script><script>{script}</script>\
         <script id=\"x\">{script}</script></head>{}</html>",
        "<p>text</p>".repeat(100)
    );
    fs::create_dir_all(folder.path().join("_next/static")).unwrap();
    fs::write(folder.path().join("index.html"), &page).unwrap();
    fs::write(folder.path().join("_next/static/a.js"), "export const a = 1;\n".repeat(50)).unwrap();
    fs::write(folder.path().join("kite.wasm"), b"\0asm").unwrap();
    fs::write(folder.path().join(".hidden"), b"hidden").unwrap();
    embed::embed(folder.path(), out.path()).unwrap();

    let code = fs::read_to_string(out.path().join("assets.rs")).unwrap();
    let lines: Vec<&str> = code.lines().filter(|line| line.contains("path: ")).collect();
    let paths: Vec<&str> = lines.iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(paths, ["_next/static/a.js", "index.html", "kite.wasm"]);
    assert!(lines[0].contains("\"text/javascript; charset=utf-8\"") && lines[0].contains("Content::Gzip"));
    assert!(lines[0].contains("policy: None"));
    assert!(lines[2].contains("\"application/wasm\"") && lines[2].contains("Content::Plain"));

    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
    let policy = format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}';");
    assert!(lines[1].contains(&policy), "{}", lines[1]);
    assert!(lines[1].contains("style-src 'self' 'unsafe-inline'") && lines[1].contains("frame-ancestors 'none'"));

    let mut read = String::new();
    let file = fs::File::open(out.path().join("asset-1.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut read).unwrap();
    assert_eq!(read, page);
}

#[test]
fn a_folder_that_is_missing_has_no_files() {
    let out = TempDir::new().unwrap();
    embed::embed(&out.path().join("missing"), out.path()).unwrap();
    assert_eq!(
        fs::read_to_string(out.path().join("assets.rs")).unwrap(),
        "pub(super) static ASSETS: &[Asset] = &[\n];\n"
    );
}
