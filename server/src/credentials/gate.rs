//! The gate: a request held to its operation's security.

use counterfoil_openapi::validate::{self, Credential, Enforcement};
use counterfoil_openapi::{Contract, Operation, Request, SecuritySchemeKind, Violation};
use http::{HeaderValue, header};

use super::Credentials;
use super::challenge::{self, Fault};
use super::digest;
use crate::builder::Settings;

/// Decides whose requests are let in.
#[derive(Debug)]
pub(crate) struct Gate {
    enforcement: Enforcement,
    /// What is accepted; whatever is well-formed, where nobody says.
    accepted: Option<Credentials>,
    nonce: String,
    /// Whether some document asks for client certificates, and nobody looks at them.
    is_blind: bool,
}

impl Gate {
    pub(crate) fn new(settings: &Settings, contracts: &[Contract], accepted: Option<Credentials>) -> Self {
        let mut schemes = contracts.iter().flat_map(Contract::security_schemes);
        let has_certificates = schemes.any(|scheme| scheme.kind == SecuritySchemeKind::MutualTls);
        // TLS lets in nobody without one.
        let is_blind = has_certificates && !settings.asks_for_certificates();
        Self { enforcement: settings.security, accepted, nonce: digest::nonce(settings.seed), is_blind }
    }

    /// The credentials that are accepted, where somebody says.
    pub(crate) fn accepted(&self) -> Option<&Credentials> {
        self.accepted.as_ref()
    }

    /// How a request lacks the credentials that its operation asks for.
    pub(crate) fn judge(&self, operation: &Operation, request: &Request) -> Option<Violation> {
        match (self.enforcement, &self.accepted) {
            (Enforcement::Ignored, _) => None,
            (Enforcement::Enforced, None) => validate::security(operation, request),
            (Enforcement::Enforced, Some(accepted)) => {
                validate::security_by(operation, request, &|scheme, scopes, credential| {
                    accepted.judge(&scheme.name, scopes, credential, request, &self.nonce)
                })
            }
        }
    }

    /// What an operation asks for that nobody looks at, as a line of the trail.
    pub(crate) fn unseen(&self, operation: &Operation) -> Option<String> {
        if !self.is_blind || self.enforcement == Enforcement::Ignored {
            return None;
        }
        let mut schemes = operation.security().iter().flat_map(|alternative| &alternative.schemes);
        let (scheme, _) = schemes.find(|(scheme, _)| scheme.kind == SecuritySchemeKind::MutualTls)?;
        Some(format!("security: `{}` asks for a client certificate, which is not looked at", scheme.name))
    }

    /// What those are told who are not let in.
    pub(crate) fn challenges(
        &self,
        operation: &Operation,
        request: &Request,
        violations: &[Violation],
    ) -> Vec<HeaderValue> {
        let mut lines = request.headers.get_all(header::AUTHORIZATION).iter();
        let is_bearer = |line: &HeaderValue| {
            let name = line.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
            name.eq_ignore_ascii_case(b"bearer")
        };
        let fault = Fault {
            has_token: lines.any(is_bearer),
            lacks_scopes: violations.iter().any(|violation| violation.rule == "forbidden"),
            is_stale: self.is_stale(operation, request),
        };
        challenge::challenges(operation, &self.nonce, fault)
    }

    /// Whether a request answers a Digest challenge rightly, but for the nonce.
    fn is_stale(&self, operation: &Operation, request: &Request) -> bool {
        let Some(accepted) = &self.accepted else { return false };
        let found = std::cell::Cell::new(false);
        validate::security_by(operation, request, &|scheme, _, credential| {
            if let Credential::Digest(parameters) = credential
                && accepted.is_stale(&scheme.name, parameters, request, &self.nonce)
            {
                found.set(true);
            }
            validate::Acceptance::Refused
        });
        found.get()
    }
}
