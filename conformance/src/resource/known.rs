//! What is known of the resources that one operation speaks of, and requests made about them.

use std::collections::HashMap;
use std::sync::Arc;

use counterfoil_openapi::Operation;
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use http::Method;
use serde_json::Value;

use super::handed::Given;
use super::links::Links;
use super::naming;
use super::pool::{Binding, Maker, Pool};
use crate::feedback::Lessons;

/// The first resources of a kind are left for other operations to read: what removes takes from the rest.
const RESERVED: usize = 2;
/// The deepest member of a body that is looked at for references.
const MAX_DEPTH: usize = 4;

/// What is known when an operation's turn comes. It stays as it is until its turn is over, so that no request depends
/// on when a reply came.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The names of the path's variables that each binding has values for.
    variables: Vec<String>,
    bindings: Vec<Binding>,
    /// How many of the first ones are not to be spoken of.
    reserved: usize,
    /// Values of other resources, by their nouns.
    nouns: HashMap<String, Vec<Value>>,
    /// What links have handed on to the operation.
    handed: Vec<Given>,
    /// What refusals taught, and requests that have what they lacked: one that was accepted comes first.
    lessons: Lessons,
    donors: Vec<RequestValues>,
}

/// A request about known resources.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) values: RequestValues,
    /// The resource of its path, where that is one of those known.
    pub(crate) subject: Option<Subject>,
}

/// The resource that a request's path names, known to exist when the request was made.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The variables of the path that name it, and their values.
    pub(crate) path: Vec<(String, Value)>,
    /// How it was made, where the suite made it.
    pub(crate) maker: Option<Arc<Maker>>,
}

impl Subject {
    /// Puts the resource into the path of a request.
    pub(crate) fn name_in(&self, values: &mut RequestValues) {
        for (name, value) in &self.path {
            values.path.insert(name.clone(), value.clone());
        }
    }

    /// Puts the resource into the path of a request, and into its body where that names it.
    pub(crate) fn put_into(&self, values: &mut RequestValues) {
        self.name_in(values);
        self.name_in_body(values, &|_, _| true);
    }

    /// Puts the resource into members of the body that are called as the variables of its path: what is sent to one
    /// resource is not to say that it is another. Only where `is_to_change` says so of the member.
    fn name_in_body(&self, values: &mut RequestValues, is_to_change: &dyn Fn(&str, &Value) -> bool) {
        let Some(Payload::Value(Value::Object(body))) = values.body.as_mut().map(|body| &mut body.payload)
        else {
            return;
        };
        for (name, value) in &self.path {
            let member = body.get_mut(name).filter(|member| {
                let is_same_type =
                    member.is_string() == value.is_string() && member.is_number() == value.is_number();
                is_same_type && is_to_change(name, member)
            });
            if let Some(member) = member {
                member.clone_from(value);
            }
        }
    }

    /// Whether the path of a request still names it.
    pub(crate) fn is_named_in(&self, values: &RequestValues) -> bool {
        self.path.iter().all(|(name, value)| values.path.get(name) == Some(value))
    }
}

impl Known {
    /// What a pool knows for the operation at a place in the plan.
    pub(crate) fn new(links: &Links, pool: &Pool, index: usize, operation: &Operation) -> Self {
        let Some(own) = links.operations.get(index) else { return Self::default() };
        let mut nouns = HashMap::new();
        for (noun, resources) in links.nouns() {
            let values = resources.iter().flat_map(|resource| pool.of(*resource));
            let values: Vec<Value> =
                values.filter_map(|binding| binding.values.last().cloned()).take(8).collect();
            if !values.is_empty() {
                nouns.insert(noun.to_owned(), values);
            }
        }
        let innermost = own.along.iter().rev().find(|resource| !pool.of(**resource).is_empty());
        let lessons = Lessons::default();
        let handed = pool.handed_to(index).map(|given| given.fitting(operation)).collect();
        let Some(resource) = innermost else { return Self { nouns, handed, ..Self::default() } };
        let bindings = pool.of(*resource).to_vec();
        let removes = *operation.method() == Method::DELETE && own.item == Some(*resource);
        let reserved = if removes { bindings.len().min(RESERVED) } else { 0 };
        let count = links.resources[*resource].variables;
        let variables = operation.path().variables().take(count).map(str::to_owned).collect();
        Self { variables, bindings, reserved, nouns, handed, lessons, donors: Vec::new() }
    }

    /// The same with every known resource, for requests that are meant to be refused.
    #[must_use]
    pub(crate) fn unreserved(mut self) -> Self {
        self.reserved = 0;
        self
    }

    /// The same with what refusals taught of the operation.
    #[must_use]
    pub(crate) fn taught(mut self, lessons: &Lessons, donors: impl FnOnce() -> Vec<RequestValues>) -> Self {
        if !lessons.is_empty() {
            self.lessons = lessons.clone();
            self.donors = donors();
        }
        self
    }

    /// Values changed by what refusals taught; nothing where that changes nothing.
    pub(crate) fn heed(&self, values: &RequestValues, choice: u64) -> Option<RequestValues> {
        let donors: Vec<&RequestValues> = self.donors.iter().collect();
        self.lessons.heed(values, &donors, choice)
    }

