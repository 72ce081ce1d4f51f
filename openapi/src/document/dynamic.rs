//! `$dynamicRef`, made a plain `$ref` once all references are local.
//!
//! Where a `$dynamicRef` leads hangs on the way that evaluation came: to the schema that the outermost schema resource
//! on that way calls by the name of the anchor (JSON Schema 2020-12 Core, section 8.2.3.2). A schema that is come to on
//! several ways is therefore copied, once for each meaning that the ways give the names, and in each copy every
//! `$dynamicRef` leads to one place. Copies are items of [`COPIES`] at the root.
//!
//! There are [`MAX_COPIES`] copies of [`MAX_NODES`] nodes together at the most. A reference beyond leads to the
//! original, in which the names mean what the resources around it say.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::Pointer;
use super::gather::FILES;
use super::walk::{Site, SiteKind, Step, Visitor, walk};

/// The member of the root that holds the copies.
const COPIES: &str = "x-counterfoil-copies";

/// The most copies made.
const MAX_COPIES: usize = 512;

/// The most nodes of all copies together.
const MAX_NODES: usize = 200_000;

/// What the names of dynamic anchors mean: the outermost resource on the way says.
type Scope = BTreeMap<String, Pointer>;

/// Makes each `$dynamicRef` a `$ref` whose fragment is no name of an anchor: it is one (section 8.2.3.2).
pub(super) fn settle_pointers(root: &mut Value) {
    let mut pointers = Pointers(Vec::new());
    walk(root, Vec::new(), &mut pointers);
    for (owner, text) in pointers.0 {
        if let Some(Value::Object(owner)) = root.pointer_mut(owner.as_str()) {
            owner.shift_remove("$dynamicRef");
            refer(owner, text);
        }
    }
}

struct Pointers(Vec<(Pointer, String)>);

impl<'v> Visitor<'v> for Pointers {
    fn reference(&mut self, site: Site<'_, 'v>) {
        let fragment = site.text.split_once('#').map_or("", |(_, fragment)| fragment);
        if is_dynamic(&site) && (fragment.is_empty() || fragment.starts_with('/')) {
            self.0.push((site.owner(), site.text.to_owned()));
        }
    }
}

/// Makes every `$dynamicRef` of a gathered root a `$ref`.
pub(super) fn settle(root: &mut Value) {
    let survey = Survey::of(root);
    if !survey.sites.values().flatten().any(|site| site.is_dynamic) {
        return;
    }
    let mut settling = Settling {
        root,
        survey: &survey,
        copies: Vec::new(),
        made: HashMap::new(),
        changes: Vec::new(),
        nodes: 0,
    };
    settling.run();
    let Settling { changes, copies, .. } = settling;
    let values: Vec<Value> =
        copies.iter().map(|copy| copy.origin.find(root).cloned().unwrap_or_default()).collect();
    if !values.is_empty()
        && let Value::Object(members) = &mut *root
    {
        members.insert(COPIES.to_owned(), Value::Array(values));
    }
    for Change { owner, target, is_dynamic } in changes {
        let Some(Value::Object(owner)) = root.pointer_mut(owner.as_str()) else { continue };
        let text = format!("#{}", target.as_str().replace('%', "%25"));
        if is_dynamic {
            owner.shift_remove("$dynamicRef");
            refer(owner, text);
        } else {
            owner.insert("$ref".to_owned(), json!(text));
        }
    }
}

/// Adds a reference to a schema that may have one.
fn refer(owner: &mut Map<String, Value>, text: String) {
    if !owner.contains_key("$ref") {
        owner.insert("$ref".to_owned(), json!(text));
    } else if let Value::Array(parts) = owner.entry("allOf").or_insert_with(|| json!([])) {
        parts.push(json!({ "$ref": text }));
    }
}

fn is_dynamic(site: &Site<'_, '_>) -> bool {
    matches!(site.path.last(), Some(Step::Key("$dynamicRef")))
}

/// A reference of a root.
#[derive(Debug)]
struct Reference {
    is_dynamic: bool,
    target: Pointer,
    /// The schema resource it stands in.
    resource: Pointer,
}

/// The references of a root, and what its resources call by names.
#[derive(Debug, Default)]
struct Survey {
    /// References by the object they stand in.
    sites: BTreeMap<String, Vec<Reference>>,
    resources: HashSet<Pointer>,
    /// Dynamic anchors by resource and name.
    anchors: HashMap<Pointer, Scope>,
}

