//! Flags about what counts how much, how fast requests go out and where, and the file that holds such settings.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use clap::Args;
use counterfoil_conformance::header_variable;
use counterfoil_conformance::report::shell_word;
use counterfoil_conformance::{FixedValues, Options, Override, Phase, Severity};
use counterfoil_openapi::Contract;
use serde::Deserialize;

/// The file that is read where none is named and it is there.
const CONFIG_FILE: &str = "counterfoil.toml";

/// See the flags.
#[derive(Debug, Args)]
pub(crate) struct PolicyOptions {
    /// How grave it is when a check does not hold: `off`, `warning` or `failure`; with `@` for one phase or operation
    /// only, as in `ignored_auth=off@/health`. Can be given several times; the last one counts.
    #[arg(long, value_name = "CHECK=SEVERITY[@SCOPE]")]
    severity: Vec<Stated<Severity>>,

    /// The statuses that a check expects, in the place of its own: `not_a_server_error=503@/health`,
    /// `negative_data_rejection=400,422`. Can be given several times.
    #[arg(long, value_name = "CHECK=STATUSES[@SCOPE]")]
    expected_statuses: Vec<Stated<Statuses>>,

    /// A value that every request has in a place: `path.petId=7`, `query.limit=10`, `header.X-Tenant=acme`,
    /// `cookie.lang=en`, `body.customer.id=42`; with `@` for some operations only, named as for --include, as in
    /// `query.limit@listPets=10`. It is read as JSON where the schema of the place admits that, else as text. Requests
    /// with invalid data keep it as well. Can be given several times; the last one counts, and one for some operations
    /// beats one for all.
    #[arg(long, value_name = "PLACE=VALUE")]
    set: Vec<SetValue>,

    /// Send requests with a query parameter of one value twice, too, in the coverage phase. A server that answers one
    /// with a 2xx fails `negative_data_rejection`. Documents leave open what that means, so it is not done unasked.
    #[arg(long)]
    duplicate_query: bool,

    /// The most requests a second (`10`), a minute (`100/m`) or an hour (`1000/h`).
    #[arg(long, value_name = "RATE")]
    rate_limit: Option<String>,

    /// Send methods that may change something (POST, PUT, PATCH, DELETE) to other machines than this one, too.
    #[arg(long)]
    allow_unsafe: bool,

    /// A file of settings (TOML): a table `test` of these flags by name, and tables `profiles.NAME` of the same.
    /// Without it `counterfoil.toml` is read, where there is one. Flags beat it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The profile of the file that beats its table `test`.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// A value for a check, perhaps for one phase or operation only.
#[derive(Debug, Clone)]
struct Stated<V> {
    check: String,
    value: V,
    scope: Option<String>,
    text: String,
}

/// Statuses with commas.
#[derive(Debug, Clone)]
struct Statuses(Vec<String>);

/// A value for a place.
#[derive(Debug, Clone)]
struct SetValue {
    place: String,
    value: String,
}

impl FromStr for SetValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, value) = text.split_once('=').ok_or("there is no `=`; write PLACE=VALUE")?;
        let is_place = ["path.", "query.", "header.", "cookie.", "body."]
            .iter()
            .any(|location| place.strip_prefix(location).is_some_and(|name| !name.is_empty()));
        match is_place {
            true => Ok(Self { place: place.to_owned(), value: value.to_owned() }),
            false => Err(format!(
                "`{place}` is no place; write `path.NAME`, `query.NAME`, `header.NAME`, `cookie.NAME` or `body.MEMBER`"
            )),
        }
    }
}

/// What a flag says of a check.
trait Word: Sized {
    fn read(text: &str) -> Result<Self, String>;
}

impl Word for Severity {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "warning" => Ok(Self::Warning),
            "failure" => Ok(Self::Failure),
            _ => Err(format!("`{text}` is none of off, warning and failure")),
        }
    }
}

impl Word for Statuses {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.split(',').map(|status| status.trim().to_owned()).collect()))
    }
}

