//! Requests and responses of a sample document: written, routed, read, judged.

use bytes::Bytes;
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues, encode_request};
use counterfoil_openapi::validate::{self, Enforcement, Reading, RequestRules, UnknownQuery};
use counterfoil_openapi::{BasePaths, Contract, Request, Response, Route, Router};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use indexmap::IndexMap;
use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

const SAMPLE: &str = include_str!("../../documents/samples/parameters.yaml");

fn sample() -> Contract {
    Contract::load("parameters.yaml", SAMPLE.as_bytes()).expect("the sample is a document")
}

fn read(contract: &Contract, request: &Request, rules: &RequestRules) -> Reading {
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let Route::Found(found) = router.find(&request.method, request.path()) else {
        panic!("no operation for {}", request.target)
    };
    validate::request(&found, request, rules)
}

fn without_security() -> RequestRules {
    RequestRules { security: Enforcement::Ignored, ..RequestRules::default() }
}

fn named(values: Value) -> IndexMap<String, Value> {
    values.as_object().expect("members").clone().into_iter().collect()
}

/// Requests of the sample, one for each way of sending a value.
fn requests() -> Vec<(&'static str, RequestValues)> {
    let empty = RequestValues::default;
    let query = |values: Value| ("listBooks", RequestValues { query: named(values), ..empty() });
    let body = |media_type: &str, payload: Payload| {
        let body = Some(BodyValue { media_type: media_type.to_owned(), payload });
        ("addBook", RequestValues { body, ..empty() })
    };
    let book = json!({
        "title": "Ünter & Über = 100%", "authors": ["A, B", "C+D"], "price": null, "lockCode": "12345678",
        "size": {"width": 12.5, "height": 20}
    });
    vec![
        query(
            json!({"title": "a b+c", "year": 1984, "price": -0.5, "lent": false, "shelf": 7, "sort": "a/b,c:d"}),
        ),
        query(
            json!({"shelf": "attic", "genre": ["novel", "essay"], "languages": ["de", "x,y"], "pages": [1, 2]}),
        ),
        query(
            json!({"shelf": "123", "words": ["one", "two"], "published": {"from": 1, "places": ["a", "b"]}}),
        ),
        query(json!({"page": {"offset": 0, "limit": 10}, "filter": {"a": ["b", "c&d"]}, "verbose": true})),
        (
            "listBooks",
            RequestValues {
                header: named(
                    json!({"X-Request-Tag": "é, b", "X-Numbers": [1, 2], "X-Point": {"x": 0.5, "y": 2}}),
                ),
                cookie: named(json!({"theme": "dark; red", "seen": [1, 2]})),
                ..empty()
            },
        ),
        body("application/json", Payload::Value(book.clone())),
        body("application/x-www-form-urlencoded", Payload::Value(book)),
        body("text/plain", Payload::Value(json!("12"))),
        body("application/octet-stream", Payload::Bytes(Bytes::from_static(b"\x00\xFF"))),
        (
            "getEdition",
            RequestValues { path: named(json!({"id": -7, "edition": ["a.b", "c,d/e"]})), ..empty() },
        ),
        (
            "getPlan",
            RequestValues {
                path: named(
                    json!({"position": {"row": 3, "side": "left"}, "name": "a.b", "extension": "svg"}),
                ),
                ..empty()
            },
        ),
    ]
}

#[test]
fn a_written_request_is_found_and_says_the_same() {
    let contract = sample();
    let mut targets = Vec::new();
    for (operation, values) in requests() {
        let operation = contract.operation(operation).expect("an operation of the sample");
        let request = encode_request(operation, &values).expect("a request");
        let reading = read(&contract, &request, &without_security());
        assert_eq!(reading.values, values, "{request:?}");
        assert_eq!(reading.violations, [], "{request:?}");
        targets.push(format!("{request:?}"));
    }
    assert_snapshot!(targets.join("\n"));
}

fn request(method: Method, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let mut request = Request::new(method, target);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request.headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    request.body = Bytes::copy_from_slice(body);
    request
}

fn judged(request: &Request, rules: &RequestRules) -> String {
    let reading = read(&sample(), request, rules);
    reading.violations.iter().map(|violation| format!("{violation}\n")).collect()
}

