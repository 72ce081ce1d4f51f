//! What is wrong with a script: all of it, each with its place, as people read it.

use std::path::Path;

use counterfoil_openapi::{Finding, Severity};
use counterfoil_server::Script;
use proptest::prelude::*;

use crate::scripts::{load, pets};

/// The findings of a text, one a line, hints below.
fn findings(name: &str, bytes: &[u8]) -> String {
    let findings: Vec<Finding> = match Script::load(name, bytes, &[pets()]) {
        Ok(script) => script.findings().to_vec(),
        Err(error) => error.findings().to_vec(),
    };
    findings
        .iter()
        .map(|finding| match &finding.hint {
            Some(hint) => format!("{finding}\n  {hint}\n"),
            None => format!("{finding}\n"),
        })
        .collect()
}

#[test]
fn every_broken_script_says_all_that_is_wrong_with_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/broken");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scripts are in the repository")
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 15, "the scripts are in {}", folder.display());
    for path in paths {
        let file = path.file_name().and_then(|name| name.to_str()).expect("names are plain ASCII").to_owned();
        let bytes = std::fs::read(&path).expect("the script can be read");
        let name = file.trim_end_matches(".script.yaml").to_owned();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, findings(&file, &bytes));
        });
    }
}
