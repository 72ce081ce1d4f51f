//! Documents for the tests of rules.

use crate::contract::Contract;
use crate::document::Finding;

/// All that is found in a document.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let contract = Contract::load("a.yaml", text.as_bytes()).expect("the text of the test is a document");
    contract.check()
}

/// What one rule finds in a document: pointer and message, a line a finding.
pub(super) fn found(code: &str, text: &str) -> String {
    let lines: Vec<String> = findings(text)
        .iter()
        .filter(|finding| finding.code == code)
        .map(|finding| format!("{} {}", finding.pointer, finding.message))
        .collect();
    lines.join("\n")
}

/// A document with one operation, `GET /a`, and these components, both in flow style.
pub(super) fn with_operation(version: &str, operation: &str, components: &str) -> String {
    format!(
        "openapi: {version}\ninfo: {{title: A, version: '1'}}\npaths:\n  /a:\n    get: {{operationId: a, {operation}}}\n\
         components: {{{components}}}\n"
    )
}

/// A document with one schema, `S`, in flow style.
pub(super) fn with_schema(version: &str, schema: &str) -> String {
    with_operation(version, "responses: {'200': {description: ok}}", &format!("schemas: {{S: {schema}}}"))
}
