//! Which response.
//!
//! For a valid request:
//!
//! | forced | the operation has | answer |
//! |---|---|---|
//! | nothing | some 2xx (`2XX` counts as 200) | the lowest |
//! | nothing | `default` only | 200 with its content |
//! | nothing | neither | the first listed that is no 5xx, its own status |
//! | nothing | nothing but 5xx | the first listed, its own status |
//! | nothing | no responses | none |
//! | N | exact, range or `default`, in that order | N |
//! | N | none | none |
//!
//! For an invalid one, exact statuses before the range they are in, `default` last:
//!
//! | violation | tried | else |
//! |---|---|---|
//! | security | 401, 403, `4XX`, `default` | 401 |
//! | good credentials that lack a scope | 403, `4XX`, `default` | 403 |
//! | media type of the body | 415, 400, 422, `4XX`, `default` | 415 |
//! | Accept cannot be met | 406, `4XX`, `default` | 406 |
//! | body too large | 413, `4XX`, `default` | 413 |
//! | anything else | 400, 422, `4XX`, `default` | 400 |
//!
//! A range or `default` that stands in is sent with the first status tried.

use counterfoil_openapi::{Part, Responses, StatusPattern, Violation};
use http::StatusCode;

/// A response of an operation, chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The status to send.
    pub(crate) status: StatusCode,
    /// Its place among the operation's responses.
    pub(crate) response: usize,
    /// Why it was chosen.
    pub(crate) why: &'static str,
}

impl Choice {
    /// The choice as a line of the trail.
    pub(crate) fn line(self) -> String {
        format!("status {}: {}", self.status.as_u16(), self.why)
    }
}

/// What is wrong with a request, as far as the choice of a response goes; the order is the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// The credentials.
    Security,
    /// The credentials are good, and lack a scope.
    Scope,
    /// The media type of the body.
    MediaType,
    /// The body is over the limit.
    TooLarge,
    /// Parameters or body.
    Request,
    /// Nothing documented satisfies `Accept`.
    Accept,
}

impl Wrong {
    /// What several violations amount to; nothing where there is none.
    pub(crate) fn of(violations: &[Violation]) -> Option<Self> {
        let class = |violation: &Violation| match violation.part {
            Part::Security if violation.rule == "forbidden" => Self::Scope,
            Part::Security => Self::Security,
            Part::ContentType | Part::ContentEncoding => Self::MediaType,
            Part::Accept => Self::Accept,
            Part::Body if violation.rule == "too-large" => Self::TooLarge,
            _ => Self::Request,
        };
        violations.iter().map(class).min()
    }

    /// The statuses tried, the first of which a problem is sent with.
    fn statuses(self) -> &'static [u16] {
        match self {
            Self::Security => &[401, 403],
            Self::Scope => &[403],
            Self::MediaType => &[415, 400, 422],
            Self::Accept => &[406],
            Self::TooLarge => &[413],
            Self::Request => &[400, 422],
        }
    }

    /// The status of the problem where the operation documents nothing that fits.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Security => StatusCode::UNAUTHORIZED,
            Self::Scope => StatusCode::FORBIDDEN,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Accept => StatusCode::NOT_ACCEPTABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Request => StatusCode::BAD_REQUEST,
        }
    }

    fn why(self) -> &'static str {
        match self {
            Self::Security => "documented for requests without good credentials",
            Self::Scope => "documented for credentials that do not allow the request",
            Self::MediaType => "documented for bodies of an undocumented media type",
            Self::Accept => "documented for `Accept` headers that cannot be met",
            Self::TooLarge => "documented for bodies that are too large",
            Self::Request => "documented for invalid requests",
        }
    }
}

