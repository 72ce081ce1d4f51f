//! Entries and rules.

use counterfoil_openapi::Pointer;
use serde_json::Value;

use super::super::grammar::{After, Named, Per, Rule, Rules, Step, When};
use super::super::nearest;
use super::cursor::{Keys, Node, Reader};
use super::reply::with_reply_keys;
use super::{duration, field, reply, short, state, when};

pub(in crate::script) const RULE: Keys = Keys {
    of: "a rule",
    known: with_reply_keys!(
        ["id", "note", "when", "respond", "after", "times", "expires", "per", "set"],
        ["proxy"]
    ),
    later: &[],
};

/// What a rule that is set by itself may say: what a rule may and its operation.
const SET_RULE: Keys = Keys {
    of: "a rule",
    known: with_reply_keys!(
        ["op", "id", "note", "when", "respond", "after", "times", "expires", "per", "set"],
        ["proxy"]
    ),
    later: &[],
};

/// What a cell of a scenario may say: what a rule may but for what counts.
pub(in crate::script) const CELL: Keys = Keys {
    of: "a cell of a scenario",
    known: with_reply_keys!(["note", "when", "respond", "to", "set"], ["proxy"]),
    later: &[],
};

/// Reads what is scripted for one operation: a short, a rule, a sequence of shorts, or rules.
pub(in crate::script) fn entry<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Rules {
    let before = reader.error_count();
    let rules = rules(reader, node);
    Rules { rules, is_whole: reader.error_count() == before }
}

/// Reads one rule that is set by itself.
pub(in crate::script) fn set_rule<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Rules {
    let before = reader.error_count();
    let rule = rule_of(reader, node, &SET_RULE);
    Rules { rules: rule.into_iter().collect(), is_whole: reader.error_count() == before }
}

fn rules<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Rule> {
    let Some(items) = node.items() else { return short_or_rule(reader, node).into_iter().collect() };
    if items.is_empty() {
        empty_list(reader, node);
        return Vec::new();
    }
    if items.iter().any(|item| item.value.is_object()) {
        return items.iter().filter_map(|item| short_or_rule(reader, item)).collect();
    }
    let steps: Vec<Step> = items.iter().filter_map(|item| short::short(reader, item)).collect();
    plain_rule(node.pointer.clone(), steps).into_iter().collect()
}

fn short_or_rule<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Rule> {
    match node.value {
        Value::Object(_) => rule(reader, node),
        Value::Number(_) | Value::String(_) => {
            plain_rule(node.pointer.clone(), vec![short::short(reader, node)?])
        }
        _ => {
            reader.unexpected(node, "a status, the name of an example, a sequence of those, or a rule");
            None
        }
    }
}

/// A rule for every valid request; none where no step could be read.
fn plain_rule(pointer: Pointer, steps: Vec<Step>) -> Option<Rule> {
    (!steps.is_empty()).then(|| Rule {
        pointer,
        id: None,
        when: When::default(),
        steps,
        after: After::default(),
        times: None,
        expires: None,
        per: None,
        set: Vec::new(),
    })
}

/// Reads what an operation answers in one state of a scenario, and the name of the state that comes next.
pub(super) fn cell<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<(Rule, Option<Named>)> {
    let (rule, to) = if node.value.is_object() {
        let to = node.value.get("to").map(|value| Node { value, pointer: node.pointer.join("to") });
        let to = to.and_then(|to| {
            Some(Named { name: reader.text(&to, "the name of a state")?.to_owned(), pointer: to.pointer })
        });
        (rule_of(reader, node, &CELL)?, to)
    } else {
        (plain_rule(node.pointer.clone(), vec![short::short(reader, node)?])?, None)
    };
    if rule.steps.len() > 1 || rule.steps.iter().any(|step| step.count > 1) {
        let hint = "let another state follow with `to`, or make it a rule".to_owned();
        reader.error(
            "value-invalid",
            &node.pointer,
            "a cell has one reply, and this is a sequence",
            Some(hint),
        );
        return None;
    }
    Some((rule, to))
}

