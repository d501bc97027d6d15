//! Turns a folder of web files into Rust code that holds them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// Writes `static ASSETS: &[Asset]` for the files under `folder`, and the compressed files beside it, into `out`.
///
/// A folder that is not there has no files.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn embed(folder: &Path, out: &Path) -> io::Result<()> {
    let mut paths = Vec::new();
    if folder.is_dir() {
        collect(folder, "", &mut paths)?;
    }
    // By bytes, as the program searches.
    paths.sort_unstable();
    let mut code = String::from("pub(super) static ASSETS: &[Asset] = &[\n");
    for (index, path) in paths.iter().enumerate() {
        let source = folder.join(path);
        let plain = fs::read(&source)?;
        let compressed = compress(&plain)?;
        let (variant, file) = if compressed.len() < plain.len() {
            let file = out.join(format!("asset-{index}.gz"));
            fs::write(&file, &compressed)?;
            ("Gzip", file)
        } else {
            ("Plain", fs::canonicalize(&source)?)
        };
        write_asset(&mut code, path, &plain, variant, &file);
    }
    code.push_str("];\n");
    fs::write(out.join("assets.rs"), code)
}

/// The paths of all files below a folder, with slashes. Hidden files are left out.
fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn write_asset(code: &mut String, path: &str, plain: &[u8], variant: &str, file: &PathBuf) {
    let content_type = content_type(path);
    let hash = Sha256::digest(plain);
    let tag = hash.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let policy = path.ends_with(".html").then(|| policy(&String::from_utf8_lossy(plain)));
    // Writing to a String cannot fail.
    let _ = writeln!(
        code,
        "    Asset {{ path: {path:?}, content_type: {content_type:?}, content: super::Content::{variant}(include_bytes!({file:?})), \
         tag: \"W/\\\"{tag}\\\"\", policy: {policy:?} }},"
    );
}

/// What a page of the dashboard may load: files of its own server, WebAssembly, styles within the page, and the scripts
/// within the page that were there when it was built.
fn policy(page: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(page) {
        let _ = write!(scripts, " 'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    }
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The texts of the script elements that name no file.
fn inline_scripts(page: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((attributes, content)) = after.split_once('>') else { break };
        let Some((script, after)) = content.split_once("</script>") else { break };
        if !attributes.contains("src=") && !scripts.contains(&script) {
            scripts.push(script);
        }
        rest = after;
    }
    scripts
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

fn compress(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}
