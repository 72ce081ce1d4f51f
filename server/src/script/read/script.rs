//! The root of a script.

use super::super::grammar::{Defaults, Entry, Named, Text};
use super::super::{InvalidRequests, Unscripted, nearest};
use super::cursor::{Keys, Node, Reader};
use super::{duration, expect, reply, resource, rule, scenario, sessions, state};

pub(in crate::script) const ROOT: Keys = Keys {
    of: "a script",
    known: &[
        "script",
        "document",
        "include",
        "seed",
        "defaults",
        "sessions",
        "state",
        "rules",
        "scenarios",
        "resources",
        "expect",
    ],
    later: &[],
};

pub(in crate::script) const DEFAULTS: Keys = Keys {
    of: "`defaults`",
    known: &["delay", "headers", "media_type", "on_unscripted", "on_invalid_request", "proxy"],
    later: &[],
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
            "include" => include(reader, &node),
            "seed" => text.seed = reader.count(&node, 0),
            "defaults" => text.defaults = defaults(reader, &node),
            "sessions" => text.sessions = sessions::sessions(reader, &node),
            "state" => text.state = state::state(reader, &node),
            "resources" => text.resources = resource::resources(reader, &node),
            "expect" => text.expect = expect::expect(reader, &node),
            "scenarios" => text.scenarios = scenario::scenarios(reader, &node),
            _ => text.entries = entries(reader, &node),
        }
    }
    text
}

/// What is included was read before; here only its form is looked at.
fn include<'d>(reader: &mut Reader<'d>, node: &Node<'d>) {
    for item in reader.items(node, "a list of files").unwrap_or_default() {
        reader.text(&item, "the path of a file");
    }
}

fn defaults<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Defaults {
    let mut defaults = Defaults::default();
    let mut upstream = None;
    for (key, member) in reader.members(node, &DEFAULTS).unwrap_or_default() {
        match key {
            "delay" => defaults.delay = duration::delay(reader, &member),
            "headers" => {
                defaults.headers = reply::headers(reader, &member);
                reply::refuse_content_type(reader, &defaults.headers);
            }
            "on_unscripted" => defaults.unscripted = unscripted(reader, &member),
            "on_invalid_request" => defaults.invalid = invalid_requests(reader, &member),
            "proxy" => upstream = reply::upstream(reader, &member).map(|upstream| (upstream, member)),
            _ => defaults.media_type = reply::media_type(reader, &member),
        }
    }
    if let Some((upstream, member)) = upstream {
        match &mut defaults.unscripted {
            // Who names an upstream wants it asked.
            unsaid @ None => *unsaid = Some(Unscripted::Proxy(Some(upstream))),
            Some(Unscripted::Proxy(named)) => *named = Some(upstream),
            Some(_) => {
                let message = "`proxy` has no effect: `on_unscripted` says something else";
                let hint = Some("leave it out, or say `on_unscripted: proxy`".to_owned());
                reader.error("key-conflict", &member.pointer, message, hint);
            }
        }
    }
    defaults
}

fn invalid_requests<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<InvalidRequests> {
    const WORDS: [&str; 3] = ["reply", "log", "ignore"];
    let word = reader.text(node, "one of reply, log, ignore")?;
    match word {
        "reply" => Some(InvalidRequests::Refused),
        "log" => Some(InvalidRequests::Logged),
        "ignore" => Some(InvalidRequests::Ignored),
        _ => {
            let message = format!("`{word}` is none of reply, log, ignore");
            reader.error("value-invalid", &node.pointer, message, nearest::hint(word, WORDS));
            None
        }
    }
}

fn unscripted<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Unscripted> {
    const WORDS: [&str; 4] = ["example", "generate", "proxy", "error"];
    let word = reader.text(node, "one of example, generate, proxy, error")?;
    match word {
        "example" => Some(Unscripted::Example),
        "generate" => Some(Unscripted::Generate),
        "proxy" => Some(Unscripted::Proxy(None)),
        "error" => Some(Unscripted::Error),
        _ => {
            let message = format!("`{word}` is none of example, generate, proxy, error");
            reader.error("value-invalid", &node.pointer, message, nearest::hint(word, WORDS));
            None
        }
    }
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
