//! The style examples of the OpenAPI Specification, row by row, where they are there.
//!
//! | rows | what differs from the latest edition | we |
//! |---|---|---|
//! | 3.0.3, 3.1.0 `label`, not exploded | dots instead of commas | read |
//! | 3.0.3, 3.1.0 `spaceDelimited`, `pipeDelimited` | no name | read and written, once named |
//! | 3.0.3, 3.1.0 `pipeDelimited` | a bare `\|` | read |
//! | 3.0.3, 3.1.0 `deepObject` | bare brackets | read |
//! | all `label`, empty or undefined | a path segment of one dot, which means another path | read |
//! | `simple`, undefined | an empty path segment, which no path has | read and written as a header |
//!
//! Each row is a document of its own edition.

use std::collections::BTreeMap;
use std::fs;

use counterfoil_openapi::codec::{RequestValues, encode_request};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::corpus::CORPUS;

struct Row {
    edition: String,
    style: String,
    explode: bool,
    kind: String,
    value: Value,
    serialized: String,
}

impl Row {
    fn read(row: &Value) -> Self {
        let text = |member: &str| row[member].as_str().unwrap_or_default().to_owned();
        Self {
            edition: text("oas"),
            style: text("style"),
            // The one row that leaves it open is a deepObject, where it means nothing.
            explode: row["explode"].as_bool().unwrap_or(true),
            kind: text("kind"),
            value: row["value"].clone(),
            serialized: text("serialized"),
        }
    }

    fn location(&self) -> &'static str {
        match self.style.as_str() {
            "simple" if self.serialized.is_empty() => "header",
            "matrix" | "label" | "simple" => "path",
            "cookie" => "cookie",
            _ => "query",
        }
    }

    fn schema(&self) -> Value {
        match self.kind.as_str() {
            "array" => json!({"type": "array", "items": {"type": "string"}}),
            "object" => {
                let channel = json!({"type": "integer"});
                json!({"type": "object", "properties": {"R": channel, "G": channel, "B": channel}})
            }
            // Null has no text of its own, so it is told from the empty string by the schema.
            "undefined" if self.edition.starts_with("3.0") => json!({"type": "integer", "nullable": true}),
            "undefined" => json!({"type": ["integer", "null"]}),
            _ => json!({"type": "string"}),
        }
    }

    fn contract(&self) -> Contract {
        let path = if self.location() == "path" { "/x/{color}/y" } else { "/x" };
        let parameter = json!({
            "name": "color", "in": self.location(), "required": true,
            "style": self.style, "explode": self.explode, "schema": self.schema()
        });
        let document = json!({
            "openapi": self.edition, "info": {"title": "t", "version": "1"},
            "paths": {path: {"get": {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}}}
        });
        Contract::load("row.json", document.to_string().as_bytes()).expect("a document")
    }

    /// What goes over the wire; the older tables leave out the name of delimited parameters.
    fn wire(&self) -> String {
        let is_delimited = self.style.ends_with("Delimited");
        if is_delimited && !self.serialized.starts_with("color=") {
            return format!("color={}", self.serialized);
        }
        self.serialized.clone()
    }

    fn request(&self) -> Request {
        let mut request = Request::new(Method::GET, "/x");
        match self.location() {
            "path" => request.target = format!("/x/{}/y", self.wire()),
            "query" => request.target = format!("/x?{}", self.wire()),
            "header" => {
                let field = HeaderValue::from_str(&self.wire()).expect("a header field");
                request.headers.insert("color", field);
            }
            _ => {
                let cookie = HeaderValue::from_str(&self.wire()).expect("a cookie");
                request.headers.insert(header::COOKIE, cookie);
            }
        }
        request
    }

    fn is_writable(&self) -> bool {
        let is_old = ["3.0.3", "3.1.0"].contains(&self.edition.as_str());
        match self.style.as_str() {
            "label" if ["empty", "undefined"].contains(&self.kind.as_str()) => false,
            "label" => !is_old || self.explode || self.kind == "string",
            "pipeDelimited" | "deepObject" => !is_old,
            _ => true,
        }
    }
}

/// The values that a request says, by the only parameter's name.
fn read(contract: &Contract, request: &Request) -> (RequestValues, Vec<String>) {
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let Route::Found(found) = router.find(&request.method, request.path()) else {
        panic!("no operation for {}", request.target)
    };
    let reading = validate::request(&found, request, &RequestRules::default());
    (reading.values, reading.violations.iter().map(ToString::to_string).collect())
}

#[test]
fn the_specifications_examples_are_read_and_written() {
    let Ok(text) = fs::read(format!("{CORPUS}/vectors/oai-style-examples.json")) else {
        return println!("no vectors at {CORPUS}: nothing is tested on them");
    };
    let rows: Vec<Value> = serde_json::from_slice(&text).expect("a table");
    let mut was_read: BTreeMap<String, usize> = BTreeMap::new();
    let mut was_written: BTreeMap<String, usize> = BTreeMap::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter().map(Row::read) {
        let what = format!("{} {} explode={} {}", row.edition, row.style, row.explode, row.kind);
        let contract = row.contract();
        let mut values = RequestValues::default();
        let place = match row.location() {
            "path" => &mut values.path,
            "query" => &mut values.query,
            "header" => &mut values.header,
            _ => &mut values.cookie,
        };
        place.insert("color".to_owned(), row.value.clone());
        let (found, violations) = read(&contract, &row.request());
        assert_eq!((found, violations), (values.clone(), Vec::new()), "{what}");
        *was_read.entry(row.edition.clone()).or_default() += 1;
        let written = encode_request(&contract.operations()[0], &values);
        if row.is_writable() {
            let written = written.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(written, row.request(), "{what}");
            *was_written.entry(row.edition.clone()).or_default() += 1;
        } else {
            assert_ne!(written.ok(), Some(row.request()), "{what} is written after all");
            let why = format!("{} {} {}", row.edition, row.style, row.kind);
            *left_out.entry(why).or_default() += 1;
        }
    }
    assert_eq!(was_read.values().sum::<usize>(), rows.len(), "every row is read");
    println!("{} rows; read by edition: {was_read:?}; written: {was_written:?}", rows.len());
    println!("read but written otherwise, for the reasons in the table above: {left_out:?}");
}
