use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::Value;

use super::reply;

/// The description of the API for programs. A test holds it and the answers together.
const OPENAPI: &str = include_str!("openapi.json");
/// What the page may load: its own style.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
     color-scheme:light dark}code,pre{font:13px/1.5 ui-monospace,monospace}h2{margin-top:2.5rem}\
     table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;\
     border-bottom:1px solid #8884}";

/// The OpenAPI document.
pub(super) async fn openapi() -> Response {
    reply::text("application/json", OPENAPI)
}

/// The same as a page for people, without scripts and without anything from elsewhere.
pub(super) async fn page() -> Response {
    static PAGE: LazyLock<String> = LazyLock::new(|| render(&serde_json::from_str(OPENAPI).unwrap_or(Value::Null)));
    let mut response = reply::text("text/html; charset=utf-8", PAGE.as_str());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn render(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1><p>{}</p><p><a href=\"/v1/openapi.json\">OpenAPI document</a></p>",
        text(&document["info"]["description"]),
        title = text(&document["info"]["title"]),
    );
    for (path, item) in entries(&document["paths"]) {
        render_path(&mut page, document, path, &item["get"]);
    }
    page.push_str(
        "<h2>Problems</h2><p>An error is <code>application/problem+json</code>; its type is one of these.</p><table>",
    );
    for (name, what) in entries(&document["x-problems"]) {
        let _ = write!(page, "<tr id=\"{0}\"><td><code>{0}</code><td>{1}", escape(name), text(what));
    }
    page.push_str("</table></html>");
    page
}

fn render_path(page: &mut String, document: &Value, path: &str, operation: &Value) {
    // Writing to a String cannot fail.
    let _ = write!(page, "<h2><code>GET {}</code></h2><p>{}</p>", escape(path), text(&operation["summary"]));
    if operation["description"].is_string() {
        let _ = write!(page, "<p>{}</p>", text(&operation["description"]));
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("<table><tr><th>parameter<th>");
    }
    for parameter in parameters.iter().map(|parameter| resolve(document, parameter)) {
        let needed = if parameter["required"] == true { " (needed)" } else { "" };
        let name = text(&parameter["name"]);
        let _ = write!(page, "<tr><td><code>{name}</code>{needed}<td>{}", text(&parameter["description"]));
    }
    if !parameters.is_empty() {
        page.push_str("</table>");
    }
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    if schema.is_object() {
        page.push_str("<table><tr><th>answer<th>type<th>");
        render_fields(page, document, schema, "");
        page.push_str("</table>");
    }
}

/// One line for each field, fields of objects within after the field that holds them.
fn render_fields(page: &mut String, document: &Value, schema: &Value, prefix: &str) {
    let schema = resolve(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        render_fields(page, document, part, prefix);
    }
    for (name, field) in entries(&schema["properties"]) {
        let field = nullable(document, field);
        let (inner, suffix) = match field["items"].is_object() {
            true => (resolve(document, &field["items"]), "[]"),
            false => (field, ""),
        };
        let kind = format!("{}{suffix}", kind(inner));
        let (path, about) = (format!("{prefix}{name}"), text(&field["description"]));
        let _ = write!(page, "<tr><td><code>{}</code><td>{}<td>{about}", escape(&path), escape(&kind));
        render_fields(page, document, inner, &format!("{path}{suffix}."));
    }
}

/// The schema itself, where it stands for a value that may also be null.
fn nullable<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolve(document, schema);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    choices.map(|choice| resolve(document, choice)).find(|choice| choice["type"] != "null").unwrap_or(schema)
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn kind(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "object".to_owned(),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
