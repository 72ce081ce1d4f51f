//! Parameters in the styles of the document (OpenAPI 3.0.3, section 4.7.12.2).

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;

use super::{escape, text_of, value_of};

/// Reserved characters that a parameter may ask to be sent as they stand (RFC 3986, section 2.2).
const RESERVED: &[u8] = b":/?[]@!$'()*,;";

/// How a value is written into a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    Space,
    Pipe,
    Tab,
    Deep,
    Json,
}

/// The URL of a request while it is put together.
#[derive(Debug)]
pub(crate) struct Url {
    path: String,
    query: String,
    error: Option<String>,
}

impl Url {
    /// The URL that paths are appended to.
    pub(crate) fn new(base: &str) -> Self {
        Self { path: base.trim_end_matches('/').to_owned(), query: String::new(), error: None }
    }

    /// Text of the path template.
    pub(crate) fn literal(&mut self, text: &str) {
        self.path.push_str(text);
    }

    /// A pair of the path template's own query.
    pub(crate) fn fixed(&mut self, pair: &str) {
        self.pair(pair);
    }

    /// A variable of the path template.
    pub(crate) fn variable<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        style: Style,
        explode: bool,
        value: &T,
    ) {
        let Some(value) = self.read(name, value) else { return };
        let joint = match (style, explode) {
            (Style::Label, true) => ".",
            (Style::Matrix, true) => ";",
            _ => ",",
        };
        let mut escaped_name = String::new();
        escape(name, &[], &mut escaped_name);
        let parts: Vec<String> = match &value {
            Value::Array(items) if style != Style::Json => {
                let prefix = if style == Style::Matrix && explode {
                    format!("{escaped_name}=")
                } else {
                    String::new()
                };
                items.iter().map(|item| format!("{prefix}{}", escaped(&text_of(item)))).collect()
            }
            Value::Object(members) if style != Style::Json => {
                let equals = if explode { "=" } else { "," };
                let pair = |(key, value): (&String, &Value)| {
                    format!("{}{equals}{}", escaped(key), escaped(&text_of(value)))
                };
                members.iter().map(pair).collect()
            }
            Value::Array(_) | Value::Object(_) => vec![escaped(&value.to_string())],
            scalar => vec![escaped(&text_of(scalar))],
        };
        let is_named =
            style == Style::Matrix && !(explode && matches!(value, Value::Array(_) | Value::Object(_)));
        match style {
            Style::Label => self.path.push('.'),
            Style::Matrix => self.path.push(';'),
            _ => {}
        }
        if is_named {
            self.path.push_str(&escaped_name);
            self.path.push('=');
        }
        self.path.push_str(&parts.join(joint));
    }

    /// A query parameter; nothing where there is no value.
    pub(crate) fn query<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        style: Style,
        explode: bool,
        reserved: bool,
        value: &T,
    ) {
        let Some(value) = self.read(name, value) else { return };
        let kept = if reserved { RESERVED } else { &[] };
        for pair in pairs(name, style, explode, kept, &value) {
            self.pair(&pair);
        }
    }

    /// The whole query, from the members of an object.
    pub(crate) fn whole_query<T: Serialize + ?Sized>(&mut self, value: &T) {
        match self.read("query", value) {
            Some(Value::Object(members)) => {
                for (name, value) in &members {
                    for pair in pairs(name, Style::Form, true, &[], value) {
                        self.pair(&pair);
                    }
                }
            }
            Some(other) => self.pair(&escaped(&text_of(&other))),
            None => {}
        }
    }

    /// The text, or why a value could not be written.
    pub(crate) fn finish(self) -> Result<String, String> {
        match self.error {
            Some(error) => Err(error),
            None if self.query.is_empty() => Ok(self.path),
            None => Ok(format!("{}?{}", self.path, self.query)),
        }
    }

    fn pair(&mut self, pair: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(pair);
    }

    fn read<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Option<Value> {
        match value_of(value) {
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(error) => {
                self.error.get_or_insert(format!("{name}: {error}"));
                None
            }
        }
    }
}