#[test]
fn everything_wrong_with_a_request_is_told() {
    let json = ("content-type", "application/json");
    let table: Vec<(&str, Request)> = vec![
        (
            "parameters",
            request(
                Method::GET,
                "/v1/books?title=&year=-1&year=2&price=cheap&lent=1&shelf=xy&genre=novel&genre=drama&pages=1|a\
                 &published[from]=x&page=7&offset=-1&limit=101&filter=%7B&verbose=&unheard=1&unheard=2",
                &[("x-numbers", "1, two"), ("x-point", "x=1,y"), ("cookie", "seen=1,b")],
                b"",
            ),
        ),
        ("no body", request(Method::POST, "/books?api_key=k", &[json], b"")),
        ("no content type", request(Method::POST, "/books?api_key=k", &[], b"{}")),
        ("another content type", request(Method::POST, "/books?api_key=k", &[("content-type", "text/html")], b"x")),
        ("no media type", request(Method::POST, "/books?api_key=k", &[("content-type", "json")], b"x")),
        ("not JSON", request(Method::POST, "/books?api_key=k", &[json], b"{\"title\": ")),
        ("too deep", request(Method::POST, "/books?api_key=k", &[json], "[".repeat(10_000).as_bytes())),
        (
            "a body",
            request(
                Method::POST,
                "/books?api_key=k",
                &[json],
                br#"{"id": 1, "title": "", "isbn": "12", "price": -1, "lockCode": "1234567", "colour": "red"}"#,
            ),
        ),
        (
            "a form",
            request(
                Method::POST,
                "/books?api_key=k",
                &[("content-type", "application/x-www-form-urlencoded")],
                b"title=a&title=b&price=cheap&lockCode=hunter2&size=3",
            ),
        ),
        ("text", request(Method::POST, "/books?api_key=k", &[("content-type", "text/plain")], b"\xFF")),
        ("paths", request(Method::GET, "/books/seven/edition", &[], b"")),
    ];
    let rules = RequestRules { unknown_query: UnknownQuery::Refuse, ..RequestRules::default() };
    let told: Vec<String> =
        table.iter().map(|(name, request)| format!("# {name}\n{}", judged(request, &rules))).collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn unknown_query_parameters_are_accepted_unless_refused() {
    let unknown = request(Method::GET, "/books?unheard=1", &[], b"");
    assert_eq!(judged(&unknown, &RequestRules::default()), "");
}

#[test]
fn credentials_are_asked_for_by_alternatives() {
    let basic = |credentials: &'static str| ("authorization", credentials);
    let session = ("cookie", "session=s");
    let ok = "";
    type Headers = Vec<(&'static str, &'static str)>;
    let table: [(&str, Headers, &str); 12] = [
        ("/books?api_key=k", vec![], ok),
        ("/books?api_key=", vec![], "`api_key` is malformed"),
        ("/books", vec![], "`api_key` is missing, or `Authorization: Basic ...` is missing and the cookie"),
        ("/books", vec![basic("Basic YTpi")], "or the cookie `session` is missing"),
        ("/books", vec![basic("basic YTpi"), session], ok),
        ("/books", vec![basic("BASIC YTpi"), session], ok),
        ("/books", vec![basic("Basic YWI="), session], "Basic ...` is malformed"),
        ("/books", vec![basic("Basic !!"), session], "Basic ...` is malformed"),
        ("/books", vec![basic("Basic"), session], "Basic ...` is malformed"),
        ("/books", vec![basic("Bearer YTpi"), session], "Basic ...` is missing"),
        ("/books", vec![("api_key", "k")], "`api_key` is missing"),
        ("/books", vec![basic("Basic YTpi"), ("cookie", "a=b; session=")], "`session` is malformed"),
    ];
    for (target, headers, expected) in table {
        let headers: Vec<(&str, &str)> =
            headers.into_iter().chain([("content-type", "text/plain")]).collect();
        let told = judged(&request(Method::POST, target, &headers, b"x"), &RequestRules::default());
        let is_expected = if expected.is_empty() { told.is_empty() } else { told.contains(expected) };
        assert!(is_expected, "{target} {headers:?}: {told}");
    }
    // Where no credentials at all are an alternative, nothing is missing.
    assert_eq!(judged(&request(Method::GET, "/shelves;row=1/a.svg", &[], b""), &RequestRules::default()), "");
}

fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let request = request(Method::GET, "/", headers, body);
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: request.headers, body: request.body }
}

