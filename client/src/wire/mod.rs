//! How requests are written and replies are read, as the document says.

mod body;
mod reply;
mod url;
pub(crate) mod xml;

pub use body::File;
pub(crate) use body::{form, json_if, multipart};
pub(crate) use reply::{bytes, text};
pub(crate) use url::{Style, Url, cookie, header};

use serde::Serialize;
use serde_json::Value;

/// A value as JSON, which every style is written from.
fn value_of<T: Serialize + ?Sized>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

/// The text of a scalar; of anything else its JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Characters that need no escape anywhere in a URL (RFC 3986, section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Appends a text with everything escaped that a URL gives a meaning to, but for what `kept` names.
fn escape(text: &str, kept: &[u8], into: &mut String) {
    for byte in text.bytes() {
        if is_unreserved(byte) || kept.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for digit in [byte >> 4, byte & 15] {
                into.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}
