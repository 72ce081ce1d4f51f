//! Filters of lists: parameters that ask for a value which items of the list have.

use counterfoil_openapi::{Direction, ListParameter, Location, Operation, Parameter, Schema, Style, folded};
use serde_json::Value;

use super::cursor;
use super::listing::Query;

/// The names, folded, of parameters that are about the list, or about how its items are shown, whatever these have.
const OTHERWISE: [&str; 34] = [
    "after", "as", "at", "before", "count", "cursor", "expand", "fields", "fieldset", "filter", "format",
    "from", "include", "lang", "language", "limit", "locale", "offset", "on", "order", "page", "q", "query",
    "scope", "search", "since", "size", "skip", "sort", "to", "until", "version", "view", "where",
];
/// Names, folded, of objects whose members are filters.
const OBJECTS: [&str; 3] = ["filter", "filters", "where"];
/// Words in names that say that a parameter adds to a list, or is no equality.
const ADDING: [&str; 14] = [
    "include", "with", "show", "expand", "all", "deleted", "archived", "hidden", "expired", "min", "max",
    "not", "exclude", "except",
];
/// Values that stand for all.
const EVERYTHING: [&str; 5] = ["all", "any", "both", "every", "none"];
/// How many values are asked for at once where several may be.
const MAX_ASKED: usize = 2;
/// The longest text that is asked for.
const MAX_TEXT: usize = 40;

/// A parameter that is called as a property of the items of its list, and so asks for those that have a value of it.
#[derive(Debug, Clone)]
pub(crate) struct Filter<'o> {
    pub(crate) parameter: &'o Parameter,
    /// The member of the parameter's value that it is, where that is an object.
    member: Option<String>,
    /// What the items call it.
    property: String,
    /// Whether several values may be asked for at once.
    is_many: bool,
}

/// The filters of a list, by their names and schemas; which of them there is a property for the items say.
pub(crate) fn filters(operation: &Operation) -> Vec<Filter<'_>> {
    let is_free = |parameter: &&Parameter| {
        parameter.location == Location::Query
            && !parameter.required
            && cursor::parameter(operation).is_none_or(|cursor| cursor.name != parameter.name)
    };
    let mut found = Vec::new();
    for parameter in operation.parameters().iter().filter(is_free) {
        let Some(schema) = parameter.value_schema() else { continue };
        let own = |member: Option<String>, property: &str, is_many| {
            let property = property.to_owned();
            Filter { parameter, member, property, is_many }
        };
        let inner = parameter.name.split_once('[').and_then(|(outer, rest)| {
            let inner = rest.strip_suffix(']')?;
            OBJECTS.contains(&folded(outer).as_str()).then_some(inner)
        });
        let root = schema.bundle(Direction::Request);
        let kind = |schema: &Value| schema.get("type").and_then(Value::as_str).map(str::to_owned);
        let resolved = schema.resolved();
        let is_many = kind(resolved).or_else(|| kind(root)).as_deref() == Some("array");
        if parameter.style == Style::DeepObject {
            let members = resolved.get("properties").and_then(Value::as_object);
            let is_filter = OBJECTS.contains(&folded(&parameter.name).as_str());
            let names = members.into_iter().flatten().map(|(name, _)| name).filter(|_| is_filter);
            found.extend(
                names.filter(|name| is_equality(name)).map(|name| own(Some(name.clone()), name, false)),
            );
            continue;
        }
        let property = inner.unwrap_or(&parameter.name);
        let is_own = match parameter.of_list() {
            Some(ListParameter::Only(_)) => true,
            Some(_) => false,
            None => is_equality(property) && kind(resolved).as_deref() != Some("boolean"),
        };
        if is_own {
            found.push(own(None, property, is_many));
        }
    }
    found
}

/// Whether what is called so may ask for a value that items have.
fn is_equality(name: &str) -> bool {
    let name = folded(name);
    !OTHERWISE.contains(&name.as_str()) && !ADDING.iter().any(|word| name.contains(word))
}