fn rule<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Rule> {
    rule_of(reader, node, &RULE)
}

fn rule_of<'d>(reader: &mut Reader<'d>, node: &Node<'d>, keys: &Keys) -> Option<Rule> {
    let members = reader.members(node, keys)?;
    let mut rule = Rule {
        pointer: node.pointer.clone(),
        id: None,
        when: When::default(),
        steps: Vec::new(),
        after: After::default(),
        times: None,
        expires: None,
        per: None,
        set: Vec::new(),
    };
    let mut is_readable = true;
    let mut respond = None;
    let mut inline: Vec<(&str, Node<'_>)> = Vec::new();
    for (key, member) in members {
        match key {
            "id" => rule.id = id(reader, &member),
            "note" => {
                reader.text(&member, "a text");
            }
            "when" => match when::when(reader, &member) {
                Some(when) => rule.when = when,
                None => is_readable = false,
            },
            "after" => rule.after = after(reader, &member).unwrap_or_default(),
            "times" => rule.times = reader.count(&member, 1),
            "expires" => match duration::within(reader, &member, duration::MAX_LIFE) {
                Some(life) => rule.expires = Some(life),
                None => is_readable = false,
            },
            "per" => match per(reader, &member) {
                Some(per) => rule.per = Some(per),
                None => is_readable = false,
            },
            "set" => match state::set(reader, &member) {
                Some(set) => rule.set = set,
                None => is_readable = false,
            },
            // What the state is that follows is read with the cell, and the operation before the rule.
            "to" | "op" => {}
            "respond" => respond = Some(member),
            _ => inline.push((key, member)),
        }
    }
    if respond.is_some() {
        for (key, member) in &inline {
            let message = format!("`{key}` stands beside `respond`, which says the whole reply already");
            let hint = match *key {
                "proxy" => "keep one of them".to_owned(),
                key => format!("move `{key}` into `respond: {{…}}`"),
            };
            reader.error("key-conflict", &member.pointer, message, Some(hint));
        }
    }
    rule.steps = match respond {
        Some(respond) => steps(reader, &respond),
        None => vec![Step { count: 1, reply: reply::from_members(reader, node, &inline)? }],
    };
    (is_readable && !rule.steps.is_empty()).then_some(rule)
}

fn steps<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Step> {
    let Some(items) = node.items() else { return step(reader, node).into_iter().collect() };
    if items.is_empty() {
        empty_list(reader, node);
    }
    items.iter().filter_map(|item| step(reader, item)).collect()
}

fn step<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Step> {
    if !node.value.is_object() {
        return short::short(reader, node);
    }
    Some(Step { count: 1, reply: reply::reply(reader, node)? })
}

fn empty_list(reader: &mut Reader<'_>, node: &Node<'_>) {
    let message = "an empty list answers nothing";
    reader.error("sequence-empty", &node.pointer, message, Some("give it one reply at least".to_owned()));
}

/// An id goes into a header, so it holds what a header may hold.
fn id<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Named> {
    let name = reader.text(node, "a text")?;
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        reader.unexpected(node, "an id of printable ASCII characters without spaces");
        return None;
    }
    Some(Named { name: name.to_owned(), pointer: node.pointer.clone() })
}

/// The field of a `per`.
pub(super) fn per<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Per> {
    let name = reader.text(node, "a field of the request, such as path.petId")?;
    Some(Per { field: field::field(reader, name, &node.pointer)?, pointer: node.pointer.clone() })
}

fn after<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<After> {
    let word = reader.text(node, "one of last, cycle, pass")?;
    match word {
        "last" => Some(After::Last),
        "cycle" => Some(After::Cycle),
        "pass" => Some(After::Pass),
        _ => {
            let message = format!("`{word}` is none of last, cycle, pass");
            reader.error(
                "value-invalid",
                &node.pointer,
                message,
                nearest::hint(word, ["last", "cycle", "pass"]),
            );
            None
        }
    }
}
