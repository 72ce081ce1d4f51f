//! Security Scheme and Security Requirement Objects (OpenAPI 3.0.3, sections 4.7.27 to 4.7.30).

use crate::document::{Document, Place, Version};

/// Where an API key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiKeyLocation {
    /// A query parameter.
    Query,
    /// A request header.
    Header,
    /// A cookie.
    Cookie,
}

/// What a security scheme asks of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecuritySchemeKind {
    /// A key under a name.
    ApiKey {
        /// Where it is sent.
        location: ApiKeyLocation,
        /// The name of the parameter, header or cookie.
        name: String,
    },
    /// An `Authorization` scheme (RFC 9110, section 11), in lower case: `basic`, `bearer`, `digest` …
    Http {
        /// The scheme's name in lower case.
        scheme: String,
    },
    /// OAuth 2.0, sent as a bearer token.
    OAuth2,
    /// OpenID Connect, sent as a bearer token.
    OpenIdConnect,
    /// A client certificate.
    MutualTls,
    /// A type we do not know: nothing is asked.
    Unknown(String),
}

/// A named security scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its key in `components.securitySchemes`.
    pub name: String,
    /// What it asks.
    pub kind: SecuritySchemeKind,
}

/// One alternative of `security`: all its schemes hold together; none at all means "without credentials".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityRequirement {
    /// The schemes with the scopes asked of each.
    pub schemes: Vec<(SecurityScheme, Vec<String>)>,
}

pub(crate) fn read_schemes(document: &Document) -> Vec<SecurityScheme> {
    let root = Place::root(document);
    let declared = match document.version() {
        Version::V2_0 => root.get("securityDefinitions"),
        _ => root.get("components").and_then(|components| components.get("securitySchemes")),
    };
    let Some(schemes) = declared else { return Vec::new() };
    schemes
        .members()
        .filter_map(|(name, place)| {
            let object = place.follow(document).ok()?;
            Some(SecurityScheme { name: name.to_owned(), kind: read_kind(&object) })
        })
        .collect()
}

fn read_kind(object: &Place<'_>) -> SecuritySchemeKind {
    let kind = object.text("type").unwrap_or_default();
    match kind {
        "apiKey" => {
            let location = match object.text("in") {
                Some("query") => ApiKeyLocation::Query,
                Some("cookie") => ApiKeyLocation::Cookie,
                _ => ApiKeyLocation::Header,
            };
            match object.text("name") {
                Some(name) => SecuritySchemeKind::ApiKey { location, name: name.to_owned() },
                None => SecuritySchemeKind::Unknown("apiKey without a name".to_owned()),
            }
        }
        // Swagger 2.0 has no `http`, and a type for its one scheme.
        "basic" => SecuritySchemeKind::Http { scheme: kind.to_owned() },
        "http" => SecuritySchemeKind::Http {
            scheme: object.text("scheme").unwrap_or("bearer").to_ascii_lowercase(),
        },
        "oauth2" => SecuritySchemeKind::OAuth2,
        "openIdConnect" => SecuritySchemeKind::OpenIdConnect,
        "mutualTLS" => SecuritySchemeKind::MutualTls,
        other => SecuritySchemeKind::Unknown(other.to_owned()),
    }
}

/// The requirements in force at an operation: its own `security`, else the document's; `None` where neither is.
pub(crate) fn read_requirements(
    document: &Document,
    operation: &Place<'_>,
    schemes: &[SecurityScheme],
) -> Vec<SecurityRequirement> {
    let Some(security) = operation.get("security").or_else(|| Place::root(document).get("security")) else {
        return Vec::new();
    };
    security
        .items()
        .filter_map(|requirement| requirement.follow(document).ok())
        .map(|requirement| SecurityRequirement {
            schemes: requirement
                .members()
                .map(|(name, scopes)| {
                    let scheme = schemes.iter().find(|scheme| scheme.name == name).cloned();
                    let scheme = scheme.unwrap_or_else(|| SecurityScheme {
                        name: name.to_owned(),
                        kind: SecuritySchemeKind::Unknown("undeclared".to_owned()),
                    });
                    let scopes = scopes.items().filter_map(|scope| scope.value.as_str().map(str::to_owned));
                    (scheme, scopes.collect())
                })
                .collect(),
        })
        .collect()
}