/// The pairs that a value makes in a query or a form.
pub(super) fn pairs(name: &str, style: Style, explode: bool, kept: &[u8], value: &Value) -> Vec<String> {
    let written = |text: &str| {
        let mut into = String::new();
        escape(text, kept, &mut into);
        into
    };
    let name = escaped(name);
    let joint = match style {
        Style::Space => "%20",
        Style::Pipe => "|",
        Style::Tab => "%09",
        _ => ",",
    };
    match (style, value) {
        (_, Value::Null) => Vec::new(),
        (Style::Json, value) => vec![format!("{name}={}", written(&value.to_string()))],
        (Style::Deep, Value::Object(_) | Value::Array(_)) => {
            let mut pairs = Vec::new();
            deep(&name, value, &written, &mut pairs);
            pairs
        }
        (_, Value::Array(items)) if explode => {
            items.iter().map(|item| format!("{name}={}", written(&text_of(item)))).collect()
        }
        (_, Value::Array(items)) if items.is_empty() => Vec::new(),
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| written(&text_of(item))).collect();
            vec![format!("{name}={}", items.join(joint))]
        }
        (_, Value::Object(members)) if explode => members
            .iter()
            .map(|(key, value)| format!("{}={}", escaped(key), written(&text_of(value))))
            .collect(),
        (_, Value::Object(members)) => {
            let members: Vec<String> =
                members.iter().flat_map(|(key, value)| [escaped(key), written(&text_of(value))]).collect();
            vec![format!("{name}={}", members.join(joint))]
        }
        (_, scalar) => vec![format!("{name}={}", written(&text_of(scalar)))],
    }
}

fn deep(name: &str, value: &Value, written: &dyn Fn(&str) -> String, pairs: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                deep(&format!("{name}[{}]", escaped(key)), value, written, pairs);
            }
        }
        Value::Array(items) => {
            for item in items {
                deep(name, item, written, pairs);
            }
        }
        Value::Null => {}
        scalar => pairs.push(format!("{name}={}", written(&text_of(scalar)))),
    }
}

fn escaped(text: &str) -> String {
    let mut into = String::with_capacity(text.len());
    escape(text, &[], &mut into);
    into
}

/// Sets a header parameter; nothing where there is no value.
pub(crate) fn header<T: Serialize + ?Sized>(
    headers: &mut HeaderMap,
    name: &str,
    style: Style,
    explode: bool,
    value: &T,
) -> Result<(), String> {
    let value = value_of(value)?;
    let text = match &value {
        Value::Null => return Ok(()),
        value if style == Style::Json => value.to_string(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Object(members) => {
            let equals = if explode { "=" } else { "," };
            let pair = |(key, value): (&String, &Value)| format!("{key}{equals}{}", text_of(value));
            members.iter().map(pair).collect::<Vec<_>>().join(",")
        }
        scalar => text_of(scalar),
    };
    let error = |what: &str| format!("{what} for the header {name:?}");
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| error("no name"))?;
    headers.insert(name.clone(), HeaderValue::from_str(&text).map_err(|_| error("no value"))?);
    Ok(())
}

/// Adds a cookie parameter; nothing where there is no value.
pub(crate) fn cookie<T: Serialize + ?Sized>(
    headers: &mut HeaderMap,
    name: &str,
    style: Style,
    explode: bool,
    value: &T,
) -> Result<(), String> {
    let pairs = pairs(name, style, explode, &[], &value_of(value)?).join("; ");
    if pairs.is_empty() {
        return Ok(());
    }
    let known = headers.get(COOKIE).and_then(|value| value.to_str().ok());
    let all = known.map_or_else(|| pairs.clone(), |known| format!("{known}; {pairs}"));
    headers.insert(
        COOKIE,
        HeaderValue::from_str(&all).map_err(|_| format!("no value for the cookie {name:?}"))?,
    );
    Ok(())
}
