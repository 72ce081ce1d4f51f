//! Credentials of made-up clients, and a stub that knows them.

use anyhow::Context as _;
use counterfoil_conformance::Target;
use counterfoil_openapi::{ApiKeyLocation, Contract, Operation, SecurityScheme, SecuritySchemeKind};
use counterfoil_server::Credentials;
use serde_json::{Map, Value};

/// Somebody who calls a stub.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    name: &'static str,
    /// The name and itself again as a password, as the Basic scheme writes them (RFC 7617).
    basic: &'static str,
}

pub(super) const ADA: Client = Client { name: "ada", basic: "Basic YWRhOmFkYQ==" };
pub(super) const BOB: Client = Client { name: "bob", basic: "Basic Ym9iOmJvYg==" };

/// What the suite makes up as a credential.
const INVENTED: &str = "counterfoil";

/// The header by which a client of a stub names its session.
const SESSION: &str = "counterfoil-session";

impl Client {
    /// The headers that carry the client's credentials for the first way to call each of some operations.
    fn headers(self, operations: &[&Operation]) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> =
            first_ways(operations).filter_map(|scheme| self.header(scheme)).collect();
        headers.sort();
        headers.dedup_by(|one, other| one.0 == other.0);
        headers
    }

    fn header(self, scheme: &SecurityScheme) -> Option<(String, String)> {
        let bearer = || ("authorization".to_owned(), format!("Bearer {}", self.name));
        match &scheme.kind {
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name } => {
                Some((name.clone(), self.name.to_owned()))
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Cookie, name } => {
                Some(("cookie".to_owned(), format!("{name}={}", self.name)))
            }
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                Some(("authorization".to_owned(), self.basic.to_owned()))
            }
            SecuritySchemeKind::Http { scheme } if scheme == "bearer" => Some(bearer()),
            SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => Some(bearer()),
            _ => None,
        }
    }
}

fn first_ways<'o>(operations: &'o [&Operation]) -> impl Iterator<Item = &'o SecurityScheme> {
    let ways = operations.iter().filter_map(|operation| operation.security().first());
    ways.flat_map(|way| &way.schemes).map(|(scheme, _)| scheme)
}

/// The target with the credentials of one client.
pub(super) fn signed(target: Target, operations: &[&Operation]) -> Target {
    let headers = ADA.headers(operations);
    headers.into_iter().fold(target, |target, (name, value)| target.header(name, value))
}

/// The target with two clients, each with a session of its own.
pub(super) fn shared(target: Target, operations: &[&Operation]) -> Target {
    let of = |client: Client| {
        let session = (SESSION.to_owned(), client.name.to_owned());
        client.headers(operations).into_iter().chain([session]).collect::<Vec<_>>()
    };
    let target = of(ADA).into_iter().fold(target, |target, (name, value)| target.header(name, value));
    of(BOB).into_iter().fold(target, |target, (name, value)| target.other_header(name, value))
}

/// What a stub accepts that knows some clients, for the first way to call each of some operations; nothing where none
/// asks for credentials.
pub(super) fn accepted(
    clients: &[Client],
    operations: &[&Operation],
    contract: &Contract,
) -> anyhow::Result<Option<Credentials>> {
    // What no header carries the suite makes up.
    let names = || clients.iter().map(|client| client.name).chain([INVENTED]);
    let values = |scheme: &SecurityScheme| -> Vec<String> {
        match &scheme.kind {
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                names().map(|name| format!("{name}:{name}")).collect()
            }
            _ => names().map(str::to_owned).collect(),
        }
    };
    let known: Map<String, Value> =
        first_ways(operations).map(|scheme| (scheme.name.clone(), Value::from(values(scheme)))).collect();
    if known.is_empty() {
        return Ok(None);
    }
    let text = Value::Object(known).to_string();
    let loaded = Credentials::load("self-check", text.as_bytes(), std::slice::from_ref(contract));
    loaded.map(Some).context("make credentials up")
}
