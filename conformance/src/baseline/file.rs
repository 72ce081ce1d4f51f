//! The file that lists known failures.

use std::error::Error;
use std::fmt;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use counterfoil_openapi::{Document, Pointer};
use serde_json::{Map, Value};

use super::Day;
use crate::event::Phase;
use crate::failure::{Failure, fingerprint};
use crate::replay::write_at_once;

/// The version of the format.
pub const BASELINE_VERSION: u64 = 1;
/// The largest baseline read, in bytes.
pub const MAX_BASELINE_BYTES: u64 = 16 * 1024 * 1024;
/// The members of an entry.
const MEMBERS: [&str; 8] =
    ["check", "operation", "kind", "fingerprint", "phase", "reason", "ticket", "expires"];

/// Known failures, as a file lists them: `baseline: 1`, and under `known` one entry a failure.
///
/// It is YAML, or TOML where the name of the file ends in `.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One known failure, or all that a check finds in an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The check's name.
    pub check: String,
    /// The operation's id.
    pub operation: String,
    /// What fails, as the check names it; everything where it is left out.
    pub kind: Option<String>,
    /// [`Failure::fingerprint`]; where it is there, it alone counts.
    pub fingerprint: Option<String>,
    /// The phase that found it: only a run with that phase says that it is gone.
    pub phase: Option<Phase>,
    /// Why it is left as it is.
    pub reason: Option<String>,
    /// Where it is worked on.
    pub ticket: Option<String>,
    /// The last day on which it is known.
    pub expires: Option<Day>,
}

/// The language of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineFormat {
    /// YAML, and JSON with it.
    Yaml,
    /// TOML.
    Toml,
}

impl BaselineFormat {
    /// The language that a file's name says.
    pub fn of(path: &Path) -> Self {
        match path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            true => Self::Toml,
            false => Self::Yaml,
        }
    }
}

impl Entry {
    /// The entry of a failure that is found for the first time: nobody has said yet why.
    pub fn of(failure: &Failure) -> Self {
        Self {
            check: failure.check.clone(),
            operation: failure.operation.clone(),
            kind: Some(failure.kind.clone()),
            phase: Some(failure.phase),
            ..Self::default()
        }
    }

    /// Whether it speaks of a failure.
    pub fn covers(&self, failure: &Failure) -> bool {
        self.covers_kind(&failure.check, &failure.operation, &failure.kind)
    }

    pub(super) fn covers_kind(&self, check: &str, operation: &str, kind: &str) -> bool {
        match &self.fingerprint {
            Some(own) => *own == fingerprint(check, operation, kind),
            None => {
                self.check == check
                    && self.operation == operation
                    && self.kind.as_ref().is_none_or(|known| known == kind)
            }
        }
    }

    /// What it is about, in a line.
    pub fn describe(&self) -> String {
        let kind = self.kind.as_deref().map(|kind| format!(": {kind}")).unwrap_or_default();
        match &self.fingerprint {
            Some(own) if self.check.is_empty() => format!("fingerprint {own}"),
            _ => format!("{} in {}{kind}", self.check, self.operation),
        }
    }

