//! Decoding undoes encoding: for every location, style, explode and type, and for bodies.
//!
//! Where a notation cannot express a value the codec must say so, and only there; [`Form::expresses`] says where, in
//! words of its own.

use std::sync::LazyLock;

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues, encode_request};
use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

/// How a parameter is sent.
#[derive(Debug, Clone, Copy)]
struct Form {
    location: &'static str,
    style: &'static str,
    explode: bool,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    NullableInteger,
    Texts,
    Numbers,
    /// Declared properties only.
    Record,
    /// Any names, string values.
    Dictionary,
}

const STYLES: [(&str, &str); 9] = [
    ("path", "simple"),
    ("path", "label"),
    ("path", "matrix"),
    ("query", "form"),
    ("query", "spaceDelimited"),
    ("query", "pipeDelimited"),
    ("query", "deepObject"),
    ("header", "simple"),
    ("cookie", "form"),
];

const KINDS: [Kind; 9] = [
    Kind::Text,
    Kind::Integer,
    Kind::Number,
    Kind::Boolean,
    Kind::NullableInteger,
    Kind::Texts,
    Kind::Numbers,
    Kind::Record,
    Kind::Dictionary,
];

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::NullableInteger => json!({"type": "integer", "nullable": true}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::Numbers => json!({"type": "array", "items": {"type": "number"}}),
            Self::Record => json!({"type": "object", "properties": {
                "name": {"type": "string"}, "size": {"type": "integer"}, "is/new": {"type": "boolean"}
            }}),
            Self::Dictionary => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        }
    }

    fn values(self) -> BoxedStrategy<Value> {
        let number = (any::<i32>(), 0..4_i32).prop_map(|(whole, quarters)| match quarters {
            0 => json!(whole),
            quarters => json!(f64::from(whole) + f64::from(quarters) / 4.0),
        });
        match self {
            Self::Text => text().prop_map(Value::from).boxed(),
            Self::Integer => any::<i64>().prop_map(Value::from).boxed(),
            Self::Number => number.boxed(),
            Self::Boolean => any::<bool>().prop_map(Value::from).boxed(),
            Self::NullableInteger => {
                proptest::option::of(any::<u64>()).prop_map(|found| json!(found)).boxed()
            }
            Self::Texts => proptest::collection::vec(text(), 0..5).prop_map(Value::from).boxed(),
            Self::Numbers => proptest::collection::vec(number, 0..5).prop_map(Value::from).boxed(),
            Self::Record => (
                proptest::option::of(text()),
                proptest::option::of(any::<i64>()),
                proptest::option::of(any::<bool>()),
            )
                .prop_map(|(name, size, is_new)| {
                    let members = [("name", json!(name)), ("size", json!(size)), ("is/new", json!(is_new))];
                    let present = members.into_iter().filter(|(_, value)| !value.is_null());
                    Value::Object(present.map(|(name, value)| (name.to_owned(), value)).collect())
                })
                .boxed(),
            Self::Dictionary => proptest::collection::btree_map(text(), text(), 0..4)
                .prop_map(|members| {
                    let members: Map<String, Value> =
                        members.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
                    Value::Object(members)
                })
                .boxed(),
        }
    }
}

/// Texts that are likely to be mistaken for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,6}",
        2 => r#"[ a-c,;|.=&+%\[\]"/?#{}~'\\-]{0,6}"#,
        1 => any::<String>(),
        1 => prop::sample::select(vec!["", ".", "..", "null", "true", "12", "-0.5", "%20", "a+b", "p", "é", "\u{1F600}"])
            .prop_map(str::to_owned),
    ]
}

/// The names and texts in a value, told apart.
fn texts(value: &Value) -> (Vec<&str>, Vec<&str>) {
    let as_text = |value: &'_ Value| value.as_str().map(str::len).map(|_| ()).is_some();
    match value {
        Value::Array(items) => {
            (Vec::new(), items.iter().filter(|item| as_text(item)).filter_map(Value::as_str).collect())
        }
        Value::Object(members) => (
            members.keys().map(String::as_str).collect(),
            members.values().filter_map(Value::as_str).collect(),
        ),
        other => (Vec::new(), other.as_str().into_iter().collect()),
    }
}

