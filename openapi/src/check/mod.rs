//! What `check` finds wrong with a document, one rule a file.
//!
//! A [`Walk`](walk::Walk) finds every object of the document and what kind of object it is, by the table in
//! [`anatomy`]; each [`Rule`] judges the objects or operations that it is about. Severities are given so that
//! documents in use are not drowned: an error is what cannot be served or judged as written, a warning a
//! contradiction or what means something else than it says, a note a matter of style.

mod anatomy;
mod findings;
mod inspect;
mod registry;
mod rule;
mod scene;
mod walk;

mod alternatives_overlap;
mod bounds_contradict;
mod default_invalid;
mod discriminator_unusable;
mod enum_member_unusable;
mod example_direction;
mod example_invalid;
mod judged;
mod loading;
mod media_type_invalid;
mod member_misplaced;
mod member_missing;
mod member_misspelt;
mod member_unknown;
mod operation_id_missing;
mod operation_unreachable;
mod parameter_repeated;
mod parameter_unspecified;
mod path_malformed;
mod path_nearly_repeated;
mod path_parameter_optional;
mod path_parameter_unused;
mod path_shadowed;
mod pattern_invalid;
mod pattern_literal;
mod reference_circular;
mod reference_kind;
mod reference_siblings;
mod reference_unresolved;
mod request_impossible;
mod required_undeclared;
mod response_interim;
mod schema_infinite;
mod schema_unusable;
mod security_scheme_unknown;
mod security_scheme_unusable;
mod server_variable_undefined;
mod status_invalid;
mod style_unusable;
mod tag_undeclared;
mod type_unknown;
mod unsupported;
mod value_kind;

pub(crate) use inspect::inspect;
pub use registry::rules;
pub use rule::Rule;

#[cfg(test)]
mod fixture;
