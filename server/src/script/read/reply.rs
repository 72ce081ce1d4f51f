//! Replies.

use std::sync::Arc;

use counterfoil_openapi::{Pointer, codec};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::super::grammar::{BodySource, HeaderLine, Named, Reply};
use super::super::template::{MAX_HOLES, Piece, Template, Text, Unreadable};
use super::super::{AllowInvalid, nearest};
use super::cursor::{Keys, Node, Reader};
use super::{duration, fault, json_patch, short};
use crate::upstream::Upstream;

/// The keys of what says a reply, among others before and after them.
macro_rules! with_reply_keys {
    ([$($before:literal),*], [$($after:literal),*]) => {
        &[
            $($before,)*
            "status",
            "example",
            "media_type",
            "body",
            "patch",
            "json_patch",
            "file",
            "generate",
            "headers",
            "delay",
            "fault",
            "drip",
            "allow_invalid",
            $($after,)*
        ]
    };
}
pub(super) use with_reply_keys;

pub(in crate::script) const REPLY: Keys = Keys { of: "a reply", known: with_reply_keys!([], []), later: &[] };

const PARTS: [&str; 4] = ["status", "body", "headers", "media_type"];

/// Reads a reply.
pub(super) fn reply<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Reply> {
    let members = reader.members(node, &REPLY)?;
    from_members(reader, node, &members)
}

/// Reads a reply from members whose keys are all a reply's.
pub(super) fn from_members<'d>(
    reader: &mut Reader<'d>,
    node: &Node<'d>,
    members: &[(&'d str, Node<'d>)],
) -> Option<Reply> {
    let mut reply = Reply { pointer: node.pointer.clone(), ..Reply::default() };
    let mut bodies: Vec<&str> = Vec::new();
    for (key, member) in members {
        match *key {
            "status" => reply.status = status(reader, member),
            "example" => {
                reply.example = reader
                    .text(member, "the name of an example")
                    .map(|name| Named { name: name.to_owned(), pointer: member.pointer.clone() });
            }
            "media_type" => reply.media_type = media_type(reader, member),
            "headers" => reply.headers = headers(reader, member),
            "delay" => reply.delay = duration::delay(reader, member),
            "fault" => reply.fault = fault::fault(reader, member),
            "drip" => reply.drip = fault::drip(reader, member),
            "proxy" => reply.proxy = upstream(reader, member),
            "allow_invalid" => {
                reply.allow_invalid =
                    allow_invalid(reader, member).map(|allowed| (allowed, member.pointer.clone()));
            }
            _ => {
                bodies.push(key);
                if let Some(body) = body(reader, key, member) {
                    reply.body = body;
                }
            }
        }
    }
    if bodies.len() > 1 {
        let message = format!("a reply has one body, and this one says {}", bodies.join(" and "));
        reader.error("key-conflict", &node.pointer, message, Some("keep one of them".to_owned()));
        return None;
    }
    if !reply.allow_invalid.as_ref().is_some_and(|(allowed, _)| allowed.media_type) {
        refuse_content_type(reader, &reply.headers);
    }
    if let Some(fault) = reply.fault.filter(|fault| fault.replaces_the_reply()) {
        for (key, member) in members.iter().filter(|(key, _)| !["fault", "delay"].contains(key)) {
            let message = format!("`{key}` has no effect: with `fault: {}` no reply is sent", fault.as_str());
            let hint = format!("leave out `{key}`");
            reader.error("key-conflict", &member.pointer, message, Some(hint));
        }
    }
    if reply.proxy.is_some() {
        for (key, member) in members.iter().filter(|(key, _)| !["proxy", "delay", "headers"].contains(key)) {
            let message = format!("`{key}` has no effect: another server replies");
            reader.error("key-conflict", &member.pointer, message, Some(format!("leave out `{key}`")));
        }
    }
    Some(reply)
}

