//! `pattern` as a keyword of the validator, in place of its own.

use std::sync::Arc;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::Pattern;

/// A `pattern` that is asserted.
struct Asserted(Arc<Pattern>);

/// Makes the keyword. What cannot be used was left out by lowering; here it asserts nothing.
pub(in crate::schema) fn asserted<'a>(
    _: &'a Map<String, Value>,
    source: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(match source.as_str().and_then(|source| Pattern::read(source).ok()) {
        Some(pattern) => Box::new(Asserted(Arc::new(pattern))),
        None => Box::new(Nothing),
    })
}

impl<'i> Keyword<'i> for Asserted {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        let Some(text) = instance.as_str() else { return Ok(()) };
        match self.0.is_match(text) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ValidationError::custom(format!("does not match \"{}\"", self.0.source()))),
            Err(undecided) => Err(ValidationError::custom(format!(
                "cannot be told to match \"{}\": {undecided}",
                self.0.source()
            ))),
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(|text| self.0.is_match(text) == Ok(true))
    }
}

struct Nothing;

impl<'i> Keyword<'i> for Nothing {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        true
    }
}
