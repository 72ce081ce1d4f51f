//! Multipart bodies: what is written is read back, in requests and replies, whatever the members hold; what hostile
//! peers send is refused in time.

use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::codec::{
    self, BodyValue, Payload, RequestValues, content_type, decode_body, encode_body, encode_request,
};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{Contract, Direction, MediaType, Request, RouteMatch};
use http::{HeaderValue, Method, header};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

use crate::work::Work;

/// What a member holds, and how the document asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Nullable,
    File,
    /// A file of a media type that the encoding names.
    Image,
    /// Bytes as the text of their base64.
    Encoded,
    Texts,
    Files,
    Numbers,
    Record,
    Records,
    /// JSON by its encoding.
    Json,
    /// Another form inside.
    Form,
    /// Nothing is said.
    Any,
    Joined,
    Piped,
    Deep,
}

const KINDS: [Kind; 18] = [
    Kind::Text,
    Kind::Integer,
    Kind::Boolean,
    Kind::Nullable,
    Kind::File,
    Kind::Image,
    Kind::Encoded,
    Kind::Texts,
    Kind::Files,
    Kind::Numbers,
    Kind::Record,
    Kind::Records,
    Kind::Json,
    Kind::Form,
    Kind::Any,
    Kind::Joined,
    Kind::Piped,
    Kind::Deep,
];

