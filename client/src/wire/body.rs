//! Bodies: JSON where there is one, forms, and multipart.

use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::url::{Style, pairs};
use super::{text_of, value_of};

/// A file that is sent in a part of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct File {
    /// What the file is called.
    pub name: String,
    /// Its media type, for example `image/png`.
    pub content_type: String,
    /// What it holds.
    #[serde(rename = "\u{0}file", with = "as_text")]
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of no media type in particular.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let content_type = "application/octet-stream".to_owned();
        Self { name: name.into(), content_type, bytes: bytes.into() }
    }
}

/// Bytes as a text with one character each, so that they pass through a value tree at little cost.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.chars()
            .map(|character| u8::try_from(u32::from(character)))
            .collect::<Result<_, _>>()
            .map_err(|_| serde::de::Error::custom("a character that stands for no byte"))
    }
}

/// Adds a JSON body where there is one.
pub(crate) fn json_if<T: Serialize + ?Sized>(request: RequestBuilder, body: Option<&T>) -> RequestBuilder {
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// The text of a form; members are written in the styles given, else one pair an item.
pub(crate) fn form<T: Serialize + ?Sized>(
    body: &T,
    styles: &[(&str, Style, bool)],
) -> Result<String, String> {
    let Value::Object(members) = value_of(body)? else {
        return Err("a form is made of an object".to_owned());
    };
    let mut written = Vec::new();
    for (name, value) in &members {
        let style = styles.iter().find(|(member, ..)| member == name);
        let (style, explode) = match (style, value) {
            (Some((_, style, explode)), _) => (*style, *explode),
            (None, Value::Object(_)) => (Style::Json, false),
            (None, _) => (Style::Form, true),
        };
        written.extend(pairs(name, style, explode, &[], value));
    }
    Ok(written.join("&"))
}

/// A multipart body and its media type with the boundary; parts are of the media types given, else of what they hold.
pub(crate) fn multipart<T: Serialize + ?Sized>(
    body: &T,
    types: &[(&str, &str)],
) -> Result<(String, Vec<u8>), String> {
    let Value::Object(members) = value_of(body)? else {
        return Err("parts are made of an object".to_owned());
    };
    let mut parts = Vec::new();
    for (name, value) in &members {
        let named = types.iter().find(|(member, _)| member == name).map(|(_, media)| *media);
        match value {
            Value::Array(items) => parts.extend(items.iter().map(|item| part(name, named, item))),
            Value::Null => {}
            other => parts.push(part(name, named, other)),
        }
    }
    let mut boundary = "counterfoil".to_owned();
    while parts.iter().any(|part| part.windows(boundary.len()).any(|window| window == boundary.as_bytes())) {
        boundary.push('x');
    }
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        bytes.extend_from_slice(&part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), bytes))
}

/// One part: its header fields and what it holds.
fn part(name: &str, media: Option<&str>, value: &Value) -> Vec<u8> {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
    let file = value.get("\u{0}file").and_then(Value::as_str);
    let (media, content) = match file {
        Some(content) => {
            head.push_str(&format!("; filename=\"{}\"", quoted(&text_of(&value["name"]))));
            let media = media.map_or_else(|| text_of(&value["content_type"]), str::to_owned);
            // Each character stands for one byte.
            (Some(media), content.chars().map(|character| u32::from(character) as u8).collect())
        }
        None => {
            let is_structured = value.is_object() || value.is_array();
            let json = is_structured.then_some("application/json");
            (media.or(json).map(str::to_owned), text_of(value).into_bytes())
        }
    };
    head.push_str("\r\n");
    if let Some(media) = media {
        let media: String = media.chars().filter(|character| !character.is_control()).collect();
        head.push_str(&format!("Content-Type: {media}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend::<Vec<u8>>(content);
    bytes
}

/// A name between quotes (HTML, "multipart/form-data encoding algorithm").
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
