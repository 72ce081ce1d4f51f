//! Case files: one failure each, with all that is needed to send it again and to judge what comes back.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use counterfoil_openapi::{Contract, LoadError, Operation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::excerpt::excerpt;
use super::{Piece, Recipe, RecipeBody};
use crate::check;
use crate::config::UnsafeMethods;
use crate::failure::{Failure, Flakiness};
use crate::report::plain_name;

/// The version of the format; it grows when a reader of an older one would misread.
pub const CASE_VERSION: u32 = 1;
/// The largest case file read, in bytes.
pub const MAX_CASE_BYTES: u64 = 16 * 1024 * 1024;
/// The most requests of one case.
pub const MAX_CASE_STEPS: usize = 64;
/// The most pieces of the texts of one request.
pub const MAX_CASE_PIECES: usize = 4096;
/// The most case files of one folder.
pub const MAX_CASES: usize = 10_000;
/// How the names of case files end.
const ENDING: &str = ".case.json";

/// A case file: a failure, and what it takes to see whether it is still there.
///
/// No secret is in it. It refers to no other file, and none is read for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// [`CASE_VERSION`].
    pub counterfoil_case: u32,
    /// The check that did not hold.
    pub check: String,
    /// The operation's id.
    pub operation: String,
    /// Method and path template.
    pub label: String,
    /// What failed, as the check named it.
    pub kind: String,
    /// What was found and what was expected.
    pub message: String,
    /// Whether it recurred when it was found.
    pub flakiness: Flakiness,
    /// The base URL of what was tested.
    pub target: String,
    /// The run's seed.
    pub seed: u64,
    /// The id of the case that found it.
    pub found_by: String,
    /// Curl commands that do the same by hand, one a step.
    pub curl: Vec<String>,
    /// What is sent.
    pub recipe: Recipe,
    /// The document it was judged by.
    pub document: CaseDocument,
}

/// The document of a [`CaseFile`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDocument {
    /// What the user called it; it is not read again.
    pub name: String,
    /// SHA-256 of its text.
    pub digest: String,
    /// As much of it as the case needs; none where it is nested too deeply to stand in another file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Value>,
}

impl CaseFile {
    /// The case file of a failure; nothing where it was recorded without what it takes to send it again.
    pub fn new(contract: &Contract, target: &str, failure: &Failure) -> Option<Self> {
        let recipe = Recipe::clone(failure.reproduction.recipe.as_ref()?);
        let operations: Vec<&Operation> = recipe
            .steps
            .iter()
            .filter_map(|step| contract.operation(&step.operation))
            .map(AsRef::as_ref)
            .collect();
        let document = CaseDocument {
            name: contract.document().name().to_owned(),
            digest: contract.digest().to_owned(),
            excerpt: excerpt(contract, &operations),
        };
        let curl = failure.reproduction.before.iter().chain([&failure.reproduction.curl]).cloned();
        Some(Self {
            counterfoil_case: CASE_VERSION,
            check: failure.check.clone(),
            operation: failure.operation.clone(),
            label: failure.label.clone(),
            kind: failure.kind.clone(),
            message: failure.message.clone(),
            flakiness: failure.flakiness,
            target: target.to_owned(),
            seed: failure.reproduction.seed,
            found_by: failure.reproduction.case.clone(),
            curl: curl.collect(),
            recipe,
            document,
        })
    }

    /// The name of its file: the same for the same failure of any run.
    pub fn name(&self) -> String {
        let fingerprint = self.fingerprint();
        format!("{}.{}.{fingerprint}{ENDING}", plain_name(&self.operation), plain_name(&self.check))
    }

    /// [`Failure::fingerprint`] of its failure.
    pub fn fingerprint(&self) -> String {
        crate::failure::fingerprint(&self.check, &self.operation, &self.kind)
    }

    /// Writes it into a folder, at once or not at all, and says where.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or written.
    pub fn store(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = folder.join(self.name());
        let mut text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        text.push('\n');
        super::write_at_once(&path, &text)?;
        Ok(path)
    }

