//! One schema of the document, lowered and compiled alone.
//!
//! A reference is compiled to a [`Link`], which finds the definition it leads to when a value first gets there. So a
//! document's schemas are compiled once each and only where values reach them, however many places refer to them and
//! however large the graph behind them is; compiling every place with all that it reaches takes minutes and
//! gigabytes on the largest documents.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::Value;

use super::Direction;
use super::depth::{self, MAX_LINKS};
use super::discriminator::{self, Heirs};
use super::lower::{self, Discriminators, LINK};
use super::whole::{Recent, Whole, options};
use crate::document::{Document, Place, Pointer};
use crate::generate::Grammar;

/// The schemas of a document compiled so far.
#[derive(Default)]
pub(crate) struct Definitions {
    alone: Mutex<HashMap<(Pointer, Direction), Arc<Definition>>>,
    pub(super) wholes: Mutex<Recent>,
    /// What values are drawn from, a slot a direction: with discriminators ignored, and followed.
    grammars: [[OnceLock<Arc<Grammar>>; 2]; 2],
    heirs: OnceLock<Heirs>,
    has_discriminators: OnceLock<bool>,
    has_older_drafts: OnceLock<bool>,
    has_secrets: OnceLock<bool>,
}

impl Definitions {
    /// What values of the document's schemas are drawn from, made the first time it is asked for.
    pub(crate) fn grammar(
        &self,
        direction: Direction,
        discriminators: Discriminators,
        make: impl FnOnce() -> Grammar,
    ) -> &Arc<Grammar> {
        let slot = &self.grammars[usize::from(discriminators == Discriminators::Followed)][direction.index()];
        slot.get_or_init(|| Arc::new(make()))
    }

    /// Which schemas extend which, found out the first time it is asked for.
    pub(super) fn heirs(&self, find: impl FnOnce() -> Heirs) -> &Heirs {
        self.heirs.get_or_init(find)
    }

    /// Whether any schema names a draft of JSON Schema that reads references otherwise.
    pub(super) fn has_older_drafts(&self, find: impl FnOnce() -> bool) -> bool {
        *self.has_older_drafts.get_or_init(find)
    }

    /// Whether anything in the document is marked as a secret.
    pub(super) fn has_secrets(&self, find: impl FnOnce() -> bool) -> bool {
        *self.has_secrets.get_or_init(find)
    }

    /// What can be made of discriminators in the document: where there are none, nothing.
    pub(crate) fn discriminators(&self, document: &Document) -> Discriminators {
        match self.has_discriminators.get_or_init(|| discriminator::has_any(document)) {
            true => Discriminators::Followed,
            false => Discriminators::Ignored,
        }
    }
}

impl fmt::Debug for Definitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definitions").finish_non_exhaustive()
    }
}

/// A schema compiled for one direction.
pub(super) struct Definition {
    validator: Result<Validator, String>,
    targets: Vec<Pointer>,
    /// Where it is compiled together with all it refers to: how many references of that lead on, one behind the
    /// other, without a step into the value.
    in_place: usize,
}

impl Definition {
    /// The definition at a pointer of the document, compiled when it was not yet.
    pub(super) fn of(document: &Arc<Document>, pointer: &Pointer, direction: Direction) -> Arc<Self> {
        let key = (pointer.clone(), direction);
        let definitions = || document.definitions().alone.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = definitions().get(&key) {
            return Arc::clone(known);
        }
        // Compiled without the lock; of two that race, the first one stored is everyone's.
        let value = pointer.find(document.root()).unwrap_or(&Value::Bool(true));
        let compiled =
            Arc::new(Self::compile(document, &Place { pointer: pointer.clone(), value }, direction));
        Arc::clone(definitions().entry(key).or_insert(compiled))
    }

    /// Compiles a schema that may stand nowhere in the document.
    pub(super) fn compile(document: &Arc<Document>, place: &Place<'_>, direction: Direction) -> Self {
        let linked = lower::linked(document, &place.pointer, place.value, direction);
        if linked.looks_through {
            let Whole { validator, in_place, .. } = Whole::compile(document, place, direction);
            return Self { validator, targets: Vec::new(), in_place };
        }
        let validator = linked_validator(document, &linked.schema, direction);
        Self { validator, targets: linked.targets, in_place: 0 }
    }

    pub(super) fn is_valid(&self, value: &Value) -> bool {
        let Ok(validator) = &self.validator else { return true };
        match self.in_place {
            0 => validator.is_valid(value),
            // What lies too deep is taken to hold.
            some => depth::within(some, value, || validator.is_valid(value)).unwrap_or(true),
        }
    }

    pub(super) fn defect(&self) -> Option<&str> {
        self.validator.as_ref().err().map(String::as_str)
    }

    /// The pointers of the schemas it refers to.
    pub(super) fn targets(&self) -> &[Pointer] {
        &self.targets
    }
}

/// Compiles a schema that is lowered alone, its references being links into the document.
pub(crate) fn linked_validator(
    document: &Arc<Document>,
    lowered: &Value,
    direction: Direction,
) -> Result<Validator, String> {
    let owner = Arc::downgrade(document);
    let options = options().with_keyword(LINK, move |_, target, _| {
        let target = Pointer::from_escaped(target.as_str().unwrap_or_default());
        let link = Link { document: Weak::clone(&owner), target, direction, found: OnceLock::new() };
        Ok(Box::new(link) as Box<dyn for<'i> Keyword<'i>>)
    });
    options.build(lowered).map_err(|error| error.to_string())
}

