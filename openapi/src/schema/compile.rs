//! A schema of the document, compiled for one direction the first time it is needed.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use super::explain::{Explainer, MAX_VIOLATIONS, Secrecy, locate};
use super::format::FORMATS;
use super::lower;
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

/// A Schema Object of the document. Cheap to clone; what is compiled is shared by the clones.
#[derive(Clone)]
pub struct Schema {
    document: Arc<Document>,
    pointer: Pointer,
    /// A Schema Object that stands nowhere in the document: it was made for the place that `pointer` names.
    made: Option<Arc<Value>>,
    compiled: Arc<[OnceLock<Compiled>; 2]>,
}

struct Compiled {
    bundle: Arc<Value>,
    origins: lower::Origins,
    validator: Result<Validator, String>,
    generator: OnceLock<Result<Arc<Generator>, NoInstance>>,
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
        Self { document: Arc::clone(document), pointer, made: None, compiled: Arc::default() }
    }

    /// A schema made for the place that `pointer` names; its references lead into the document.
    pub(crate) fn made(document: &Arc<Document>, pointer: Pointer, schema: Value) -> Self {
        let made = Some(Arc::new(schema));
        Self { document: Arc::clone(document), pointer, made, compiled: Arc::default() }
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
    /// own `$defs`.
    pub fn bundle(&self, direction: Direction) -> &Arc<Value> {
        &self.compiled(direction).bundle
    }

    /// Why the schema cannot be compiled, where it cannot; such a schema accepts every value.
    pub fn defect(&self) -> Option<&str> {
        self.compiled(Direction::Response).validator.as_ref().err().map(String::as_str)
    }

    /// Whether a value is valid.
    pub fn is_valid(&self, value: &Value, direction: Direction) -> bool {
        self.compiled(direction).validator.as_ref().map_or(true, |validator| validator.is_valid(value))
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
        let compiled = self.compiled(direction);
        let Ok(validator) = &compiled.validator else { return Vec::new() };
        if validator.is_valid(value) {
            return Vec::new();
        }
        let explainer = Explainer { schema: self, origins: &compiled.origins, direction, secrecy };
        let mut told = Vec::new();
        for error in validator.iter_errors(value).take(MAX_VIOLATIONS) {
            explainer.explain(&error, &mut told);
        }
        told
    }

    /// What draws values of the schema, made the first time it is asked for.
    pub(crate) fn generator(
        &self,
        direction: Direction,
        make: impl FnOnce() -> Result<Arc<Generator>, NoInstance>,
    ) -> &Result<Arc<Generator>, NoInstance> {
        self.compiled(direction).generator.get_or_init(make)
    }

    /// Where in the document a place of the bundle comes from.
    pub(crate) fn document_pointer(&self, direction: Direction, bundle_pointer: &str) -> String {
        let (origin, rest) = self.compiled(direction).origins.origin(bundle_pointer, &self.pointer);
        locate(self.document.root(), origin, rest)
    }

    fn compiled(&self, direction: Direction) -> &Compiled {
        let slot = match direction {
            Direction::Request => &self.compiled[0],
            Direction::Response => &self.compiled[1],
        };
        slot.get_or_init(|| {
            let (bundle, origins) = lower::bundle(&self.document, &self.place(), direction);
            let validator = validator(&bundle);
            Compiled { bundle: Arc::new(bundle), origins, validator, generator: OnceLock::new() }
        })
    }
}

/// Compiles a schema that is lowered already, formats asserted.
pub(crate) fn validator(lowered: &Value) -> Result<Validator, String> {
    let mut options = jsonschema::draft202012::options().should_validate_formats(true);
    for (name, check) in FORMATS {
        options = options.with_format(name, check);
    }
    options.build(lowered).map_err(|error| error.to_string())
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("pointer", &self.pointer.as_str()).finish_non_exhaustive()
    }
}
