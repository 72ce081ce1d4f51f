//! Which of the forms that a schema leaves is nearest to a value.

use serde_json::{Map, Value};

use crate::generate::grammar::{ArrayForm, Form, FormKind, Grammar, Node, NodeId, ObjectForm};
use crate::schema::Types;

/// The items of an array that are looked at.
const MAX_ITEMS: usize = 4;

/// The forms of a node that are of a container's own kind, nearest first.
pub(super) fn order<'n>(grammar: &Grammar, node: &'n Node, value: &Value) -> Vec<&'n Form> {
    let mut forms: Vec<&Form> = node.forms.iter().filter(|form| is_of_kind(form, value)).collect();
    if forms.len() > 1 {
        forms.sort_by_cached_key(|form| match (&form.kind, value) {
            (FormKind::Object(form), Value::Object(members)) => object(grammar, form, members),
            (FormKind::Array(form), Value::Array(items)) => array(grammar, form, items),
            _ => i64::MAX,
        });
    }
    forms
}

fn is_of_kind(form: &Form, value: &Value) -> bool {
    matches!(
        (&form.kind, value),
        (FormKind::Object(_), Value::Object(_)) | (FormKind::Array(_), Value::Array(_))
    )
}

/// How far an object is from a form: constants tell branches apart, so they count most.
fn object(grammar: &Grammar, form: &ObjectForm, members: &Map<String, Value>) -> i64 {
    let mut distance = 0;
    let mut declared = 0;
    for property in &form.properties {
        match members.get(&property.name) {
            None if property.is_required => distance += 2,
            None => {}
            Some(member) => {
                declared += 1;
                distance += part(grammar, form.property(grammar, property), member);
            }
        }
    }
    let undeclared = members.len() as i64 - declared;
    distance + undeclared * if form.is_open { 1 } else { 3 }
}

fn array(grammar: &Grammar, form: &ArrayForm, items: &[Value]) -> i64 {
    let parts = items.iter().take(MAX_ITEMS).enumerate();
    parts.map(|(index, item)| part(grammar, form.item(grammar, index), item)).sum()
}

/// How far a member is from its node, by type and constants alone.
fn part(grammar: &Grammar, id: NodeId, value: &Value) -> i64 {
    let node = grammar.node(id);
    let mut listed = node.forms.iter().filter_map(|form| match &form.kind {
        FormKind::Values(values) => Some(values),
        _ => None,
    });
    if node.forms.is_empty() {
        return 3;
    }
    if node.forms.iter().all(|form| matches!(form.kind, FormKind::Values(_))) {
        return if listed.any(|values| values.contains(value)) { -1 } else { 6 };
    }
    if node.forms.iter().any(|form| has_type(form, value)) { 0 } else { 1 }
}

fn has_type(form: &Form, value: &Value) -> bool {
    let types = Types::of(value);
    match &form.kind {
        FormKind::Values(values) => values.contains(value),
        FormKind::Null => types == Types::NULL,
        FormKind::Boolean => types == Types::BOOLEAN,
        FormKind::Number { is_whole, .. } => {
            types == Types::INTEGER || (!is_whole && types == Types::FRACTION)
        }
        FormKind::Text(_) => types == Types::STRING,
        FormKind::Array(_) => types == Types::ARRAY,
        FormKind::Object(_) => types == Types::OBJECT,
    }
}