/// The response to a valid request that nothing forces.
pub(crate) fn valid(responses: &Responses) -> Option<Choice> {
    let successes = positions(responses).filter_map(|(response, pattern)| match pattern {
        StatusPattern::Exact(code) if (200..=299).contains(&code) => Some((code, 0, response)),
        // An exact 200 comes before the range that counts as 200.
        StatusPattern::Range(2) => Some((200, 1, response)),
        _ => None,
    });
    if let Some((code, _, response)) = successes.min() {
        return choice(code, response, "the lowest documented 2xx");
    }
    if let Some(response) = position(responses, StatusPattern::Default) {
        return choice(200, response, "no 2xx is documented, `default` is");
    }
    // An informational status comes before a response and cannot be one.
    let listed = || {
        positions(responses)
            .filter_map(|(response, pattern)| Some((own_status(pattern)?, response)))
            .filter(|(code, _)| *code >= 200)
    };
    // Whoever asks for nothing has not asked for a broken server.
    if let Some((code, response)) = listed().find(|(code, _)| !(500..=599).contains(code)) {
        let is_first = listed().next() == Some((code, response));
        let why = match is_first {
            true => "the first documented, for want of a 2xx",
            false => "the first documented that is no 5xx, for want of a 2xx",
        };
        return choice(code, response, why);
    }
    let (code, response) = listed().next()?;
    choice(code, response, "the first documented, for want of any but 5xx")
}

/// The response that documents a status somebody asks for.
pub(crate) fn forced(responses: &Responses, status: StatusCode, why: &'static str) -> Option<Choice> {
    let response = position(responses, responses.documenting(status)?.status)?;
    Some(Choice { status, response, why })
}

/// The response to an invalid request.
pub(crate) fn invalid(responses: &Responses, wrong: Wrong) -> Option<Choice> {
    let exact = wrong
        .statuses()
        .iter()
        .find_map(|code| choice(*code, position(responses, StatusPattern::Exact(*code))?, wrong.why()));
    exact.or_else(|| {
        [StatusPattern::Range(4), StatusPattern::Default]
            .into_iter()
            .find_map(|pattern| choice(wrong.status().as_u16(), position(responses, pattern)?, wrong.why()))
    })
}

/// The response that has an example of a name: the one a valid request gets where it has it, else the first.
pub(crate) fn with_example(responses: &Responses, name: &str) -> Option<Choice> {
    const WHY: &str = "it has the example asked for";
    let has = |response: usize| {
        let mut examples = responses.0[response].content.iter().flat_map(|media| &media.examples);
        examples.any(|example| example.name.as_deref() == Some(name))
    };
    if let Some(usual) = valid(responses).filter(|usual| has(usual.response)) {
        return Some(Choice { why: WHY, ..usual });
    }
    let (response, pattern) = positions(responses).find(|(response, _)| has(*response))?;
    choice(own_status(pattern).unwrap_or(200), response, WHY)
}

fn positions(responses: &Responses) -> impl Iterator<Item = (usize, StatusPattern)> + '_ {
    responses.iter().map(|response| response.status).enumerate()
}

fn position(responses: &Responses, pattern: StatusPattern) -> Option<usize> {
    positions(responses).find(|(_, known)| *known == pattern).map(|(response, _)| response)
}

/// The status of a response by itself; `default` has none.
fn own_status(pattern: StatusPattern) -> Option<u16> {
    match pattern {
        StatusPattern::Exact(code) => Some(code),
        StatusPattern::Range(digit) => Some(u16::from(digit) * 100),
        StatusPattern::Default => None,
    }
}