/// Reads whom requests are forwarded to.
pub(super) fn upstream<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Arc<Upstream>> {
    let text = reader.text(node, "the URL of a server, as https://api.example.com is")?;
    match text.parse::<Upstream>() {
        Ok(upstream) => reader.may_reach(&upstream, &node.pointer).then(|| Arc::new(upstream)),
        Err(error) => {
            reader.error("value-invalid", &node.pointer, error.to_string(), None);
            None
        }
    }
}

fn status<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<(u16, Pointer)> {
    let number = match node.value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let Some(status) = number.and_then(short::status_of) else {
        reader.unexpected(node, "a status of three digits");
        return None;
    };
    Some((short::final_status(reader, status, &node.pointer)?, node.pointer.clone()))
}

/// Reads the media type of a reply.
pub(super) fn media_type<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Named> {
    const EXPECTED: &str = "a media type, as application/json is";
    let named = media_type_or_range(reader, node, EXPECTED)?;
    if codec::media::essence(&named.name).contains('*') {
        reader.unexpected(node, EXPECTED);
        return None;
    }
    Some(named)
}

/// Reads a media type of requests, or a range of them.
pub(super) fn media_range<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Named> {
    media_type_or_range(reader, node, "a media type or a range of them, as application/json and image/* are")
}

fn media_type_or_range<'d>(reader: &mut Reader<'d>, node: &Node<'d>, expected: &str) -> Option<Named> {
    let text = reader.text(node, expected)?;
    let is_token = |part: &str| HeaderName::from_bytes(part.as_bytes()).is_ok();
    let parts = codec::media::essence(text).split_once('/');
    if !parts.is_some_and(|(main, sub)| is_token(main) && is_token(sub))
        || HeaderValue::from_str(text).is_err()
    {
        reader.unexpected(node, expected);
        return None;
    }
    Some(Named { name: text.to_owned(), pointer: node.pointer.clone() })
}

fn body<'d>(reader: &mut Reader<'d>, key: &str, node: &Node<'d>) -> Option<BodySource> {
    if key == "generate" {
        if node.value != &Value::Bool(true) {
            reader.unexpected(node, "true");
            return None;
        }
        return Some(BodySource::Generated(node.pointer.clone()));
    }
    if key == "json_patch" {
        return Some(BodySource::JsonPatched(json_patch::json_patch(reader, node)?, node.pointer.clone()));
    }
    if key == "file" {
        let path = reader.text(node, "the path of a file")?;
        if path.contains("${") {
            let message = "a file is named by the script alone, and no template stands here";
            reader.error("value-invalid", &node.pointer, message, None);
            return None;
        }
        return Some(BodySource::File(reader.file(path, &node.pointer)?, node.pointer.clone()));
    }
    let value = template(reader, node)?;
    if key == "body" {
        return Some(BodySource::Given(value, node.pointer.clone()));
    }
    if !value.may_be_map() {
        reader.unexpected(node, "a map of what is to change (`body` replaces the whole)");
        return None;
    }
    Some(BodySource::Patched(value, node.pointer.clone()))
}

/// A JSON value whose texts may have holes.
pub(super) fn template<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Template> {
    let template = template_at(reader, node)?;
    let count = template.hole_count();
    if count > MAX_HOLES {
        let message = format!("{count} templates, over the limit of {MAX_HOLES} in one value");
        reader.error("value-invalid", &node.pointer, message, None);
        return None;
    }
    Some(template)
}

fn template_at<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Template> {
    Some(match node.value {
        Value::String(text) => readable(reader, Template::parse(text), &node.pointer)?,
        Value::Array(_) => {
            let items = node.items()?;
            let read: Vec<_> = items.iter().map(|item| template_at(reader, item)).collect();
            Template::list(read.into_iter().collect::<Option<_>>()?)
        }
        Value::Object(object) => {
            let read: Vec<_> = object
                .iter()
                .map(|(key, value)| {
                    let member = Node { value, pointer: node.pointer.join(key) };
                    Some((key.clone(), template_at(reader, &member)?))
                })
                .collect();
            Template::map(read.into_iter().collect::<Option<_>>()?)
        }
        other => Template::Literal(other.clone()),
    })
}

