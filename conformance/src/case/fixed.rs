//! Values that a user fixed, put into requests.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::{Payload, RequestValues, written_value};
use counterfoil_openapi::{Contract, Direction, Location, Operation, OperationId, Schema};
use serde_json::Value;

use crate::plan::Filter;
use crate::redact::HIDDEN;
use crate::secrets;

/// The most names that are told where one is not known.
const MAX_TOLD: usize = 20;
/// The most members of members that names are told of.
const MAX_DEPTH: usize = 8;

/// A value and what it is for, as a user gives them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    /// `query.limit`, `body.customer.id`, `path.petId@readPet`.
    pub(crate) place: String,
    pub(crate) value: Value,
}

/// The values that every request of an operation has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fixed {
    by_operation: HashMap<OperationId, Vec<Rule>>,
}

#[derive(Debug, Clone)]
struct Rule {
    location: Where,
    value: Value,
    /// Whether it is for some operations only.
    is_scoped: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    Parameter(Location, String),
    /// A member of the body, and of members; of the items, where one is an array.
    Member(Vec<String>),
}

impl Where {
    /// Whether the document marks it as a secret.
    fn is_secret(&self, operation: &Operation) -> bool {
        let names = secrets::names(operation);
        match self {
            Self::Parameter(_, name) => names.contains(name),
            Self::Member(members) => members.iter().any(|name| names.contains(name)),
        }
    }
}

/// What becomes of a member that a body lacks, although what it is a member of is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    Added,
    Left,
}

/// What a place means in an operation: each with the schemas that it may have there.
type Found = (Where, Vec<Schema>);

impl Fixed {
    /// What is given, in the operations that have the place; nothing where none has it. The error says which value the
    /// document refuses.
    pub(crate) fn new(contract: &Contract, given: &[Given]) -> Result<Option<Self>, String> {
        let mut fixed = Self::default();
        for given in given {
            let (found, is_scoped) = find(contract, &given.place);
            for (operation, (location, schemas)) in found {
                let value = fitting(given, operation, &location, &schemas)?;
                let rules = fixed.by_operation.entry(operation.id().clone()).or_default();
                rules.push(Rule { location, value, is_scoped });
            }
        }
        Ok((!fixed.by_operation.is_empty()).then_some(fixed))
    }

    /// Adds what was given later.
    pub(crate) fn extend(&mut self, later: Self) {
        for (operation, rules) in later.by_operation {
            let known = self.by_operation.entry(operation).or_default();
            for rule in rules {
                let is_beaten =
                    |known: &Rule| known.location == rule.location && known.is_scoped && !rule.is_scoped;
                if !known.iter().any(is_beaten) {
                    known.retain(|known| known.location != rule.location);
                    known.push(rule);
                }
            }
        }
    }

    /// That no document has a place, and what there is.
    pub(crate) fn unknown(contracts: &[&Contract], given: &Given) -> String {
        let place = &given.place;
        let mut known: Vec<String> = contracts.iter().flat_map(|contract| known(contract, place)).collect();
        known.sort_unstable();
        known.dedup();
        let documents: Vec<&str> = contracts.iter().map(|contract| contract.document().name()).collect();
        let documents = documents.join(" and ");
        let more = match known.len().saturating_sub(MAX_TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        known.truncate(MAX_TOLD);
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        format!("no operation of {documents} has `{place}`; there is {known}{more}")
    }

    /// Whether what a value is for is marked as a secret.
    pub(crate) fn is_secret(contract: &Contract, given: &Given) -> bool {
        find(contract, &given.place).0.iter().any(|(operation, (location, _))| location.is_secret(operation))
    }

    /// Whether an operation has any.
    pub(super) fn is_any(&self, operation: &Operation) -> bool {
        self.by_operation.contains_key(operation.id())
    }

    /// Whether the value of a header is fixed.
    pub(super) fn has_header(&self, operation: &Operation, header: &str) -> bool {
        let rules = self.by_operation.get(operation.id()).into_iter().flatten();
        rules.into_iter().any(|rule| {
            matches!(&rule.location, Where::Parameter(Location::Header, name) if name.eq_ignore_ascii_case(header))
        })
    }

    /// A request's values with the fixed ones in their places. A body that is not there stays away.
    pub(super) fn applied(
        &self,
        operation: &Operation,
        values: &RequestValues,
        lacking: Lacking,
    ) -> RequestValues {
        let mut values = values.clone();
        for rule in self.by_operation.get(operation.id()).into_iter().flatten() {
            match &rule.location {
                Where::Parameter(location, name) => {
                    let map = match location {
                        Location::Path => &mut values.path,
                        Location::Query | Location::QueryString => &mut values.query,
                        Location::Header => &mut values.header,
                        _ => &mut values.cookie,
                    };
                    map.insert(name.clone(), rule.value.clone());
                }
                Where::Member(members) => match values.body.as_mut().map(|body| &mut body.payload) {
                    Some(Payload::Value(body)) => put(body, members, &rule.value, lacking),
                    Some(Payload::Bytes(bytes)) => put_raw(bytes, members, &rule.value, lacking),
                    _ => {}
                },
            }
        }
        values
    }
}

fn put(node: &mut Value, members: &[String], value: &Value, lacking: Lacking) {
    match (node, members) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| put(item, members, value, lacking)),
        (Value::Object(object), [last]) if lacking == Lacking::Added || object.contains_key(last) => {
            object.insert(last.clone(), value.clone());
        }
        (Value::Object(object), [first, rest @ ..]) if !rest.is_empty() => {
            if let Some(member) = object.get_mut(first) {
                put(member, rest, value, lacking);
            }
        }
        _ => {}
    }
}

