//! That the stub is up, and what it serves.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::edition::Edition;

/// The state of the stub.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always true: a stub that is not well does not answer.
    pub(crate) ok: bool,
    /// The version of Counterfoil.
    pub(crate) version: String,
    /// The SHA-256 of the document served; where there are several, of their digests one after the other.
    pub(crate) document_digest: String,
    /// The SHA-256 of the script in force, likewise; absent where there is none.
    pub(crate) script_digest: Option<String>,
}

/// What is served.
pub(super) fn show(edition: &Edition) -> Health {
    let documents: Vec<&str> = edition.contracts.iter().map(|contract| contract.digest()).collect();
    let scripts: Vec<&str> = edition.engine.scripts().iter().map(|script| script.digest()).collect();
    Health {
        ok: true,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        document_digest: digest_of(&documents).unwrap_or_default(),
        script_digest: digest_of(&scripts),
    }
}

/// The one digest, or the digest of several one after the other.
fn digest_of(digests: &[&str]) -> Option<String> {
    match digests {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => {
            let digest = Sha256::digest(several.concat().as_bytes());
            Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }
    }
}