fn record() -> Value {
    json!({"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}})
}

impl Kind {
    fn schema(self, version: &str) -> Value {
        let file = json!({"type": "string", "format": "binary"});
        let text = json!({"type": "string"});
        match self {
            Self::Text => text,
            Self::Integer => json!({"type": "integer"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Nullable => match version {
                "3.0.3" => json!({"type": "number", "nullable": true}),
                _ => json!({"type": ["number", "null"]}),
            },
            Self::File | Self::Image if version == "3.0.3" => file,
            Self::File => json!({"contentMediaType": "application/octet-stream"}),
            Self::Image => json!({"type": "string", "contentMediaType": "image/png"}),
            Self::Encoded => {
                json!({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"})
            }
            Self::Texts | Self::Joined | Self::Piped => json!({"type": "array", "items": text}),
            Self::Files => json!({"type": "array", "items": file}),
            Self::Numbers => json!({"type": "array", "items": {"type": "number"}}),
            Self::Record | Self::Form | Self::Deep => record(),
            Self::Records => json!({"type": "array", "items": record()}),
            Self::Json | Self::Any => json!({}),
        }
    }

    fn encoding(self) -> Option<Value> {
        Some(match self {
            Self::Image => json!({"contentType": "image/*, application/pdf"}),
            Self::Json => json!({"contentType": "application/vnd.x+json"}),
            Self::Form => json!({"contentType": "application/x-www-form-urlencoded"}),
            Self::Joined => json!({"style": "form", "explode": false}),
            Self::Piped => json!({"style": "pipeDelimited"}),
            Self::Deep => json!({"style": "deepObject"}),
            _ => return None,
        })
    }

    fn values(self) -> BoxedStrategy<Value> {
        let number = any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0));
        let record = || (text(), any::<i64>()).prop_map(|(x, y)| json!({"x": x, "y": y}));
        let some =
            |one: BoxedStrategy<Value>| proptest::collection::vec(one, 1..4).prop_map(Value::from).boxed();
        match self {
            Self::Text => text().prop_map(Value::from).boxed(),
            Self::Integer => any::<i64>().prop_map(Value::from).boxed(),
            Self::Boolean => any::<bool>().prop_map(Value::from).boxed(),
            Self::Nullable => prop_oneof![number, Just(Value::Null)].boxed(),
            Self::File | Self::Image => file().prop_map(Value::from).boxed(),
            Self::Encoded => "([A-Za-z0-9+/]{4}){0,5}".prop_map(Value::from).boxed(),
            Self::Texts => some(text().prop_map(Value::from).boxed()),
            Self::Files => some(file().prop_map(Value::from).boxed()),
            Self::Numbers => some(number.boxed()),
            Self::Record | Self::Form | Self::Deep => record().boxed(),
            Self::Records => some(record().boxed()),
            Self::Json => json_value().boxed(),
            Self::Any => prop_oneof![file().prop_map(Value::from), json_value()].boxed(),
            Self::Joined => some("[a-z |&=+]{0,4}".prop_map(Value::from).boxed()),
            Self::Piped => some("[a-z ,&=+]{0,4}".prop_map(Value::from).boxed()),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,6}",
        2 => r#"[ a-c,;|.=&+%"/?#{}~'\\\r\n-]{0,6}"#,
        1 => "(\r\n--[a-f0-9]{0,3}-{0,2}(\r\n)?){1,3}",
        1 => any::<String>(),
    ]
}

/// The content of a file: text, or bytes that are none, each of which is a character of its own.
fn file() -> impl Strategy<Value = String> {
    prop_oneof![text(), "[\u{EFC0}-\u{EFDF}\u{EFF0}-\u{EFFF}a-c]{0,8}"].prop_filter(
        "it stands for bytes",
        |text| {
            let is_cut =
                |text: &str| text.contains(|character| ('\u{EF80}'..='\u{EFBF}').contains(&character));
            !is_cut(text)
        },
    )
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(true)), any::<i64>().prop_map(Value::from)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Names of members: any but with control characters, which no header holds.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,5}", r#"[ a-z;="\\%é/~\[\]]{1,6}"#]
}

/// A body with its members.
#[derive(Debug, Clone)]
struct Case {
    version: &'static str,
    subtype: &'static str,
    members: Vec<(String, Kind, Value)>,
}

fn cases() -> impl Strategy<Value = Case> {
    let member = (name(), prop::sample::select(&KINDS[..]))
        .prop_flat_map(|(name, kind)| kind.values().prop_map(move |value| (name.clone(), kind, value)));
    let members = proptest::collection::vec(member, 0..6);
    let versions = prop::sample::select(vec!["3.0.3", "3.1.0", "3.2.0"]);
    (versions, prop::sample::select(vec!["form-data", "mixed", "related"]), members).prop_map(
        |(version, subtype, mut members)| {
            let mut seen = std::collections::HashSet::new();
            members.retain(|(name, kind, _)| {
                // Without a style these are as they would be with none, and 3.0 has no `contentMediaType`.
                let is_there = version != "3.0.3" || *kind != Kind::Encoded;
                is_there && seen.insert(name.clone())
            });
            // What stands in brackets after another name is a part of that.
            let is_bracketed = |name: &str| name.contains(['[', ']']);
            members.retain(|(name, ..)| !is_bracketed(name));
            Case { version, subtype, members }
        },
    )
}

impl Case {
    fn media_type(&self) -> String {
        format!("multipart/{}", self.subtype)
    }

    fn contract(&self) -> Contract {
        let properties: Map<String, Value> =
            self.members.iter().map(|(name, kind, _)| (name.clone(), kind.schema(self.version))).collect();
        let encoding: Map<String, Value> = self
            .members
            .iter()
            .filter_map(|(name, kind, _)| Some((name.clone(), kind.encoding()?)))
            .collect();
        contract(
            self.version,
            &self.media_type(),
            &json!({"schema": {"type": "object", "properties": properties}, "encoding": encoding}),
        )
    }

    fn value(&self) -> Value {
        Value::Object(self.members.iter().map(|(name, _, value)| (name.clone(), value.clone())).collect())
    }
}

fn contract(version: &str, media_type: &str, media: &Value) -> Contract {
    let content = json!({ media_type: media });
    let document = json!({
        "openapi": version, "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": {
            "requestBody": {"required": true, "content": content},
            "responses": {"200": {"description": "ok", "content": content}}
        }}}
    });
    Contract::load("multipart.json", document.to_string().as_bytes()).expect("a document")
}

fn values(media_type: &str, payload: Value) -> RequestValues {
    let body = BodyValue { media_type: media_type.to_owned(), payload: Payload::Value(payload) };
    RequestValues { body: Some(body), ..RequestValues::default() }
}

fn read(contract: &Contract, request: &Request) -> validate::Reading {
    let found = RouteMatch::of(&contract.operations()[0], request.path()).expect("its path");
    validate::request(&found, request, &RequestRules::default())
}

fn media(contract: &Contract) -> &MediaType {
    contract.operations()[0].request_body().expect("a body").content.iter().next().expect("a media type")
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn decoding_a_multipart_body_undoes_encoding_it() {
    proptest!(config(600), |(case in cases())| {
        let contract = case.contract();
        let values = values(&case.media_type(), case.value());
        let request = encode_request(&contract.operations()[0], &values)?;
        prop_assert_eq!(&encode_request(&contract.operations()[0], &values)?, &request);
        let reading = read(&contract, &request);
        prop_assert_eq!(&reading.values, &values, "{}", String::from_utf8_lossy(&request.body));
        prop_assert_eq!(reading.violations, vec![], "{}", String::from_utf8_lossy(&request.body));
        // The other direction.
        let body = encode_body(media(&contract), &Payload::Value(case.value()))?;
        let sent = content_type(&media(&contract).name, &body);
        let read = decode_body(media(&contract), &sent, &body, Direction::Response);
        prop_assert_eq!(read, Ok(Payload::Value(case.value())));
    });
}

#[test]
fn every_kind_of_member_travels_in_every_subtype() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for version in ["3.0.3", "3.1.0"] {
        for subtype in ["form-data", "mixed"] {
            for kind in KINDS {
                let value = kind.values().new_tree(&mut runner).expect("a value").current();
                let case = Case { version, subtype, members: vec![("a".to_owned(), kind, value)] };
                let contract = case.contract();
                let values = values(&case.media_type(), case.value());
                let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
                assert_eq!(read(&contract, &request).values, values, "{case:?}");
            }
        }
    }
}

/// A request as a client wrote it, lines ended by CR and LF.
fn sent(media_type: &str, text: &str) -> Request {
    let mut request = Request::new(Method::POST, "/x");
    let content_type = format!("{media_type}; boundary=b");
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&content_type).expect("a header"));
    request.body = Bytes::from(text.replace('\n', "\r\n"));
    request
}