    /// Reads a case file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is none, is over a limit ([`MAX_CASE_BYTES`], [`MAX_CASE_STEPS`],
    /// [`MAX_CASE_PIECES`]), was written by a newer
    /// version, or speaks of what there is not: a check, an earlier step.
    pub fn read(path: &Path) -> Result<Self, CaseFileError> {
        let refused = |reason: String| CaseFileError { path: path.to_owned(), reason };
        let unread = |error: io::Error| refused(error.to_string());
        // Neither a pipe nor a device is waited for.
        if !fs::metadata(path).map_err(unread)?.is_file() {
            return Err(refused("it is no regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unread)?;
        file.take(MAX_CASE_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
        Self::of_bytes(&bytes).map_err(refused)
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > MAX_CASE_BYTES {
            return Err(format!("it is larger than {MAX_CASE_BYTES} bytes"));
        }
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("it is not whole JSON: {error}"))?;
        match value.get("counterfoil_case").and_then(Value::as_u64) {
            None => return Err("it is no case file: it has no `counterfoil_case`".to_owned()),
            Some(version) if version == u64::from(CASE_VERSION) => {}
            Some(version) if version > u64::from(CASE_VERSION) => {
                return Err(format!(
                    "it is of version {version}, and this program reads {CASE_VERSION}; a newer one wrote it"
                ));
            }
            Some(version) => return Err(format!("there never was a version {version}")),
        }
        let case: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        case.validate()?;
        Ok(case)
    }

    fn validate(&self) -> Result<(), String> {
        if !check::checks().iter().any(|check| check.name() == self.check) {
            return Err(format!("there is no check `{}`", self.check));
        }
        let steps = &self.recipe.steps;
        if steps.is_empty() || steps.len() > MAX_CASE_STEPS {
            return Err(format!("it has {} requests; 1 to {MAX_CASE_STEPS} can be sent", steps.len()));
        }
        for (at, step) in steps.iter().enumerate() {
            if step.request.pieces().count() > MAX_CASE_PIECES {
                return Err(format!("request {} has more than {MAX_CASE_PIECES} pieces", at + 1));
            }
            for piece in step.request.pieces() {
                match piece {
                    Piece::Reply { step, .. } if *step >= at => {
                        return Err(format!(
                            "request {} waits for the reply to request {}",
                            at + 1,
                            step + 1
                        ));
                    }
                    Piece::Secret { variable, .. } if !is_variable(variable) => {
                        return Err(format!("`{variable}` is not the name of a secret of ours"));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The secrets it asks for, by the environment variables they are read from; sorted.
    pub fn secrets(&self) -> Vec<String> {
        let pieces = self.recipe.steps.iter().flat_map(|step| step.request.pieces());
        let mut names: Vec<String> = pieces
            .filter_map(|piece| match piece {
                Piece::Secret { variable, .. } => Some(variable.clone()),
                _ => None,
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The contract of its excerpt; nothing where it has none. What that refers to outside of itself is not read.
    ///
    /// # Errors
    ///
    /// When the excerpt is no OpenAPI document.
    pub fn contract(&self) -> Option<Result<Contract, LoadError>> {
        let excerpt = self.document.excerpt.as_ref()?;
        Some(Contract::load(self.document.name.clone(), excerpt.to_string().as_bytes()))
    }

    /// Whether all that it sends may be sent to a base URL.
    pub fn is_admitted(&self, methods: UnsafeMethods, base_url: &str) -> bool {
        self.recipe.steps.iter().all(|step| {
            // What is no method is not sent either, and who sends it says so.
            http::Method::from_bytes(step.request.method.as_bytes())
                .is_ok_and(|method| methods.admit(&method, base_url))
        })
    }
}

impl super::RecipeRequest {
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let body = match &self.body {
            Some(RecipeBody::Text(text)) => Some(text),
            _ => None,
        };
        let texts = self.headers.iter().map(|(_, value)| value).chain([&self.target]).chain(body);
        texts.flat_map(|text| &text.pieces)
    }
}

/// Whether a variable is one that we name: a case file reads no other one of the environment.
fn is_variable(name: &str) -> bool {
    let name = name.strip_prefix("OTHER_").unwrap_or(name);
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.strip_prefix("COUNTERFOIL_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

/// The case files that a path names: itself, or those in a folder, by name. Links in a folder are not followed.
///
/// # Errors
///
/// When the folder cannot be read or holds more than [`MAX_CASES`].
pub fn case_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let is_case = entry.file_name().to_str().is_some_and(|name| name.ends_with(ENDING));
        if is_case && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
        if files.len() > MAX_CASES {
            return Err(io::Error::other(format!("there are more than {MAX_CASES} case files")));
        }
    }
    files.sort();
    Ok(files)
}

/// A case file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFileError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for CaseFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the case `{}`: {}", self.path.display(), self.reason)
    }
}

impl Error for CaseFileError {}

/// Writes beside a file and renames, so that nobody ever sees half of it.
pub(crate) fn write_at_once(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    let unfinished = path.with_file_name(name);
    let mut file = File::create(&unfinished)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    match written.and_then(|()| fs::rename(&unfinished, path)) {
        Ok(()) => Ok(()),
        Err(error) => {
            // What is left of it helps nobody; that it cannot be removed either is no other error.
            let _ = fs::remove_file(&unfinished);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case() -> Value {
        json!({
            "counterfoil_case": 1, "check": "not_a_server_error", "operation": "getPet", "label": "GET /pets/{id}",
            "kind": "status 500", "message": "it answers 500", "flakiness": "recurs",
            "target": "http://127.0.0.1:1", "seed": 7, "found_by": "getPet/fuzzing/1", "curl": ["curl"],
            "recipe": {"steps": [{
                "operation": "getPet", "purpose": "positive",
                "request": {
                    "method": "GET", "target": "/pets/1",
                    "headers": [["authorization", [{"secret": "COUNTERFOIL_AUTH"}]]],
                },
            }]},
            "document": {"name": "/etc/passwd", "digest": "00", "excerpt": {"openapi": "3.0.3", "paths": {}}},
        })
    }

    fn read(value: &Value) -> Result<CaseFile, String> {
        CaseFile::of_bytes(value.to_string().as_bytes())
    }

    #[test]
    fn what_is_stored_is_read_again_under_a_name_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let case = read(&case()).unwrap();
        assert_eq!(case.secrets(), ["COUNTERFOIL_AUTH"]);
        let path = case.store(&folder.path().join("deep/cases")).unwrap();
        assert_eq!(case.store(&folder.path().join("deep/cases")).unwrap(), path);
        assert_eq!(CaseFile::read(&path).unwrap(), case);
        assert_eq!(case_files(path.parent().unwrap()).unwrap(), [path]);
    }

    /// By the one rule that runs have: `QUERY` is safe.
    #[test]
    fn what_may_change_data_needs_leave_for_other_machines() {
        for (method, is_safe) in [("GET", true), ("QUERY", true), ("POST", false), ("PURGE", false)] {
            let mut text = case();
            text["recipe"]["steps"][0]["request"]["method"] = method.into();
            let case = read(&text).unwrap();
            let admitted = |methods, url| case.is_admitted(methods, url);
            assert_eq!(admitted(UnsafeMethods::ToLoopback, "http://192.0.2.1"), is_safe, "{method}");
            assert!(admitted(UnsafeMethods::ToLoopback, "http://127.0.0.1:1"), "{method}");
            assert!(admitted(UnsafeMethods::Everywhere, "http://192.0.2.1"), "{method}");
        }
    }

    /// A57: what is no case file, or a hostile one, is refused with what is wrong with it.
    #[test]
    fn hostile_case_files_are_refused_with_a_reason() {
        let with = |pointer: &str, value: Value| {
            let mut case = case();
            *case.pointer_mut(pointer).expect("it is there") = value;
            read(&case).unwrap_err()
        };
        let step = |at: usize| json!({"reply": at, "body": "/id"});
        let rows = [
            (with("/counterfoil_case", json!(2)), "a newer one wrote it"),
            (with("/counterfoil_case", json!(0)), "there never was a version 0"),
            (with("/counterfoil_case", json!("1")), "it has no `counterfoil_case`"),
            (with("/check", json!("../../etc")), "there is no check `../../etc`"),
            (with("/recipe/steps", json!([])), "it has 0 requests"),
            (
                with("/recipe/steps/0/request/target", json!(["/", step(0)])),
                "waits for the reply to request 1",
            ),
            (
                with("/recipe/steps/0/request/headers/0/1", json!([{"secret": "AWS_SECRET_KEY"}])),
                "no secret of ours",
            ),
            (
                with("/recipe/steps/0/request/headers/0/1", json!([{"secret": "COUNTERFOIL_x"}])),
                "no secret of ours",
            ),
            (with("/recipe/steps/0/request/target", json!([{"file": "/etc/passwd"}])), "a hole names"),
            (read(&json!([])).unwrap_err(), "it is no case file"),
            (CaseFile::of_bytes(b"{\"counterfoil_case\": 1").unwrap_err(), "it is not whole JSON"),
            (CaseFile::of_bytes("[".repeat(100_000).as_bytes()).unwrap_err(), "it is not whole JSON"),
            (CaseFile::of_bytes(&vec![b' '; 16 * 1024 * 1024 + 1]).unwrap_err(), "it is larger than"),
        ];
        for (reason, expected) in rows {
            let expected = expected.replace("no secret of ours", "not the name of a secret of ours");
            assert!(reason.contains(&expected), "{reason}: {expected}");
        }
        let holes = vec![json!({"secret": "COUNTERFOIL_AUTH"}); MAX_CASE_PIECES + 1];
        assert!(with("/recipe/steps/0/request/target", json!(holes)).contains("has more than 4096 pieces"));
        let many = vec![case()["recipe"]["steps"][0].clone(); MAX_CASE_STEPS + 1];
        assert!(with("/recipe/steps", json!(many)).contains("it has 65 requests"));
    }

    #[test]
    fn no_other_file_is_read_for_a_case() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret.yaml");
        fs::write(&secret, "canary: {type: string}").unwrap();
        let mut hostile = case();
        hostile["document"]["excerpt"]["paths"] = json!({"/": {"get": {"responses": {"200": {
            "description": "", "content": {"application/json": {"schema": {"$ref": format!("{}#/canary", secret.display())}}},
        }}}}});
        let contract = read(&hostile).unwrap().contract().unwrap();
        let text = format!("{contract:?}");
        assert!(!text.contains("canary: {") && !text.contains("\"type\": String(\"string\")"), "{text}");
        // A link is no case, wherever it leads, and a pipe is not waited for.
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&secret, folder.path().join("link.case.json")).unwrap();
            assert_eq!(case_files(folder.path()).unwrap(), Vec::<PathBuf>::new());
            let device = CaseFile::read(Path::new("/dev/zero")).unwrap_err().to_string();
            assert!(device.contains("no regular file"), "{device}");
        }
    }
}
