//! What clients send.

use serde_json::Value;

/// One request of a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// As text, whatever it was.
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) command: String,
    pub(crate) customer_id: String,
    pub(crate) correlation_id: String,
    pub(crate) authorization: String,
    /// Symbols, in order, without blanks around them.
    pub(crate) keys: Option<Vec<String>>,
    /// Numbers; what is no number is left out, as are fields that do not exist.
    pub(crate) fields: Option<Vec<usize>>,
}

/// The requests of a frame: `{"requests":[…]}`, or one request alone. `None` if it is neither.
pub(crate) fn parse(text: &str) -> Option<Vec<Request>> {
    let frame: Value = serde_json::from_str(text).ok()?;
    match frame.get("requests") {
        Some(Value::Array(requests)) => requests.iter().map(read).collect(),
        Some(request) => Some(vec![read(request)?]),
        None => Some(vec![read(&frame)?]),
    }
}

fn read(request: &Value) -> Option<Request> {
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let parameters = &request["parameters"];
    let list = |name: &str| {
        let text = parameters.get(name)?.as_str()?;
        Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    };
    request.get("service").and_then(Value::as_str)?;
    request.get("command").and_then(Value::as_str)?;
    Some(Request {
        id: text(request, "requestid"),
        service: text(request, "service"),
        command: text(request, "command"),
        customer_id: text(request, "SchwabClientCustomerId"),
        correlation_id: text(request, "SchwabClientCorrelId"),
        authorization: text(parameters, "Authorization"),
        keys: list("keys"),
        fields: list("fields").map(|fields| fields.iter().filter_map(|field| field.parse().ok()).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_many_requests_are_read() {
        let one = r#"{"service":"LEVELONE_EQUITIES","requestid":1,"command":"SUBS","SchwabClientCustomerId":"Someone",
            "SchwabClientCorrelId":"x","parameters":{"keys":"SCHW,AAPL,SPY","fields":"0,1,2,3,4,5,8,10 "}}"#;
        let request = &parse(one).unwrap()[0];
        assert_eq!((request.id.as_str(), request.command.as_str()), ("1", "SUBS"));
        assert_eq!(request.fields.as_deref(), Some(&[0, 1, 2, 3, 4, 5, 8, 10][..]));
        assert_eq!(request.keys.as_ref().unwrap().len(), 3);
        assert_eq!(parse(&format!("{{\"requests\":[{one},{one}]}}")).unwrap().len(), 2);
        assert_eq!(parse(&format!("{{\"requests\":{one}}}")).unwrap().len(), 1);
        let bare = r#"{"service":"ADMIN","command":"LOGOUT","requestid":"7"}"#;
        assert_eq!(parse(bare).unwrap()[0].keys, None);
        for text in ["", "{", "[]", "{}", r#"{"requests":[{}]}"#, r#"{"requests":[1]}"#] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