/// The same in JSON that is sent as it stands, under a media type that is not documented, for one. What is no JSON as a
/// whole stays.
fn put_raw(bytes: &mut Bytes, members: &[String], value: &Value, lacking: Lacking) {
    let Ok(sent) = serde_json::from_slice::<Value>(bytes) else { return };
    let mut changed = sent.clone();
    put(&mut changed, members, value, lacking);
    if changed != sent {
        *bytes = changed.to_string().into();
    }
}

/// Where the operations of a document have a place, and whether it is one of some operations only.
fn find<'c>(contract: &'c Contract, place: &str) -> (Vec<(&'c Arc<Operation>, Found)>, bool) {
    let of = |place: &str, filter: &Filter| -> Vec<(&'c Arc<Operation>, Found)> {
        let operations = contract.operations().iter().filter(|operation| filter.admits(operation));
        operations.filter_map(|operation| Some((operation, within(operation, place)?))).collect()
    };
    let found = of(place, &Filter::default());
    // A name may have an `@` in it.
    if let (true, Some((place, scope))) = (found.is_empty(), place.rsplit_once('@')) {
        return (of(place, &Filter::new(vec![scope.to_owned()], Vec::new())), true);
    }
    (found, false)
}

/// What a place means in an operation.
fn within(operation: &Operation, place: &str) -> Option<Found> {
    let (location, name) = place.split_once('.')?;
    if location == "body" {
        let mut found = bodies(operation).flat_map(|schema| reach(schema, name, 0));
        let (members, first) = found.next()?;
        let others = found.filter(|(other, _)| *other == members).map(|(_, schema)| schema);
        let schemas = std::iter::once(first).chain(others).collect();
        return Some((Where::Member(members.clone()), schemas));
    }
    let is_it = |known: &str, of: Location| match of {
        Location::Header => known.eq_ignore_ascii_case(name),
        _ => known == name,
    };
    let parameter = operation.parameters().iter().find(|parameter| {
        called(parameter.location) == location && is_it(&parameter.name, parameter.location)
    })?;
    let schemas = parameter.value_schema().cloned().into_iter().collect();
    Some((Where::Parameter(parameter.location, parameter.name.clone()), schemas))
}

fn called(location: Location) -> &'static str {
    match location {
        Location::QueryString => "query",
        other => other.as_str(),
    }
}

/// The schemas of an operation's bodies.
fn bodies(operation: &Operation) -> impl Iterator<Item = &Schema> {
    let content = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    content.filter_map(|media| media.schema.as_ref())
}

