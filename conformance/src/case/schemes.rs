//! What an operation's security schemes ask for, and where.

use counterfoil_openapi::{
    ApiKeyLocation, Operation, SecurityRequirement, SecurityScheme, SecuritySchemeKind,
};
use http::header::AUTHORIZATION;

/// Where a security scheme's credential is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialPlace {
    Header(String),
    Query(String),
    Cookie(String),
}

impl CredentialPlace {
    /// The place of a scheme's credential; `None` where it is no part of the request.
    pub(crate) fn of(scheme: &SecurityScheme) -> Option<Self> {
        match &scheme.kind {
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name } => {
                Some(CredentialPlace::Header(name.clone()))
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Query, name } => {
                Some(CredentialPlace::Query(name.clone()))
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Cookie, name } => {
                Some(CredentialPlace::Cookie(name.clone()))
            }
            SecuritySchemeKind::Http { .. }
            | SecuritySchemeKind::OAuth2
            | SecuritySchemeKind::OpenIdConnect => {
                Some(CredentialPlace::Header(AUTHORIZATION.as_str().to_owned()))
            }
            _ => None,
        }
    }
}

/// The places of all credentials that an operation may ask for.
pub(crate) fn credential_places(operation: &Operation) -> Vec<CredentialPlace> {
    schemes(operation).filter_map(CredentialPlace::of).collect()
}

/// Whether a scheme of an operation is one of HTTP, and a bearer token is nothing that the operation asks for.
pub(crate) fn has_no_bearer(operation: &Operation, scheme: &str) -> bool {
    schemes(operation).any(|known| known.name == scheme && is_http(known, &["basic", "digest"]))
        && !schemes(operation).any(|scheme| takes_bearer(scheme) || has_header_of_own(scheme))
}

/// Whether a scheme of an operation is one of bearer tokens, and nothing else that `Authorization` may hold is anything
/// that the operation asks for.
pub(crate) fn has_no_basic(operation: &Operation, scheme: &str) -> bool {
    let is_other = |scheme: &SecurityScheme| {
        let is_of_http = matches!(scheme.kind, SecuritySchemeKind::Http { .. });
        has_header_of_own(scheme) || (is_of_http && !takes_bearer(scheme))
    };
    schemes(operation).any(|known| known.name == scheme && takes_bearer(known))
        && !schemes(operation).any(is_other)
}

/// Whether the credential of a scheme is a bearer token.
fn takes_bearer(scheme: &SecurityScheme) -> bool {
    is_http(scheme, &["bearer"])
        || matches!(scheme.kind, SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect)
}

/// Whether a scheme has a notation of its own for `Authorization`.
fn has_header_of_own(scheme: &SecurityScheme) -> bool {
    matches!(
        &scheme.kind,
        SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name } if name.eq_ignore_ascii_case("authorization")
    )
}

/// Whether it is plain what an empty credential is for a scheme of an operation.
pub(crate) fn can_be_empty(operation: &Operation, scheme: &str) -> bool {
    let can_be = |scheme: &SecurityScheme| match scheme.kind {
        SecuritySchemeKind::Http { .. } => is_http(scheme, &["basic", "bearer"]),
        _ => CredentialPlace::of(scheme).is_some(),
    };
    schemes(operation).any(|known| known.name == scheme && can_be(known))
}

/// Whether a scheme is one of HTTP by one of these names.
pub(super) fn is_http(scheme: &SecurityScheme, names: &[&str]) -> bool {
    let SecuritySchemeKind::Http { scheme } = &scheme.kind else { return false };
    names.iter().any(|name| scheme.eq_ignore_ascii_case(name))
}

pub(super) fn schemes(operation: &Operation) -> impl Iterator<Item = &SecurityScheme> {
    operation.security().iter().flat_map(|alternative| &alternative.schemes).map(|(scheme, _)| scheme)
}

/// The first alternative that a scheme is part of and that does not become another one without it: `[both, one]` is no
/// more than `[one]` once `both` is wrong.
pub(super) fn alternative_of<'o>(operation: &'o Operation, scheme: &str) -> Option<&'o SecurityRequirement> {
    let alternatives = operation.security();
    let has = |alternative: &SecurityRequirement, name: &str| {
        alternative.schemes.iter().any(|(known, _)| known.name == name)
    };
    alternatives.iter().filter(|alternative| has(alternative, scheme)).find(|alternative| {
        let is_within = |other: &SecurityRequirement| {
            other.schemes.iter().all(|(known, _)| known.name != scheme && has(alternative, &known.name))
        };
        !alternatives.iter().any(is_within)
    })
}