impl Filter<'_> {
    /// How it is called in a request.
    pub(crate) fn name(&self) -> String {
        match &self.member {
            Some(member) => format!("{}[{member}]", self.parameter.name),
            None => self.parameter.name.clone(),
        }
    }

    /// Whether the document lists what may be asked for. Of any other text a part may be looked for, or what is below it.
    pub(crate) fn is_enumerated(&self) -> bool {
        let is_listed = |schema: &Schema| {
            let resolved = schema.resolved();
            let items = resolved.get("items").into_iter();
            std::iter::once(resolved).chain(items).any(|schema| schema.get("enum").is_some())
        };
        let Some(schema) = self.parameter.value_schema() else { return false };
        match &self.member {
            Some(member) => {
                let members = schema.members();
                members.iter().any(|(known, _)| known == member)
                    && members
                        .iter()
                        .filter(|(known, _)| known == member)
                        .all(|(_, schema)| is_listed(schema))
            }
            None => is_listed(schema),
        }
    }

    /// Whether it can be nothing but an equality: a member of a filter, or one of several.
    pub(crate) fn is_plain(&self, item: &Value) -> bool {
        self.member.is_some() || self.parameter.name.contains('[') || item.get(&self.property).is_none()
    }

    /// What an item has of it: the values of the property that is called so, or as more of it. Nothing where it has
    /// no such property, or none of plain values.
    pub(crate) fn values<'i>(&self, item: &'i Value) -> Option<Vec<&'i Value>> {
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let several = |value: &'i Value| {
            let all = value.as_array()?;
            all.iter().all(is_plain).then(|| all.iter().collect::<Vec<_>>())
        };
        match item.get(&self.property) {
            Some(value) if is_plain(value) => Some(vec![value]),
            Some(value) => several(value),
            None => several(item.get(format!("{}s", self.property))?),
        }
    }

    /// The values that a value of its parameter asks for, where it does.
    pub(crate) fn asked<'v>(&self, value: &'v Value) -> Option<Vec<&'v Value>> {
        let value = match &self.member {
            Some(member) => value.as_object().filter(|members| members.len() == 1)?.get(member)?,
            None => value,
        };
        Some(match value {
            Value::Array(several) => several.iter().collect(),
            one => vec![one],
        })
    }

    /// What asks for values that the fewest of some items have.
    fn ask(&self, items: &[Value]) -> Option<Value> {
        let mut counts: Vec<(&Value, usize)> = Vec::new();
        let is_single = |item: &Value| item.get(&self.property).is_some_and(|value| !value.is_array());
        for value in items.iter().filter_map(|item| self.values(item)).flatten() {
            match counts.iter_mut().find(|(known, _)| *known == value) {
                Some((_, count)) => *count += 1,
                None => counts.push((value, 1)),
            }
        }
        counts.retain(|(value, _)| is_askable(value));
        counts.sort_by_key(|(_, count)| *count);
        let schema = self.parameter.value_schema()?;
        let valid = |value: Value| schema.is_valid(&value, Direction::Request).then_some(value);
        let mut values = counts.iter().map(|(value, _)| (*value).clone());
        if let Some(member) = &self.member {
            return values
                .find_map(|value| valid(Value::Object([(member.clone(), value)].into_iter().collect())));
        }
        if !self.is_many {
            return values.find_map(valid);
        }
        // Of what has several itself, all may have to be there.
        let most = if items.iter().all(is_single) { MAX_ASKED } else { 1 };
        let singles: Vec<Value> =
            values.filter(|value| valid(Value::Array(vec![value.clone()])).is_some()).take(most).collect();
        let one = singles.first().cloned()?;
        valid(Value::Array(singles)).or_else(|| valid(Value::Array(vec![one])))
    }
}

/// Whether a value can be asked for without a doubt as to what is meant: what is false may be all, and a text with
/// spaces or signs several words.
fn is_askable(value: &Value) -> bool {
    match value {
        Value::Bool(is_it) => *is_it,
        Value::Number(number) => number.as_i64().is_some_and(|number| number > 0),
        Value::String(text) => {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            let is_time = text.len() >= 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
            let is_all = EVERYTHING.contains(&text.to_ascii_lowercase().as_str());
            !text.is_empty() && text.len() <= MAX_TEXT && text.chars().all(is_word) && !is_time && !is_all
        }
        _ => false,
    }
}

/// A query that asks by one filter for what some of the items of a list have, another one for each number.
pub(crate) fn query(operation: &Operation, items: &[Value], number: usize) -> Option<Query> {
    let filters = filters(operation);
    let asked = |filter: &Filter<'_>| Some((filter.parameter.name.clone(), filter.ask(items)?));
    let queries: Vec<(String, Value)> = filters.iter().filter_map(asked).collect();
    let query = queries.get(number.checked_rem(queries.len())?)?;
    Some(vec![query.clone()])
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_items_have_is_asked_for() {
        let document = |name: &str, more: &str, schema: &str| {
            format!(
                "openapi: 3.0.3\npaths: {{/pets: {{get: {{parameters: [{{name: '{name}', in: query, {more}schema: {schema}}}], responses: {{}}}}}}}}\n"
            )
        };
        let kinds = "{type: array, items: {type: string, enum: [cat, dog, cow]}}";
        let one = "{type: array, maxItems: 1, items: {type: string}}";
        let deep = "style: deepObject, ";
        let object = "{type: object, properties: {ownerId: {type: integer}, min: {type: integer}}}";
        let items = json!([
            {"kind": "cat", "age": 3, "tame": true, "tags": ["a"], "ownerId": 7, "born": "2020-01-01", "limit": 1},
            {"kind": "dog", "age": 3, "tame": true, "tags": ["a", "b"], "ownerId": 7, "born": "2020-01-01"},
            {"kind": "cat", "age": 0, "tame": false, "tags": [], "ownerId": 7, "name": "what a name"},
        ]);
        let table = [
            ("kind", "", "{type: string, enum: [cat, dog]}", json!("dog")),
            ("kind", "", "{type: string, enum: [cat]}", json!("cat")),
            ("kind", "", "{type: string, enum: [cow]}", json!(null)),
            ("kind", "", kinds, json!(["dog", "cat"])),
            ("kind", "", one, json!(["dog"])),
            ("age", "", "{type: integer}", json!(3)),
            ("tame", "", "{type: boolean}", json!(true)),
            ("tag", "", "{type: string}", json!("b")),
            ("tags", "", kinds, json!(null)),
            ("tags", "", "{type: array, items: {type: string}}", json!(["b"])),
            ("born", "", "{type: string, format: date}", json!(null)),
            ("name", "", "{type: string}", json!(null)),
            ("limit", "", "{type: integer}", json!(null)),
            ("colour", "", "{type: string}", json!(null)),
            ("filter", deep, object, json!({"ownerId": 7})),
            ("options", deep, object, json!(null)),
            ("filter[kind]", "", "{type: string}", json!("dog")),
            ("options[kind]", "", "{type: string}", json!(null)),
        ];
        for (name, more, schema, expected) in table {
            let contract = Contract::load("pets.yaml", document(name, more, schema).as_bytes()).unwrap();
            let query = query(&contract.operations()[0], items.as_array().unwrap(), 4);
            let asked = query.map(|query| query[0].1.clone());
            assert_eq!(asked.unwrap_or_default(), expected, "{name} {schema}");
        }
    }
}
