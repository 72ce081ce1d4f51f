//! The control API's own document.

use serde_json::{Map, Value, json};

use super::api::control_api_mod;
use super::stream_api::stream_api_mod;
use crate::session::MAX_SESSION_NAME;

/// Where nothing need be said: dropshot knows of no body that can be left out.
const OPTIONAL_BODIES: [&str; 3] = ["/recordings", "/reset", "/sessions"];

/// Properties that are durations as scripts write them.
const DURATIONS: [(&str, &str); 2] = [("ClockSet", "advance"), ("NewSession", "ttl")];
const DURATION: &str = r"^[0-9]{1,9}(\.[0-9]{1,9})?(us|ms|s|m|h)$";

/// The OpenAPI document of the control API, as written from its trait.
///
/// It is what `GET /openapi.json` answers and what `openapi/documents/control.json` holds.
pub fn control_document() -> Value {
    let description =
        control_api_mod::stub_api_description().expect("the trait is fixed, and every test run describes it");
    let mut definition =
        description.openapi("Counterfoil control API", dropshot::semver::Version::new(1, 0, 0));
    definition.description(
        "Steers a running stub and tells what it received. Listens on the loopback interface unless told otherwise; \
         there requests whose Host is not loopback are refused with 403, and so is everywhere what a page of another \
         origin sends.",
    );
    let mut document = definition.json().expect("a description that dropshot accepted can be written");
    // dropshot documents errors as it would send them.
    let responses = document.pointer_mut("/components/responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        send_as(response, "application/problem+json");
    }
    send_as(&mut document["paths"]["/metrics"]["get"]["responses"]["200"], "text/plain");
    for method in ["get", "delete"] {
        let response = &mut document["paths"]["/recordings/{id}"][method]["responses"]["200"];
        send_as(response, "application/yaml");
    }
    // Where the stub was started with a token.
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that the stub was started with, where it was started with one.",
        },
    });
    document["security"] = json!([{}, { "token": [] }]);
    let refusals = document["paths"]["/calls"]["get"]["responses"].clone();
    for (path, mut item) in stream_paths() {
        // What dropshot cannot know of a body that it does not write.
        let responses = &mut item["get"]["responses"];
        responses.clone_from(&refusals);
        responses["200"] = json!({
            "description": "the events, as they come",
            "content": { "text/event-stream": { "schema": { "type": "string" } } },
        });
        document["paths"][path] = item;
    }
    for path in OPTIONAL_BODIES {
        document["paths"][path]["post"]["requestBody"]["required"] = false.into();
    }
    document["components"]["schemas"]["NewRecording"]["properties"]["ops"]["minItems"] = 1.into();
    say_session_names(&mut document);
    for (schema, property) in DURATIONS {
        document["components"]["schemas"][schema]["properties"][property]["pattern"] = DURATION.into();
    }
    document
}

/// Says which names a session can have, wherever one is named.
fn say_session_names(document: &mut Value) {
    let pattern = Value::from(format!("^[A-Za-z0-9._-]{{1,{MAX_SESSION_NAME}}}$"));
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let parameters = operations.filter_map(|operation| operation["parameters"].as_array_mut()).flatten();
    for parameter in parameters.filter(|parameter| parameter["name"] == "session") {
        parameter["schema"]["pattern"] = pattern.clone();
    }
    document["components"]["schemas"]["NewSession"]["properties"]["id"]["pattern"] = pattern;
}

/// Gives the content of a response another media type.
fn send_as(response: &mut Value, media_type: &str) {
    if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
        && let Some(content_of) = content.remove("application/json")
    {
        content.insert(media_type.to_owned(), content_of);
    }
}

/// The rows that the router holds under another path; what they refer to the others do too.
fn stream_paths() -> Vec<(String, Value)> {
    let description =
        stream_api_mod::stub_api_description().expect("the trait is fixed, and every test run describes it");
    let definition = description.openapi("Streams", dropshot::semver::Version::new(1, 0, 0));
    let document = definition.json().expect("a description that dropshot accepted can be written");
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    paths.into_iter().collect()
}
