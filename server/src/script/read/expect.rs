//! `expect`: what must have been called in the end.

use std::time::Duration;

use super::super::grammar::{CallRange, Clause, Expect, ExpectedCalls, Field, Named, Validity, When};
use super::cursor::{Keys, Node, Reader};
use super::{duration, when};

/// What may be said of the calls of an operation.
pub(in crate::script) const COUNTS: Keys =
    Keys { of: "an expectation", known: &["count", "min", "max", "where", "status"], later: &[] };

/// The same where the operation is named beside it.
pub(in crate::script) const STEP: Keys = Keys {
    of: "what is verified",
    known: &["op", "count", "min", "max", "where", "status", "within"],
    later: &[],
};

/// The longest that is waited for calls.
pub(in crate::script) const MAX_WITHIN: Duration = Duration::from_secs(60);

/// Reads what is expected of each operation.
pub(super) fn expect<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Expect> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, "a map from operations to how often they are called");
        return Vec::new();
    };
    let mut all = Vec::with_capacity(object.len());
    for (name, value) in object {
        let member = Node { value, pointer: node.pointer.join(name) };
        let operation = Named { name: name.clone(), pointer: member.pointer.clone() };
        let counts = match member.items() {
            Some(items) => items.iter().filter_map(|item| calls(reader, item)).collect(),
            None => calls(reader, &member).into_iter().collect(),
        };
        all.push(Expect { operation, counts });
    }
    all
}

/// A count, or a map of what is asked of calls.
fn calls<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<ExpectedCalls> {
    if node.value.is_number() {
        let count = reader.count(node, 0)?;
        let range = CallRange { min: count, max: Some(count) };
        return Some(ExpectedCalls { pointer: node.pointer.clone(), range, status: None, when: None });
    }
    if !node.value.is_object() {
        reader.unexpected(node, "a count, or a map with count, min, max, where or status");
        return None;
    }
    let members = reader.members(node, &COUNTS)?;
    of_members(reader, node, members)
}

/// Reads what is to be verified: a map with the operation, or a list of such maps, each with how long it is waited
/// for.
pub(in crate::script) fn steps<'d>(
    reader: &mut Reader<'d>,
    node: &Node<'d>,
) -> Vec<(Named, ExpectedCalls, Duration)> {
    let Some(items) = node.items() else { return step(reader, node, false).into_iter().collect() };
    if items.is_empty() {
        reader.error("sequence-empty", &node.pointer, "an empty list verifies nothing", None);
    }
    items.iter().filter_map(|item| step(reader, item, true)).collect()
}

fn step<'d>(
    reader: &mut Reader<'d>,
    node: &Node<'d>,
    is_in_order: bool,
) -> Option<(Named, ExpectedCalls, Duration)> {
    let (mut operation, mut within, mut is_whole) = (None, Duration::ZERO, true);
    let mut others = Vec::new();
    for (key, member) in reader.members(node, &STEP)? {
        match key {
            "op" => {
                let name = reader.text(&member, "an operationId, or `METHOD /path/{template}`");
                is_whole &= name.is_some();
                operation = name.map(|name| Named { name: name.to_owned(), pointer: member.pointer });
            }
            "within" => match duration::within(reader, &member, MAX_WITHIN) {
                Some(read) => within = read,
                None => is_whole = false,
            },
            "min" | "max" if is_in_order => {
                let message = format!("`{key}` says nothing of calls in order");
                let hint = "say `count`: so many of them are next".to_owned();
                reader.error("value-invalid", &member.pointer, message, Some(hint));
                is_whole = false;
            }
            _ => others.push((key, member)),
        }
    }
    if operation.is_none() && is_whole {
        let message = "nothing says which operation is meant";
        reader.error("value-invalid", &node.pointer, message, Some("say `op`".to_owned()));
    }
    let calls = of_members(reader, node, others)?;
    if is_in_order && calls.range.max == Some(0) {
        let message = "no call cannot be next";
        reader.error("value-invalid", &node.pointer, message, Some("verify it by itself".to_owned()));
        return None;
    }
    is_whole.then_some((operation?, calls, within))
}

fn of_members<'d>(
    reader: &mut Reader<'d>,
    node: &Node<'d>,
    members: Vec<(&'d str, Node<'d>)>,
) -> Option<ExpectedCalls> {
    let (mut count, mut min, mut max, mut status, mut when) = (None, None, None, None, None);
    let before = reader.error_count();
    for (key, member) in members {
        match key {
            "count" => count = reader.count(&member, 0),
            "min" => min = reader.count(&member, 0),
            "max" => max = reader.count(&member, 0),
            "status" => match member.value.as_u64().and_then(|status| u16::try_from(status).ok()) {
                Some(code) if (100..1_000).contains(&code) => status = Some((code, member.pointer)),
                _ => reader.unexpected(&member, "a status, such as 201"),
            },
            _ => when = condition(reader, &member),
        }
    }
    if count.is_some() && (min.is_some() || max.is_some()) {
        let message = "`count` stands beside `min` or `max`";
        let hint = "`count` is both: keep it, or the other two".to_owned();
        reader.error("key-conflict", &node.pointer, message, Some(hint));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        let message = format!("no count is at least {min} and at most {max}");
        reader.error("expect-contradictory", &node.pointer, message, Some("swap them".to_owned()));
    }
    let range = match (count, min, max) {
        (Some(count), _, _) => CallRange { min: count, max: Some(count) },
        (None, None, None) => CallRange::SOME,
        (None, min, max) => CallRange { min: min.unwrap_or(0), max },
    };
    (reader.error_count() == before).then(|| ExpectedCalls {
        pointer: node.pointer.clone(),
        range,
        status,
        when,
    })
}

/// Which calls count. Unlike a rule it sees those with invalid requests too, since they were made.
fn condition<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<When> {
    let when = when::seeing(reader, node, Validity::Any)?;
    if when.is_counted() {
        let message = "`nth` and `chance` are about requests to come";
        let hint = "say how many calls there must be with count, min or max".to_owned();
        reader.error("matcher-unknown", &node.pointer, message, Some(hint));
    }
    if looks_at_state(&when.clauses) {
        let message = "what is kept was perhaps something else at the time of the call";
        let hint = "ask for it at once: GET /state/{key} of the control API".to_owned();
        reader.error("matcher-unknown", &node.pointer, message, Some(hint));
    }
    Some(when)
}

fn looks_at_state(clauses: &[Clause]) -> bool {
    clauses.iter().any(|clause| match clause {
        Clause::Field(clause) => matches!(clause.field, Field::State(_)),
        Clause::Any(groups) | Clause::All(groups) => groups.iter().any(|group| looks_at_state(group)),
        Clause::Not(group) => looks_at_state(group),
        Clause::MediaType(_) | Clause::Accept(_) | Clause::Valid(_) | Clause::Invalid(_) => false,
    })
}