impl Form {
    /// Whether the notation has a text for a value that means no other one.
    fn expresses(self, kind: Kind, value: &Value) -> bool {
        let (names, texts) = texts(value);
        let is_plural = value.is_array() || value.is_object();
        if value == &json!([]) || value == &json!({}) {
            return false;
        }
        let has = |found: &[&str], unwanted: &[char]| found.iter().any(|text| text.contains(unwanted));
        match (self.location, self.style) {
            // A segment can be neither empty nor dots, however they are escaped.
            ("path", "simple") => {
                let is_segment = |text: &str| !["", ".", ".."].contains(&text);
                match value {
                    Value::Null => false,
                    Value::Array(_) if texts.len() == 1 => is_segment(texts[0]),
                    Value::String(text) => is_segment(text),
                    _ => true,
                }
            }
            ("path", "label") => {
                let is_segment = |text: &str| !["", "."].contains(&text);
                match value {
                    Value::Null => false,
                    Value::Array(items) if items.len() == 1 && texts.len() == 1 => is_segment(texts[0]),
                    Value::Array(items) if self.explode => items != &[json!(""), json!("")],
                    Value::String(text) => is_segment(text),
                    _ => true,
                }
            }
            ("query", "spaceDelimited") if is_plural && !self.explode => {
                !has(&names, &[' ']) && !has(&texts, &[' '])
            }
            ("query", "pipeDelimited") if is_plural && !self.explode => {
                !has(&names, &['|']) && !has(&texts, &['|'])
            }
            ("query", "deepObject") => !names.contains(&"") && !has(&names, &['[', ']']),
            ("header", _) => {
                let mut all = names.iter().chain(&texts);
                let is_field = all.all(|text| !text.chars().any(char::is_control) && text.trim() == *text);
                let is_list = !is_plural || (!has(&names, &[',', '=']) && !has(&texts, &[',']));
                is_field && is_list
            }
            // A cookie of an undeclared name is another cookie.
            ("cookie", _) => !(self.explode && kind == Kind::Dictionary),
            _ => true,
        }
    }

    fn contract(self, kind: Kind) -> Contract {
        let path = if self.location == "path" { "/x/{p}/y" } else { "/x" };
        let parameter = json!({
            "name": "p", "in": self.location, "required": self.location == "path",
            "style": self.style, "explode": self.explode, "schema": kind.schema()
        });
        contract(&json!({
            path: {"get": {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}}
        }))
    }
}

fn contract(paths: &Value) -> Contract {
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths});
    Contract::load("laws.json", document.to_string().as_bytes()).expect("a document")
}

/// Every form with every kind, and the contract that documents it.
static CASES: LazyLock<Vec<(Form, Kind, Contract)>> = LazyLock::new(|| {
    let mut cases = Vec::new();
    for (location, style) in STYLES {
        for explode in [false, true] {
            for kind in KINDS {
                let form = Form { location, style, explode };
                cases.push((form, kind, form.contract(kind)));
            }
        }
    }
    cases
});

fn read(contract: &Contract, request: &Request) -> Reading {
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let Route::Found(found) = router.find(&request.method, request.path()) else {
        panic!("no operation for {}", request.target)
    };
    validate::request(&found, request, &RequestRules::default())
}

