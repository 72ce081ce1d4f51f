//! What peers write that we would not, and how it is read, row by row.

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{Contract, Request, RouteMatch};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

/// What a request with `sent` in it says of the parameter `p`; `null` where it says nothing.
fn read(location: &str, style: &str, explode: bool, schema: &Value, sent: &[&str]) -> Value {
    let path = if location == "path" { "/x/{p}" } else { "/x" };
    let parameter = json!({
        "name": "p", "in": location, "required": location == "path",
        "style": style, "explode": explode, "schema": schema
    });
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}}}
    });
    let contract = Contract::load("row.json", document.to_string().as_bytes()).expect("a document");
    let mut request = Request::new(Method::GET, "/x");
    for text in sent {
        match location {
            "path" => request.target = format!("/x/{text}"),
            "query" => request.target = format!("/x?{text}"),
            _ => {
                let name = if location == "cookie" { "cookie" } else { "p" };
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                request.headers.append(name, HeaderValue::from_str(text).expect("a value"));
            }
        }
    }
    let found = RouteMatch::of(&contract.operations()[0], request.path()).expect("the only path");
    let values: RequestValues = validate::request(&found, &request, &RequestRules::default()).values;
    let places = [values.path, values.query, values.header, values.cookie];
    places.into_iter().find_map(|mut place| place.shift_remove("p")).unwrap_or(Value::Null)
}

#[test]
fn text_is_of_the_type_its_schema_says() {
    let table = [
        (json!({"type": "integer"}), "12", json!(12)),
        (json!({"type": "integer"}), "-0", json!(-0.0)),
        (json!({"type": "integer"}), "1.0", json!(1.0)),
        (json!({"type": "integer"}), "1e2", json!(100.0)),
        (json!({"type": "integer"}), "12.5", json!(12.5)),
        (json!({"type": "integer"}), "012", json!("012")),
        (json!({"type": "integer"}), "%2B12", json!("+12")),
        (json!({"type": "integer"}), "+12", json!(" 12")),
        (json!({"type": "integer"}), "12+", json!("12 ")),
        (json!({"type": "integer"}), "", json!("")),
        (json!({"type": "integer"}), "18446744073709551615", json!(u64::MAX)),
        (json!({"type": "number"}), "1e999", json!("1e999")),
        (json!({"type": "number"}), "NaN", json!("NaN")),
        (json!({"type": "boolean"}), "true", json!(true)),
        (json!({"type": "boolean"}), "True", json!("True")),
        (json!({"type": "boolean"}), "1", json!("1")),
        (json!({"type": "string"}), "12", json!("12")),
        (json!({"type": "string"}), "null", json!("null")),
        (json!({}), "12", json!("12")),
        (json!(true), "12", json!("12")),
        (json!({"type": ["integer", "null"]}), "", json!(null)),
        (json!({"type": ["string", "null"]}), "", json!("")),
        (json!({"type": ["string", "integer"]}), "12", json!(12)),
        (json!({"type": ["string", "integer"], "maximum": 5}), "12", json!("12")),
        (json!({"type": ["string", "integer"], "maximum": 5, "minLength": 9}), "12", json!(12)),
        (json!({"enum": [1, "2", true]}), "1", json!(1)),
        (json!({"enum": [1, "2", true]}), "2", json!("2")),
        (json!({"enum": [1, "2", true]}), "true", json!(true)),
        (json!({"const": "1"}), "1", json!("1")),
        (json!({"minimum": 3}), "4", json!(4)),
        (json!({"type": "array", "items": {"type": "integer"}}), "1", json!([1])),
        (json!({"type": ["array", "string"], "items": {"type": "integer"}}), "1", json!("1")),
        (json!({"type": "array", "items": {"type": "array"}}), "[1,\"a\"]", json!([[1, "a"]])),
        (
            json!({"type": "array", "prefixItems": [{"type": "boolean"}], "items": {"type": "integer"}}),
            "true",
            json!([true]),
        ),
    ];
    for (schema, text, expected) in table {
        assert_eq!(
            read("query", "form", true, &schema, &[&format!("p={text}")]),
            expected,
            "{schema} {text}"
        );
    }
}

