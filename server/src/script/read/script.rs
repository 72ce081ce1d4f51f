//! The root of a script.

use super::super::grammar::{Defaults, Entry, Named, Text};
use super::cursor::{Keys, Node, Reader};
use super::{duration, reply, rule};

const ROOT: Keys = Keys {
    of: "a script",
    known: &["script", "document", "seed", "defaults", "rules"],
    later: &["include", "sessions", "state", "scenarios", "resources", "expect"],
};

const DEFAULTS: Keys = Keys {
    of: "`defaults`",
    known: &["delay", "headers", "media_type"],
    later: &["on_unscripted", "on_invalid_request", "proxy"],
};

/// Reads a whole script.
pub(in crate::script) fn script(reader: &mut Reader<'_>) -> Text {
    let root = reader.root();
    let mut text = Text::default();
    let Some(members) = reader.members(&root, &ROOT) else { return text };
    if !members.iter().any(|(key, _)| *key == "script") {
        let hint = Some("begin with `script: 1`".to_owned());
        reader.error("script-version", &root.pointer, "the script does not say its version", hint);
    }
    for (key, node) in members {
        match key {
            "script" => {
                if node.value.as_u64() != Some(1) {
                    let message = "this version of the grammar is not known";
                    reader.error(
                        "script-version",
                        &node.pointer,
                        message,
                        Some("write `script: 1`".to_owned()),
                    );
                }
            }
            "document" => {
                text.document = reader
                    .text(&node, "the path of a document")
                    .map(|name| Named { name: name.to_owned(), pointer: node.pointer.clone() });
            }
            "seed" => text.seed = reader.count(&node, 0),
            "defaults" => text.defaults = defaults(reader, &node),
            _ => text.entries = entries(reader, &node),
        }
    }
    text
}

fn defaults<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Defaults {
    let mut defaults = Defaults::default();
    for (key, member) in reader.members(node, &DEFAULTS).unwrap_or_default() {
        match key {
            "delay" => defaults.delay = duration::delay(reader, &member),
            "headers" => {
                defaults.headers = reply::headers(reader, &member);
                reply::refuse_content_type(reader, &defaults.headers);
            }
            _ => defaults.media_type = reply::media_type(reader, &member),
        }
    }
    defaults
}

fn entries<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Entry> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, "a map from operations to what they answer");
        return Vec::new();
    };
    let mut entries = Vec::with_capacity(object.len());
    for (name, value) in object {
        let member = Node { value, pointer: node.pointer.join(name) };
        let operation = Named { name: name.clone(), pointer: member.pointer.clone() };
        entries.push(Entry { operation, rules: rule::entry(reader, &member) });
    }
    entries
}