    fn of_value(value: &Value) -> Result<Self, (Option<String>, String)> {
        let Value::Object(members) = value else {
            return Err((None, "an entry is a map with `check`, `operation` and `kind`".to_owned()));
        };
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let message = format!("an entry has no `{unknown}`; it has {}", MEMBERS.join(", "));
            return Err((Some(unknown.clone()), message));
        }
        let at = |name: &str, message: String| (Some(name.to_owned()), message);
        let text = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(at(name, format!("`{name}` is a text"))),
        };
        let own = text("fingerprint")?;
        let needed = |name: &str| match (text(name)?, &own) {
            (Some(text), _) => Ok(text),
            (None, Some(_)) => Ok(String::new()),
            (None, None) => Err((None, format!("there is no `{name}`, and no `fingerprint` in its place"))),
        };
        let (check, operation) = (needed("check")?, needed("operation")?);
        if !check.is_empty() && !crate::check::checks().iter().any(|known| known.name() == check) {
            return Err(at("check", format!("there is no check `{check}`; see `counterfoil explain`")));
        }
        let phase = text("phase")?.map(|name| {
            let known = Phase::ALL.into_iter().find(|phase| phase.as_str() == name);
            known.ok_or_else(|| at("phase", format!("there is no phase `{name}`")))
        });
        let expires = text("expires")?.map(|day| day.parse().map_err(|message| at("expires", message)));
        Ok(Self {
            check,
            operation,
            kind: text("kind")?,
            fingerprint: own,
            phase: phase.transpose()?,
            reason: text("reason")?,
            ticket: text("ticket")?,
            expires: expires.transpose()?,
        })
    }

    /// Its members as they are written, in order.
    fn members(&self) -> impl Iterator<Item = (&'static str, String)> {
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        [
            ("check", filled(&self.check)),
            ("operation", filled(&self.operation)),
            ("kind", self.kind.clone()),
            ("fingerprint", self.fingerprint.clone()),
            ("phase", self.phase.map(|phase| phase.as_str().to_owned())),
            ("reason", self.reason.clone()),
            ("ticket", self.ticket.clone()),
            ("expires", self.expires.map(|day| day.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Baseline {
    /// Reads a baseline; where there is no file there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is larger than [`MAX_BASELINE_BYTES`], or is no baseline.
    pub fn read(path: &Path) -> Result<Option<Self>, BaselineError> {
        let refused = |reason: String| BaselineError { file: path.display().to_string(), reason };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(format!(": {error}"))),
            Ok(file) => file,
        };
        let mut bytes = Vec::new();
        let read = file.take(MAX_BASELINE_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| refused(format!(": {error}")))?;
        if bytes.len() as u64 > MAX_BASELINE_BYTES {
            return Err(refused(format!(": it is larger than {MAX_BASELINE_BYTES} bytes")));
        }
        Self::of_bytes(&path.display().to_string(), &bytes, BaselineFormat::of(path)).map(Some)
    }

    /// Reads a baseline from bytes; messages call it `name`.
    ///
    /// # Errors
    ///
    /// When they are no baseline.
    pub fn of_bytes(name: &str, bytes: &[u8], format: BaselineFormat) -> Result<Self, BaselineError> {
        let refused = |reason: String| BaselineError { file: name.to_owned(), reason };
        let document;
        let (root, document) = match format {
            BaselineFormat::Yaml => {
                let (read, findings) = Document::read_tree(name, bytes).map_err(|error| {
                    let place = error.position().map(|position| format!(":{position}")).unwrap_or_default();
                    refused(format!("{place}: {}", error.message()))
                })?;
                if let Some(finding) = findings.first() {
                    let place = finding.position.map(|position| format!(":{position}")).unwrap_or_default();
                    return Err(refused(format!("{place}: {}", finding.message)));
                }
                document = read;
                (document.root().clone(), Some(&document))
            }
            BaselineFormat::Toml => {
                let text = std::str::from_utf8(bytes).map_err(|error| refused(format!(": {error}")))?;
                let table: toml::Table = text.parse().map_err(|error| refused(format!(": {error}")))?;
                (of_toml(toml::Value::Table(table)), None)
            }
        };
        Self::of_value(&root).map_err(|(pointer, message)| {
            let position = document.and_then(|document| document.position(&pointer));
            let place = match position {
                Some(position) => format!(":{position}"),
                None if pointer.as_str().is_empty() => String::new(),
                None => format!(" at {}", pointer.as_str()),
            };
            refused(format!("{place}: {message}"))
        })
    }

    fn of_value(root: &Value) -> Result<Self, (Pointer, String)> {
        let here = Pointer::root();
        match root.get("baseline") {
            Some(version) if version.as_u64() == Some(BASELINE_VERSION) => {}
            Some(version) => {
                let message = format!("the version `{version}` is not {BASELINE_VERSION}");
                return Err((here.join("baseline"), message));
            }
            None => return Err((here, format!("it is no baseline: write `baseline: {BASELINE_VERSION}`"))),
        }
        let members = root.as_object().into_iter().flat_map(Map::keys);
        if let Some(unknown) =
            members.into_iter().find(|name| !["baseline", "known"].contains(&name.as_str()))
        {
            return Err((here.join(unknown), format!("there is no `{unknown}`; entries are under `known`")));
        }
        let known = match root.get("known") {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Array(known)) => known,
            Some(_) => return Err((here.join("known"), "`known` is a list of entries".to_owned())),
        };
        let at = here.join("known");
        let entries = known.iter().enumerate().map(|(index, value)| {
            Entry::of_value(value).map_err(|(member, message)| {
                let entry = at.join(&index.to_string());
                (member.map_or(entry.clone(), |member| entry.join(&member)), message)
            })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The whole file.
    pub fn to_text(&self, format: BaselineFormat) -> String {
        let mut text = "# Failures that are known; `counterfoil test --baseline` lets them pass.\n\
                        # Say why, and until when: reason, ticket, expires (the last day, 2027-01-31).\n"
            .to_owned();
        match format {
            BaselineFormat::Yaml if self.entries.is_empty() => text.push_str("baseline: 1\nknown: []\n"),
            BaselineFormat::Yaml => text.push_str("baseline: 1\nknown:\n"),
            BaselineFormat::Toml => text.push_str("baseline = 1\n"),
        }
        for entry in &self.entries {
            if format == BaselineFormat::Toml {
                text.push_str("\n[[known]]\n");
            }
            for (at, (name, value)) in entry.members().enumerate() {
                // Writing to a text cannot fail.
                let _ = match format {
                    BaselineFormat::Yaml => {
                        writeln!(text, "  {} {name}: {}", if at == 0 { '-' } else { ' ' }, quoted(&value))
                    }
                    BaselineFormat::Toml => writeln!(text, "{name} = {}", quoted(&value)),
                };
            }
        }
        text
    }

    /// Writes it, at once or not at all, in the language that the name of the file says.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn store(&self, path: &Path) -> io::Result<()> {
        write_at_once(path, &self.to_text(BaselineFormat::of(path)))
    }

    /// The fingerprint that an entry stands for, where it is of one failure.
    /// Whether an entry speaks of a failure.
    pub(crate) fn lists(&self, check: &str, operation: &str, kind: &str) -> bool {
        self.entries.iter().any(|entry| entry.covers_kind(check, operation, kind))
    }

    pub(super) fn fingerprint_of(entry: &Entry) -> Option<String> {
        let of_kind = || Some(fingerprint(&entry.check, &entry.operation, entry.kind.as_ref()?));
        entry.fingerprint.clone().or_else(of_kind)
    }
}

/// A text as both languages write it.
fn quoted(text: &str) -> String {
    // JSON leaves this one character as it stands, and TOML does not take it so.
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::from(truth),
        toml::Value::Datetime(moment) => Value::from(moment.to_string()),
        toml::Value::Array(items) => items.into_iter().map(of_toml).collect(),
        toml::Value::Table(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, of_toml(member))).collect())
        }
    }
}