impl Survey {
    fn of(root: &Value) -> Self {
        let mut survey = Self::default();
        let mut visit = |tree: &Value, path: Vec<Step<'_>>| {
            let start = super::walk::pointer(&path);
            survey.resources.insert(start.clone());
            let mut found = Found { start: path.len(), references: Vec::new(), anchors: Vec::new() };
            walk(tree, path, &mut found);
            for (owner, reference) in found.references {
                survey.resources.insert(reference.resource.clone());
                survey.sites.entry(owner).or_default().push(reference);
            }
            for (resource, name, place) in found.anchors {
                survey.resources.insert(resource.clone());
                survey.anchors.entry(resource).or_default().entry(name).or_insert(place);
            }
        };
        visit(root, Vec::new());
        for (index, tree) in root.get(FILES).and_then(Value::as_array).into_iter().flatten().enumerate() {
            visit(tree, vec![Step::Key(FILES), Step::Index(index)]);
        }
        survey
    }

    /// The resources around a place, the outermost first; other files are none of the main document's.
    fn around(&self, place: &Pointer) -> Vec<Pointer> {
        let text = place.as_str();
        let ends = text.match_indices('/').map(|(end, _)| end).chain([text.len()]);
        let prefixes = ends.map(|end| Pointer::from_escaped(&text[..end]));
        let around: Vec<Pointer> = prefixes.filter(|prefix| self.resources.contains(prefix)).collect();
        match around.len() > 1 && text.starts_with(&format!("/{FILES}/")) {
            true => around[1..].to_vec(),
            false => around,
        }
    }

    /// The nearest resource around a place.
    fn resource(&self, place: &Pointer) -> Pointer {
        self.around(place).pop().unwrap_or_else(Pointer::root)
    }

    /// A scope once a resource is entered: names that mean something already keep their meaning.
    fn enter(&self, mut scope: Scope, resource: &Pointer) -> Scope {
        for (name, place) in self.anchors.get(resource).into_iter().flatten() {
            scope.entry(name.clone()).or_insert_with(|| place.clone());
        }
        scope
    }

    /// What names mean at a place to whom comes there through the resources around it.
    fn scope_at(&self, place: &Pointer) -> Scope {
        self.around(place).iter().fold(Scope::new(), |scope, resource| self.enter(scope, resource))
    }
}

struct Found {
    /// How long the way to the tree is.
    start: usize,
    references: Vec<(String, Reference)>,
    anchors: Vec<(Pointer, String, Pointer)>,
}

impl<'v> Visitor<'v> for Found {
    fn reference(&mut self, site: Site<'_, 'v>) {
        if site.kind != SiteKind::Reference {
            return;
        }
        let Ok(target) = super::resolve(site.text) else { return };
        let resource = super::walk::pointer(&site.path[..site.resource.max(self.start)]);
        let reference = Reference { is_dynamic: is_dynamic(&site), target, resource };
        self.references.push((site.owner().as_str().to_owned(), reference));
    }

    fn object(&mut self, object: &'v Map<String, Value>, path: &[Step<'v>], resource: usize) {
        if let Some(name) = object.get("$dynamicAnchor").and_then(Value::as_str) {
            let resource = super::walk::pointer(&path[..resource.max(self.start)]);
            self.anchors.push((resource, name.to_owned(), super::walk::pointer(path)));
        }
    }
}

/// A copy to make.
struct Copy {
    origin: Pointer,
    scope: Scope,
}

/// A reference to change: where it stands once copies are made, and what it leads to.
struct Change {
    owner: Pointer,
    target: Pointer,
    is_dynamic: bool,
}

struct Settling<'s> {
    root: &'s Value,
    survey: &'s Survey,
    copies: Vec<Copy>,
    made: HashMap<(Pointer, Scope), Pointer>,
    changes: Vec<Change>,
    nodes: usize,
}

