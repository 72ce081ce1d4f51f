//! `json_patch`: operations over the documented example.

use counterfoil_openapi::Pointer;

use super::super::json_patch::{JsonPatch, MAX_OPERATIONS, PatchKind, PatchStep};
use super::super::nearest;
use super::cursor::{Keys, Node, Reader};
use super::reply;

const STEP: Keys =
    Keys { of: "an operation of a patch", known: &["op", "path", "value", "from"], later: &[] };

const WORDS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

/// Reads the operations of a patch; nothing where one of them cannot be read.
pub(super) fn json_patch<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<JsonPatch> {
    let items = reader.items(node, "a list of operations, as {op: add, path: /tags/-, value: new} is")?;
    if items.len() > MAX_OPERATIONS {
        let message = format!("{} operations, over the limit of {MAX_OPERATIONS}", items.len());
        reader.error("value-invalid", &node.pointer, message, None);
        return None;
    }
    let steps: Vec<Option<PatchStep>> = items.iter().map(|item| step(reader, item)).collect();
    steps.into_iter().collect::<Option<_>>().map(JsonPatch)
}

fn step<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<PatchStep> {
    let members = reader.members(node, &STEP)?;
    let member = |key: &str| members.iter().find(|(known, _)| *known == key).map(|(_, member)| member);
    let mut asked = |key: &'static str| {
        let found = member(key);
        if found.is_none() {
            let message = format!("an operation of a patch needs `{key}`");
            reader.error("value-invalid", &node.pointer, message, None);
        }
        found
    };
    let (op, path) = (asked("op"), asked("path"));
    let (op, path) = (op?, path?);
    let word = reader.text(op, "one of add, remove, replace, move, copy, test")?;
    let needed = match word {
        "add" | "replace" | "test" => Some("value"),
        "move" | "copy" => Some("from"),
        "remove" => None,
        _ => {
            let message = format!("`{word}` is none of {}", WORDS.join(", "));
            reader.error("value-invalid", &op.pointer, message, nearest::hint(word, WORDS));
            return None;
        }
    };
    let path = pointer(reader, path)?;
    for (key, extra) in &members {
        if ["value", "from"].contains(key) && Some(*key) != needed {
            let message = format!("`{key}` has no effect on `{word}`");
            reader.error("key-conflict", &extra.pointer, message, Some("leave it out".to_owned()));
        }
    }
    let operand = match needed.map(|key| (key, member(key))) {
        None => None,
        Some((_, Some(operand))) => Some(operand),
        Some((key, None)) => {
            let message = format!("`{word}` needs `{key}`");
            reader.error("value-invalid", &node.pointer, message, None);
            return None;
        }
    };
    let kind = match (word, operand) {
        ("add", Some(value)) => PatchKind::Add(reply::template(reader, value)?),
        ("replace", Some(value)) => PatchKind::Replace(reply::template(reader, value)?),
        ("test", Some(value)) => PatchKind::Test(reply::template(reader, value)?),
        ("move", Some(from)) => PatchKind::Move(pointer(reader, from)?),
        ("copy", Some(from)) => PatchKind::Copy(pointer(reader, from)?),
        _ => PatchKind::Remove,
    };
    Some(PatchStep { kind, path, at: node.pointer.clone() })
}

/// A JSON Pointer (RFC 6901), which no request has a say in.
fn pointer<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Pointer> {
    let text = node.value.as_str();
    let Some(text) = text.filter(|text| text.is_empty() || text.starts_with('/')) else {
        reader.unexpected(node, "a JSON Pointer, as /owner/name is");
        return None;
    };
    Some(Pointer::from_escaped(text))
}
