//! What the law tests share: a document, a request written and read, and texts that are easily mistaken.

use counterfoil_openapi::codec::{BodyValue, EncodeError, Payload, RequestValues, encode_request};
use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{Contract, Request, RouteMatch};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

/// The document of an edition with these paths.
pub(crate) fn contract(version: &str, paths: &Value) -> Contract {
    let named = if version == "2.0" { "swagger" } else { "openapi" };
    let document = json!({named: version, "info": {"title": "t", "version": "1"}, "paths": paths});
    Contract::load("laws.json", document.to_string().as_bytes()).expect("a document")
}

/// The document whose only operation, on `/x` or `/x/{p}`, has these parameters.
pub(crate) fn with_parameters(version: &str, parameters: &Value) -> Contract {
    let has_path = parameters.as_array().expect("a list").iter().any(|parameter| parameter["in"] == "path");
    let path = if has_path { "/x/{p}" } else { "/x" };
    let operation = json!({"parameters": parameters, "responses": {"200": {"description": "ok"}}});
    contract(version, &json!({path: {"post": operation}}))
}

/// The document whose only operation, on `/x`, takes a body.
pub(crate) fn with_body(version: &str, content: &Value) -> Contract {
    let operation = json!({
        "requestBody": {"required": true, "content": content},
        "responses": {"200": {"description": "ok"}}
    });
    contract(version, &json!({"/x": {"post": operation}}))
}

/// What a request says to the only operation, and what breaks the contract.
pub(crate) fn read(contract: &Contract, request: &Request) -> Reading {
    let found = RouteMatch::of(&contract.operations()[0], request.path()).expect("the only path");
    validate::request(&found, request, &RequestRules::default())
}

/// The violations, as people read them.
pub(crate) fn told(reading: &Reading) -> Vec<String> {
    reading.violations.iter().map(ToString::to_string).collect()
}

/// Writes values and reads the request.
pub(crate) fn travel(contract: &Contract, values: &RequestValues) -> Result<(Request, Reading), EncodeError> {
    let request = encode_request(&contract.operations()[0], values)?;
    let reading = read(contract, &request);
    Ok((request, reading))
}

/// The values of a request whose parameter `p` is sent in a place.
pub(crate) fn with_value(location: &str, value: Value) -> RequestValues {
    let mut values = RequestValues::default();
    let place = match location {
        "path" => &mut values.path,
        "header" => &mut values.header,
        "cookie" => &mut values.cookie,
        _ => &mut values.query,
    };
    place.insert("p".to_owned(), value);
    values
}

/// The values of a request with a body.
pub(crate) fn body(media_type: &str, value: Value) -> RequestValues {
    let body = BodyValue { media_type: media_type.to_owned(), payload: Payload::Value(value) };
    RequestValues { body: Some(body), ..RequestValues::default() }
}

/// Settings for so many cases, nothing of which is kept.
pub(crate) fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Texts that are likely to be mistaken for something else.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,6}",
        2 => r#"[ a-c,;|.=&+%\[\]"/?#{}~'\\\t-]{0,6}"#,
        1 => any::<String>(),
        1 => prop::sample::select(vec!["", ".", "..", "null", "true", "12", "-0.5", "%20", "%zz", "a+b", "p", "é", "\u{1F600}"])
            .prop_map(str::to_owned),
    ]
}
