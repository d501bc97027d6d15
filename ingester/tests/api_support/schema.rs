//! Holds real answers and the OpenAPI document together.

use serde_json::Value;

/// The OpenAPI document.
pub(crate) struct Document(Value);

impl Document {
    /// What a server says of itself.
    pub(crate) fn new(document: Value) -> Self {
        Self(document)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.0["paths"].as_object().unwrap().keys().cloned().collect()
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// The schema of a path's answer with a status.
    pub(crate) fn answer(&self, path: &str, status: u16) -> &Value {
        let content = &self.0["paths"][path]["get"]["responses"][status.to_string()]["content"];
        let content = content.as_object().unwrap_or_else(|| panic!("{path} {status} is not described"));
        &content.values().next().unwrap()["schema"]
    }

    /// The schema of an event's data.
    pub(crate) fn event(&self, name: &str) -> &Value {
        let schema = &self.0["paths"]["/v1/stream"]["get"]["x-events"][name];
        assert!(schema.is_object(), "event {name} is not described");
        schema
    }

    pub(crate) fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// Checks a value against a schema: types, fields that must be there, fields that may not, choices, numbers' ranges.
    pub(crate) fn check(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.0.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("no {reference}"));
            return self.check(target, value, place);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = choices.iter().filter(|choice| self.check(choice, value, place).is_ok()).count();
            return if fits == 1 { Ok(()) } else { Err(format!("{place} fits {fits} of its schemas: {value}")) };
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                panic!("{place} has a schema without a type: {schema}")
            }
        };
        if !kinds.iter().any(|kind| is_of(kind, value)) {
            return Err(format!("{place} is not {kinds:?}: {value}"));
        }
        if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
            return Err(format!("{place} is none of {}: {value}", schema["enum"]));
        }
        if value.as_f64().is_some_and(|number| schema["minimum"].as_f64().is_some_and(|minimum| number < minimum)) {
            return Err(format!("{place} is below {}: {value}", schema["minimum"]));
        }
        if let Some(items) = value.as_array() {
            for (index, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{place}[{index}]"))?;
            }
        }
        if let Some(fields) = value.as_object().filter(|_| schema["properties"].is_object()) {
            let described = schema["properties"].as_object().unwrap();
            for (name, field) in fields {
                let schema = described.get(name).ok_or_else(|| format!("{place}.{name} is not described"))?;
                self.check(schema, field, &format!("{place}.{name}"))?;
            }
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    return Err(format!("{place}.{name} is missing"));
                }
            }
        }
        Ok(())
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("unknown type {kind}"),
    }
}
