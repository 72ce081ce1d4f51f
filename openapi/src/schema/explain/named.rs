//! The alternative that a discriminator names.

use jsonschema::ValidationError;
use serde_json::Value;

use super::choice::{common_choice, none_of};
use super::{Explainer, shortened};
use crate::document::{Place, Pointer};
use crate::schema::SchemaViolation;
use crate::schema::discriminator::Discriminator;

/// What a discriminator says of a value that fits no alternative.
pub(super) enum Named<'e> {
    /// Which one it is meant to be: its errors.
    Branch(&'e [ValidationError<'static>]),
    /// That it is none of them.
    Nothing(SchemaViolation),
}

impl Explainer<'_> {
    /// The alternative that a discriminator says the value is; nothing where there is none or it does not tell.
    pub(super) fn named<'e>(
        &self,
        error: &ValidationError<'_>,
        branches: &'e [Vec<ValidationError<'static>>],
    ) -> Option<Named<'e>> {
        let document = self.schema.document();
        let keyword = self.locate(error);
        let keyword = Place {
            value: Pointer::from_escaped(keyword.as_str()).find(document.root())?,
            pointer: Pointer::from_escaped(keyword),
        };
        let (owner, last) = keyword.pointer.as_str().rsplit_once('/')?;
        let places: Vec<Place<'_>> = keyword.items().collect();
        if !matches!(last, "oneOf" | "anyOf") || places.len() != branches.len() {
            return None;
        }
        let owner = Pointer::from_escaped(owner);
        let owner = Place { value: owner.find(document.root())?, pointer: owner };
        let discriminator = Discriminator::of(document, &owner)?;
        match discriminator.branch_of(&places, error.instance())? {
            Ok(index) => {
                branches.get(index).filter(|errors| !errors.is_empty()).map(|errors| Named::Branch(errors))
            }
            // Where the alternatives themselves refuse the name they say why.
            Err(_) if common_choice(branches).is_some() => None,
            Err(names) => {
                let property =
                    Pointer::from_escaped(error.instance_path().as_str()).join(discriminator.property());
                let (_, is_secret) = self.shape_at(property.as_str());
                let found = error.instance().get(discriminator.property()).filter(|_| !is_secret);
                let found = found.map_or_else(|| "the value".to_owned(), Value::to_string);
                let names: Vec<String> = names.iter().map(Value::to_string).collect();
                Some(Named::Nothing(SchemaViolation {
                    keyword: "discriminator".to_owned(),
                    instance_pointer: property.to_string(),
                    document_pointer: owner.pointer.join("discriminator").to_string(),
                    message: shortened(format!("{found} is {}", none_of(names))),
                }))
            }
        }
    }
}
