//! Faults, and bodies that come drop by drop.

use serde_json::Value;

use super::super::nearest;
use super::cursor::{Keys, Node, Reader};
use super::duration::duration;
use crate::fault::{Drip, Fault};

/// The faults that are a word.
const WORDS: [(&str, Fault); 5] = [
    ("reset", Fault::Reset),
    ("empty", Fault::Empty),
    ("garbage", Fault::Garbage),
    ("malformed_chunk", Fault::MalformedChunk),
    ("hang", Fault::Hang),
];
/// Those that say more, and how they are written.
const MAPS: [(&str, &str); 2] =
    [("truncate", "{ truncate: 12 }"), ("stall", "{ stall: { after: 12, for: 2s } }")];

/// The most parts that a body comes in.
const MAX_CHUNKS: u64 = 10_000;

/// Reads a fault.
pub(super) fn fault<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Fault> {
    match node.value {
        Value::String(word) => word_of(reader, word, node),
        Value::Object(_) => map_of(reader, node),
        _ => {
            reader.unexpected(node, "a fault: reset, empty, garbage, malformed_chunk, hang, or a map");
            None
        }
    }
}

fn word_of(reader: &mut Reader<'_>, word: &str, node: &Node<'_>) -> Option<Fault> {
    if let Some((_, fault)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Some(*fault);
    }
    let (message, hint) = match MAPS.iter().find(|(known, _)| *known == word) {
        Some((_, written)) => (format!("`{word}` needs to know more"), Some(format!("write `{written}`"))),
        None => {
            let known = WORDS.iter().map(|(known, _)| *known).chain(MAPS.iter().map(|(known, _)| *known));
            (format!("`{word}` is no fault"), nearest::hint(word, known))
        }
    };
    reader.error("value-invalid", &node.pointer, message, hint);
    None
}

fn map_of<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Fault> {
    let keys = Keys { of: "a fault", known: &["truncate", "stall"], later: &[] };
    let members = reader.members(node, &keys)?;
    let [(key, inner)] = members.as_slice() else {
        // A key that is none was told already.
        if node.value.as_object().is_some_and(|object| object.len() == members.len()) {
            let message = "a fault is one of truncate, stall, or a word";
            reader.error("value-invalid", &node.pointer, message, None);
        }
        return None;
    };
    if *key == "truncate" {
        return reader.count(inner, 0).map(Fault::Truncate);
    }
    let keys = Keys { of: "a stall", known: &["after", "for"], later: &[] };
    let (mut after, mut pause) = (None, None);
    for (key, member) in reader.members(inner, &keys)? {
        match key {
            "after" => after = Some(reader.count(&member, 0)?),
            _ => pause = Some(duration(reader, &member)?),
        }
    }
    let (Some(after), Some(pause)) = (after, pause) else {
        needs(reader, inner, "a stall needs `after` and `for`", MAPS[1].1);
        return None;
    };
    Some(Fault::Stall { after, pause })
}

/// Reads in how many parts a body comes, and how long that takes.
pub(super) fn drip<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Drip> {
    let keys = Keys { of: "a drip", known: &["chunks", "over"], later: &[] };
    let (mut chunks, mut over) = (None, None);
    for (key, member) in reader.members(node, &keys)? {
        match key {
            "chunks" => {
                let count = member.value.as_u64().filter(|count| (1..=MAX_CHUNKS).contains(count));
                let count = count.and_then(|count| u32::try_from(count).ok());
                if count.is_none() {
                    reader.unexpected(&member, &format!("a whole number from 1 to {MAX_CHUNKS}"));
                }
                chunks = Some(count?);
            }
            _ => over = Some(duration(reader, &member)?),
        }
    }
    let (Some(chunks), Some(over)) = (chunks, over) else {
        needs(reader, node, "a drip needs `chunks` and `over`", "{ chunks: 5, over: 1s }");
        return None;
    };
    Some(Drip { chunks, over })
}

/// Tells what is missing, and how the whole is written.
fn needs(reader: &mut Reader<'_>, node: &Node<'_>, message: &str, written: &str) {
    reader.error("value-invalid", &node.pointer, message, Some(format!("write `{written}`")));
}
