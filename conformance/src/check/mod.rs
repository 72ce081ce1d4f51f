//! Checks: each judges one exchange, one check a file.
//!
//! A check is a pure function of an [`Observation`]. It may blame the server only for what the observation proves:
//! what was sent has been read back by the document's own decoder and validator, so a case that meant to be invalid
//! but is valid on the wire (or the other way round) proves nothing.

mod acted;
#[cfg(test)]
mod both_ways;
mod documented;
#[cfg(test)]
mod fixture;
mod fresh;
mod leniency;
mod listed;
mod named;
mod observation;
mod order;
mod parents;
mod patched;
mod registry;

mod allow_header_conformance;
mod conditional_requests;
mod content_type_conformance;
mod ensure_resource_availability;
mod example_agreement;
mod head_agreement;
mod ignored_auth;
mod kept;
mod list_conformance;
mod list_defaults;
mod list_filters;
mod list_missing;
mod list_told;
mod list_twice;
mod max_response_time;
mod missing_required_header;
mod negative_data_rejection;
mod not_a_server_error;
mod object_level_authorization;
mod positive_data_acceptance;
mod refusable;
mod refused;
mod response_headers_conformance;
mod response_idempotence;
mod response_schema_conformance;
mod response_timeout;
mod server_crash;
mod status_code_conformance;
mod stub_agreement;
mod unmade;
mod unsupported_method;
mod use_after_free;
mod write_read_consistency;

pub(crate) use documented::is_read_only;
pub(crate) use list_missing::Missing;
pub use observation::{Expectation, Limits, Observation, Outcome};
pub(crate) use positive_data_acceptance::text_of;
pub use refusable::refusable;
pub(crate) use refused::is_telling;
pub use registry::{Breach, Check, Judgement, checks};
pub(crate) use status_code_conformance::documents_refusal;
