//! Credentials in curl lines, where only certain ones are accepted: the lines take them from the environment.

use std::fmt::Write as _;

use counterfoil_conformance::report::shell_word;
use counterfoil_openapi::{ApiKeyLocation, Operation, SecurityScheme, SecuritySchemeKind};

/// What a curl line needs for the credentials that an operation asks for: the first alternative's.
pub(super) fn options(operation: &Operation) -> String {
    let schemes = operation.security().first().into_iter().flat_map(|alternative| &alternative.schemes);
    schemes.map(|(scheme, _)| option(scheme)).collect()
}

/// The variable that a scheme's credential is taken from: its name in capitals.
pub(super) fn variable(scheme: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let name: String = scheme.chars().map(plain).collect::<String>().to_ascii_uppercase();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn option(scheme: &SecurityScheme) -> String {
    let value = format!("\"${}\"", variable(&scheme.name));
    let mut option = String::from(" ");
    // Writing to a string cannot fail.
    let _ = match &scheme.kind {
        SecuritySchemeKind::ApiKey { location, name } => match location {
            ApiKeyLocation::Header => write!(option, "-H {}{value}", shell_word(&format!("{name}: "))),
            ApiKeyLocation::Query => {
                write!(option, "--url-query {}{value}", shell_word(&format!("{}=", escaped(name))))
            }
            ApiKeyLocation::Cookie => write!(option, "-b {}{value}", shell_word(&format!("{name}="))),
        },
        SecuritySchemeKind::Http { scheme } => match scheme.as_str() {
            "basic" => write!(option, "-u {value}"),
            "digest" => write!(option, "--digest -u {value}"),
            other => write!(option, "-H {}{value}", shell_word(&format!("authorization: {other} "))),
        },
        SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => {
            write!(option, "-H 'authorization: Bearer '{value}")
        }
        _ => return String::new(),
    };
    option
}

/// A name as it stands in a query.
fn escaped(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
