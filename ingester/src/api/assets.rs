//! The dashboard's files, as the build found them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::problem::Problem;
use super::reply::{decompress, is_known, takes_gzip};

/// Names of files below it hold a hash of their content.
const HASHED: &str = "_next/static/";
/// The page that is shown where a program was built without the dashboard.
const PLACEHOLDER: &str = include_str!("assets/placeholder.html");
/// What that page may load.
const PLACEHOLDER_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

/// One file.
#[derive(Debug)]
struct Asset {
    /// Where it is, without the slash at the start.
    path: &'static str,
    content_type: &'static str,
    content: Content,
    /// A hash of the content, as an entity tag.
    tag: &'static str,
    /// What a page may load: the content security policy of an HTML file.
    policy: Option<&'static str>,
}

/// The bytes of a file.
#[derive(Debug)]
#[allow(dead_code, reason = "a program without the dashboard has no files")]
enum Content {
    /// Compressed with gzip.
    Gzip(&'static [u8]),
    /// As they are: what would not become smaller.
    Plain(&'static [u8]),
}

/// `static ASSETS: &[Asset]`, by path.
mod embedded {
    use super::Asset;

    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// What a path leads to.
#[derive(Debug)]
enum Found<'a> {
    File(&'a Asset),
    /// The page for paths that lead nowhere.
    NotFoundPage(&'a Asset),
    /// The address under which a page's own links work.
    Redirect(String),
    Placeholder,
    Nothing,
}

/// A file of the dashboard.
pub(super) async fn get(uri: Uri, headers: HeaderMap) -> Response {
    match find(embedded::ASSETS, uri.path()) {
        Found::File(asset) => answer(asset, StatusCode::OK, &headers),
        Found::NotFoundPage(asset) if takes_html(&headers) => answer(asset, StatusCode::NOT_FOUND, &headers),
        Found::Redirect(path) => match uri.query() {
            Some(query) => Redirect::permanent(&format!("{path}?{query}")).into_response(),
            None => Redirect::permanent(&path).into_response(),
        },
        Found::Placeholder => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::CONTENT_SECURITY_POLICY, PLACEHOLDER_POLICY),
            ];
            (headers, PLACEHOLDER).into_response()
        }
        Found::NotFoundPage(_) | Found::Nothing => Problem::not_found().into_response(),
    }
}

/// Follows the rules by which a static host serves a Next.js export: `/a` is `a.html`, or else `a/index.html` after a
/// redirect to `/a/`; `/a/` is `a/index.html`, or else `a.html` after a redirect to `/a`.
fn find<'a>(assets: &'a [Asset], path: &str) -> Found<'a> {
    let Some(path) = path.strip_prefix('/') else { return Found::Nothing };
    let at =
        |path: &str| assets.binary_search_by(|asset| asset.path.cmp(path)).ok().and_then(|index| assets.get(index));
    let page = |name: &str| at(&format!("{name}.html"));
    let index = |name: &str| at(&format!("{name}/index.html"));
    if path.is_empty() {
        return at("index.html").map_or(Found::Placeholder, Found::File);
    }
    // A redirect to `//host` would leave this server, so only paths of plain names are redirected.
    let is_plain = path.split('/').all(|name| !name.is_empty() || path.ends_with('/')) && !path.starts_with('/');
    let found = match path.strip_suffix('/') {
        Some(name) => index(name)
            .map(Found::File)
            .or_else(|| page(name).filter(|_| is_plain).map(|_| Found::Redirect(format!("/{name}")))),
        None => at(path)
            .or_else(|| page(path))
            .map(Found::File)
            .or_else(|| index(path).filter(|_| is_plain).map(|_| Found::Redirect(format!("/{path}/")))),
    };
    found.unwrap_or_else(|| at("404.html").map_or(Found::Nothing, Found::NotFoundPage))
}

fn takes_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn answer(asset: &Asset, status: StatusCode, headers: &HeaderMap) -> Response {
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| is_known(known, asset.tag));
    let (body, encoding) = match asset.content {
        _ if is_known && status == StatusCode::OK => (Bytes::new(), None),
        Content::Gzip(compressed) if takes_gzip(headers) => (Bytes::from_static(compressed), Some("gzip")),
        Content::Gzip(compressed) => (decompress(compressed), None),
        Content::Plain(plain) => (Bytes::from_static(plain), None),
    };
    let status = if is_known && status == StatusCode::OK { StatusCode::NOT_MODIFIED } else { status };
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::ETAG, HeaderValue::from_static(asset.tag));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let is_hashed = asset.path.starts_with(HASHED);
    let cache = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(policy) = asset.policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn asset(path: &'static str) -> Asset {
        let content = Content::Plain(b"content");
        Asset { path, content_type: "text/html; charset=utf-8", content, tag: "\"1\"", policy: None }
    }

    const ASSETS: [Asset; 6] = [
        asset("404.html"),
        asset("_next/static/chunk.js"),
        asset("about.html"),
        asset("folder/index.html"),
        asset("index.html"),
        asset("logo.svg"),
    ];

    #[test]
    fn paths_lead_where_a_static_host_leads_them() {
        for (path, expected) in [
            ("/", "file index.html"),
            ("/about", "file about.html"),
            ("/about.html", "file about.html"),
            ("/about/", "redirect /about"),
            ("/folder/", "file folder/index.html"),
            ("/folder", "redirect /folder/"),
            ("/logo.svg", "file logo.svg"),
            ("/_next/static/chunk.js", "file _next/static/chunk.js"),
            ("/missing", "not found 404.html"),
            ("//about", "not found 404.html"),
            ("//about/", "not found 404.html"),
            ("/../Cargo.toml", "not found 404.html"),
            ("/%2e%2e/Cargo.toml", "not found 404.html"),
        ] {
            let found = match find(&ASSETS, path) {
                Found::File(asset) => format!("file {}", asset.path),
                Found::NotFoundPage(asset) => format!("not found {}", asset.path),
                Found::Redirect(path) => format!("redirect {path}"),
                Found::Placeholder => "placeholder".to_owned(),
                Found::Nothing => "nothing".to_owned(),
            };
            assert_eq!(found, expected, "{path}");
        }
        assert!(matches!(find(&[], "/"), Found::Placeholder));
        assert!(matches!(find(&[], "/about"), Found::Nothing));
    }

    #[test]
    fn hashed_files_are_kept_and_others_asked_for_again() {
        let cache = |asset: &Asset, known: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(known) = known {
                headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(known));
            }
            let response = answer(asset, StatusCode::OK, &headers);
            (response.status().as_u16(), response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned())
        };
        assert_eq!(cache(&ASSETS[1], None), (200, "public, max-age=31536000, immutable".to_owned()));
        assert_eq!(cache(&ASSETS[2], Some("\"0\"")), (200, "no-cache".to_owned()));
        assert_eq!(cache(&ASSETS[2], Some("\"1\"")), (304, "no-cache".to_owned()));
    }
}
