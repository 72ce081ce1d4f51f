//! Loading: a script's text, read and checked against the contracts it is for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::{Contract, Document, Files, Finding, NoFiles, Operation, Pointer, Severity};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::check::Above;
use super::expectation::Expectation;
use super::grammar::{Defaults, Named, Rules, Text};
use super::library::Library;
use super::read::{Node, Reader};
use super::resource::CompiledResource;
use super::rule::{CompiledRule, Naming};
use super::said::{self, SaidRule};
use super::scenario::CompiledScenario;
use super::{Unscripted, check, include, read};
use crate::session::SessionWords;
use crate::strict_text::{self, Unread};
use crate::upstream::{Origin, Reach};

/// The largest script read, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 32 * 1024 * 1024;

/// A script, read and checked: what a stub answers beyond its document. Cheap to clone.
///
/// ```
/// use counterfoil_openapi::Contract;
/// use counterfoil_server::Script;
///
/// let document = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {/pets: {get: {operationId: listPets, \
///                 responses: {'200': {description: ok}, '503': {description: busy}}}}}";
/// let contract = Contract::load("pets.yaml", document.as_bytes())?;
/// let script = Script::load("pets.script.yaml", b"script: 1\nrules: { listPets: [503*3, 200] }", &[contract])?;
/// assert!(script.findings().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Script(Arc<Loaded>);

#[derive(Debug)]
pub(super) struct Loaded {
    name: String,
    digest: String,
    findings: Vec<Finding>,
    /// Its own text.
    text: String,
    /// The names and texts of the files it includes.
    texts: Vec<(String, String)>,
    pub(super) seed: Option<u64>,
    pub(super) defaults: Defaults,
    /// The servers that it names to forward to.
    pub(super) upstreams: BTreeSet<Origin>,
    /// What it says of sessions.
    pub(super) sessions: SessionWords,
    /// The names of the documents it speaks of.
    pub(super) documents: Vec<String>,
    pub(super) operations: Vec<Scripted>,
    pub(super) scenarios: Vec<Arc<CompiledScenario>>,
    pub(super) resources: Vec<Arc<CompiledResource>>,
    /// What is kept from the start.
    pub(super) state: Vec<(String, Value)>,
    /// What must have been called in the end.
    pub(super) expectations: Vec<Arc<Expectation>>,
}

/// The rules of one operation.
#[derive(Debug)]
pub(super) struct Scripted {
    /// The name of its document.
    pub(super) document: String,
    /// Its id there.
    pub(super) operation: String,
    pub(super) rules: Vec<Arc<CompiledRule>>,
}

impl Script {
    /// Reads a script, JSON or YAML, and checks it against the contracts it is for; `name` is what messages call it.
    ///
    /// Where the script names one of several documents, by `document:`, only that one is looked at. It is alone: what
    /// it includes and the files it names are not found; see [`Script::load_with`].
    ///
    /// # Errors
    ///
    /// When anything is wrong with it: everything that is comes in one [`ScriptError`], in the order of the script.
    pub fn load(name: &str, bytes: &[u8], contracts: &[Contract]) -> Result<Self, ScriptError> {
        Self::load_with(name, bytes, contracts, &NoFiles)
    }

    /// As [`Script::load`], with the files that it includes and those that it sends.
    ///
    /// * Paths are relative to the file that names them. Those that lead out of the folder of the first file are
    ///   refused without asking `files`, which is relative to that folder.
    /// * All files are read now, up to [`MAX_SCRIPT_FILE_BYTES`](crate::MAX_SCRIPT_FILE_BYTES) together.
    ///
    /// # Errors
    ///
    /// As [`Script::load`]; the findings are in order of precedence, file by file.
    pub fn load_with(
        name: &str,
        bytes: &[u8],
        contracts: &[Contract],
        files: &dyn Files,
    ) -> Result<Self, ScriptError> {
        Self::load_as(name, bytes, contracts, (files, None))
    }

    /// As [`Script::load`], for a script that came over the control API and forwards to no server beyond `reach`.
    ///
    /// # Errors
    ///
    /// As [`Script::load`].
    pub(crate) fn load_within(
        name: &str,
        bytes: &[u8],
        contracts: &[Contract],
        reach: &Reach,
    ) -> Result<Self, ScriptError> {
        Self::load_as(name, bytes, contracts, (&NoFiles, Some(reach)))
    }

