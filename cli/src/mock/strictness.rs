//! How strictly `mock` judges requests, and its own replies.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use clap::Args;
use counterfoil_openapi::Contract;
use counterfoil_openapi::validate::{Enforcement, UnknownQuery};
use counterfoil_server::{
    Credentials, DEFAULT_BODY_LIMIT, DEFAULT_JOURNAL_LIMIT, DEFAULT_KEPT_LIMIT, OwnReplies, StubBuilder,
};

use crate::excerpt;
use crate::references::References;
use crate::source::Source;

/// How strictly requests and replies are judged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Strictness")]
pub(crate) struct Strictness {
    /// Ask for no credentials.
    #[arg(long)]
    no_auth: bool,

    /// The credentials that are accepted, by the names of the document's security schemes; without this, whatever is
    /// well-formed. Others are answered 401, good ones that lack a scope 403.
    #[arg(long, value_name = "FILE", conflicts_with = "no_auth")]
    credentials: Option<PathBuf>,

    /// Take every request for a valid one.
    #[arg(long)]
    no_validate: bool,

    /// Refuse query parameters that the document does not name.
    #[arg(long)]
    strict_query: bool,

    /// Answer 500 where the stub's own reply would break the contract, instead of sending it with a warning.
    #[arg(long)]
    strict: bool,

    /// Send, with a warning, even what a script's templates made and breaks the contract, instead of answering 500.
    #[arg(long, conflicts_with = "strict")]
    lenient: bool,

    /// The largest request body read; a larger one is answered 413. Bytes, or with KiB, MiB or GiB.
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT_BODY_LIMIT))]
    body_limit: Size,

    /// The most that the journals of all sessions hold together, where one holds 16 MiB at the most; beyond it the
    /// calls of the sessions go that were not asked for the longest. Bytes, or with KiB, MiB or GiB.
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT_JOURNAL_LIMIT))]
    journal_limit: Size,

    /// The most that all sessions keep together: values, items of resources, and rules set at run time. What there is no
    /// room for is refused. Bytes, or with KiB, MiB or GiB.
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT_KEPT_LIMIT))]
    kept_limit: Size,
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(usize);

/// The units of sizes, the larger ones first.
const UNITS: [(&str, usize); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "give a number of bytes, or one with KiB, MiB or GiB".to_owned();
        let unit_at = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let number: usize = number.parse().map_err(|_| wrong())?;
        let factor = match unit.trim() {
            "" => 1,
            unit => UNITS
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(unit))
                .map(|(_, size)| *size)
                .ok_or_else(wrong)?,
        };
        number.checked_mul(factor).map(Self).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fits = |(_, size): &&(&str, usize)| self.0 >= *size && self.0.is_multiple_of(*size);
        match UNITS.iter().find(fits) {
            Some((unit, size)) if *size > 1 => write!(f, "{}{unit}", self.0 / size),
            _ => write!(f, "{}", self.0),
        }
    }
}

impl Strictness {
    /// Sets a stub up as the flags say.
    pub(crate) fn apply(&self, builder: StubBuilder, credentials: Option<Credentials>) -> StubBuilder {
        let builder = builder
            .security(enforced_unless(self.no_auth))
            .validation(enforced_unless(self.no_validate))
            .unknown_query(if self.strict_query { UnknownQuery::Refuse } else { UnknownQuery::Accept })
            .own_replies(match (self.strict, self.lenient) {
                (true, _) => OwnReplies::Refused,
                (_, true) => OwnReplies::Sent,
                _ => OwnReplies::Warned,
            })
            .body_limit(self.body_limit.0)
            .journal_limit(self.journal_limit.0)
            .kept_limit(self.kept_limit.0);
        match credentials {
            Some(credentials) => builder.credentials(credentials),
            None => builder,
        }
    }

    /// Whether only certain credentials are accepted.
    pub(crate) fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// The file of accepted credentials.
    pub(crate) fn credentials_file(&self) -> Option<&Path> {
        self.credentials.as_deref()
    }
}

/// Reads a file of accepted credentials, where there is one, and notes what it held.
pub(crate) fn read_credentials(
    path: Option<&Path>,
    sources: &[Source],
    references: &References,
) -> anyhow::Result<Option<Credentials>> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("read the credentials `{name}`"));
    references.record.note(path.to_owned(), bytes.as_deref().ok());
    let contracts: Vec<Contract> = sources.iter().map(|source| source.contract.clone()).collect();
    Credentials::load(&name, &bytes?, &contracts).map(Some).map_err(|error| {
        // No line of the file is shown, for it may hold a secret.
        let findings = excerpt::findings(error.findings(), &[]);
        anyhow!("use the credentials `{name}`:\n\n{}", findings.trim_end())
    })
}

fn enforced_unless(is_off: bool) -> Enforcement {
    if is_off { Enforcement::Ignored } else { Enforcement::Enforced }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_bytes_or_has_a_unit() {
        for (text, expected) in
            [("0", 0), ("1000", 1000), ("64KiB", 65_536), ("16 mib", 16 << 20), ("1GiB", 1 << 30), ("5B", 5)]
        {
            assert_eq!(text.parse(), Ok(Size(expected)), "{text}");
        }
        for text in ["", "x", "-1", "1.5MiB", "1MB", "99999999999999999999", "99999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        for (size, expected) in [(16 << 20, "16MiB"), (1000, "1000"), (0, "0"), (2048, "2KiB")] {
            assert_eq!(Size(size).to_string(), expected);
        }
    }
}