impl Settling<'_> {
    fn run(&mut self) {
        let survey = self.survey;
        for (owner, references) in &survey.sites {
            for reference in references {
                let scope = survey.scope_at(&reference.resource);
                self.settle(Pointer::from_escaped(owner.as_str()), reference, scope);
            }
        }
        let mut at = 0;
        while let Some(Copy { origin, scope }) = self.copies.get(at) {
            let (origin, scope) = (origin.clone(), scope.clone());
            let inner = format!("{}/", origin.as_str());
            let below =
                survey.sites.range(inner.clone()..).take_while(|(owner, _)| owner.starts_with(&inner));
            let here = survey.sites.get_key_value(origin.as_str());
            for (owner, references) in here.into_iter().chain(below) {
                let place = format!("/{COPIES}/{at}{}", &owner[origin.as_str().len()..]);
                for reference in references {
                    let around = survey.around(&reference.resource);
                    let entered = around.iter().filter(|resource| resource.as_str().starts_with(&inner));
                    let scope = entered.fold(scope.clone(), |scope, resource| survey.enter(scope, resource));
                    self.settle(Pointer::from_escaped(place.as_str()), reference, scope);
                }
            }
            at += 1;
        }
    }

    /// Notes where a reference leads in a scope.
    fn settle(&mut self, owner: Pointer, reference: &Reference, scope: Scope) {
        let Reference { is_dynamic, target, .. } = reference;
        let mut meant = target.clone();
        if *is_dynamic
            && let Some(name) = target.find(self.root).and_then(|value| value.get("$dynamicAnchor")?.as_str())
            && let Some(place) = scope.get(name)
        {
            meant = place.clone();
        }
        let place = self.come_to(meant, scope);
        if *is_dynamic || place != *target {
            self.changes.push(Change { owner, target: place, is_dynamic: *is_dynamic });
        }
    }

    /// The schema at a place as it is to whom comes there in a scope: the place itself, or a copy.
    fn come_to(&mut self, place: Pointer, scope: Scope) -> Pointer {
        let scope = self.survey.enter(scope, &self.survey.resource(&place));
        let Some(value) = place.find(self.root) else { return place };
        if scope == self.survey.scope_at(&place) {
            return place;
        }
        let key = (place, scope);
        if let Some(made) = self.made.get(&key) {
            return made.clone();
        }
        self.nodes += count(value);
        if self.copies.len() >= MAX_COPIES || self.nodes > MAX_NODES {
            return key.0;
        }
        let made = Pointer::root().join(COPIES).index(self.copies.len());
        self.copies.push(Copy { origin: key.0.clone(), scope: key.1.clone() });
        self.made.insert(key, made.clone());
        made
    }
}

/// How many nodes a value has.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Contract, Direction};

    #[test]
    fn a_template_means_what_whoever_uses_it_fills_in() {
        let page = |of: &str| {
            json!({"$id": format!("{of}-page"), "$ref": "page", "$defs": {
                "item": {"$dynamicAnchor": "item", "type": of},
            }})
        };
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "templates", "version": "1"},
            "paths": {},
            "components": {"schemas": {
                "Page": {"$id": "page", "type": "object", "properties": {
                    "items": {"type": "array", "items": {"$dynamicRef": "#item"}},
                    "next": {"$ref": "page"},
                }, "$defs": {"item": {"$dynamicAnchor": "item"}}},
                "Texts": page("string"),
                "Counts": page("integer"),
                "Pages": {"anyOf": [{"$ref": "#/components/schemas/Texts"}, {"$ref": "#/components/schemas/Counts"}]},
            }},
        });
        let contract = Contract::load("templates.json", document.to_string().as_bytes()).expect("a document");
        let rows = [
            ("Page", json!({"items": [1, "a", null]}), true),
            ("Texts", json!({"items": ["a"], "next": {"items": ["b"]}}), true),
            ("Texts", json!({"items": [1]}), false),
            ("Texts", json!({"items": [], "next": {"items": [1]}}), false),
            ("Counts", json!({"items": [1]}), true),
            ("Counts", json!({"items": ["a"]}), false),
            ("Pages", json!({"items": ["a"]}), true),
            ("Pages", json!({"items": [1]}), true),
            ("Pages", json!({"items": [1, "a"]}), false),
        ];
        for (name, value, is_valid) in rows {
            let pointer = crate::Pointer::from_escaped(format!("/components/schemas/{name}"));
            let schema = crate::Schema::new(contract.document(), pointer);
            assert_eq!(schema.is_valid(&value, Direction::Response), is_valid, "{name} {value}");
            assert_eq!(schema.violations(&value, Direction::Response).is_empty(), is_valid, "{name} {value}");
        }
    }
}