fn written(form: Form, value: &Value) -> RequestValues {
    let mut values = RequestValues::default();
    let place = match form.location {
        "path" => &mut values.path,
        "query" => &mut values.query,
        "header" => &mut values.header,
        _ => &mut values.cookie,
    };
    place.insert("p".to_owned(), value.clone());
    values
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn decoding_a_parameter_undoes_encoding_it() {
    let any_case = (0..CASES.len()).prop_flat_map(|index| (Just(index), CASES[index].1.values()));
    proptest!(config(4_000), |((index, value) in any_case)| {
        let (form, kind, contract) = &CASES[index];
        let values = written(*form, &value);
        match encode_request(&contract.operations()[0], &values) {
            Ok(request) => {
                prop_assert!(form.expresses(*kind, &value), "{form:?} {kind:?} wrote {}", request.target);
                let reading = read(contract, &request);
                prop_assert_eq!(&reading.values, &values, "{:?} {:?} {:?}", form, kind, request);
                prop_assert_eq!(reading.violations, vec![], "{:?} {:?} {:?}", form, kind, request);
            }
            Err(error) => {
                prop_assert!(!form.expresses(*kind, &value), "{form:?} {kind:?}: {error}");
            }
        }
    });
}

#[test]
fn every_form_and_kind_writes_a_plain_value() {
    for (form, kind, contract) in CASES
        .iter()
        .filter(|(form, kind, _)| !(form.location == "cookie" && form.explode && *kind == Kind::Dictionary))
    {
        let value = match kind {
            Kind::Text => json!("a"),
            Kind::Integer | Kind::NullableInteger => json!(1),
            Kind::Number => json!(0.5),
            Kind::Boolean => json!(true),
            Kind::Texts => json!(["a", "b"]),
            Kind::Numbers => json!([1, 0.5]),
            Kind::Record => json!({"name": "a", "size": 1, "is/new": true}),
            Kind::Dictionary => json!({"a": "b", "c": "d"}),
        };
        let values = written(*form, &value);
        let request = encode_request(&contract.operations()[0], &values);
        let request = request.unwrap_or_else(|error| panic!("{form:?} {kind:?}: {error}"));
        assert_eq!(read(contract, &request).values, values, "{form:?} {kind:?}");
    }
}

fn body(media_type: &str, payload: Value) -> RequestValues {
    let body = BodyValue { media_type: media_type.to_owned(), payload: Payload::Value(payload) };
    RequestValues { body: Some(body), ..RequestValues::default() }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn decoding_a_json_body_undoes_encoding_it() {
    let contract = contract(&json!({"/x": {"post": {
        "requestBody": {"content": {"application/json": {"schema": {}}}},
        "responses": {"200": {"description": "ok"}}
    }}}));
    proptest!(config(500), |(value in json_value())| {
        let values = body("application/json", value);
        let request = encode_request(&contract.operations()[0], &values).expect("JSON writes everything");
        let reading = read(&contract, &request);
        prop_assert_eq!(reading.values, values);
        prop_assert_eq!(reading.violations, vec![]);
    });
}

/// Fields of every sort: plain ones, and one for each way an encoding can ask for.
fn form_contract() -> Contract {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let record = json!({"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}});
    contract(&json!({"/x": {"post": {
        "requestBody": {"content": {"application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "allOf": [
                    {"properties": {"text": {"type": "string"}, "number": {"type": "number"}}},
                    {"anyOf": [{"properties": {"flag": {"type": "boolean"}}}, {"properties": {"texts": texts}}]}
                ],
                "properties": {
                    "record": record,
                    "records": {"type": "array", "items": record},
                    "json": texts, "joined": texts, "piped": texts, "deep": {"type": "object", "properties": {"r": record}},
                    "reserved": {"type": "string"}, "nothing": {"type": "integer", "nullable": true}
                }
            },
            "encoding": {
                "json": {"contentType": "application/json"},
                "joined": {"style": "form", "explode": false},
                "piped": {"style": "pipeDelimited"},
                "deep": {"style": "deepObject", "explode": true},
                "reserved": {"allowReserved": true}
            }
        }}},
        "responses": {"200": {"description": "ok"}}
    }}}))
}

fn form_fields() -> impl Strategy<Value = Value> {
    let texts = || proptest::collection::vec(text(), 1..4).prop_map(Value::from);
    let bare = || proptest::collection::vec("[a-z ,&=+]{0,4}", 1..4).prop_map(Value::from);
    let record = || (text(), any::<i64>()).prop_map(|(x, y)| json!({"x": x, "y": y}));
    let field = prop_oneof![
        text().prop_map(|value| ("text", json!(value))),
        any::<i32>().prop_map(|value| ("number", json!(f64::from(value) / 8.0))),
        any::<bool>().prop_map(|value| ("flag", json!(value))),
        texts().prop_map(|value| ("texts", value)),
        record().prop_map(|value| ("record", value)),
        proptest::collection::vec(record(), 1..3).prop_map(|value| ("records", json!(value))),
        texts().prop_map(|value| ("json", value)),
        texts().prop_map(|value| ("joined", value)),
        bare().prop_map(|value| ("piped", value)),
        record().prop_map(|value| ("deep", json!({"r": value}))),
        text().prop_map(|value| ("reserved", json!(value))),
        Just(("nothing", Value::Null)),
        text().prop_map(|value| ("undeclared", json!(value))),
    ];
    proptest::collection::vec(field, 1..8).prop_map(|fields| {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    })
}

#[test]
fn decoding_a_form_body_undoes_encoding_it() {
    let contract = form_contract();
    proptest!(config(1_000), |(value in form_fields())| {
        let values = body("application/x-www-form-urlencoded", value);
        let request = encode_request(&contract.operations()[0], &values)?;
        let reading = read(&contract, &request);
        prop_assert_eq!(&reading.values, &values, "{:?}", request.body);
        prop_assert_eq!(reading.violations, vec![], "{:?}", request.body);
    });
}