    fn load_as(
        name: &str,
        bytes: &[u8],
        contracts: &[Contract],
        (files, reach): (&dyn Files, Option<&Reach>),
    ) -> Result<Self, ScriptError> {
        let library = Library::new(files);
        let files = include::gather(name, bytes, &library)?;
        let mut parts: Vec<Part<'_>> = files.iter().map(|file| Part::read(file, &library, reach)).collect();
        let own = match parts.first_mut() {
            Some(first) => contracts_of(&mut first.reader, contracts, first.text.document.as_ref()),
            None => Vec::new(),
        };
        let documents = own.iter().map(|contract| contract.document().name().to_owned()).collect();
        let upstreams = parts.iter().flat_map(|part| part.text.upstreams()).collect();
        let mut meant = vec![own];
        for Part { reader, text, .. } in parts.iter_mut().skip(1) {
            meant.push(match &text.document {
                Some(named) => contracts_of(reader, contracts, Some(named)),
                None => meant[0].clone(),
            });
        }
        let operations = operations(&mut parts, &meant);
        let scenarios = scenarios(&mut parts, &meant);
        let resources = resources(&mut parts, &meant);
        let expectations = expectations(&mut parts, &meant);
        let mut state: Vec<(String, Value)> = Vec::new();
        let mut all = (None, Defaults::default(), SessionWords::default());
        let mut findings = Vec::new();
        for Part { reader, text, .. } in parts {
            all = (all.0.or(text.seed), all.1.or(text.defaults), all.2.or(text.sessions));
            state.extend(text.state);
            findings.extend(reader.into_findings());
        }
        let texts = || {
            files[1..].iter().map(|file| (file.document.name().to_owned(), file.document.text().to_owned()))
        };
        let findings =
            accept(name, findings).map_err(|error| ScriptError { texts: texts().collect(), ..error })?;
        let mut digest = Sha256::new();
        files.iter().for_each(|file| digest.update(file.document.text().as_bytes()));
        let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let (seed, defaults, sessions) = all;
        Ok(Self(Arc::new(Loaded {
            name: name.to_owned(),
            digest,
            findings,
            text: files[0].document.text().to_owned(),
            texts: texts().collect(),
            seed,
            defaults,
            upstreams,
            sessions,
            documents,
            operations,
            scenarios,
            resources,
            state,
            expectations,
        })))
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Warnings and notes: what is odd, and taken all the same.
    pub fn findings(&self) -> &[Finding] {
        &self.0.findings
    }

    /// What it says, with what all that it includes say.
    pub(crate) fn said(&self) -> Value {
        said::script(self.texts())
    }

    /// What is kept from the start.
    pub(crate) fn state(&self) -> &[(String, Value)] {
        &self.0.state
    }

    /// Whether it forwards requests to an upstream that it does not name.
    pub(crate) fn lacks_upstream(&self) -> bool {
        self.0.defaults.unscripted == Some(Unscripted::Proxy(None))
    }

    /// The files it includes, by what messages call them, with their text.
    pub fn included(&self) -> &[(String, String)] {
        &self.0.texts
    }

    /// The SHA-256 of its text and of all it includes, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Its own text and that of all it includes, by what messages call them.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let included = self.0.texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        std::iter::once((self.0.name.as_str(), self.0.text.as_str())).chain(included)
    }

    pub(super) fn loaded(&self) -> &Loaded {
        &self.0
    }
}

/// One file of a script while it is checked.
struct Part<'d> {
    document: &'d Document,
    reader: Reader<'d>,
    text: Text,
}

impl<'d> Part<'d> {
    fn read(file: &'d include::File, library: &'d Library<'d>, reach: Option<&'d Reach>) -> Self {
        let mut reader = Reader::with_files(&file.document, library, &file.folder);
        reader.within(reach);
        reader.extend(file.findings.iter().cloned());
        let text = read::script(&mut reader);
        Self { document: &file.document, reader, text }
    }
}

/// Rules, each with what it says, and warnings and notes on them.
pub(super) type Read = (Vec<(Arc<CompiledRule>, SaidRule)>, Vec<Finding>);

/// Reads what one operation is to answer, in the grammar of an entry of `rules`; with it come warnings and notes.
pub(super) fn reply(
    name: &str,
    bytes: &[u8],
    operation: &Operation,
    reach: &Reach,
) -> Result<Read, ScriptError> {
    let id = operation.id();
    let name_of = |index| match index {
        0 => format!("{id}#reply"),
        more => format!("{id}#reply{}", more + 1),
    };
    at_run_time(name, bytes, (operation, reach), read::entry, name_of)
}

/// Reads one rule of an operation, which is called `id` where it does not say so itself.
pub(super) fn set_rule(
    bytes: &[u8],
    operation: &Operation,
    id: &str,
    reach: &Reach,
) -> Result<Read, ScriptError> {
    at_run_time("rule", bytes, (operation, reach), read::set_rule, |_| id.to_owned())
}

