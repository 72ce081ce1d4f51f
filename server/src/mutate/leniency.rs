//! What is invalid and accepted all the same.

use std::sync::Arc;

use counterfoil_openapi::generate;
use counterfoil_openapi::{
    ApiKeyLocation, Location, Operation, Part, SecurityScheme, SecuritySchemeKind, Violation, validate,
};

use super::mutation::{Act, Deed, Mutation, Needs};

macro_rules! accepts {
    ($is_it:expr) => {
        Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: Some($is_it),
            applies: |subject| {
                subject.succeeds() && subject.wrongs().iter().any(|(part, rule)| $is_it(part, rule))
            },
            act: |scene| scene.is_refused_for(|known| $is_it(&known.part, &known.rule)) && scene.accept(),
        })
    };
}

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "accept-invalid-path",
        about: "a request is accepted whose path parameter is invalid",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, _: &str| matches!(part, Part::Parameter(Location::Path, _))),
    },
    Mutation {
        name: "accept-invalid-query",
        about: "a request is accepted whose query is invalid",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, _: &str| {
            matches!(part, Part::Parameter(Location::Query | Location::QueryString, _))
        }),
    },
    Mutation {
        name: "accept-invalid-header",
        about: "a request is accepted that has an invalid header",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, rule: &str| {
            matches!(part, Part::Parameter(Location::Header, _)) && rule != "missing"
        }),
    },
    Mutation {
        name: "accept-invalid-cookie",
        about: "a request is accepted that has an invalid cookie, or lacks a required one",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, _: &str| matches!(part, Part::Parameter(Location::Cookie, _))),
    },
    Mutation {
        name: "accept-invalid-body",
        about: "a request is accepted whose body breaks its schema",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, rule: &str| *part == Part::Body && !is_unread(rule)),
    },
    Mutation {
        name: "accept-malformed-body",
        about: "a request is accepted whose body is missing, or cannot be read",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, rule: &str| *part == Part::Body && is_unread(rule)),
    },
    Mutation {
        name: "accept-undocumented-media-type",
        about: "a request is accepted whose body is of a media type that is not documented",
        check: "negative_data_rejection",
        deed: accepts!(|part: &Part, _: &str| *part == Part::ContentType),
    },
    Mutation {
        name: "accept-missing-header",
        about: "a request is accepted that lacks a required header",
        check: "missing_required_header",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| {
                let mut headers = subject.operation.parameters_in(Location::Header);
                subject.succeeds() && headers.any(|header| header.required)
            },
            act: |scene| {
                let is_it = |known: &Violation| {
                    matches!(known.part, Part::Parameter(Location::Header, _)) && known.rule == "missing"
                };
                scene.is_refused_for(is_it) && scene.accept()
            },
        }),
    },
    Mutation {
        name: "ignore-missing-credentials",
        about: "a request is accepted that lacks the credentials it needs",
        check: "ignored_auth",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds() && asks_for_visible(subject.operation),
            act: |scene| {
                let is_bare = validate::security(scene.operation, scene.request).is_some();
                is_bare && scene.is_refused_for(|known| known.part == Part::Security) && scene.accept()
            },
        }),
    },
    Mutation {
        name: "ignore-wrong-credentials",
        about: "a request is accepted whose credentials are well-formed and wrong",
        check: "ignored_auth",
        deed: Deed::Act(Act {
            needs: Needs::Credentials,
            accepts: None,
            applies: |subject| subject.succeeds() && asks_for_given(subject.operation),
            act: |scene| {
                let is_bare = validate::security(scene.operation, scene.request).is_some();
                !is_bare && scene.is_refused_for(|known| known.part == Part::Security) && scene.accept()
            },
        }),
    },
];

/// Whether a body was never looked into.
fn is_unread(rule: &str) -> bool {
    matches!(rule, "missing" | "unreadable")
}

/// Whether a violation is of the data, and not of credentials.
pub(super) fn is_data(violation: &Violation) -> bool {
    violation.part != Part::Security
}

/// Whether something can be wrong about the data of an operation's requests.
pub(super) fn can_be_invalid(operation: &Arc<Operation>) -> bool {
    generate::negative_request(operation).is_ok()
}

/// Whether every way to call an operation takes credentials, and requests without them can be told.
fn asks_for_visible(operation: &Operation) -> bool {
    let is_seen = |scheme: &SecurityScheme| {
        !matches!(scheme.kind, SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_))
    };
    let mut ways = operation.security().iter();
    operation.is_secured() && ways.all(|way| way.schemes.iter().any(|(scheme, _)| is_seen(scheme)))
}

/// Whether the credentials of the first way to call an operation can be given as headers that stay the same.
fn asks_for_given(operation: &Operation) -> bool {
    let is_given = |scheme: &SecurityScheme| match &scheme.kind {
        SecuritySchemeKind::ApiKey { location, .. } => *location != ApiKeyLocation::Query,
        SecuritySchemeKind::Http { scheme } => matches!(scheme.as_str(), "basic" | "bearer"),
        SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => true,
        _ => false,
    };
    let first = operation.security().first();
    operation.is_secured() && first.is_some_and(|way| way.schemes.iter().all(|(scheme, _)| is_given(scheme)))
}
