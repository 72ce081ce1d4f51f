//! Documents and scripts as users name them: a file, a URL, `-`, or a bundled system.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use counterfoil_conformance::report::{one_line, visible};
use counterfoil_openapi::{Bundled, Contract, Files, Finding, MAX_BYTES, NoFiles, bundled};

use counterfoil_server::Script;

use crate::excerpt;
use crate::references::{Allowed, References, host_of};

/// What messages call standard input.
const STDIN: &str = "<stdin>";

/// A contract and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// What the user would call it again.
    pub(crate) name: String,
    /// The contract.
    pub(crate) contract: Contract,
    /// The bundled system, where it is one.
    pub(crate) bundled: Option<&'static Bundled>,
}

/// Loads every document named, to be served or tested; all bundled ones where none is.
pub(crate) fn load_all(names: &[String], references: &References) -> anyhow::Result<Vec<Source>> {
    if names.iter().filter(|name| *name == "-").count() > 1 {
        bail!("read two documents from standard input\ngive `-` once");
    }
    if names.is_empty() {
        return bundled().iter().map(load_bundled).collect();
    }
    names.iter().map(|name| load_served(name, references)).collect()
}

/// Loads anew what came from files; the rest stays as it is.
pub(crate) fn reload_all(sources: &[Source], references: &References) -> anyhow::Result<Vec<Source>> {
    let reload = |source: &Source| match source.is_file() {
        true => load_served(&source.name, references),
        false => Ok(source.clone()),
    };
    sources.iter().map(reload).collect()
}

fn load_served(name: &str, references: &References) -> anyhow::Result<Source> {
    let source = load(name, references)?;
    if source.contract.operations().is_empty() {
        let reasons = source.contract.findings().iter().map(|finding| format!("\n{finding}"));
        bail!("find an operation in `{}`{}", visible(name), reasons.collect::<String>());
    }
    Ok(source)
}

impl Source {
    /// Whether it came from a file, and not from the web, standard input or the bundled systems.
    pub(crate) fn is_file(&self) -> bool {
        self.bundled.is_none() && self.name != "-" && host_of(&self.name).is_none()
    }
}

/// Loads one document.
pub(crate) fn load(name: &str, references: &References) -> anyhow::Result<Source> {
    try_load(name, references)?.map_err(|Unreadable { finding, text }| {
        let place = finding.position.map(|position| format!(":{position}")).unwrap_or_default();
        let mut shown = format!("read {}{place}: {}", one_line(&finding.file), visible(&finding.message));
        if let Some(excerpt) = finding.position.and_then(|position| excerpt::of(&text, position)) {
            shown.push_str(&format!("\n{excerpt}"));
        }
        if let Some(hint) = &finding.hint {
            shown.push_str(&format!("\n  help: {}", one_line(hint)));
        }
        anyhow!(shown)
    })
}

/// A text that is no document.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// Why.
    pub(crate) finding: Finding,
    /// The text, as far as it is any.
    pub(crate) text: String,
}

/// Loads one document, or says why its text is none; an error is that there is no text.
pub(crate) fn try_load(name: &str, references: &References) -> anyhow::Result<Result<Source, Unreadable>> {
    let path = Path::new(name);
    if let Some(system) = bundled().iter().find(|system| system.name == name && !path.exists()) {
        return load_bundled(system).map(Ok);
    }
    let (shown, bytes, files) = if name == "-" {
        (STDIN, read(std::io::stdin().lock()).context("read standard input")?, references.of_input()?)
    } else if host_of(name).is_some() {
        let files = references.of_url(name)?;
        (name, files.read(name)?, files)
    } else {
        let hint =
            || format!("read `{name}` (give a file, a URL, `-` for standard input, or {})", bundled_names());
        let bytes = File::open(path).and_then(read);
        references.record.note(path.to_owned(), bytes.as_deref().ok());
        let bytes = bytes.with_context(hint)?;
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        (name, bytes, references.of_file(folder.unwrap_or(Path::new(".")))?)
    };
    Ok(match Contract::load_with(shown, &bytes, &files) {
        Ok(contract) => Ok(Source { name: name.to_owned(), contract, bundled: None }),
        Err(error) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Err(Unreadable { finding: error.to_finding(), text })
        }
    })
}

/// Reads to the end, or one byte further than a document may be long.
fn read(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Loads the scripts named, in that order, then those of the bundled systems among the sources.
pub(crate) fn scripts(
    names: &[String],
    sources: &[Source],
    references: &References,
) -> anyhow::Result<Vec<Script>> {
    let contracts: Vec<Contract> = sources.iter().map(|source| source.contract.clone()).collect();
    let mut scripts = Vec::new();
    for name in names {
        let bytes = read_script(name);
        references.record.note(name.into(), bytes.as_deref().ok());
        let files = files_of_script(name, references)?;
        scripts.push(load_script(name, &bytes?, &contracts, &files)?);
    }
    for system in sources.iter().filter_map(|source| source.bundled) {
        if let (Some(text), Some(file)) = (system.script, system.script_file()) {
            scripts.push(load_script(&file, text.as_bytes(), &contracts, &NoFiles)?);
        }
    }
    Ok(scripts)
}

/// Reads a script.
pub(crate) fn read_script(name: &str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(name).with_context(|| format!("read the script `{name}`"))
}

/// The files that a script may include and send: those in its folder.
pub(crate) fn files_of_script(name: &str, references: &References) -> anyhow::Result<Allowed> {
    let folder = Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty());
    references.of_script(folder.unwrap_or(Path::new(".")))
}

fn load_script(
    name: &str,
    bytes: &[u8],
    contracts: &[Contract],
    files: &dyn Files,
) -> anyhow::Result<Script> {
    Script::load_with(name, bytes, contracts, files).map_err(|error| {
        let mut texts = vec![(name, String::from_utf8_lossy(bytes))];
        texts.extend(error.included().iter().map(|(name, text)| (name.as_str(), text.into())));
        let findings = excerpt::findings(error.findings(), &texts);
        anyhow!("use the script `{name}`:\n\n{}", findings.trim_end())
    })
}

fn load_bundled(system: &'static Bundled) -> anyhow::Result<Source> {
    let contract = Contract::load(system.file, system.document.as_bytes())?;
    Ok(Source { name: system.name.to_owned(), contract, bundled: Some(system) })
}

fn bundled_names() -> String {
    let names: Vec<String> = bundled().iter().map(|system| format!("`{}`", system.name)).collect();
    names.join(" or ")
}
