//! Answers in JSON: compressed where the client takes it, and with a tag by which it can ask whether anything changed.

use std::io::{Read as _, Write as _};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::problem::Problem;

/// Shorter bodies go as they are: compressing them costs more than it saves.
const MIN_COMPRESSED: usize = 1024;

/// Whether an answer may be kept, with the promise to ask before it is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It has a tag: what has not changed is not sent again.
    Revalidate,
    /// It is of this moment only.
    Never,
}

/// Answers with what `make` makes, away from the threads that serve the sockets.
///
/// The tag is a hash of the body, never of what the database says about itself: a changed price changes the tag.
pub(super) async fn json<T: Serialize>(
    headers: &HeaderMap,
    keep: Keep,
    make: impl FnOnce() -> T + Send + 'static,
) -> Result<Response, Problem> {
    let takes_gzip = takes_gzip(headers);
    let known = headers.get(header::IF_NONE_MATCH).filter(|_| keep == Keep::Revalidate).cloned();
    let made = tokio::task::spawn_blocking(move || build(keep, takes_gzip, known.as_ref(), &make()));
    made.await.map_err(|error| Problem::internal(&error))?
}

/// Answers with text that is ready.
pub(super) fn text(content_type: &'static str, text: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, text.into()).into_response()
}

fn build<T: Serialize>(
    keep: Keep,
    takes_gzip: bool,
    known: Option<&HeaderValue>,
    value: &T,
) -> Result<Response, Problem> {
    let plain = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
    let tag = format!("W/\"{:016x}\"", xxh3_64(&plain));
    let mut response = if known.is_some_and(|known| is_known(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if takes_gzip && plain.len() >= MIN_COMPRESSED {
        let mut response = Response::new(Body::from(compress(&plain)));
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Response::new(Body::from(plain))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let cache = match keep {
        Keep::Revalidate => {
            headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(|error| Problem::internal(&error))?);
            "no-cache"
        }
        Keep::Never => "no-store",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// Whether a client has said that it takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for item in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return weight > 0.0,
            "*" => any = weight > 0.0,
            _ => {}
        }
    }
    any
}

/// Whether one of the tags that a client has is this one. Weak tags name the same content in any encoding.
pub(super) fn is_known(known: &HeaderValue, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(known) = known.to_str() else { return false };
    known.trim() == "*" || known.split(',').any(|known| opaque(known) == opaque(tag))
}

/// Compresses quickly rather than well.
fn compress(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    // A Vec takes everything.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// The text of a file that is kept compressed.
pub(super) fn decompress(compressed: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    // The build compressed it; what cannot be read is empty.
    let _ = GzDecoder::new(compressed).read_to_end(&mut plain);
    Bytes::from(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_encodings_are_understood() {
        for (text, taken) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("*", true),
            ("*;q=0", false),
            ("identity", false),
            ("", false),
            ("gzipped", false),
            ("gzip;q=nonsense", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(text).unwrap());
            assert_eq!(takes_gzip(&headers), taken, "{text:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn known_tags_are_found() {
        let tag = "W/\"01\"";
        for (known, found) in [
            ("W/\"01\"", true),
            ("\"01\"", true),
            ("\"00\", W/\"01\"", true),
            ("*", true),
            ("\"00\"", false),
            ("01", false),
        ] {
            assert_eq!(is_known(&HeaderValue::from_static(known), tag), found, "{known}");
        }
    }

    #[test]
    fn compressed_text_is_read_back() {
        let text = b"alpha kite ".repeat(1000);
        assert_eq!(decompress(&compress(&text)), text);
    }
}
