//! The secret values of one call, and texts without them.

use std::collections::BTreeSet;

use counterfoil_openapi::Violation;
use serde_json::Value;

use super::HIDDEN;

/// Secrets shorter than this are looked for within quotes only, so that texts stay legible.
const MIN_BARE: usize = 4;

/// Values found secret in one call.
#[derive(Debug, Default)]
pub(crate) struct Found(BTreeSet<String>);

impl Found {
    /// A text with every secret found so far hidden.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first: one secret may hold another.
        let mut values: Vec<&String> = self.0.iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            if value.len() >= MIN_BARE {
                text = text.replace(value.as_str(), HIDDEN);
            } else {
                text = text.replace(&format!("\"{value}\""), &format!("\"{HIDDEN}\""));
            }
        }
        text
    }

    /// Whether a text is one of the secrets found so far.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// A violation that quotes no secret found so far.
    pub(crate) fn scrub_violation(&self, violation: &Violation) -> Violation {
        let mut scrubbed = violation.clone();
        if !self.0.is_empty() {
            scrubbed.message = self.scrub(&violation.message);
        }
        scrubbed
    }

    /// Takes a value for a secret.
    pub(crate) fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        let quoted = Value::from(value).to_string();
        self.0.insert(quoted[1..quoted.len() - 1].to_owned());
        self.0.insert(value.to_owned());
    }

    /// A header's value, and the parts of it that are secret by themselves.
    pub(super) fn add_header(&mut self, name: &str, value: &str) {
        self.add(value);
        match name {
            "authorization" | "proxy-authorization" => {
                if let Some((_, credentials)) = value.split_once(' ') {
                    self.add(credentials.trim());
                }
            }
            "cookie" | "set-cookie" => {
                for (_, value) in value.split(';').filter_map(|pair| pair.split_once('=')) {
                    self.add(value.trim());
                }
            }
            _ => {}
        }
    }
}
