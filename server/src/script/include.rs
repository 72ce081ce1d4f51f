//! `include`: scripts in several files.
//!
//! A file's own rules come first, then those of the files it includes, in the order it names them. A file that is
//! named twice counts where it is named first.

use counterfoil_openapi::{Document, Finding, Pointer, Severity};
use serde_json::Value;

use super::library::{Library, folder_of, resolve};
use super::load::{ScriptError, read_tree};

/// The most files of one script.
pub const MAX_SCRIPT_FILES: usize = 256;

/// How deep includes may be nested.
const MAX_DEPTH: usize = 32;

/// One file of a script.
#[derive(Debug)]
pub(super) struct File {
    pub(super) document: Document,
    /// Its folder, from that of the first file.
    pub(super) folder: String,
    /// What is wrong with it as a file.
    pub(super) findings: Vec<Finding>,
}

/// Reads a script and all it includes, in order of precedence; only where the first file cannot be read is that the
/// error.
pub(super) fn gather(name: &str, bytes: &[u8], library: &Library<'_>) -> Result<Vec<File>, ScriptError> {
    let (document, repeated) = read_tree(name, bytes)?;
    let at = name.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let (prefix, path) = name.split_at(at);
    let mut gatherer = Gatherer { library, prefix, files: Vec::new(), known: vec![path.to_owned()] };
    gatherer.add(document, repeated, &mut vec![path.to_owned()]);
    Ok(gatherer.files)
}

struct Gatherer<'l> {
    library: &'l Library<'l>,
    /// What messages put before the path of a file.
    prefix: &'l str,
    files: Vec<File>,
    /// The paths of all files found.
    known: Vec<String>,
}

/// Why a file is not included.
struct Refusal {
    code: &'static str,
    message: String,
    hint: Option<&'static str>,
}

impl Gatherer<'_> {
    /// Adds a file, whose path ends the chain of those that led to it, and what it includes.
    fn add(&mut self, document: Document, findings: Vec<Finding>, chain: &mut Vec<String>) {
        let place = self.files.len();
        let folder = chain.last().map_or("", |path| folder_of(path)).to_owned();
        let wanted = includes(&document);
        self.files.push(File { document, folder: folder.clone(), findings });
        for (wanted, at) in wanted {
            let found = self.find(&folder, &wanted, chain);
            let (path, bytes) = match found {
                Ok(None) => continue,
                Ok(Some(found)) => found,
                Err(Refusal { code, message, hint }) => {
                    let file = &mut self.files[place];
                    let mut finding = file.document.finding(code, Severity::Error, &at, message);
                    finding.hint = hint.map(str::to_owned);
                    file.findings.push(finding);
                    continue;
                }
            };
            let shown = format!("{}{path}", self.prefix);
            match read_tree(&shown, &bytes) {
                Ok((document, repeated)) => {
                    chain.push(path);
                    self.add(document, repeated, chain);
                    chain.pop();
                }
                Err(error) => self.files[place].findings.extend(error.findings().iter().cloned()),
            }
        }
    }

    /// The path and the bytes of a file to include; nothing where it is there already.
    fn find(
        &mut self,
        folder: &str,
        wanted: &str,
        chain: &[String],
    ) -> Result<Option<(String, bytes::Bytes)>, Refusal> {
        let unreadable = |message: String, hint| Refusal { code: "file-unreadable", message, hint };
        let inside = Some("a script names only files in the folder of the first of its files, and below");
        let path = resolve(folder, wanted).map_err(|error| unreadable(error.to_string(), inside))?;
        if let Some(start) = chain.iter().position(|known| *known == path) {
            let ring: Vec<&str> = chain[start..].iter().chain([&path]).map(String::as_str).collect();
            let message = format!("the files include each other: {}", ring.join(" includes "));
            let hint = Some("leave one of the includes out");
            return Err(Refusal { code: "include-cycle", message, hint });
        }
        if self.known.contains(&path) {
            return Ok(None);
        }
        if self.known.len() >= MAX_SCRIPT_FILES || chain.len() >= MAX_DEPTH {
            let message =
                format!("more than {MAX_SCRIPT_FILES} files, or includes nested deeper than {MAX_DEPTH}");
            return Err(unreadable(message, None));
        }
        let bytes = self.library.read(&path).map_err(|error| unreadable(error.to_string(), None))?;
        self.known.push(path.clone());
        Ok(Some((path, bytes)))
    }
}

/// The files that a script includes, as far as it can be read; what cannot is told when the rest is.
fn includes(document: &Document) -> Vec<(String, Pointer)> {
    let at = Pointer::root().join("include");
    let items = document.root().get("include").and_then(Value::as_array);
    let named = items.into_iter().flatten().enumerate();
    named.filter_map(|(index, item)| Some((item.as_str()?.to_owned(), at.index(index)))).collect()
}