    /// Values changed to be about known resources, which ones a number decides; nothing where none is known.
    pub(crate) fn about(&self, values: &RequestValues, choice: u64) -> Option<About> {
        if self.bindings.len() <= self.reserved && self.nouns.is_empty() && self.handed.is_empty() {
            return None;
        }
        let named = self.on_path(values, choice);
        let mut has_changed = named.is_some();
        let mut changed = named.unwrap_or_else(|| About { values: values.clone(), subject: None });
        if let Some(subject) = &changed.subject {
            subject.name_in_body(&mut changed.values, &|_, _| true);
        }
        let mut refer = |name: &str, value: &mut Value| {
            let noun = naming::referred(name)?;
            let known = chosen(self.nouns.get(&noun)?, choice)?;
            let mut put = |value: &mut Value| {
                let is_same_type =
                    value.is_string() == known.is_string() && value.is_number() == known.is_number();
                if is_same_type && value != known {
                    known.clone_into(value);
                    has_changed = true;
                }
            };
            match value {
                Value::Array(items) => items.iter_mut().take(1).for_each(&mut put),
                other => put(other),
            }
            Some(())
        };
        for map in [&mut changed.values.query, &mut changed.values.header] {
            for (name, value) in map.iter_mut() {
                refer(name, value);
            }
        }
        if let Some(BodyValue { payload: Payload::Value(body), .. }) = &mut changed.values.body {
            walk(body, 0, &mut |name, value| {
                refer(name, value);
            });
        }
        // What the document says goes before what names suggest.
        if let Some(given) = chosen(&self.handed, choice) {
            has_changed |= given.put_into(&mut changed.values);
        }
        has_changed.then_some(changed)
    }

    /// Values changed to name a known resource in their path, which one a number decides.
    pub(crate) fn on_path(&self, values: &RequestValues, choice: u64) -> Option<About> {
        let binding = chosen(&self.bindings[self.reserved..], choice)?;
        let path = self.variables.iter().cloned().zip(binding.values.iter().cloned()).collect();
        let subject = Subject { path, maker: binding.maker.clone() };
        let mut named = values.clone();
        subject.name_in(&mut named);
        subject.name_in_body(&mut named, &|name, member| values.path.get(name) == Some(member));
        Some(About { values: named, subject: Some(subject) })
    }
}

fn chosen<T>(list: &[T], choice: u64) -> Option<&T> {
    let at = choice % u64::try_from(list.len()).ok().filter(|length| *length > 0)?;
    list.get(usize::try_from(at).ok()?)
}

fn walk(value: &mut Value, depth: usize, refer: &mut dyn FnMut(&str, &mut Value)) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                refer(name, member);
                walk(member, depth + 1, refer);
            }
        }
        Value::Array(items) => items.iter_mut().take(8).for_each(|item| walk(item, depth + 1, refer)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_queries_and_bodies_speak_of_what_is_there() {
        let document = "openapi: 3.0.3\npaths:\n  /owners/{id}: {get: {responses: {}}}\n  /pets/{id}: {put: {responses: {}}, delete: {responses: {}}}\n";
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        let operations = || contract.operations().iter().map(AsRef::as_ref);
        let links = Links::new(operations());
        let mut pool = Pool::new(&links);
        let known =
            |pool: &Pool, index: usize| Known::new(&links, pool, index, operations().nth(index).unwrap());
        let mut values = RequestValues::default();
        values.path.insert("id".to_owned(), json!(-1));
        values.query.insert("ownerId".to_owned(), json!("-1"));
        let payload = Payload::Value(json!({"owner": {"owner_ids": ["a", "b"]}, "ownerId": 4, "id": 4}));
        values.body = Some(BodyValue { media_type: "application/json".to_owned(), payload });
        assert!(known(&pool, 1).about(&values, 0).is_none());
        pool.add(0, &[json!("ada")], None);
        pool.add(1, &[json!(7)], None);
        pool.add(1, &[json!(8)], None);
        let about = known(&pool, 1).about(&values, 3).unwrap().values;
        assert_eq!((&about.path["id"], &about.query["ownerId"]), (&json!(8), &json!("ada")));
        let body = about.body.unwrap().payload.as_value().cloned().unwrap();
        // A number is no reference to what is named by a text; and what the path names, the body names as well.
        assert_eq!(body, json!({"owner": {"owner_ids": ["ada", "b"]}, "ownerId": 4, "id": 8}));
        let named = known(&pool, 1).about(&values, 3).unwrap().values;
        let other = known(&pool, 1).on_path(&named, 2).unwrap().values;
        assert_eq!(other.path["id"], json!(7));
        assert_eq!(other.body.unwrap().payload.as_value().unwrap()["id"], json!(7));
        // What removes leaves the first ones alone.
        let about = known(&pool, 2).about(&values, 3).unwrap().values;
        assert_eq!(about.path["id"], json!(-1));
        let about = known(&pool, 2).unreserved().about(&values, 3).unwrap().values;
        assert_eq!(about.path["id"], json!(8));
    }

    #[test]
    fn what_is_put_into_a_request_is_named_in_its_path_and_body_alike() {
        let mut values = RequestValues::default();
        values.path.insert("slug".to_owned(), json!("old"));
        let payload = Payload::Value(json!({"slug": "older", "title": "old", "in": {"slug": "x"}}));
        values.body = Some(BodyValue { media_type: "application/json".to_owned(), payload });
        let subject = Subject { path: vec![("slug".to_owned(), json!("new"))], maker: None };
        subject.put_into(&mut values);
        assert_eq!(values.path["slug"], json!("new"));
        let body = values.body.unwrap().payload.as_value().cloned().unwrap();
        assert_eq!(body, json!({"slug": "new", "title": "old", "in": {"slug": "x"}}));
    }
}