/// A reference to another definition.
struct Link {
    document: Weak<Document>,
    target: Pointer,
    direction: Direction,
    found: OnceLock<Weak<Definition>>,
}

thread_local! {
    /// The links being followed on this thread, each with the address of the value it judges. A reference that leads
    /// back to itself without a step into the value adds nothing, so a link met again is taken to hold.
    static FOLLOWED: RefCell<Vec<(*const Link, *const Value)>> = const { RefCell::new(Vec::new()) };
}

/// A link being followed, until it is dropped.
struct Step;

impl Step {
    /// Nothing when this link is being followed for this value already, or as many as may be are.
    fn take(link: &Link, value: &Value) -> Option<Self> {
        let step: (*const Link, *const Value) = (link, value);
        FOLLOWED.with_borrow_mut(|followed| {
            let is_new = followed.len() < MAX_LINKS && !followed.contains(&step);
            is_new.then(|| {
                followed.push(step);
                Self
            })
        })
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        FOLLOWED.with_borrow_mut(Vec::pop);
    }
}

impl Link {
    fn holds(&self, value: &Value) -> bool {
        let Some(definition) = self.definition() else { return true };
        let Some(_step) = Step::take(self, value) else { return true };
        definition.is_valid(value)
    }

    /// The definition it leads to; nothing once the document is gone.
    fn definition(&self) -> Option<Arc<Definition>> {
        if let Some(found) = self.found.get() {
            return found.upgrade();
        }
        let definition = Definition::of(&self.document.upgrade()?, &self.target, self.direction);
        let _ = self.found.set(Arc::downgrade(&definition));
        Some(definition)
    }
}

impl<'i> Keyword<'i> for Link {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.holds(instance) { Ok(()) } else { Err(ValidationError::custom("refused")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.holds(instance)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Contract, Direction, Schema};

    fn schema(version: &str, schemas: &Value) -> Schema {
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Root" } } });
        let document = json!({
            "openapi": version,
            "paths": { "/x": { "get": { "responses": { "200": { "description": "", "content": content } } } } },
            "components": { "schemas": schemas },
        });
        let contract = Contract::load("schemas.json", document.to_string().as_bytes()).expect("a document");
        contract.operations()[0].responses().0[0].content.0[0].schema.clone().expect("a schema")
    }

    fn refused(schema: &Schema, value: &Value) -> Vec<String> {
        let found = schema.violations(value, Direction::Response);
        assert_eq!(found.is_empty(), schema.is_valid(value, Direction::Response), "{value}");
        found
            .iter()
            .map(|found| format!("{} {} {}", found.instance_pointer, found.keyword, found.document_pointer))
            .collect()
    }

    #[test]
    fn a_violation_behind_references_is_told_where_it_stands() {
        let schemas = json!({
            "Root": { "type": "object", "properties": { "pets": { "type": "array", "items": { "$ref": "#/components/schemas/Pet" } } } },
            "Pet": { "required": ["name"], "properties": {
                "name": { "$ref": "#/components/schemas/Name" }, "mother": { "$ref": "#/components/schemas/Pet" },
            } },
            "Name": { "type": "string", "minLength": 2 },
        });
        let schema = schema("3.0.3", &schemas);
        assert_eq!(refused(&schema, &json!({"pets": [{"name": "Rex", "mother": {"name": "Ada"}}]})), [""; 0]);
        assert_eq!(
            refused(
                &schema,
                &json!({"pets": [{"name": "Rex"}, {"name": "R", "mother": {"mother": {"name": 1}}}]})
            ),
            [
                "/pets/1/name minLength /components/schemas/Name/minLength",
                "/pets/1/mother required /components/schemas/Pet/required",
                "/pets/1/mother/mother/name type /components/schemas/Name/type",
            ]
        );
    }

    #[test]
    fn references_that_lead_back_without_a_step_end() {
        let schemas = json!({
            "Root": { "allOf": [{ "$ref": "#/components/schemas/Other" }, { "type": "string" }] },
            "Other": { "allOf": [{ "$ref": "#/components/schemas/Root" }, { "minLength": 2 }] },
        });
        let schema = schema("3.0.3", &schemas);
        assert_eq!(refused(&schema, &json!("ab")), [""; 0]);
        assert!(!refused(&schema, &json!("a")).is_empty());
        assert!(!refused(&schema, &json!(5)).is_empty());
    }

    #[test]
    fn what_a_reference_evaluates_is_known_beside_it() {
        let schemas = json!({
            "Root": { "$ref": "#/components/schemas/Base", "unevaluatedProperties": false },
            "Base": { "properties": { "a": { "type": "string" } } },
        });
        let schema = schema("3.1.0", &schemas);
        assert_eq!(refused(&schema, &json!({"a": "x"})), [""; 0]);
        assert_eq!(
            refused(&schema, &json!({"a": 1})),
            ["/a type /components/schemas/Base/properties/a/type"]
        );
        assert_eq!(
            refused(&schema, &json!({"b": 1})),
            [" unevaluatedProperties /components/schemas/Root/unevaluatedProperties"]
        );
    }
}
