//! `--mount NAME=PATH`: documents under paths of their own.

use std::str::FromStr;

use anyhow::{anyhow, bail};
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::Mount;

use crate::source::Source;

/// How alike two names must be for one to be offered in place of the other.
const LIKENESS: f64 = 0.7;

/// A document's name and the path it is put under.
#[derive(Debug, Clone)]
pub(crate) struct Mounting {
    name: String,
    mount: Mount,
}

impl FromStr for Mounting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = text.rsplit_once('=').ok_or("there is no `=`; write `name=/path`")?;
        if name.is_empty() {
            return Err("there is no name before `=`; write `name=/path`".to_owned());
        }
        let mount = path.parse().map_err(|error| format!("`{path}` cannot be mounted at: {error}"))?;
        Ok(Self { name: name.to_owned(), mount })
    }
}

/// Puts the documents named under their paths.
pub(crate) fn apply(mountings: &[Mounting], sources: &mut [Source]) -> anyhow::Result<()> {
    for (place, mounting) in mountings.iter().enumerate() {
        let index = find(&mounting.name, sources)?;
        for earlier in &mountings[..place] {
            if find(&earlier.name, sources)? == index {
                bail!("mount `{}` twice: at {} and at {}", mounting.name, earlier.mount, mounting.mount);
            }
        }
    }
    for mounting in mountings {
        let source = &mut sources[find(&mounting.name, sources)?];
        source.contract = source.contract.mounted(&mounting.mount);
    }
    Ok(())
}

/// The document that a name means: as it was given, or by its file's name, with its extension or without.
fn find(name: &str, sources: &[Source]) -> anyhow::Result<usize> {
    if let Some(index) = sources.iter().position(|source| source.name == name) {
        return Ok(index);
    }
    let is_meant = |source: &Source| file_of(&source.name) == name || stem_of(&source.name) == name;
    let meant: Vec<usize> = (0..sources.len()).filter(|index| is_meant(&sources[*index])).collect();
    match meant.as_slice() {
        [index] => Ok(*index),
        [] => Err(unknown(name, sources)),
        [first, second, ..] => Err(anyhow!(
            "mount `{name}`: {} and {} are both called that\ngive the whole of `{}` before `=`",
            one_line(&sources[*first].name),
            one_line(&sources[*second].name),
            one_line(&sources[*first].name)
        )),
    }
}

fn unknown(name: &str, sources: &[Source]) -> anyhow::Error {
    let names: Vec<&str> = sources.iter().map(|source| stem_of(&source.name)).collect();
    let likeness = |known: &&str| strsim::jaro_winkler(name, known);
    let nearest = names.iter().copied().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    let hint = match nearest.filter(|near| likeness(near) >= LIKENESS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let given: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
            format!("served are: {}", one_line(&given.join(", ")))
        }
    };
    anyhow!("mount `{name}`: no document that is served is called that\n{hint}")
}

/// The last part of a path or URL.
fn file_of(name: &str) -> &str {
    let path = name.split(['?', '#']).next().unwrap_or(name);
    path.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A file's name without its last extension.
fn stem_of(name: &str) -> &str {
    let file = file_of(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_called_by_its_file() {
        for (name, expected) in [
            ("a.yaml", "a"),
            ("specs/a.v1.json", "a.v1"),
            ("https://host/api/pets.json?v=1", "pets"),
            ("tyk", "tyk"),
            ("-", "-"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(stem_of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_path_without_name_or_slash_is_refused() {
        for text in ["a", "=/v1", "a=v1", "a=/{x}"] {
            assert!(text.parse::<Mounting>().is_err(), "{text}");
        }
        let mounting: Mounting = "a=b.yaml=/v1".parse().expect("the last `=` counts");
        assert_eq!((mounting.name.as_str(), mounting.mount.as_str()), ("a=b.yaml", "/v1"));
    }
}
