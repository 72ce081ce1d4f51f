//! Depth that no text shows: aliases within aliases, files that lead on to files. Schemas that lead on to schemas are
//! attacked beside this.

use std::fmt::Write as _;

use counterfoil_openapi::{Contract, FileError, Files, MAX_FILES};

use super::timed;

#[test]
fn a03_aliases_within_aliases_are_held_to_the_depth_of_what_they_make() {
    let mut text = "openapi: 3.0.3\npaths: {}\nx-0: &a0 [1]\n".to_owned();
    for level in 1..=1_000 {
        let _ = writeln!(text, "x-{level}: &a{level} [*a{}]", level - 1);
    }
    let error = timed("aliases", || Contract::load("a.yaml", text.as_bytes())).expect_err("it is too deep");
    assert!(error.message().contains("nested deeper than"), "{error}");
}

/// Every file there could be, each of which refers to the next.
struct Endless;

impl Files for Endless {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let number: usize =
            path.trim_start_matches('f').trim_end_matches(".json").parse().unwrap_or_default();
        Ok(format!(
            "{{\"type\": \"object\", \"properties\": {{\"next\": {{\"$ref\": \"f{}.json\"}}}}}}",
            number + 1
        )
        .into())
    }
}

#[test]
fn a03_files_without_end_stop_at_their_limit() {
    let text = "openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {description: ok, content: {application/json: {schema: {$ref: f0.json}}}}}}}}\n";
    let loaded = timed("files", || Contract::load_with("a.yaml", text.as_bytes(), &Endless));
    let contract = loaded.expect("a document");
    assert_eq!(contract.document().parts().len(), MAX_FILES);
    let told = contract.findings().iter().find(|finding| finding.code == "reference-unread");
    assert!(told.is_some_and(|told| told.message.contains("more than 4096 files")), "{told:?}");
}
