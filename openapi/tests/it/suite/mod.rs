//! The JSON-Schema-Test-Suite, as the law of the validator and of generation.
//!
//! The suite is not ours and is not kept here: `script/test` fetches it, see [`source`].

mod exceptions;
mod generated;
mod judged;
mod placed;
mod source;

use counterfoil_openapi::Schema;
use serde_json::Value;

/// A draft of JSON Schema and the version of OpenAPI that its schemas are put into.
struct Draft {
    /// Its folder in the suite.
    folder: &'static str,
    version: &'static str,
    /// The schema in a document; an error where the version cannot express it.
    placed: fn(&Value) -> Result<Schema, String>,
    /// The schema as it stands, compiled without anything of ours.
    original: fn(&Value) -> Option<jsonschema::Validator>,
}

const DRAFTS: [Draft; 2] = [
    Draft {
        folder: "draft2020-12",
        version: "OpenAPI 3.1",
        placed: placed::in_3_1,
        original: |schema| {
            jsonschema::draft202012::options().should_validate_formats(true).build(schema).ok()
        },
    },
    Draft {
        folder: "draft4",
        version: "OpenAPI 3.0",
        placed: placed::in_3_0,
        original: |schema| jsonschema::draft4::options().should_validate_formats(true).build(schema).ok(),
    },
];
