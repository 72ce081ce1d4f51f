//! The control API's document in the repository is the one its trait says.

use std::path::Path;

#[test]
fn the_document_in_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/documents/control.json");
    let mut current =
        serde_json::to_string_pretty(&counterfoil_server::control_document()).expect("a document is JSON");
    current.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &current).expect("the repository can be written to");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == current, "{} is not current: run this test with UPDATE=1", path.display());
}