fn choice(code: u16, response: usize, why: &'static str) -> Option<Choice> {
    Some(Choice { status: StatusCode::from_u16(code).ok()?, response, why })
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::{Contract, Part};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The responses of an operation that documents these statuses, in that order.
    fn responses(statuses: &[&str], check: impl FnOnce(&Responses)) {
        let responses: Vec<String> = statuses.iter().map(|status| format!("'{status}': {{}}")).collect();
        let text =
            format!("openapi: 3.0.3\npaths: {{/a: {{get: {{responses: {{{}}}}}}}}}", responses.join(", "));
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        check(contract.operations()[0].responses());
    }

    /// Statuses as documents list them, each once.
    fn listed() -> impl Strategy<Value = Vec<&'static str>> {
        let known = [
            "100", "200", "201", "204", "302", "400", "401", "403", "404", "406", "413", "415", "422", "500",
            "503", "1XX", "2XX", "3XX", "4XX", "5XX", "default",
        ];
        vec(proptest::sample::select(known.to_vec()), 0..8).prop_map(|mut statuses| {
            let mut seen = std::collections::HashSet::new();
            statuses.retain(|status| seen.insert(*status));
            statuses
        })
    }

    /// Whether a status may be sent for a response that a document lists so.
    fn is_of(code: u16, listed: &str) -> bool {
        match listed {
            "default" => true,
            range if range.ends_with("XX") => range.starts_with(&(code / 100).to_string()),
            exact => exact == code.to_string(),
        }
    }

    /// The table of valid requests, read a second time.
    fn expected(statuses: &[&str]) -> Option<u16> {
        let number = |status: &&str| status.replace("XX", "00").parse::<u16>().ok();
        let numbers: Vec<u16> = statuses.iter().filter_map(number).filter(|code| *code >= 200).collect();
        let success = numbers.iter().copied().filter(|code| *code < 300).min();
        let fallback = statuses.contains(&"default").then_some(200);
        let first = numbers.iter().copied().find(|code| *code < 500).or(numbers.first().copied());
        success.or(fallback).or(first)
    }

    proptest! {
        #[test]
        fn a_valid_request_gets_the_status_of_the_table(statuses in listed()) {
            responses(&statuses, |responses| {
                let chosen = valid(responses);
                assert_eq!(chosen.map(|choice| choice.status.as_u16()), expected(&statuses), "{statuses:?}");
                if let Some(choice) = chosen {
                    assert!(is_of(choice.status.as_u16(), statuses[choice.response]), "{statuses:?} {choice:?}");
                }
            });
        }

        #[test]
        fn an_invalid_request_gets_an_error_of_its_kind_or_a_problem(statuses in listed()) {
            let kinds =
                [Wrong::Security, Wrong::Scope, Wrong::MediaType, Wrong::TooLarge, Wrong::Request, Wrong::Accept];
            responses(&statuses, |responses| {
                for wrong in kinds {
                    let has_some = statuses.iter().any(|status| {
                        matches!(*status, "4XX" | "default")
                            || wrong.statuses().iter().any(|code| code.to_string() == **status)
                    });
                    let chosen = invalid(responses, wrong);
                    assert_eq!(chosen.is_some(), has_some, "{wrong:?} {statuses:?}");
                    if let Some(choice) = chosen {
                        let code = choice.status.as_u16();
                        assert!(wrong.statuses().contains(&code), "{wrong:?} {statuses:?} {choice:?}");
                        assert!(is_of(code, statuses[choice.response]), "{wrong:?} {statuses:?} {choice:?}");
                    }
                }
            });
        }

        #[test]
        fn a_forced_status_is_sent_or_not_documented(statuses in listed(), code in 200_u16..600) {
            responses(&statuses, |responses| {
                let chosen = forced(responses, StatusCode::from_u16(code).unwrap(), "");
                let is_documented = statuses.iter().any(|status| is_of(code, status));
                assert_eq!(chosen.is_some(), is_documented, "{code} {statuses:?}");
                if let Some(choice) = chosen {
                    assert_eq!(choice.status.as_u16(), code);
                    let is_exact = statuses.contains(&code.to_string().as_str());
                    assert!(!is_exact || statuses[choice.response] == code.to_string(), "{code} {statuses:?}");
                    assert!(is_of(code, statuses[choice.response]), "{code} {statuses:?}");
                }
            });
        }

        #[test]
        fn the_gravest_violation_decides_whatever_the_order(
            places in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
            count in 1..=6_usize,
        ) {
            let order = &places[..count];
            let kinds = [
                (Part::Security, "unauthorized", Wrong::Security),
                (Part::Security, "forbidden", Wrong::Scope),
                (Part::ContentType, "undocumented", Wrong::MediaType),
                (Part::Body, "too-large", Wrong::TooLarge),
                (Part::Body, "type", Wrong::Request),
                (Part::Accept, "not-acceptable", Wrong::Accept),
            ];
            let violations: Vec<Violation> = order
                .iter()
                .map(|place| Violation::new(kinds[*place].0.clone(), kinds[*place].1, ""))
                .collect();
            let gravest = order.iter().min().map(|place| kinds[*place].2);
            prop_assert_eq!(Wrong::of(&violations), gravest);
        }
    }

    #[test]
    fn a_query_that_is_too_large_is_no_body_that_is() {
        let part = Part::Parameter(counterfoil_openapi::Location::Query, "*".to_owned());
        assert_eq!(Wrong::of(&[Violation::new(part, "too-large", "")]), Some(Wrong::Request));
        assert_eq!(Wrong::of(&[]), None);
    }
}
