//! A schema compiled together with all it refers to, to say what it refuses about a value.
//!
//! That a value is refused is known before, by [`super::definition::Definition`]; only the errors of a whole name
//! the alternatives they come from. It costs as much as the graph behind the schema is large, so only the most
//! recently used ones are kept.

use std::sync::{Arc, PoisonError};

use jsonschema::{ValidationOptions, Validator};
use serde_json::Value;

use super::Direction;
use super::depth::{MAX_LOOKED_THROUGH, MAX_STEPS, in_place};
use super::format::FORMATS;
use super::lower::{self, Origins};
use super::pattern;
use crate::document::{Document, Place, Pointer};

/// The most wholes of one document that are kept.
const MAX_RECENT: usize = 32;

/// A compiled whole.
pub(super) struct Whole {
    pub(super) validator: Result<Validator, String>,
    /// How many references lead on, one behind the other, without a step into the value.
    pub(super) in_place: usize,
    /// Where its parts stand in the document.
    pub(super) origins: Origins,
}

/// The wholes used most recently, the last one last.
pub(super) type Recent = Vec<(Pointer, Direction, Arc<Whole>)>;

impl Whole {
    /// The whole of the schema at a place of the document.
    pub(super) fn of(document: &Arc<Document>, place: &Place<'_>, direction: Direction) -> Arc<Self> {
        let recent = || document.definitions().wholes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |known: &(Pointer, Direction, Arc<Self>)| known.1 == direction && known.0 == place.pointer;
        {
            let mut recent = recent();
            if let Some(at) = recent.iter().position(is_same) {
                let known = recent.remove(at);
                recent.push(known);
                return Arc::clone(&recent[recent.len() - 1].2);
            }
        }
        // Compiled without the lock: what two compile at once is the same.
        let compiled = Arc::new(Self::compile(document, place, direction));
        let mut recent = recent();
        if recent.len() >= MAX_RECENT {
            recent.remove(0);
        }
        recent.push((place.pointer.clone(), direction, Arc::clone(&compiled)));
        compiled
    }

    /// Compiles the whole of a schema that may stand nowhere in the document.
    pub(super) fn compile(document: &Document, place: &Place<'_>, direction: Direction) -> Self {
        let (bundle, origins, looks_through) = lower::whole(document, place, direction);
        // What is evaluated behind references is found out when they are compiled, on the stack.
        let most = if looks_through { MAX_LOOKED_THROUGH } else { MAX_STEPS };
        let in_place = in_place(&bundle);
        let validator = match in_place > most {
            true => Err(format!("{in_place} references lead on from one another, where {most} are the most")),
            false => validator(&bundle),
        };
        Self { validator, in_place, origins }
    }
}

/// How every schema is compiled: as JSON Schema 2020-12, formats asserted, our own included, and patterns as ECMA-262
/// has them.
pub(super) fn options() -> ValidationOptions<'static> {
    let mut options = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_keyword("pattern", pattern::asserted);
    for (name, check) in FORMATS {
        options = options.with_format(name, check);
    }
    options
}

/// Compiles a schema that is lowered and refers to nothing outside itself; the error says what is wrong with it.
pub(crate) fn validator(lowered: &Value) -> Result<Validator, String> {
    options().build(lowered).map_err(|error| error.to_string())
}
