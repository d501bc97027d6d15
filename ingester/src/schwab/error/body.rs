//! Says in one line what the body of a failed request says. There are four families of bodies.

use serde_json::Value;

/// Characters of a text of Schwab's that are shown.
const LONGEST: usize = 300;

/// One line about a body.
pub(crate) fn describe(body: &str) -> String {
    let text = match serde_json::from_str::<Value>(body) {
        Ok(value) => of_json(&value),
        Err(_) => of_text(body),
    };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if line.trim().is_empty() { "no reason given".to_owned() } else { line.trim().to_owned() }
}

/// Whether the gateway says that the answer was too large: it will be again until less is asked for.
pub(crate) fn is_too_big(body: &str) -> bool {
    body.contains("TooBigBody")
}

fn of_json(value: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    // The gateway's.
    if let Some(fault) = text(&value["fault"]["faultstring"]) {
        return fault;
    }
    // Market data's, where an error is an object, and the trader's, where it is a text.
    let errors: Vec<String> = value["errors"].as_array().into_iter().flatten().filter_map(of_error).collect();
    let message = text(&value["message"]);
    // The token endpoint's has a name that says enough; its description may hold a part of what was sent.
    let name = text(&value["error"]);
    message.into_iter().chain(errors).chain(name).collect::<Vec<_>>().join("; ")
}

fn of_error(error: &Value) -> Option<String> {
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    let text = error["detail"].as_str().or(error["title"].as_str())?;
    let source = error["source"].as_object().and_then(|source| source.values().next());
    let place = match source {
        Some(Value::String(place)) => format!(" ({place})"),
        Some(Value::Array(places)) => {
            format!(" ({})", places.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    };
    Some(format!("{text}{place}"))
}

/// The title of a page, or the first line of a text.
fn of_text(body: &str) -> String {
    let lower = body.to_ascii_lowercase();
    match (lower.find("<title>"), lower.find("</title>")) {
        (Some(start), Some(end)) if start + 7 <= end => format!("a page titled {:?}", body[start + 7..end].trim()),
        _ if lower.trim_start().starts_with('<') => "a page".to_owned(),
        _ => body.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schwab::recorded;

    #[test]
    fn recorded_errors_are_understood() {
        let errors = recorded::of_kind("rest:error");
        assert_eq!(errors.len(), 10);
        for (id, error) in errors {
            let line = describe(&error.raw);
            assert!(!line.contains(['{', '<', '\n']) && line != "no reason given", "{id}: {line}");
            for name in ["detail", "title"] {
                if let Some(text) = error.expect[name].as_str() {
                    assert!(line.contains(text), "{id}: {line}");
                }
            }
            assert_eq!(is_too_big(&error.raw), error.expect["errorcode"] == "protocol.http.TooBigBody", "{id}");
        }
        let refusals: Vec<String> = recorded::of_kind("oauth:error").iter().map(|(_, it)| describe(&it.raw)).collect();
        assert_eq!(refusals, ["unsupported_token_type", "invalid_client"]);
    }

    #[test]
    fn the_four_families_are_understood() {
        let cases = [
            (
                r#"{"errors":[{"id":"1","status":"400","title":"Bad Request","detail":"Missing header","source":{"header":"Authorization"}}]}"#,
                "Missing header (Authorization)",
            ),
            (r#"{"errors":[{"status":401,"title":"Unauthorized","id":"0"}]}"#, "Unauthorized"),
            (r#"{"errors":[{"detail":"x","source":{"pointer":["/a","/b"]}}]}"#, "x (/a, /b)"),
            (r#"{"message":"Invalid account number","errors":["one","two"]}"#, "Invalid account number; one; two"),
            (
                r#"{"fault":{"faultstring":"Body buffer overflow","detail":{"errorcode":"protocol.http.TooBigBody"}}}"#,
                "Body buffer overflow",
            ),
            ("<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD>", "a page titled \"Access Denied\""),
            ("upstream request timeout", "upstream request timeout"),
            (r#"{"error":"unsupported_token_type","error_description":"secret"}"#, "unsupported_token_type"),
            ("", "no reason given"),
            ("{}", "no reason given"),
            ("[3]", "no reason given"),
            ("</title><title>", "a page"),
        ];
        for (body, line) in cases {
            assert_eq!(describe(body), line, "{body}");
        }
        assert_eq!(describe(&"\u{7}\u{20ac}".repeat(5000)).chars().count(), LONGEST - 1);
        assert!(is_too_big(r#"{"fault":{"detail":{"errorcode":"protocol.http.TooBigBody"}}}"#));
    }
}