impl<V: Word> FromStr for Stated<V> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (check, rest) = text.split_once('=').ok_or("there is no `=`; write CHECK=VALUE")?;
        let (value, scope) = match rest.split_once('@') {
            Some((value, scope)) if !scope.is_empty() => (value, Some(scope.to_owned())),
            Some(_) => return Err("there is no phase or operation after `@`".to_owned()),
            None => (rest, None),
        };
        Ok(Self { check: check.to_owned(), value: V::read(value)?, scope, text: text.to_owned() })
    }
}

impl<V> Stated<V> {
    /// An override for the phase or the operations that it names, or for all.
    fn scoped(&self) -> Override {
        let Some(scope) = &self.scope else { return Override::default() };
        match Phase::EVERY.into_iter().find(|phase| phase.as_str() == scope) {
            Some(phase) => Override { phases: vec![phase], ..Override::default() },
            None => Override { operations: vec![scope.clone()], ..Override::default() },
        }
    }
}

/// What a file of settings holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    /// Settings of every run.
    test: Options,
    /// Settings that beat them, by the name of a profile.
    profiles: BTreeMap<String, Options>,
}

impl PolicyOptions {
    /// What these flags say, with what the other flags say; what neither says is the file's.
    pub(super) fn complete(&self, flags: Options) -> anyhow::Result<Options> {
        let severities = self.severity.iter().map(|stated| Override {
            severity: [(stated.check.clone(), stated.value)].into(),
            ..stated.scoped()
        });
        let expected = self.expected_statuses.iter().map(|stated| Override {
            expected_statuses: [(stated.check.clone(), stated.value.0.clone())].into(),
            ..stated.scoped()
        });
        let overrides: Vec<Override> = severities.chain(expected).collect();
        let flags = Options {
            rate_limit: self.rate_limit.clone(),
            allow_unsafe: self.allow_unsafe.then_some(true),
            duplicate_query: self.duplicate_query.then_some(true),
            set: (!self.set.is_empty()).then(|| {
                let values = self.set.iter();
                values.fold(FixedValues::default(), |all, set| all.and(&set.place, set.value.as_str()))
            }),
            overrides: (!overrides.is_empty()).then_some(overrides),
            ..flags
        };
        Ok(flags.or(self.of_file()?))
    }

    /// What the file says, its profile included.
    fn of_file(&self) -> anyhow::Result<Options> {
        let path = self.config.as_deref().unwrap_or(Path::new(CONFIG_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && self.config.is_none() => String::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let file: File = toml::from_str(&text).with_context(|| format!("read {}", path.display()))?;
        let Some(name) = &self.profile else { return Ok(file.test) };
        let mut profiles = file.profiles;
        let profile = profiles.remove(name).ok_or_else(|| {
            let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            anyhow!("find the profile `{name}` in {}; profiles there: {known}", path.display())
        })?;
        Ok(profile.or(file.test))
    }

    /// These flags as a user writes them; values that the document marks as secrets are read from the environment.
    pub(super) fn words(&self, contract: &Contract) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", shell_word(value)));
        self.severity.iter().for_each(|stated| flag("severity", &stated.text));
        self.expected_statuses.iter().for_each(|stated| flag("expected-statuses", &stated.text));
        self.rate_limit.iter().for_each(|rate| flag("rate-limit", rate));
        self.config.iter().for_each(|path| flag("config", &path.display().to_string()));
        self.profile.iter().for_each(|name| flag("profile", name));
        for SetValue { place, value } in &self.set {
            let is_secret = FixedValues::default().and(place, value.as_str()).is_secret(contract, place);
            words.push(match is_secret {
                true => format!("--set \"{place}=${}\"", header_variable(place)),
                false => format!("--set {}", shell_word(&format!("{place}={value}"))),
            });
        }
        if self.duplicate_query {
            words.push("--duplicate-query".to_owned());
        }
        if self.allow_unsafe {
            words.push("--allow-unsafe".to_owned());
        }
        words
    }
}
