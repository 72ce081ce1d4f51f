//! Schemas in canonical form, by the experimental `canonical` module of the `jsonschema` crate.
//!
//! Generation goes by the shape of the document first: that keeps its order and its pointers, costs nothing for
//! parts that are never drawn, and is enough for nearly all real schemas. What it cannot do by construction is to
//! stay out of something (`not`, the other branches of `oneOf`, `if`): it draws and asks the validator, and some
//! schemas refuse nearly all of what is drawn. Those are rewritten here, once, to a form in which branches are
//! disjoint and contradictions are `false`, and drawn from that. To rewrite every schema first was weighed and
//! left: it takes milliseconds for each where most are never drawn from, and forgets the order of properties and
//! where rules stand, which invalid values have to name.
//!
//! The rewriting has budgets of its own; what exceeds them or cannot be modelled comes back as it was.

use jsonschema::Draft;
use jsonschema::canonical::{CanonicalKind, Satisfiability, options};
use serde_json::Value;

use crate::schema::in_place;

/// The longest bundle that is rewritten, in bytes of JSON.
const MAX_BUNDLE: usize = 256 * 1024;

/// The most references of a bundle, one behind the other, that are followed without a step into the value.
const MAX_IN_PLACE: usize = 64;

/// What is known of a bundle in canonical form.
pub(super) enum Canonical {
    /// No value is valid.
    Nothing,
    /// The same schema, rewritten.
    Schema(Value),
    /// It could not be rewritten.
    Unknown,
}

/// Rewrites a bundle.
pub(super) fn canonical(bundle: &Value) -> Canonical {
    if bundle.to_string().len() > MAX_BUNDLE || in_place(bundle) > MAX_IN_PLACE {
        return Canonical::Unknown;
    }
    let options = options().with_draft(Draft::Draft202012).should_validate_formats(true).offline();
    match options.canonicalize(bundle) {
        Ok(schema) if schema.satisfiability() == Satisfiability::No => Canonical::Nothing,
        Ok(schema) if schema.kind() != CanonicalKind::Raw => Canonical::Schema(schema.to_json_schema()),
        _ => Canonical::Unknown,
    }
}
