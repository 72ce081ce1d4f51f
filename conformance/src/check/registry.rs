//! What a check is, and the list of all of them.

use std::fmt;

use super::Observation;

/// One promise that an implementation keeps or breaks.
pub trait Check: fmt::Debug + Send + Sync {
    /// Its name, as options and reports write it.
    fn name(&self) -> &'static str;

    /// What it checks, why it matters, an example and how to silence it: the text of its own documentation.
    fn explain(&self) -> String;

    /// Whether it judges when nobody asks for it.
    fn is_on_by_default(&self) -> bool;

    /// Whether a user may say which statuses it expects.
    fn expects_statuses(&self) -> bool {
        STATUS_CHECKS.contains(&self.name())
    }

    /// What it says of an exchange.
    fn judge(&self, observation: &Observation<'_>) -> Judgement;
}

/// The checks that ask [`Observation::expects`].
const STATUS_CHECKS: [&str; 5] = [
    "not_a_server_error",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
];

/// What a check says of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It holds.
    Passed,
    /// It does not concern this exchange, or the exchange proves nothing.
    NotApplicable,
    /// It does not hold, in one way or several.
    Failed(Vec<Breach>),
}

/// One way in which a check does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// What failed, without anything that differs from case to case; failures merge by it.
    pub kind: String,
    /// What was found and what was expected.
    pub message: String,
    /// Where in the document the broken promise stands, as a JSON Pointer.
    pub document_pointer: Option<String>,
}

impl Judgement {
    /// Failed in one way.
    pub(super) fn failed(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Failed(vec![Breach { kind: kind.into(), message: message.into(), document_pointer: None }])
    }

    /// Failed in these ways, or passed where there are none.
    pub(super) fn of(breaches: Vec<Breach>) -> Self {
        if breaches.is_empty() { Self::Passed } else { Self::Failed(breaches) }
    }
}

/// Declares a check: its documentation is the text that `explain` prints, word for word.
macro_rules! declare {
    ($(#[doc = $doc:literal])+ $name:ident = $text:literal, $default:ident) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub(in crate::check) struct $name;

        impl $crate::check::Check for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn explain(&self) -> String {
                $crate::check::registry::dedent(&[$($doc),+])
            }

            fn is_on_by_default(&self) -> bool {
                $crate::check::registry::Default::$default == $crate::check::registry::Default::On
            }

            fn judge(&self, observation: &$crate::check::Observation<'_>) -> $crate::check::Judgement {
                match observation.concerns($text) {
                    true => judge(observation),
                    false => $crate::check::Judgement::NotApplicable,
                }
            }
        }
    };
}
pub(super) use declare;

/// Whether a check judges when nobody asks for it.
#[derive(PartialEq, Eq)]
pub(super) enum Default {
    On,
    Off,
}

/// Documentation lines as text: without the space that follows `///`.
pub(super) fn dedent(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    text
}

/// Every check there is, in the order in which they judge and are listed.
pub fn checks() -> &'static [&'static dyn Check] {
    &[
        &super::not_a_server_error::NotAServerError,
        &super::server_crash::ServerCrash,
        &super::response_timeout::ResponseTimeout,
        &super::status_code_conformance::StatusCodeConformance,
        &super::content_type_conformance::ContentTypeConformance,
        &super::response_headers_conformance::ResponseHeadersConformance,
        &super::response_schema_conformance::ResponseSchemaConformance,
        &super::negative_data_rejection::NegativeDataRejection,
        &super::positive_data_acceptance::PositiveDataAcceptance,
        &super::missing_required_header::MissingRequiredHeader,
        &super::unsupported_method::UnsupportedMethod,
        &super::allow_header_conformance::AllowHeaderConformance,
        &super::ignored_auth::IgnoredAuth,
        &super::use_after_free::UseAfterFree,
        &super::ensure_resource_availability::EnsureResourceAvailability,
        &super::write_read_consistency::WriteReadConsistency,
        &super::list_conformance::ListConformance,
        &super::head_agreement::HeadAgreement,
        &super::conditional_requests::ConditionalRequests,
        &super::object_level_authorization::ObjectLevelAuthorization,
        &super::stub_agreement::StubAgreement,
        &super::example_agreement::ExampleAgreement,
        &super::response_idempotence::ResponseIdempotence,
        &super::max_response_time::MaxResponseTime,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_check_explains_itself() {
        let mut names: Vec<&str> = checks().iter().map(|check| check.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), checks().len());
        for check in checks() {
            let text = check.explain();
            for part in ["Fails when", "Why it matters", "Example", "Silence"] {
                assert!(text.contains(part), "{} does not say: {part}", check.name());
            }
            assert!(text.contains(&format!("--checks=-{}", check.name())) || !check.is_on_by_default());
        }
    }

    #[test]
    fn explanations_are_plain_text() {
        insta::assert_snapshot!(checks()[0].explain());
    }
}