/// The members that a name with dots in it means: each of them may have dots of its own.
fn reach(schema: &Schema, name: &str, depth: usize) -> Vec<(Vec<String>, Schema)> {
    let mut found = Vec::new();
    if depth > MAX_DEPTH {
        return found;
    }
    for (member, of) in schema.members() {
        if member == name {
            found.push((vec![member], of));
        } else if let Some(rest) = name.strip_prefix(&member).and_then(|rest| rest.strip_prefix('.')) {
            let deeper = reach(&of, rest, depth + 1).into_iter();
            found
                .extend(deeper.map(|(rest, of)| (std::iter::once(member.clone()).chain(rest).collect(), of)));
        }
    }
    found
}

/// The places that a document has which are nearest to one that it lacks: of the same location, of the same member.
fn known(contract: &Contract, place: &str) -> Vec<String> {
    let (place, scope) = match place.rsplit_once('@') {
        Some((place, scope)) => (place, Filter::new(vec![scope.to_owned()], Vec::new())),
        None => (place, Filter::default()),
    };
    let location = place.split('.').next().unwrap_or_default();
    let operations = || contract.operations().iter();
    let is_scoped = |operation: &&Arc<Operation>| scope.admits(operation);
    if operations().filter(is_scoped).count() == 0 {
        return operations().map(|operation| format!("@{}", operation.id())).collect();
    }
    let told = |operation: &Arc<Operation>| -> Vec<String> {
        let parameters = operation.parameters().iter();
        let parameters =
            parameters.map(|parameter| format!("{}.{}", called(parameter.location), parameter.name));
        let name = place.strip_prefix("body.").unwrap_or_default();
        let members = bodies(operation).flat_map(|schema| siblings(schema, name, "body", 0));
        parameters.chain(members).collect()
    };
    let all: Vec<String> = operations().filter(is_scoped).flat_map(told).collect();
    let near: Vec<String> =
        all.iter().filter(|known| known.split('.').next() == Some(location)).cloned().collect();
    if near.is_empty() { all } else { near }
}

/// The members beside the first one that a name has and a schema has not.
fn siblings(schema: &Schema, name: &str, at: &str, depth: usize) -> Vec<String> {
    let members = schema.members();
    let within = members.iter().filter_map(|(member, of)| {
        Some((member, of, name.strip_prefix(member.as_str())?.strip_prefix('.')?))
    });
    let deeper: Vec<String> = within
        .filter(|_| depth < MAX_DEPTH)
        .flat_map(|(member, of, rest)| siblings(of, rest, &format!("{at}.{member}"), depth + 1))
        .collect();
    match deeper.is_empty() {
        true => members.iter().map(|(member, _)| format!("{at}.{member}")).collect(),
        false => deeper,
    }
}

/// The value that is meant, where the document and the place admit it.
fn fitting(
    given: &Given,
    operation: &Operation,
    location: &Where,
    schemas: &[Schema],
) -> Result<Value, String> {
    let Given { place, value } = given;
    let text = match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    };
    let plain = (!value.is_string()).then(|| value.clone());
    let readings = || plain.iter().cloned().chain(schemas.iter().map(|schema| written_value(schema, &text)));
    let is_valid = |value: &Value| schemas.iter().any(|schema| schema.is_valid(value, Direction::Request));
    let is_secret = location.is_secret(operation);
    let refused = |reason: &str| {
        let operation = operation.id();
        let shown = if is_secret { HIDDEN.to_owned() } else { value.to_string() };
        Err(format!(
            "`{place}` cannot be set to {shown} in {operation}: {reason}; name other operations after `@`"
        ))
    };
    let Some(first) = schemas.first() else { return Ok(value.clone()) };
    let Some(valid) = readings().find(is_valid) else {
        let violation = first.violations(&written_value(first, &text), Direction::Request).into_iter().next();
        return refused(&match violation {
            // What is wrong with it is told by showing it.
            Some(violation) if is_secret => format!("its schema refuses it [{}]", violation.keyword),
            violation => violation.map(|violation| violation.message).unwrap_or_default(),
        });
    };
    let written = valid.as_str().unwrap_or_default();
    match location {
        Where::Parameter(Location::Path, _)
            if valid == "" || matches!(written, "." | "..") || written.contains(['/', '\\']) =>
        {
            refused("no server reads that in a path as it stands")
        }
        Where::Parameter(Location::Header, _) if !written.is_ascii() => {
            refused("servers read other characters than those of ASCII differently in a header")
        }
        _ => Ok(valid),
    }
}
