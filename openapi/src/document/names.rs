//! The names that schemas of a tree go by: identifiers and anchors.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Pointer;
use super::address::beside;
use super::walk::{Site, Step, Visitor, pointer, walk};

/// Whether a text may hold a name.
pub(super) fn has_names(text: &str) -> bool {
    ["$id", "$anchor", "$dynamicAnchor", "$self"].iter().any(|name| text.contains(name))
}

/// Schemas by the names of their anchors.
#[derive(Default)]
pub(super) struct Anchors {
    within: HashMap<(Pointer, String), Pointer>,
    /// The first of each name: some write a name of another resource.
    anywhere: HashMap<String, Pointer>,
}

impl Anchors {
    /// The schema of a name, sooner that of the resource it is said in than one of another.
    pub(super) fn find(&self, resource: &Pointer, name: &str) -> Option<&Pointer> {
        self.within.get(&(resource.clone(), name.to_owned())).or_else(|| self.anywhere.get(name))
    }

    fn learn(&mut self, resource: Pointer, name: String, place: Pointer) {
        self.anywhere.entry(name.clone()).or_insert_with(|| place.clone());
        self.within.entry((resource, name)).or_insert(place);
    }
}

/// The anchors of a tree, and its schema resources with their base URIs.
pub(super) fn names(root: &Value) -> (Anchors, Vec<(Pointer, String)>) {
    let mut names = Names { bases: Vec::new(), resources: Vec::new(), anchors: Anchors::default() };
    if let Some(uri) = root.get("$self").and_then(Value::as_str) {
        names.resources.push((Pointer::root(), uri.to_owned()));
        names.bases.push((0, uri.to_owned()));
    }
    walk(root, Vec::new(), &mut names);
    (names.anchors, names.resources)
}

/// Collects identifiers and anchors.
struct Names {
    /// The base URIs on the way to the object looked at, each with the length of the way.
    bases: Vec<(usize, String)>,
    resources: Vec<(Pointer, String)>,
    anchors: Anchors,
}

impl<'v> Visitor<'v> for Names {
    fn reference(&mut self, _site: Site<'_, 'v>) {}

    fn object(&mut self, object: &'v Map<String, Value>, path: &[Step<'v>], resource: usize) {
        while self.bases.last().is_some_and(|(length, _)| *length >= path.len() && *length > 0) {
            self.bases.pop();
        }
        let text = |keyword: &str| object.get(keyword).and_then(Value::as_str);
        let mut anchors = vec![text("$anchor"), text("$dynamicAnchor")];
        if let Some(id) = text("$id") {
            match id.strip_prefix('#') {
                Some(anchor) => anchors.insert(0, Some(anchor)),
                None => {
                    let uri = self.bases.last().map_or_else(|| id.to_owned(), |(_, base)| beside(base, id));
                    let uri = uri.trim_end_matches('#').to_owned();
                    self.resources.push((pointer(path), uri.clone()));
                    self.bases.push((path.len(), uri));
                }
            }
        }
        for anchor in anchors.into_iter().flatten() {
            self.anchors.learn(pointer(&path[..resource]), anchor.to_owned(), pointer(path));
        }
    }
}
