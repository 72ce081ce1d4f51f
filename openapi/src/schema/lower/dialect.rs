//! Which dialect of JSON Schema a schema from 3.1 on is written in.
//!
//! It is that of the nearest `$schema` around it, else `jsonSchemaDialect`, else that of OpenAPI. The keywords of the
//! drafts hardly contradict each other, and are read as their own draft has them wherever they stand; what does differ
//! is what stands beside a `$ref`.

use serde_json::Value;

use crate::document::{Document, Pointer};

/// Whether what stands beside the `$ref` of a schema counts: from draft 2019-09 on.
pub(super) fn has_siblings(document: &Document, pointer: &Pointer) -> bool {
    if !document.version().has_json_schema_dialect() {
        return false;
    }
    if !document.definitions().has_older_drafts(|| names_older(document.root())) {
        return true;
    }
    let text = pointer.as_str();
    let ends = text.match_indices('/').map(|(end, _)| end).chain([text.len()]);
    let mut nearest = document.root().get("jsonSchemaDialect");
    for end in ends {
        let around = Pointer::from_escaped(&text[..end]).find(document.root());
        nearest = around.and_then(|around| around.get("$schema")).or(nearest);
    }
    !nearest.is_some_and(is_older)
}

/// Whether a document names a draft before 2019-09 anywhere.
fn names_older(root: &Value) -> bool {
    let mut pending = vec![root];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                if ["$schema", "jsonSchemaDialect"]
                    .iter()
                    .any(|name| members.get(*name).is_some_and(is_older))
                {
                    return true;
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    false
}

fn is_older(dialect: &Value) -> bool {
    dialect.as_str().is_some_and(|dialect| dialect.contains("json-schema.org/draft-0"))
}