#[test]
fn everything_wrong_with_a_response_is_told() {
    let contract = sample();
    let json = ("content-type", "application/json");
    let total = ("x-total", "3");
    let table: Vec<(&str, &str, Response)> = vec![
        ("listBooks", "fine", response(200, &[json, total], b"[]")),
        (
            "listBooks",
            "fine in every detail",
            response(
                200,
                &[
                    ("content-type", "application/json;charset=utf-8"),
                    total,
                    ("x-pages", "1"),
                    ("x-pages", "2"),
                ],
                b"[{\"id\": 1, \"title\": \"t\"}]",
            ),
        ),
        ("listBooks", "headers", response(200, &[json, ("x-total", "-1"), ("x-pages", "a")], b"[]")),
        ("listBooks", "no header", response(200, &[json], b"[]")),
        ("listBooks", "a range", response(404, &[("content-type", "application/problem+json")], b"{}")),
        ("listBooks", "default", response(500, &[json], b"anything")),
        ("listBooks", "another content type", response(200, &[total, ("content-type", "text/html")], b"<p>")),
        ("listBooks", "no content type", response(200, &[total], b"[]")),
        ("listBooks", "no body", response(200, &[total], b"")),
        ("listBooks", "an empty body", response(200, &[total, json], b"")),
        ("listBooks", "not JSON", response(200, &[total, json], b"[1,")),
        (
            "listBooks",
            "a secret and a missing property",
            response(200, &[total, json], b"[{\"id\": 1, \"lockCode\": \"hunter2\"}, 7]"),
        ),
        ("addBook", "an undocumented status", response(202, &[], b"")),
        ("addBook", "no content documented", response(201, &[json], b"x")),
        ("addBook", "no body possible", response(204, &[], b"")),
        ("getEdition", "a number as text", response(200, &[("content-type", "text/plain")], b"12")),
        (
            "getEdition",
            "no number as text",
            response(200, &[("content-type", "text/plain; charset=ISO-8859-1")], b"\xE9"),
        ),
        ("getPlan", "bytes", response(200, &[("content-type", "image/png")], b"\x89PNG")),
    ];
    let told: Vec<String> = table
        .iter()
        .map(|(operation, name, response)| {
            let operation = contract.operation(operation).expect("an operation of the sample");
            let reading = validate::response(operation, response);
            let violations: String =
                reading.violations.iter().map(|violation| format!("{violation}\n")).collect();
            format!("# {name}\n{violations}")
        })
        .collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn no_request_is_too_strange() {
    let contract = sample();
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let target = prop_oneof![
        "/books\\?(title|genre|pages|published|page|filter|offset|%[0-9a-f]{2}|\\[|\\]|=|&|\\||,|[a-z0-9]){0,12}",
        "/books/[-0-9]{1,20}/[.,%a-f0-9;=]{1,12}",
        "/shelves[;=a-z0-9,%]{1,12}/[.%a-f0-9]{1,12}",
        any::<String>(),
    ];
    let header =
        prop_oneof!["x-numbers", "x-point", "cookie", "authorization", "content-type", "x-token", "accept"];
    let value = prop_oneof![
        any::<Vec<u8>>(),
        "(application/json|text/plain|application/x-www-form-urlencoded|basic|bearer|[ ;=,\"\\\\a-z0-9]){0,4}"
            .prop_map(String::into_bytes),
    ];
    let headers = proptest::collection::vec((header, value), 0..6);
    let body = prop_oneof![any::<Vec<u8>>(), "[\\[\\]{}\":,&=%a-z0-9+-]{0,40}".prop_map(String::into_bytes)];
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    proptest!(config, |(target in target, headers in headers, body in body, status in 100_u16..1000)| {
        let mut request = Request::new(Method::GET, target);
        for (name, value) in headers {
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            request.headers.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value);
        }
        request.body = Bytes::from(body);
        let response = Response {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        for operation in contract.operations() {
            validate::response(operation, &response);
            validate::security(operation, &request);
        }
        for method in [Method::GET, Method::POST] {
            request.method = method;
            if let Route::Found(found) = router.find(&request.method, request.path()) {
                validate::request(&found, &request, &RequestRules::default());
            }
        }
    });
}