#[test]
fn peers_write_values_in_several_ways() {
    let integers = json!({"type": "array", "items": {"type": "integer"}});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let dictionary = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let record = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": texts}});
    let integer = json!({"type": "integer"});
    let table = [
        // The separator encoded, as most form libraries do; where an item may hold one it is no separator.
        ("query", "form", false, &integers, vec!["p=1%2C2"], json!([1, 2])),
        ("query", "form", false, &texts, vec!["p=1%2C2"], json!(["1,2"])),
        ("query", "form", false, &integers, vec!["p=1&p=2"], json!([1, 2])),
        ("query", "form", true, &integers, vec!["p=1,2"], json!(["1,2"])),
        ("query", "form", true, &integer, vec!["p=1&p=2"], json!(["1", "2"])),
        ("query", "form", true, &integer, vec!["%70=1"], json!(1)),
        ("query", "form", true, &integer, vec!["&&=&q&p=1&"], json!(1)),
        ("query", "form", true, &dictionary, vec!["p=a&q=b"], json!({"p": "a", "q": "b"})),
        ("query", "form", true, &record, vec!["a=1&b=x&b=y&c=z"], json!({"a": 1, "b": ["x", "y"]})),
        ("query", "form", false, &record, vec!["p=a,1,b"], json!("a,1,b")),
        ("query", "spaceDelimited", false, &integers, vec!["p=1+2"], json!([1, 2])),
        ("query", "pipeDelimited", false, &integers, vec!["p=1|2"], json!([1, 2])),
        ("query", "pipeDelimited", false, &integers, vec!["p=1&p=2"], json!([1, 2])),
        ("query", "deepObject", true, &integers, vec!["p[1]=2&p[0]=1&p[7]=3"], json!([1, 2, 3])),
        ("query", "deepObject", true, &integers, vec!["p[]=1&p[]=2"], json!([1, 2])),
        ("query", "deepObject", true, &integers, vec!["p=1&p=2"], json!([1, 2])),
        (
            "query",
            "deepObject",
            true,
            &record,
            vec!["p%5Ba%5D=1&p[b][]=x&p[c]=2"],
            json!({"a": 1, "b": ["x"], "c": "2"}),
        ),
        ("query", "deepObject", true, &record, vec!["p[b]=x&p[b]=y"], json!({"b": ["x", "y"]})),
        ("query", "deepObject", true, &record, vec!["p[a=1&p]a[=2&p[a]b=3&pa=4"], json!(null)),
        ("query", "deepObject", true, &record, vec!["p[a]=1&p[a][x]=2"], json!({"a": {"x": "2"}})),
        ("path", "label", false, &integers, vec![".1.2"], json!([1, 2])),
        ("path", "label", false, &integers, vec![".1,2"], json!([1, 2])),
        ("path", "matrix", false, &integers, vec![";p=1;p=2"], json!([1, 2])),
        ("path", "matrix", true, &record, vec![";a=1"], json!({"a": 1})),
        ("path", "matrix", true, &integer, vec!["1"], json!(null)),
        ("path", "matrix", true, &integer, vec![";q=1"], json!(null)),
        ("path", "simple", true, &record, vec!["a=1,b=[\"x\"]"], json!({"a": 1, "b": ["x"]})),
        ("path", "simple", false, &texts, vec!["a%2Cb,c"], json!(["a,b", "c"])),
        ("header", "simple", false, &integers, vec!["1 , 2", "3"], json!([1, 2, 3])),
        ("header", "simple", false, &texts, vec!["%41, b+c"], json!(["%41", "b+c"])),
        ("header", "simple", true, &record, vec!["a = 1 , b = x"], json!({"a": 1, "b": "x"})),
        ("cookie", "form", false, &integers, vec!["q=0; p=1,2;r"], json!([1, 2])),
        ("cookie", "form", false, &integer, vec!["p=\"1\""], json!(1)),
        ("cookie", "form", true, &integers, vec!["p=1", "p=2"], json!([1, 2])),
        ("cookie", "form", true, &record, vec!["a=1; b=x; c=y"], json!({"a": 1, "b": ["x"]})),
    ];
    for (location, style, explode, schema, sent, expected) in table {
        let found = read(location, style, explode, schema, &sent);
        assert_eq!(found, expected, "{location} {style} explode={explode} {schema} {sent:?}");
    }
}

#[test]
fn brackets_end_at_a_depth() {
    let schema = json!({"type": "object"});
    let nested = |depth: usize| format!("p{}=1", "[a]".repeat(depth));
    assert!(read("query", "deepObject", true, &schema, &[&nested(32)]).is_object());
    assert_eq!(read("query", "deepObject", true, &schema, &[&nested(33)]), Value::Null);
}
