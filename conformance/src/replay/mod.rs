//! Sending failures again: what it takes, and how it is written down.

mod cook;
mod engine;
mod excerpt;
mod file;
mod form;
mod recipe;
mod template;

pub(crate) use cook::{MIN_SEARCHED, place_of, recipe, secrets};
pub use engine::{Replay, ReplayError, Replayed, TRIES};
pub(crate) use engine::{escaped_segment, intent, told_at, unhex};
pub(crate) use file::write_at_once;
pub use file::{
    CASE_VERSION, CaseDocument, CaseFile, CaseFileError, MAX_CASE_BYTES, MAX_CASE_PIECES, MAX_CASE_STEPS,
    MAX_CASES, case_files,
};
pub use form::SecretForm;
pub(crate) use form::Secrets;
pub use recipe::{Purpose, Recipe, RecipeBody, RecipeRequest, RecipeStep};
pub use template::{Piece, Place, SecretPart, Template, TemplateError};
