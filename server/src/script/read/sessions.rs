//! `sessions`: how requests name a session, and how long sessions are kept.

use http::HeaderName;

use super::cursor::{Keys, Node, Reader};
use super::duration;
use crate::session::SessionWords;

const SESSIONS: Keys = Keys { of: "`sessions`", known: &["header", "baggage", "ttl", "max"], later: &[] };

/// Reads what a script says of sessions.
pub(super) fn sessions<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> SessionWords {
    let mut words = SessionWords::default();
    for (key, member) in reader.members(node, &SESSIONS).unwrap_or_default() {
        match key {
            "header" => words.header = header(reader, &member),
            "baggage" => words.baggage = baggage(reader, &member),
            "ttl" => words.ttl = duration::span(reader, &member),
            _ => words.max = reader.count(&member, 1).and_then(|max| usize::try_from(max).ok()),
        }
    }
    words
}

fn header<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<HeaderName> {
    let name = reader.text(node, "the name of a header")?;
    let header = HeaderName::try_from(name).ok();
    if header.is_none() {
        reader.unexpected(node, "the name of a header");
    }
    header
}

/// A key of `baggage` is a token (W3C Baggage, section 3.3.1).
fn baggage<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<String> {
    let key = reader.text(node, "a key of the header `baggage`")?;
    if HeaderName::try_from(key).is_err() {
        reader.unexpected(node, "a key of the header `baggage`: letters, digits and `-`");
        return None;
    }
    Some(key.to_owned())
}
