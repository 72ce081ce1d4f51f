//! Conditions on a field.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::super::grammar::{Case, Condition, Field, Relation, SchemaTest, Test};
use super::super::nearest;
use super::cursor::{Keys, Node, Reader};

pub(in crate::script) const CONDITIONS: Keys = Keys {
    of: "a condition",
    known: &["eq", "ne", "re", "in", "gt", "ge", "lt", "le", "exists", "contains", "len", "schema", "icase"],
    later: &[],
};

/// The most a compiled pattern may weigh, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// Reads what must hold of a field: a value it equals, a map of conditions, or, below `body`, what it holds.
///
/// `body#` is the whole body too, and what is below it are conditions.
pub(super) fn condition<'d>(
    reader: &mut Reader<'d>,
    key: &str,
    field: &Field,
    node: &Node<'d>,
) -> Option<Condition> {
    match node.value {
        Value::Object(_) if key == "body" => Some(Condition::Subset(node.value.clone())),
        Value::Object(object) if object.is_empty() => {
            reader.unexpected(node, "a value or a condition");
            None
        }
        Value::Object(_) => tests(reader, field, node),
        Value::Null if !matches!(field, Field::Body(_) | Field::State(_)) => {
            let message = format!("`{}` is never null", field.label());
            let hint = "to ask that it is absent, write `{exists: false}`".to_owned();
            reader.error("matcher-never-matches", &node.pointer, message, Some(hint));
            None
        }
        value => Some(Condition::Tests { tests: vec![Test::Equal(value.clone())], case: Case::Sensitive }),
    }
}

fn tests<'d>(reader: &mut Reader<'d>, field: &Field, node: &Node<'d>) -> Option<Condition> {
    let object = node.value.as_object()?;
    let names = || CONDITIONS.known.iter().chain(CONDITIONS.later).copied();
    if matches!(field, Field::Body(_)) && !object.keys().any(|key| names().any(|name| name == key)) {
        let message = format!("a map below `{}` holds conditions, and these are none", field.label());
        let hint = "to ask for members of an object, write `body: {…}` from the root down, or `eq`";
        let near = object
            .keys()
            .find_map(|key| Some(format!("did you mean `{}`?", nearest::nearest(key, names())?)));
        reader.error("matcher-unknown", &node.pointer, message, near.or(Some(hint.to_owned())));
        return None;
    }
    let members = reader.members(node, &CONDITIONS)?;
    let mut case = Case::Sensitive;
    let mut is_whole = members.len() == object.len();
    if let Some((_, icase)) = members.iter().find(|(key, _)| *key == "icase") {
        match reader.boolean(icase) {
            Some(true) => case = Case::Ignored,
            Some(false) => {}
            None => is_whole = false,
        }
        if object.len() == 1 {
            reader.error("value-invalid", &node.pointer, "`icase` alone asks for nothing", None);
            return None;
        }
    }
    let read: Vec<Option<Test>> = members
        .iter()
        .filter(|(key, _)| *key != "icase")
        .map(|(key, member)| test(reader, key, member, case))
        .collect();
    let tests: Option<Vec<Test>> = read.into_iter().collect();
    is_whole.then_some(Condition::Tests { tests: tests?, case })
}

fn test<'d>(reader: &mut Reader<'d>, key: &str, node: &Node<'d>, case: Case) -> Option<Test> {
    let value = || node.value.clone();
    Some(match key {
        "eq" => Test::Equal(value()),
        "ne" => Test::Unequal(value()),
        "re" => Test::Pattern(pattern(reader, node, case)?),
        "in" => {
            let items = reader.items(node, "a list of values")?;
            if items.is_empty() {
                let message = "nothing is in an empty list";
                reader.error("matcher-never-matches", &node.pointer, message, None);
                return None;
            }
            Test::OneOf(items.into_iter().map(|item| item.value.clone()).collect())
        }
        "exists" => Test::Exists(reader.boolean(node)?),
        "contains" => Test::Contains(value()),
        "len" => Test::Length(length(reader, node)?),
        "schema" => {
            if !node.value.is_object() && !node.value.is_boolean() {
                reader.unexpected(node, "a schema");
                return None;
            }
            Test::Schema(SchemaTest { source: value(), pointer: node.pointer.clone(), schema: None })
        }
        _ => {
            if !node.value.is_number() && !node.value.is_string() {
                reader.unexpected(node, "a number or a text");
                return None;
            }
            Test::Order(relation(key)?, value())
        }
    })
}

fn relation(key: &str) -> Option<Relation> {
    [
        Relation::Equal,
        Relation::Unequal,
        Relation::Greater,
        Relation::GreaterOrEqual,
        Relation::Less,
        Relation::LessOrEqual,
    ]
    .into_iter()
    .find(|relation| relation.as_str() == key)
}

fn pattern<'d>(reader: &mut Reader<'d>, node: &Node<'d>, case: Case) -> Option<Regex> {
    let source = reader.text(node, "a regular expression")?;
    let built = RegexBuilder::new(source)
        .case_insensitive(case == Case::Ignored)
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .build();
    match built {
        Ok(regex) => Some(regex),
        Err(error) => {
            // The library draws the pattern over several lines; its last one says what is wrong.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("the pattern cannot be used: {reason}");
            let hint = "look-around and back-references are not there: matching takes linear time".to_owned();
            reader.error("value-invalid", &node.pointer, message, Some(hint));
            None
        }
    }
}

/// A length, or a map of what it must be compared with.
fn length<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Vec<(Relation, u64)>> {
    const LENGTH: Keys =
        Keys { of: "a condition on a length", known: &["eq", "ne", "gt", "ge", "lt", "le"], later: &[] };
    if !node.value.is_object() {
        return Some(vec![(Relation::Equal, reader.count(node, 0)?)]);
    }
    let mut relations = Vec::new();
    for (key, member) in reader.members(node, &LENGTH)? {
        relations.push((relation(key)?, reader.count(&member, 0)?));
    }
    if relations.is_empty() {
        reader.unexpected(node, "a length or a map of comparisons");
        return None;
    }
    Some(relations)
}