fn at_run_time(
    name: &str,
    bytes: &[u8],
    (operation, reach): (&Operation, &Reach),
    read: impl for<'d> FnOnce(&mut Reader<'d>, &Node<'d>) -> Rules,
    name_of: impl Fn(usize) -> String,
) -> Result<Read, ScriptError> {
    let (document, repeated) = read_tree(name, bytes)?;
    let mut reader = Reader::new(&document);
    reader.within(Some(reach));
    reader.extend(repeated);
    let root = reader.root();
    let rules = read(&mut reader, &root);
    let rules =
        check::rules(&mut reader, operation, rules, &mut Above::default(), (Naming::Made, name_of), |_| {
            "set at run time".to_owned()
        });
    let findings = accept(name, reader.into_findings())?;
    // Without errors no rule was left out.
    let said = said::rules_of(document.root());
    Ok((rules.into_iter().map(Arc::new).zip(said).collect(), findings))
}

/// Whether what one operation is to answer, in the grammar of an entry of `rules`, could stand in a script.
pub(crate) fn check_entry(bytes: &[u8], operation: &Operation) -> Result<(), ScriptError> {
    reply("recording", bytes, operation, &Reach::default()).map(|_| ())
}

pub(super) fn read_tree(name: &str, bytes: &[u8]) -> Result<(Document, Vec<Finding>), ScriptError> {
    strict_text::read(name, bytes, MAX_SCRIPT_BYTES).map_err(|unread| {
        let (position, message) = match unread {
            Unread::TooLarge(message) => (None, message),
            Unread::Broken(error) => (error.position(), error.message().to_owned()),
        };
        let finding = strict_text::unreadable("script-unreadable", name, position, message);
        ScriptError { name: name.to_owned(), findings: vec![finding], texts: Vec::new() }
    })
}

/// The findings of a script that is taken; an error where one of them is.
fn accept(name: &str, findings: Vec<Finding>) -> Result<Vec<Finding>, ScriptError> {
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(ScriptError { name: name.to_owned(), findings, texts: Vec::new() });
    }
    Ok(findings)
}

/// The contracts that a script speaks of: the one of the document it names, else all.
fn contracts_of<'c>(
    reader: &mut Reader<'_>,
    contracts: &'c [Contract],
    document: Option<&Named>,
) -> Vec<&'c Contract> {
    let Some(document) = document else { return contracts.iter().collect() };
    let file_of = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
    let wanted = file_of(&document.name);
    let meant: Vec<&Contract> =
        contracts.iter().filter(|contract| file_of(contract.document().name()) == wanted).collect();
    if !meant.is_empty() {
        return meant;
    }
    let names: Vec<String> = contracts.iter().map(|contract| file_of(contract.document().name())).collect();
    let message = format!("the script is for `{}`, and served is {}", document.name, names.join(", "));
    let hint = "its operations are looked up in what is served".to_owned();
    reader.tell(Severity::Warning, "document-unknown", &document.pointer, message, Some(hint));
    contracts.iter().collect()
}

