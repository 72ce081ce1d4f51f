//! Scripts for real documents: whatever a document says can be said in a script.

use std::path::{Path, PathBuf};

use counterfoil_openapi::{Contract, Location, Operation, Pointer, Schema, Severity, StatusPattern, codec};
use counterfoil_server::Script;
use serde_json::{Map, Value, json};

/// The largest document taken, in bytes, for the sake of time.
const MAX_BYTES: u64 = 2 << 20;
/// The most operations taken of one document.
const MAX_OPERATIONS: usize = 30;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");

pub(crate) fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["2.0", "3.0", "3.1", "3.2"] {
        let Ok(entries) = std::fs::read_dir(Path::new(CORPUS).join(folder)) else { continue };
        let files = entries.flatten().filter(|entry| {
            entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES)
        });
        found.extend(files.map(|entry| entry.path()));
    }
    found.sort();
    found
}

/// Everything an operation documents: its statuses, its examples, and each parameter and property as a condition.
fn rules_for(operation: &Operation) -> Value {
    let mut rules = Vec::new();
    for location in [Location::Path, Location::Query, Location::Header, Location::Cookie] {
        for parameter in operation.parameters_in(location) {
            let mut when = Map::new();
            when.insert(format!("{location}.{}", parameter.name), json!({"exists": true}));
            rules.push(json!({ "when": when, "headers": { "X-Seen": 1 } }));
        }
    }
    for media in operation.request_body().iter().flat_map(|body| body.content.iter()) {
        let Some(schema) = media.schema.as_ref().map(Schema::resolved) else { continue };
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if property.get("readOnly") != Some(&Value::Bool(true)) && property.get("$ref").is_none() {
                let field = format!("body#{}", Pointer::root().join(name));
                rules.push(json!({ "times": 1, "when": { field: { "exists": true } } }));
            }
        }
    }
    for (number, response) in operation.responses().iter().enumerate() {
        let StatusPattern::Exact(status @ 200..) = response.status else { continue };
        let names = response.content.iter().flat_map(|media| &media.examples);
        for name in names.filter_map(|example| example.name.as_deref()) {
            rules.push(json!({ "times": 1, "status": status, "example": name }));
        }
        for media in response.content.iter().filter(|media| codec::media::essence(&media.name) == media.name)
        {
            let is_object = media.examples.first().is_some_and(|example| example.value.is_object());
            if is_object && !media.name.contains('*') {
                rules.push(json!({ "times": 1, "status": status, "media_type": media.name, "patch": {} }));
            }
        }
        rules.push(json!({ "when": { "nth": number + 1 }, "respond": [format!("{status}*2"), status] }));
    }
    rules.push(json!({}));
    Value::Array(rules)
}

#[test]
fn whatever_a_real_document_says_can_be_scripted() {
    let documents = documents();
    if documents.is_empty() {
        println!("skipped: {CORPUS} is not there");
        return;
    }
    let mut scripted = 0;
    for path in documents {
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).expect("the document can be read");
        let Ok(contract) = Contract::load(&name, &bytes) else { continue };
        let operations = contract.operations().iter().take(MAX_OPERATIONS);
        let rules: Map<String, Value> = operations
            .filter(|operation| !operation.responses().is_empty())
            .map(|operation| (operation.label(), rules_for(operation)))
            .collect();
        scripted += rules.len();
        let text = serde_json::to_vec(&json!({ "script": 1, "rules": rules })).expect("a value is JSON");
        let findings = match Script::load("all.json", &text, &[contract]) {
            Ok(script) => script.findings().to_vec(),
            Err(error) => error.findings().to_vec(),
        };
        let wrong: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity != Severity::Note)
            .map(ToString::to_string)
            .collect();
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
    assert!(scripted > 300, "{scripted} operations");
}