fn outcome(contract: &Contract, request: &Request) -> (Option<Value>, Vec<String>) {
    let reading = read(contract, request);
    let body = reading.values.body.and_then(|body| body.payload.as_value().cloned());
    (body, reading.violations.iter().map(ToString::to_string).collect())
}

#[test]
fn what_common_clients_send_is_read() {
    let described = json!({
        "schema": {"type": "object", "properties": {
            "id": {"type": "string", "format": "uuid"},
            "count": {"type": "integer"},
            "meta": record(),
            "tags": {"type": "array", "items": {"type": "string"}},
            "records": {"type": "array", "items": record()},
            "file": {"type": "string", "format": "binary"},
            "notes": {"type": "string"}
        }}
    });
    let contract = contract("3.0.3", "multipart/form-data", &described);
    // A browser, curl, and a client that writes whole arrays as JSON.
    let body = "--b
Content-Disposition: form-data; name=\"count\"

12
--b
Content-Disposition: form-data; name=\"file\"; filename=\"a;b.txt\"
Content-Type: text/plain

é
--b
Content-Disposition: form-data; name=meta

{\"x\": \"a\"}
--b
content-disposition: form-data;name=\"tags\"
content-type: application/json

[\"a\", \"b\"]
--b
Content-Disposition: form-data; name=\"records\"
Content-Type: application/json; charset=utf-8

{\"y\": 1}
--b
Content-Disposition: form-data; name=\"records\"

{\"y\": 2}
--b
Content-Disposition: form-data; name=\"notes\"
Content-Type: text/plain; charset=ISO-8859-1

plain
--b--
";
    let expected = json!({
        "count": 12, "file": "é", "meta": {"x": "a"}, "tags": ["a", "b"],
        "records": [{"y": 1}, {"y": 2}], "notes": "plain"
    });
    assert_eq!(outcome(&contract, &sent("multipart/form-data", body)), (Some(expected), Vec::new()));
}

#[test]
fn what_parts_say_of_themselves_is_held_to_their_encoding() {
    let described = json!({
        "schema": {"type": "object", "properties": {"picture": {"type": "string", "format": "binary"}}},
        "encoding": {"picture": {
            "contentType": "image/png, image/jpeg",
            "headers": {"X-Limit": {"required": true, "schema": {"type": "integer", "maximum": 9}, "example": 3}}
        }}
    });
    let contract = contract("3.0.3", "multipart/form-data", &described);
    let body = |content_type: &str, limit: &str| {
        format!(
            "--b\nContent-Disposition: form-data; name=\"picture\"\nContent-Type: {content_type}\n{limit}\na\n--b--\n"
        )
    };
    let table = [
        ("image/jpeg", "X-Limit: 3\n", vec![]),
        (
            "image/gif",
            "X-Limit: 3\n",
            vec![
                "body/picture: the part is `image/gif`; documented are: image/png, image/jpeg [undocumented]",
            ],
        ),
        ("image/png", "", vec!["body/picture: the part has no header `X-Limit` [missing]"]),
        (
            "image/png",
            "X-Limit: 12\n",
            vec![
                "body/picture: the header `X-Limit` of the part: 12 is greater than the maximum of 9 [maximum]",
            ],
        ),
    ];
    for (content_type, limit, expected) in table {
        let (_, violations) = outcome(&contract, &sent("multipart/form-data", &body(content_type, limit)));
        assert_eq!(violations, expected, "{content_type} {limit}");
    }
    // What is written has the header that the document asks for, with the value it shows.
    let request =
        encode_request(&contract.operations()[0], &values("multipart/form-data", json!({"picture": "a"})));
    let request = request.expect("it can be written");
    assert_eq!(read(&contract, &request).violations, []);
    let text = String::from_utf8_lossy(&request.body).replace("\r\n", "\n");
    insta::assert_snapshot!(text, @r#"
    --counterfoil-8d2cee013f8a7d8c9257ecf59d231eeb
    Content-Disposition: form-data; name="picture"; filename="picture"
    Content-Type: image/png
    X-Limit: 3

    a
    --counterfoil-8d2cee013f8a7d8c9257ecf59d231eeb--
    "#);
}

#[test]
fn parts_without_names_are_items() {
    let described = json!({
        "itemSchema": {"type": "string", "format": "binary"},
        "prefixEncoding": [{"contentType": "text/html"}],
        "itemEncoding": {"contentType": "image/*"}
    });
    let contract = contract("3.2.0", "multipart/mixed", &described);
    let values = values("multipart/mixed", json!(["<p>", "a", "b"]));
    let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
    let text = String::from_utf8_lossy(&request.body).replace("\r\n", "\n");
    insta::assert_snapshot!(text, @r#"
    --counterfoil-d9655d3ff024c98a223667a9d9eeeadc
    Content-Type: text/html

    <p>
    --counterfoil-d9655d3ff024c98a223667a9d9eeeadc
    Content-Type: image/png

    a
    --counterfoil-d9655d3ff024c98a223667a9d9eeeadc
    Content-Type: image/png

    b
    --counterfoil-d9655d3ff024c98a223667a9d9eeeadc--
    "#);
    assert_eq!(read(&contract, &request).values, values);
    let wrong = "--b\nContent-Type: text/html\n\na\n--b\nContent-Type: text/html\n\nb\n--b--\n";
    let (body, violations) = outcome(&contract, &sent("multipart/mixed", wrong));
    assert_eq!(body, Some(json!(["a", "b"])));
    assert_eq!(violations, ["body/1: the part is `text/html`; documented are: image/* [undocumented]"]);
}

#[test]
fn parts_without_names_are_the_declared_properties_outside_form_data() {
    let described = json!({"schema": {"type": "object", "properties": {
        "meta": record(), "media": {"type": "string", "format": "binary"}
    }}});
    let body =
        "--b\nContent-Type: application/json\n\n{\"x\": \"a\"}\n--b\nContent-Type: image/png\n\n\u{1}\n--b--";
    let related = contract("3.0.3", "multipart/related", &described);
    let expected = json!({"meta": {"x": "a"}, "media": "\u{1}"});
    assert_eq!(outcome(&related, &sent("multipart/related", body)), (Some(expected), Vec::new()));
    let form = contract("3.0.3", "multipart/form-data", &described);
    let (_, violations) = outcome(&form, &sent("multipart/form-data", body));
    assert_eq!(violations, ["body: part 1 has no name [unreadable]"]);
}

#[test]
fn a_documented_boundary_binds_no_body() {
    let described = json!({"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}});
    let contract = contract("3.0.3", "multipart/form-data; boundary=documented", &described);
    let values = values("multipart/form-data; boundary=documented", json!({"a": 1}));
    let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
    let reading = read(&contract, &request);
    assert_eq!(reading.violations, []);
    let body = reading.values.body.expect("a body");
    assert_eq!(
        (body.media_type.as_str(), body.payload.as_value()),
        ("multipart/form-data", Some(&json!({"a": 1})))
    );
}

/// A batch of requests is often documented as a text.
#[test]
fn several_parts_of_what_is_but_a_text_are_not_looked_into() {
    let contract =
        contract("3.0.3", "multipart/mixed", &json!({"schema": {"type": "string", "maxLength": 3}}));
    let two = "--b\n\none\n--b\n\nseven\n--b--\n";
    let (body, violations) = outcome(&contract, &sent("multipart/mixed", two));
    assert_eq!((body, violations), (None, Vec::new()));
    let one = "--b\n\nseven\n--b--\n";
    let (body, violations) = outcome(&contract, &sent("multipart/mixed", one));
    assert_eq!(body, Some(json!("seven")));
    assert_eq!(violations, ["body: \"seven\" is longer than 3 characters [maxLength]"]);
}

#[test]
fn a_multipart_body_stands_inside_another() {
    let inner = json!({"type": "object", "properties": {"f": {"type": "string", "format": "binary"}, "n": {"type": "integer"}}});
    let described = json!({
        "schema": {"type": "object", "properties": {"inner": inner}},
        "encoding": {"inner": {"contentType": "multipart/mixed", "encoding": {"f": {"contentType": "image/png"}}}}
    });
    let contract = contract("3.2.0", "multipart/form-data", &described);
    let values = values("multipart/form-data", json!({"inner": {"f": "\u{EFFF}", "n": 3}}));
    let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
    assert_eq!(read(&contract, &request).values, values);
    assert!(request.body.windows(9).any(|bytes| bytes == b"image/png"), "{:?}", request.body);
}

#[test]
fn files_are_known_for_what_they_are_in_older_documents() {
    let document = r#"
swagger: '2.0'
info: {title: t, version: '1'}
paths:
  /x:
    post:
      consumes: [multipart/form-data]
      parameters:
        - {name: file, in: formData, required: true, type: file}
        - {name: tags, in: formData, type: array, items: {type: string}}
        - {name: ids, in: formData, type: array, items: {type: integer}, collectionFormat: multi}
      responses: {'200': {description: ok}}
"#;
    let contract = Contract::load("files.yaml", document.as_bytes()).expect("a document");
    let values =
        values("multipart/form-data", json!({"tags": ["a", "b"], "ids": [1, 2], "file": "\u{EFFF}é"}));
    let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
    let text = String::from_utf8_lossy(&request.body).replace("\r\n", "\n");
    insta::assert_snapshot!(text, @r#"
    --counterfoil-304d9d628d2fee23de957986c7e8b3a4
    Content-Disposition: form-data; name="tags"

    a,b
    --counterfoil-304d9d628d2fee23de957986c7e8b3a4
    Content-Disposition: form-data; name="ids"

    1
    --counterfoil-304d9d628d2fee23de957986c7e8b3a4
    Content-Disposition: form-data; name="ids"

    2
    --counterfoil-304d9d628d2fee23de957986c7e8b3a4
    Content-Disposition: form-data; name="file"; filename="file"
    Content-Type: application/octet-stream

    �é
    --counterfoil-304d9d628d2fee23de957986c7e8b3a4--
    "#);
    assert_eq!(read(&contract, &request).values, values);
}

/// Bodies of a hundred thousand parts, without a boundary, of nothing but separators (attack A34).
#[test]
fn hostile_bodies_are_refused_in_time() {
    let described = json!({"schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}});
    let contract = contract("3.0.3", "multipart/form-data", &described);
    let work = Work::start();
    let part = "--b\nContent-Disposition: form-data; name=\"a\"\n\nx\n";
    let all_parts = sent("multipart/form-data", &format!("{}--b--", part.repeat(100_000)));
    assert_eq!(outcome(&contract, &all_parts).1, ["body: it has more than 10000 parts [unreadable]"]);
    let different: String = (0..9_999).map(|index| part.replace("\"a\"", &format!("\"a{index}\""))).collect();
    let (body, _) = outcome(&contract, &sent("multipart/form-data", &format!("{different}--b--")));
    assert_eq!(body.and_then(|body| body.as_object().map(Map::len)), Some(9_999));
    let names = ";".repeat(15_000);
    let headers = format!("--b\nContent-Disposition: form-data{names}name=a\n\nx\n").repeat(60);
    let (body, _) = outcome(&contract, &sent("multipart/form-data", &format!("{headers}--b--")));
    assert!(body.is_some());
    let mut without = sent("multipart/form-data", part);
    without.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data"));
    assert_eq!(
        outcome(&contract, &without).1,
        ["body: not multipart: its content type names no boundary [unreadable]"]
    );
    assert!(work.done() < Duration::from_secs(20), "{:?}", work.done());
}

#[test]
fn no_bytes_panic() {
    let described = json!({
        "schema": {"type": "object", "properties": {"a": record(), "b": {"type": "string", "format": "binary"}}},
        "encoding": {"a": {"style": "deepObject"}}
    });
    let contract = contract("3.1.0", "multipart/form-data", &described);
    let piece = r#"(--b|--|\n|:|Content-Disposition|form-data|; name="a"|; name=a\[x\]|"|Content-Type: |application/json|multipart/mixed; boundary=b|\{|[ -é]){0,30}"#;
    proptest!(config(500), |(text in piece)| {
        let _ = outcome(&contract, &sent("multipart/form-data", &format!("--b\n{text}\n--b--")));
        let _ = outcome(&contract, &sent("multipart/form-data", &text));
    });
    let _ = codec::content_type("multipart/mixed", b"--");
}