/// The rules of all files; `meant` are the contracts that each speaks of.
fn operations(parts: &mut [Part<'_>], meant: &[Vec<&Contract>]) -> Vec<Scripted> {
    let mut scripted: Vec<(Scripted, Above)> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut ids: HashSet<String> = HashSet::new();
    for (part, meant) in parts.iter_mut().zip(meant) {
        let Part { document, reader, text } = part;
        let mut taken: HashSet<(&str, &str)> = HashSet::new();
        for entry in std::mem::take(&mut text.entries) {
            let Some(operation) = check::operation(reader, meant, &entry.operation) else { continue };
            let id = operation.id().as_str();
            let home = operation.document().name();
            if !taken.insert((id, home)) {
                let message = format!("the rules of `{id}` are above already, under another name");
                let hint = "put them into one list".to_owned();
                reader.error("key-repeated", &entry.operation.pointer, message, Some(hint));
                continue;
            }
            for named in entry.rules.rules.iter().filter_map(|rule| rule.id.as_ref()) {
                if !ids.insert(named.name.clone()) {
                    let message = format!("the id `{}` is taken already", named.name);
                    reader.error("id-taken", &named.pointer, message, None);
                }
            }
            let place = *places.entry((home.to_owned(), id.to_owned())).or_insert_with(|| {
                let (document, operation) = (home.to_owned(), id.to_owned());
                scripted.push((Scripted { document, operation, rules: Vec::new() }, Above::default()));
                scripted.len() - 1
            });
            let (of_operation, above) = &mut scripted[place];
            let before = of_operation.rules.len();
            let name_of = |index: usize| format!("{id}#{}", before + index + 1);
            let rules = check::rules(
                reader,
                operation,
                entry.rules,
                above,
                (Naming::Made, name_of),
                place_of(document),
            );
            of_operation.rules.extend(rules.into_iter().map(Arc::new));
        }
    }
    scripted.into_iter().map(|(scripted, _)| scripted).collect()
}

/// The scenarios of all files; `meant` are the contracts that each speaks of.
fn scenarios(parts: &mut [Part<'_>], meant: &[Vec<&Contract>]) -> Vec<Arc<CompiledScenario>> {
    let mut compiled = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for (part, meant) in parts.iter_mut().zip(meant) {
        let Part { document, reader, text } = part;
        for scenario in std::mem::take(&mut text.scenarios) {
            if !names.insert(scenario.name.name.clone()) {
                let message = format!("another file has a scenario `{}` already", scenario.name.name);
                reader.error("key-repeated", &scenario.name.pointer, message, None);
                continue;
            }
            compiled.push(Arc::new(check::scenario(reader, meant, scenario, place_of(document))));
        }
    }
    compiled
}

/// The resources of all files; `meant` are the contracts that each speaks of.
fn resources(parts: &mut [Part<'_>], meant: &[Vec<&Contract>]) -> Vec<Arc<CompiledResource>> {
    let mut compiled = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    let mut taken = check::Taken::new();
    for (part, meant) in parts.iter_mut().zip(meant) {
        let Part { document, reader, text } = part;
        for resource in std::mem::take(&mut text.resources) {
            if !names.insert(resource.name.name.clone()) {
                let message = format!("another file has a resource `{}` already", resource.name.name);
                reader.error("key-repeated", &resource.name.pointer, message, None);
                continue;
            }
            let checked = check::resource(reader, meant, &resource, &mut taken, place_of(document));
            compiled.extend(checked.map(Arc::new));
        }
    }
    compiled
}

/// What all files expect; `meant` are the contracts that each speaks of.
fn expectations(parts: &mut [Part<'_>], meant: &[Vec<&Contract>]) -> Vec<Arc<Expectation>> {
    let mut compiled = Vec::new();
    for (part, meant) in parts.iter_mut().zip(meant) {
        let Part { document, reader, text } = part;
        for expect in std::mem::take(&mut text.expect) {
            let Some(operation) = check::operation(reader, meant, &expect.operation) else { continue };
            check::contradictions(reader, &expect.counts);
            for calls in expect.counts {
                let place = place_of(document)(&calls.pointer);
                compiled.push(Arc::new(check::expectation(reader, operation, calls, place)));
            }
        }
    }
    compiled
}

/// Reads what is to be verified of calls: each expectation, and how long all of it is waited for. Where there are
/// several, they are expected in this order.
///
/// # Errors
///
/// When it is nothing that could be verified.
pub(crate) fn steps(
    bytes: &[u8],
    contracts: &[Contract],
) -> Result<(Vec<Arc<Expectation>>, Duration), ScriptError> {
    let name = "what is verified";
    let (document, repeated) = read_tree(name, bytes)?;
    let mut reader = Reader::new(&document);
    reader.extend(repeated);
    let root = reader.root();
    let contracts: Vec<&Contract> = contracts.iter().collect();
    let (mut compiled, mut longest) = (Vec::new(), Duration::ZERO);
    for (operation, calls, within) in read::steps(&mut reader, &root) {
        let Some(operation) = check::operation(&mut reader, &contracts, &operation) else { continue };
        let place = calls.pointer.as_str().to_owned();
        compiled.push(Arc::new(check::expectation(&mut reader, operation, calls, place)));
        longest = longest.max(within);
    }
    accept(name, reader.into_findings())?;
    Ok((compiled, longest))
}

/// File and line of a place, for the trail.
fn place_of(document: &Document) -> impl Fn(&Pointer) -> String + Copy {
    |pointer| match document.position(pointer) {
        Some(position) => format!("{}:{}", document.name(), position.line),
        None => document.name().to_owned(),
    }
}

/// A script that cannot be used, with everything that is wrong with it.
#[derive(Debug)]
pub struct ScriptError {
    name: String,
    findings: Vec<Finding>,
    texts: Vec<(String, String)>,
}

impl ScriptError {
    /// Everything found, warnings and notes included, in the order of the script.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The files it includes, by what findings call them, with their text.
    pub fn included(&self) -> &[(String, String)] {
        &self.texts
    }

    /// How many of the findings are errors; one at least.
    pub fn error_count(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        match (self.error_count(), errors.into_iter().next()) {
            (1, Some(first)) => write!(f, "use the script {}: {first}", self.name),
            (count, Some(first)) => {
                write!(f, "use the script {}: {count} errors, the first is {first}", self.name)
            }
            (_, None) => write!(f, "use the script {}", self.name),
        }
    }
}

impl Error for ScriptError {}
