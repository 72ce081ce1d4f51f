//! A schema of the document, compiled for one direction the first time it is needed.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::definition::Definition;
use super::depth;
use super::explain::{Explainer, MAX_VIOLATIONS, Secrecy};
use super::lower;
use super::secret;
use super::types::Types;
use super::whole::Whole;
use crate::document::{Document, Place, Pointer};
use crate::generate::{Generator, NoInstance};

/// Which way a value travels: it decides what `readOnly` and `writeOnly` hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From client to server: `readOnly` properties must not be there.
    Request,
    /// From server to client: `writeOnly` properties must not be there.
    Response,
}

impl Direction {
    pub(super) fn index(self) -> usize {
        match self {
            Self::Request => 0,
            Self::Response => 1,
        }
    }
}

/// A Schema Object of the document. Cheap to clone; what is compiled is shared by the clones.
#[derive(Clone)]
pub struct Schema {
    document: Arc<Document>,
    pointer: Pointer,
    /// A Schema Object that stands nowhere in the document: it was made for the place that `pointer` names.
    made: Option<Arc<Value>>,
    shared: Arc<Shared>,
}

/// What the clones of a schema share, a slot a direction.
#[derive(Default)]
struct Shared {
    definitions: [OnceLock<Arc<Definition>>; 2],
    bundles: [OnceLock<Arc<Value>>; 2],
    generators: [OnceLock<Result<Arc<Generator>, NoInstance>>; 2],
    types: OnceLock<Types>,
    item_types: OnceLock<Option<Types>>,
}

/// One keyword of a schema that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaViolation {
    /// The keyword, for example `minimum`; `false` for a schema that admits nothing, `readOnly` and `writeOnly` for a
    /// property that may not travel this way.
    pub keyword: String,
    /// Where in the value, as a JSON Pointer.
    pub instance_pointer: String,
    /// Where in the document, as a JSON Pointer to the keyword; where the keyword was made by lowering, to the
    /// schema it was made from.
    pub document_pointer: String,
    /// What was found and what was expected.
    pub message: String,
}

impl Schema {
    pub(crate) fn new(document: &Arc<Document>, pointer: Pointer) -> Self {
        Self { document: Arc::clone(document), pointer, made: None, shared: Arc::default() }
    }

    /// A schema made for the place that `pointer` names; its references lead into the document.
    pub(crate) fn made(document: &Arc<Document>, pointer: Pointer, schema: Value) -> Self {
        let made = Some(Arc::new(schema));
        Self { document: Arc::clone(document), pointer, made, shared: Arc::default() }
    }

    /// The document it stands in.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// Where the schema stands in the document; where it stands nowhere, the object it was made from.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The Schema Object as the document has it.
    pub fn source(&self) -> &Value {
        let made = self.made.as_deref();
        made.or_else(|| self.pointer.find(self.document.root())).unwrap_or(&Value::Bool(true))
    }

