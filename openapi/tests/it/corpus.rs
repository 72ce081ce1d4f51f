//! The real documents kept beside the project, where they are there.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_openapi::{Contract, Folder};

pub(crate) const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");

/// Every document of the corpus that stands alone, by path; nothing (and a line that says so) without a corpus.
pub(crate) fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for edition in ["2.0", "3.0", "3.1", "3.2"] {
        let Ok(entries) = fs::read_dir(Path::new(CORPUS).join(edition)) else { continue };
        found.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    if found.is_empty() {
        println!("no corpus at {CORPUS}: nothing is tested on it");
    }
    found.sort();
    found
}

pub(crate) fn load(path: &Path) -> Result<Contract, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Contract::load(path.display().to_string(), &bytes).map_err(|error| error.to_string())
}

#[test]
fn every_document_loads() {
    for path in documents() {
        match load(&path) {
            Ok(contract) => assert!(
                !contract.operations().is_empty() || contract.document().root().get("webhooks").is_some(),
                "{} has no operation",
                path.display()
            ),
            Err(message) => panic!("{}: {message}", path.display()),
        }
    }
}

#[test]
fn a_document_in_several_files_is_read_whole() {
    let folder = Path::new(CORPUS).join("3.0/multifile-petstore");
    let path = folder.join("spec/openapi.yaml");
    let Ok(bytes) = fs::read(&path) else { return println!("no corpus at {CORPUS}") };
    let files = Folder::new(folder.join("spec"), &folder).expect("the folder is there");
    let contract = Contract::load_with("spec/openapi.yaml", &bytes, &files).expect("a document");
    assert_eq!(contract.check(), []);
    assert_eq!(contract.document().parts().len(), 3);
    let confined = Folder::new(folder.join("spec"), &folder.join("spec")).expect("the folder is there");
    let contract = Contract::load_with("spec/openapi.yaml", &bytes, &confined).expect("a document");
    assert!(contract.findings().iter().all(|finding| finding.message.contains("outside the folder")));
    assert!(!contract.findings().is_empty());
}
