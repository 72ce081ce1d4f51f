//! Every object of a document, each found once, with the kind that its place gives it.

use std::collections::HashMap;

use serde_json::Value;

use super::anatomy::{Holds, Kind};
use crate::document::{Document, Place, Version, resolve};

/// An object of the document: what it is and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Site<'d> {
    pub(super) kind: Kind,
    pub(super) place: Place<'d>,
}

/// A reference, and the kind of object that is wanted where it stands.
#[derive(Debug, Clone)]
pub(super) struct Reference<'d> {
    pub(super) wanted: Kind,
    /// The object that holds the `$ref`.
    pub(super) holder: Place<'d>,
    pub(super) text: &'d str,
}

/// What a walk over a document finds.
#[derive(Debug)]
pub(super) struct Walk<'d> {
    document: &'d Document,
    pub(super) sites: Vec<Site<'d>>,
    pub(super) references: Vec<Reference<'d>>,
    /// Kinds by the address of a value: no value stands in two places.
    kinds: HashMap<*const Value, Kind>,
}

impl<'d> Walk<'d> {
    /// Walks a document from its root, then over what only references lead to.
    pub(super) fn over(document: &'d Document) -> Self {
        let mut walk = Self { document, sites: Vec::new(), references: Vec::new(), kinds: HashMap::new() };
        walk.object(Kind::Root, Place::root(document));
        let mut next = 0;
        while let Some(reference) = walk.references.get(next) {
            let wanted = reference.wanted;
            let target = resolve(reference.text).ok().and_then(|pointer| {
                let value = pointer.find(document.root())?;
                Some(Place { pointer, value })
            });
            if let Some(target) = target
                && walk.kind_of(target.value).is_none()
            {
                walk.object(wanted, target);
            }
            next += 1;
        }
        walk
    }

    /// The kind of object that a value is; nothing where it is none.
    pub(super) fn kind_of(&self, value: &Value) -> Option<Kind> {
        self.kinds.get(&std::ptr::from_ref(value)).copied()
    }

    fn object(&mut self, kind: Kind, place: Place<'d>) {
        self.kinds.insert(std::ptr::from_ref(place.value), kind);
        let Some(members) = place.value.as_object() else { return };
        let reference = members.get("$ref").and_then(Value::as_str);
        if let Some(text) = reference {
            self.references.push(Reference { wanted: kind, holder: place.clone(), text });
        }
        let version = self.document.version();
        // A property may be called `$ref`, and before 3.1 a reference hides what stands beside it.
        if reference.is_none() || kind == Kind::PathItem || (kind == Kind::Schema && version >= Version::V3_1)
        {
            for (name, member) in place.members() {
                let holds =
                    match kind.members().iter().find(|known| known.name == name && known.is_in(version)) {
                        Some(known) => known.holds,
                        // What another edition has here is walked over as well: it is served all the same.
                        None => match kind.members().iter().find(|known| known.name == name) {
                            Some(known) => known.holds,
                            None if name.starts_with("x-") => continue,
                            None => kind.others().unwrap_or(Holds::Any),
                        },
                    };
                self.member(holds, member);
            }
        }
        self.sites.push(Site { kind, place });
    }

    fn member(&mut self, holds: Holds, place: Place<'d>) {
        match holds {
            Holds::Any | Holds::Text | Holds::Flag | Holds::Number | Holds::Texts => {}
            Holds::One(kind) => self.object(kind, place),
            Holds::OneOrList(kind) if !place.value.is_array() => self.object(kind, place),
            Holds::List(kind) | Holds::OneOrList(kind) => {
                self.kinds.insert(std::ptr::from_ref(place.value), Kind::Container);
                place.items().for_each(|item| self.object(kind, item));
            }
            Holds::Map(kind) => {
                // Some documents refer to a whole map, which the specification has no place for.
                if place.text("$ref").is_some() && kind != Kind::Schema {
                    return;
                }
                self.kinds.insert(std::ptr::from_ref(place.value), Kind::Container);
                place.members().for_each(|(_, member)| self.object(kind, member));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::NoFiles;

    #[test]
    fn what_only_a_reference_leads_to_is_walked_over_as_what_is_wanted_there() {
        let text = r##"
openapi: 3.0.3
paths:
  /a: {get: {responses: {'200': {$ref: '#/x-shared/ok'}}}}
  /b: {get: {responses: {'200': {$ref: '#/x-shared/ok'}}}}
x-shared: {ok: {description: '', content: {text/plain: {schema: {type: string}}}}}
components: {schemas: {A: {properties: {$ref: {type: string}}}}}
"##;
        let (document, _) = Document::read("a.yaml", text.as_bytes(), &NoFiles).expect("a document");
        let walk = Walk::over(&document);
        let count = |kind| walk.sites.iter().filter(|site| site.kind == kind).count();
        assert_eq!((count(Kind::Response), count(Kind::MediaType), count(Kind::Operation)), (3, 1, 2));
        assert_eq!(count(Kind::Schema), 3);
        assert_eq!(walk.references.len(), 2);
    }
}
