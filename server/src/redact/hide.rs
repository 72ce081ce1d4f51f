//! Hiding what has a secret name in bodies and queries.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::Value;

use super::{Found, HIDDEN};

/// Whether the name of a form pair is a secret member, or leads to one: `user[password]`, `user.password`.
pub(super) fn is_member(name: &str, names: &BTreeSet<String>) -> bool {
    name.split(['[', ']', '.']).any(|part| names.contains(part))
}

/// Hides the members of secret names at any depth.
pub(super) fn hide_members(value: &mut Value, names: &BTreeSet<String>, found: &mut Found) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide_members(item, names, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(name) {
                    collect(member, found);
                    *member = Value::from(HIDDEN);
                } else {
                    hide_members(member, names, found);
                }
            }
        }
        _ => {}
    }
}

/// Every text and number in a secret value.
fn collect(value: &Value, found: &mut Found) {
    match value {
        Value::String(text) => found.add(text),
        Value::Number(number) => found.add(&number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Form or query pairs with the values of secret names hidden.
pub(super) fn hide_pairs(text: &str, is_secret: impl Fn(&str) -> bool, found: &mut Found) -> String {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let hidden: Vec<String> = text
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(&decode(name)) => {
                found.add(&decode(value));
                found.add(value);
                format!("{name}={HIDDEN}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    hidden.join("&")
}

/// How the text ends that stands for a whole body.
const HIDDEN_WHOLE: &str = " bytes hidden: the body may hold secrets and could not be read]";

/// What stands for a body that may hold secrets and cannot be read.
pub(super) fn hide_whole(body: &Bytes) -> Bytes {
    Bytes::from(format!("[{}{HIDDEN_WHOLE}", body.len()))
}

/// Whether this stands for a whole body that is hidden.
pub(crate) fn is_hidden_whole(body: &[u8]) -> bool {
    body.starts_with(b"[") && body.ends_with(HIDDEN_WHOLE.as_bytes())
}
