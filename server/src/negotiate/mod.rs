//! The decision tables: which response, which media type, which body.

pub(crate) mod media_type;
pub(crate) mod payload;
pub(crate) mod prefer;
pub(crate) mod status;

/// How strictly a reply keeps to what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// What cannot be met is an error.
    Strict,
    /// What cannot be met is passed over, as in the reply to an invalid request.
    Lenient,
}