/// What a text was taken apart to; what is wrong with it is told.
fn readable<T>(reader: &mut Reader<'_>, parsed: Result<T, Unreadable>, at: &Pointer) -> Option<T> {
    match parsed {
        Ok(parsed) => Some(parsed),
        Err(Unreadable { message, hint }) => {
            reader.error("template-unknown", at, message, hint);
            None
        }
    }
}

/// Reads headers to set, or to remove where the value is null; a list sets several lines of one header.
pub(super) fn headers<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<HeaderLine> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, "a map from header names to values");
        return Vec::new();
    };
    let mut lines: Vec<HeaderLine> = Vec::with_capacity(object.len());
    for (name, value) in object {
        let member = Node { value, pointer: node.pointer.join(name) };
        if lines.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            let message = format!("the header `{name}` is there already; header names ignore case");
            reader.error("header-invalid", &member.pointer, message, None);
        }
        match member.items() {
            Some(items) => {
                for item in &items {
                    match header(reader, name, item) {
                        Some(line) if line.value.is_some() => lines.push(line),
                        Some(_) => reader.unexpected(item, "the value of one of several lines"),
                        None => {}
                    }
                }
            }
            None => lines.extend(header(reader, name, &member)),
        }
    }
    lines
}

/// `Content-Type` follows from the body; another one, or none, is wrong on purpose or a mistake.
pub(super) fn refuse_content_type(reader: &mut Reader<'_>, headers: &[HeaderLine]) {
    for line in headers.iter().filter(|line| line.is_content_type()) {
        let hint = "say `media_type` instead, or to send it all the same `allow_invalid: [media_type]`";
        let message = format!("the stub itself sets `{}`", line.name);
        reader.error("header-invalid", &line.pointer, message, Some(hint.to_owned()));
    }
}

fn header<'d>(reader: &mut Reader<'d>, name: &str, node: &Node<'d>) -> Option<HeaderLine> {
    let at = &node.pointer;
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        reader.error("header-invalid", at, format!("`{name}` is no header name"), None);
        return None;
    }
    let hint = match name.to_ascii_lowercase().as_str() {
        "content-length" | "transfer-encoding" | "connection" => {
            Some("leave it out: it follows from the body")
        }
        _ => None,
    };
    if let Some(hint) = hint {
        let message = format!("the stub itself sets `{name}`");
        reader.error("header-invalid", at, message, Some(hint.to_owned()));
        return None;
    }
    let literal = |text: String| Text(vec![Piece::Literal(text)]);
    let value = match node.value {
        Value::Null => None,
        Value::Bool(value) => Some(literal(value.to_string())),
        Value::Number(number) => Some(literal(number.to_string())),
        Value::String(text) => Some(readable(reader, Text::parse(text), at)?),
        _ => {
            reader.unexpected(node, "a text, a number, true or false, or null to remove the header");
            return None;
        }
    };
    let is_refused = |piece: &Piece| match piece {
        Piece::Literal(text) => HeaderValue::from_str(text).is_err(),
        Piece::Hole(_) => false,
    };
    if value.iter().flat_map(|text| &text.0).any(is_refused) {
        let message = format!("the value of `{name}` holds a character that no header may hold");
        reader.error("header-invalid", at, message, None);
        return None;
    }
    Some(HeaderLine { name: name.to_owned(), value, pointer: at.clone() })
}

fn allow_invalid<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<AllowInvalid> {
    if node.value.as_bool() == Some(true) {
        return Some(AllowInvalid::ALL);
    }
    let items = reader.items(node, "true, or a list of status, body, headers, media_type")?;
    let mut allowed = AllowInvalid::default();
    for item in items {
        let Some(word) = reader.text(&item, "one of status, body, headers, media_type") else { continue };
        match word {
            "status" => allowed.status = true,
            "body" => allowed.body = true,
            "headers" => allowed.headers = true,
            "media_type" => allowed.media_type = true,
            _ => {
                let message = format!("`{word}` is no part of a reply that may be invalid");
                reader.error("value-invalid", &item.pointer, message, nearest::hint(word, PARTS));
            }
        }
    }
    Some(allowed)
}
