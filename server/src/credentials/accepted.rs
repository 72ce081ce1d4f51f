//! Accepted credentials, kept so that no value can be read back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use counterfoil_openapi::Request;
use counterfoil_openapi::validate::{Acceptance, Credential, DigestParameters};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::digest::{self, Answer, Secret};
use crate::changes::Difference;

/// The credentials that a stub accepts, by the names of security schemes; see [`Credentials::load`]. Cheap to clone.
///
/// * Values are kept as hashes, and compared in constant time. `Debug` shows the names of schemes only.
/// * A scheme that is not named has no accepted value.
#[derive(Clone, Default)]
pub struct Credentials(Arc<BTreeMap<String, Accepted>>);

/// What is accepted of one scheme.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Accepted {
    /// Whatever is well-formed.
    Any,
    /// These.
    These(Vec<Known>),
}

/// One accepted credential.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The SHA-256 of the value.
    hash: [u8; 32],
    /// For Digest, where the value is a user's name and password.
    secret: Option<Secret>,
    /// The scopes it has; all where none are listed.
    scopes: Option<Vec<String>>,
}

impl Known {
    pub(super) fn new(value: &str, scopes: Option<Vec<String>>) -> Self {
        Self { hash: Sha256::digest(value.as_bytes()).into(), secret: Secret::of(value), scopes }
    }

    /// What a credential that is this one amounts to, for an operation that asks for `scopes`.
    fn verdict(&self, scopes: &[String]) -> Acceptance {
        let Some(held) = &self.scopes else { return Acceptance::Accepted };
        let lacking: Vec<String> = scopes.iter().filter(|scope| !held.contains(scope)).cloned().collect();
        if lacking.is_empty() { Acceptance::Accepted } else { Acceptance::Lacking(lacking) }
    }
}

impl Credentials {
    pub(super) fn new(accepted: BTreeMap<String, Accepted>) -> Self {
        Self(Arc::new(accepted))
    }

    /// For which security schemes something else is accepted than was, by their names.
    pub(crate) fn difference(old: Option<&Self>, new: Option<&Self>) -> Difference {
        let none = BTreeMap::new();
        let old = old.map_or(&none, |old| old.0.as_ref());
        let new = new.map_or(&none, |new| new.0.as_ref());
        let mut difference = Difference::default();
        for (name, accepted) in new {
            match old.get(name) {
                None => difference.added.push(name.clone()),
                Some(known) if known != accepted => difference.changed.push(name.clone()),
                Some(_) => {}
            }
        }
        difference.removed.extend(old.keys().filter(|name| !new.contains_key(*name)).cloned());
        difference
    }

    /// Whether anything is accepted for a scheme.
    pub(crate) fn has(&self, scheme: &str) -> bool {
        match self.0.get(scheme) {
            None => false,
            Some(Accepted::Any) => true,
            Some(Accepted::These(known)) => !known.is_empty(),
        }
    }

    /// What is made of a credential for a scheme.
    pub(super) fn judge(
        &self,
        scheme: &str,
        scopes: &[String],
        credential: &Credential<'_>,
        request: &Request,
        nonce: &str,
    ) -> Acceptance {
        let known = match self.0.get(scheme) {
            None => return Acceptance::Refused,
            Some(Accepted::Any) => return Acceptance::Accepted,
            Some(Accepted::These(known)) => known,
        };
        // Every one is looked at, so that the time taken does not tell which it was.
        let is_it: Vec<bool> = match credential {
            Credential::Token(value) => same(known, value),
            Credential::Basic(value) => same(known, value),
            Credential::Digest(parameters) => {
                known.iter().map(|known| answer(known, parameters, request, nonce) == Answer::Right).collect()
            }
            _ => vec![false; known.len()],
        };
        let verdicts = known.iter().zip(is_it).filter(|(_, is_it)| *is_it);
        // Of one value that is listed twice the more powerful counts.
        let lacking = |verdict: &Acceptance| match verdict {
            Acceptance::Lacking(scopes) => scopes.len(),
            _ => 0,
        };
        let verdicts = verdicts.map(|(known, _)| known.verdict(scopes));
        verdicts.min_by_key(lacking).unwrap_or(Acceptance::Refused)
    }

    /// Whether an answer to a challenge is right but for its nonce.
    pub(super) fn is_stale(
        &self,
        scheme: &str,
        parameters: &DigestParameters,
        request: &Request,
        nonce: &str,
    ) -> bool {
        match self.0.get(scheme) {
            Some(Accepted::These(known)) => {
                known.iter().any(|known| answer(known, parameters, request, nonce) == Answer::Stale)
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

fn same(known: &[Known], value: &[u8]) -> Vec<bool> {
    let hash: [u8; 32] = Sha256::digest(value).into();
    known.iter().map(|known| known.hash.ct_eq(&hash).into()).collect()
}

fn answer(known: &Known, parameters: &DigestParameters, request: &Request, nonce: &str) -> Answer {
    known.secret.as_ref().map_or(Answer::Wrong, |secret| digest::answer(parameters, request, nonce, secret))
}