/// A baseline that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    file: String,
    /// With the place before it.
    reason: String,
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the baseline {}{}", self.file, self.reason)
    }
}

impl Error for BaselineError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YAML: &str = "\
baseline: 1
known:
  - check: not_a_server_error
    operation: getPet
    kind: status 500
    reason: the old database
    ticket: 4711
    expires: 2027-01-31
  - fingerprint: 0123456789ab
";
    const TOML: &str = "\
baseline = 1
[[known]]
check = 'not_a_server_error'
operation = 'getPet'
kind = 'status 500'
reason = 'the old database'
ticket = '4711'
expires = 2027-01-31
[[known]]
fingerprint = '0123456789ab'
";

    fn of(text: &str, format: BaselineFormat) -> Result<Baseline, String> {
        Baseline::of_bytes("known", text.as_bytes(), format).map_err(|error| error.to_string())
    }

    #[test]
    fn both_languages_say_the_same() {
        let yaml = of(YAML, BaselineFormat::Yaml).unwrap();
        assert_eq!(yaml, of(TOML, BaselineFormat::Toml).unwrap());
        assert_eq!(yaml.entries[0].expires, Some("2027-01-31".parse().unwrap()));
        insta::assert_snapshot!(yaml.to_text(BaselineFormat::Yaml), @r#"
        # Failures that are known; `counterfoil test --baseline` lets them pass.
        # Say why, and until when: reason, ticket, expires (the last day, 2027-01-31).
        baseline: 1
        known:
          - check: "not_a_server_error"
            operation: "getPet"
            kind: "status 500"
            reason: "the old database"
            ticket: "4711"
            expires: "2027-01-31"
          - fingerprint: "0123456789ab"
        "#);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let entry = |entry: &str| of(&format!("baseline: 1\nknown:\n  - {entry}\n"), BaselineFormat::Yaml);
        let rows = [
            (of("known: []", BaselineFormat::Yaml), "known:1:1: it is no baseline: write `baseline: 1`"),
            (of("baseline: 2", BaselineFormat::Yaml), "known:1:1: the version `2` is not 1"),
            (of("baseline: 1\nknwon: []", BaselineFormat::Yaml), "known:2:1: there is no `knwon`"),
            (entry("{check: no_such, operation: a}"), "known:3:6: there is no check `no_such`"),
            (entry("{check: ignored_auth}"), "known:3:5: there is no `operation`"),
            (entry("{check: ignored_auth, operation: a, expires: soon}"), "`soon` is no day"),
            (entry("{check: ignored_auth, operation: a, phase: last}"), "there is no phase `last`"),
            (entry("{check: ignored_auth, operation: a, because: x}"), "an entry has no `because`"),
            (entry("{check: ignored_auth, operation: [a]}"), "`operation` is a text"),
            (entry("x"), "an entry is a map"),
            (of("baseline = 1\nknown = 7", BaselineFormat::Toml), "known at /known: `known` is a list"),
            (of("baseline: 1\nbaseline: 1", BaselineFormat::Yaml), "the key `baseline` is at 1:1 already"),
            (of("baseline = ", BaselineFormat::Toml), "read the baseline known"),
        ];
        for (read, expected) in rows {
            let error = read.unwrap_err();
            assert!(error.contains(expected), "{error}: {expected}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            texts in prop::collection::vec("\\PC{0,12}|[\u{0}-\u{7f}]{0,6}", 5),
            has_fingerprint in any::<bool>(),
        ) {
            let entry = Entry {
                check: "ignored_auth".to_owned(),
                operation: format!("o{}", texts[0]),
                kind: Some(texts[1].clone()),
                fingerprint: has_fingerprint.then(|| texts[2].clone()),
                phase: Some(Phase::Coverage),
                reason: Some(texts[3].clone()),
                ticket: Some(texts[4].clone()),
                expires: Some("2027-01-31".parse().unwrap()),
            };
            let baseline = Baseline { entries: vec![entry] };
            for format in [BaselineFormat::Yaml, BaselineFormat::Toml] {
                prop_assert_eq!(of(&baseline.to_text(format), format), Ok(baseline.clone()));
            }
        }
    }
}