    fn place(&self) -> Place<'_> {
        Place { pointer: self.pointer.clone(), value: self.source() }
    }

    /// The Schema Object that a `$ref` at its root leads to, or itself.
    pub fn resolved(&self) -> &Value {
        self.place().follow(&self.document).map_or(&Value::Bool(true), |place| place.value)
    }

    /// The schema lowered to JSON Schema 2020-12 for a direction, self-contained: every reference leads into its
    /// own `$defs`. Patterns that other validators of JSON Schema cannot compile are not in it.
    pub fn bundle(&self, direction: Direction) -> &Arc<Value> {
        self.shared.bundles[direction.index()]
            .get_or_init(|| Arc::new(lower::plain(&self.document, &self.place(), direction)))
    }

    /// Why the schema, or one that it refers to, cannot be compiled; such a schema accepts every value.
    pub fn defect(&self) -> Option<String> {
        let mut seen = HashSet::new();
        let mut queue = vec![Arc::clone(self.definition(Direction::Response))];
        while let Some(definition) = queue.pop() {
            if let Some(defect) = definition.defect() {
                return Some(defect.to_owned());
            }
            for target in definition.targets() {
                if seen.insert(target.clone()) {
                    queue.push(Definition::of(&self.document, target, Direction::Response));
                }
            }
        }
        None
    }

    /// Why the schema itself cannot be compiled, whatever it refers to.
    pub(crate) fn own_defect(&self) -> Option<&str> {
        self.definition(Direction::Response).defect()
    }

    /// Whether a value is valid.
    pub fn is_valid(&self, value: &Value, direction: Direction) -> bool {
        self.definition(direction).is_valid(value)
    }

    /// What the schema refuses about a value, 100 violations at the most; nothing when it is valid.
    ///
    /// - Of alternatives (`oneOf`, `anyOf`) none of which holds, it is what the nearest one refuses.
    /// - Messages quote no value that the schema marks as a secret (`format: password`, `writeOnly`).
    pub fn violations(&self, value: &Value, direction: Direction) -> Vec<SchemaViolation> {
        self.explain(value, direction, Secrecy::BySchema)
    }

    /// As [`Schema::violations`], for a value that is perhaps a secret as a whole.
    pub(crate) fn explain(
        &self,
        value: &Value,
        direction: Direction,
        secrecy: Secrecy,
    ) -> Vec<SchemaViolation> {
        if self.is_valid(value, direction) {
            return Vec::new();
        }
        let whole = match &self.made {
            None => Whole::of(&self.document, &self.pointer, direction, || self.place()),
            Some(_) => Arc::new(Whole::compile(&self.document, &self.place(), direction)),
        };
        let Ok(validator) = &whole.validator else { return vec![self.refusal()] };
        let Whole { origins, located, .. } = &*whole;
        let explainer = Explainer { schema: self, origins, located, direction, secrecy };
        let told = depth::within(whole.in_place, value, || {
            let mut told = Vec::new();
            for error in validator.iter_errors(value).take(MAX_VIOLATIONS) {
                explainer.explain(&error, &mut told);
            }
            told
        });
        told.filter(|told| !told.is_empty()).unwrap_or_else(|| vec![self.refusal()])
    }

    /// That the schema refuses a value, where no more can be said.
    fn refusal(&self) -> SchemaViolation {
        SchemaViolation {
            keyword: "$ref".to_owned(),
            instance_pointer: String::new(),
            document_pointer: self.pointer.to_string(),
            message: "the schema refuses it, and refers to others too deep to say why".to_owned(),
        }
    }

    /// Whether anything in its document is marked as a secret; where not, nothing need be looked at for it.
    pub(super) fn document_has_secrets(&self) -> bool {
        self.document.definitions().has_secrets(|| secret::has_any(&self.document))
    }

    /// The types that a value may have, where they were found out before.
    pub(super) fn known_types(&self) -> Option<Types> {
        self.shared.types.get().copied()
    }

    /// Keeps the types that a value may have.
    pub(super) fn remember_types(&self, types: Types) {
        // Whoever found them out meanwhile found the same.
        let _ = self.shared.types.set(types);
    }

    /// The types that every item may have, where they were found out before and there are such.
    pub(super) fn known_item_types(&self) -> Option<Types> {
        self.shared.item_types.get().copied().flatten()
    }

    /// The types that every item may have, where all are alike; found out by `find` the first time.
    pub(super) fn item_types(&self, find: impl FnOnce() -> Option<Types>) -> Option<Types> {
        *self.shared.item_types.get_or_init(find)
    }

    /// What draws values of the schema, made the first time it is asked for.
    pub(crate) fn generator(
        &self,
        direction: Direction,
        make: impl FnOnce() -> Result<Arc<Generator>, NoInstance>,
    ) -> &Result<Arc<Generator>, NoInstance> {
        self.shared.generators[direction.index()].get_or_init(make)
    }

    /// The document it stands in, to be kept.
    pub(crate) fn shared_document(&self) -> &Arc<Document> {
        &self.document
    }

    /// The Schema Object, where it stands nowhere in the document.
    pub(crate) fn as_made(&self) -> Option<&Arc<Value>> {
        self.made.as_ref()
    }

    fn definition(&self, direction: Direction) -> &Arc<Definition> {
        self.shared.definitions[direction.index()].get_or_init(|| match &self.made {
            None => Definition::of(&self.document, &self.pointer, direction),
            Some(_) => Arc::new(Definition::compile(&self.document, &self.place(), direction)),
        })
    }
}
impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("pointer", &self.pointer.as_str()).finish_non_exhaustive()
    }
}
