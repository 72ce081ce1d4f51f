//! Percent-encoding in every place of a request, row by row: what each place means, refuses, and cannot hold.

use counterfoil_openapi::Request;
use counterfoil_openapi::codec::encode_request;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::roundtrip::{read, told, with_body, with_parameters, with_value};

/// The location, more members of the parameter, what is sent, and what comes of it.
type Row<'r> = (&'r str, &'r Value, &'r [u8], Result<Value, &'r str>);

/// What is read where `sent` stands in a place, or what is told of it.
fn outcome(location: &str, more: &Value, sent: &[u8]) -> Result<Value, String> {
    let mut parameter = json!({"name": "p", "in": location, "required": location == "path"});
    for (member, value) in more.as_object().into_iter().flatten() {
        parameter[member] = value.clone();
    }
    let contract = with_parameters("3.2.0", &json!([parameter]));
    let text = || String::from_utf8(sent.to_vec()).expect("a text");
    let mut request = Request::new(Method::POST, "/x");
    match location {
        "path" => request.target = format!("/x/{}", text()),
        "query" | "querystring" => request.target = format!("/x?{}", text()),
        "header" => {
            request.headers.insert("p", HeaderValue::from_bytes(sent).expect("a field"));
        }
        _ => {
            request.headers.insert(header::COOKIE, HeaderValue::from_bytes(sent).expect("a field"));
        }
    }
    let reading = read(&contract, &request);
    if let Some(told) = told(&reading).pop() {
        return Err(told);
    }
    let values = reading.values;
    let places = [values.path, values.query, values.header, values.cookie];
    Ok(places.into_iter().find_map(|mut place| place.shift_remove("p")).unwrap_or(Value::Null))
}

#[test]
fn what_is_sent_means_what_its_place_says() {
    let text = json!({"schema": {"type": "string"}});
    let texts = json!({"schema": {"type": "array", "items": {"type": "string"}}, "explode": false});
    let deep = json!({"schema": {"type": "object"}, "style": "deepObject"});
    let free = json!({"schema": {"type": "object", "additionalProperties": {"type": "string"}}});
    let json = json!({"content": {"application/json": {}}});
    let plain = json!({"schema": {"type": "string"}, "style": "cookie"});
    let table: &[Row<'_>] = &[
        ("path", &text, b"a+b%20c", Ok(json!("a+b c"))),
        ("path", &text, b"a%2Fb%5Cc%3Bd", Ok(json!("a/b\\c;d"))),
        ("path", &text, b"%2E%2E%2Fetc", Ok(json!("../etc"))),
        ("path", &text, b"caf%C3%A9", Ok(json!("café"))),
        ("path", &text, b"%00", Ok(json!("\0"))),
        ("path", &texts, b"a%2Cb,c", Ok(json!(["a,b", "c"]))),
        ("path", &text, b"%zz", Err("path.p: `%zz` is no percent-encoded character [unreadable]")),
        ("path", &text, b"a%4", Err("path.p: `%4` is no percent-encoded character [unreadable]")),
        ("path", &text, b"%C0%AF", Err("path.p: its percent-encoded bytes are not UTF-8 [unreadable]")),
        ("query", &text, b"p=a+b%20c%2B", Ok(json!("a b c+"))),
        ("query", &text, b"p=a=b;c/?:@!$'()*,", Ok(json!("a=b;c/?:@!$'()*,"))),
        ("query", &text, b"p", Ok(json!(""))),
        ("query", &text, b"p=", Ok(json!(""))),
        ("query", &text, b"%70=a", Ok(json!("a"))),
        ("query", &text, b"q=%zz&p=a", Ok(json!("a"))),
        ("query", &texts, b"p=a%2Cb,c", Ok(json!(["a,b", "c"]))),
        (
            "query",
            &text,
            b"p=10%",
            Err("query.p: its value cannot be read: `%` is no percent-encoded character [unreadable]"),
        ),
        (
            "query",
            &texts,
            b"p=a,%FF",
            Err("query.p: its value cannot be read: its percent-encoded bytes are not UTF-8 [unreadable]"),
        ),
        (
            "query",
            &deep,
            b"p%5Ba%5D=1&p[b]=%e",
            Err("query.p: its value cannot be read: `%e` is no percent-encoded character [unreadable]"),
        ),
        ("query", &free, b"a=1&%FF=2", Err("query.p: its name is not percent-encoded UTF-8 [unreadable]")),
        (
            "query",
            &json,
            b"p=%7B%",
            Err("query.p: its value cannot be read: `%` is no percent-encoded character [unreadable]"),
        ),
        ("querystring", &json, b"%7B%22a%22:1e+2%7D", Ok(json!({"a": 100.0}))),
        (
            "querystring",
            &json,
            b"%7",
            Err("querystring.p: `%7` is no percent-encoded character [unreadable]"),
        ),
        ("header", &text, b"a%20b+c", Ok(json!("a%20b+c"))),
        ("header", &text, b"  a  ", Ok(json!("a"))),
        ("header", &text, b"", Ok(json!(""))),
        ("header", &text, "é".as_bytes(), Ok(json!("é"))),
        ("header", &text, b"caf\xE9", Ok(json!("café"))),
        ("cookie", &text, b"p=a%20b+c", Ok(json!("a b+c"))),
        ("cookie", &text, b"p=100%; q=1", Ok(json!("100%"))),
        ("cookie", &text, b"p=%FF", Ok(json!("%FF"))),
        ("cookie", &text, b"p=\"a b\"", Ok(json!("a b"))),
        ("cookie", &plain, b"p=a%20b", Ok(json!("a%20b"))),
    ];
    for (location, more, sent, expected) in table {
        let expected = expected.clone().map_err(str::to_owned);
        assert_eq!(outcome(location, more, sent), expected, "{location} {}", String::from_utf8_lossy(sent));
    }
}

#[test]
fn what_a_place_cannot_hold_is_not_written() {
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let table = [
        ("path", "simple", &text, json!("")),
        ("path", "simple", &text, json!(".")),
        ("path", "simple", &text, json!("..")),
        ("path", "label", &text, json!("")),
        ("path", "label", &text, json!(".")),
        ("path", "matrix", &texts, json!([])),
        ("header", "simple", &text, json!("a\r\nb: c")),
        ("header", "simple", &text, json!("\u{7f}")),
        ("header", "simple", &text, json!(" a")),
        ("header", "simple", &texts, json!(["a,b"])),
        ("header", "simple", &texts, json!([" a"])),
        ("cookie", "cookie", &text, json!("a b")),
        ("cookie", "cookie", &text, json!("a;b")),
        ("cookie", "cookie", &text, json!("é")),
        ("query", "spaceDelimited", &texts, json!(["a b", "c"])),
        ("query", "pipeDelimited", &texts, json!(["a|b", "c"])),
        ("query", "deepObject", &json!({"type": "object"}), json!({"a[b]": 1})),
    ];
    for (location, style, schema, value) in table {
        let contract = with_parameters(
            "3.2.0",
            &json!([{"name": "p", "in": location, "required": true, "style": style, "explode": false, "schema": schema}]),
        );
        let written = encode_request(&contract.operations()[0], &with_value(location, value.clone()));
        let error = written.expect_err(&format!("{location} {style} {value}"));
        assert!(error.to_string().starts_with(&format!("write {location}.p: ")), "{error}");
    }
}

#[test]
fn an_empty_value_is_allowed_where_the_document_says() {
    let integers = json!({"type": "array", "items": {"type": "integer"}});
    let table = [
        (json!({"type": "integer"}), "p=", "\"\" is not of type \"integer\""),
        (json!({"type": "integer"}), "p", "\"\" is not of type \"integer\""),
        (json!({"type": "boolean"}), "p", "\"\" is not of type \"boolean\""),
        (json!({"type": "string", "minLength": 1}), "p=", "\"\" is shorter than 1 character"),
        (integers.clone(), "p=", "\"\" is not of type \"integer\""),
    ];
    for (schema, sent, expected) in table {
        for allowed in [false, true] {
            let contract = with_parameters(
                "3.0.3",
                &json!([{"name": "p", "in": "query", "allowEmptyValue": allowed, "schema": schema}]),
            );
            let found = told(&read(&contract, &Request::new(Method::POST, format!("/x?{sent}"))));
            match allowed {
                true => assert_eq!(found, Vec::<String>::new(), "{schema} {sent}"),
                false => assert!(found.len() == 1 && found[0].contains(expected), "{found:?}"),
            }
        }
    }
    // One empty item among others is not an empty value.
    let contract = with_parameters(
        "3.0.3",
        &json!([{"name": "p", "in": "query", "allowEmptyValue": true, "schema": integers}]),
    );
    assert_eq!(told(&read(&contract, &Request::new(Method::POST, "/x?p=1&p="))).len(), 1);
}

#[test]
fn reserved_characters_stand_as_they_are_where_the_document_says() {
    let sent = json!("a/b?c:d@e!$'()*,;=&+#[]%é");
    let table = [
        ("query", "3.0.3", true, "/x?p=a/b?c:d@e!$'()*,;=%26%2B%23%5B%5D%25%C3%A9"),
        (
            "query",
            "3.0.3",
            false,
            "/x?p=a%2Fb%3Fc%3Ad%40e%21%24%27%28%29%2A%2C%3B%3D%26%2B%23%5B%5D%25%C3%A9",
        ),
        ("path", "3.2.0", true, "/x/a%2Fb%3Fc:d@e!$'()*,;=&+%23%5B%5D%25%C3%A9"),
        // Before 3.2 a path has nothing to do with it.
        ("path", "3.1.0", true, "/x/a%2Fb%3Fc%3Ad%40e%21%24%27%28%29%2A%2C%3B%3D%26%2B%23%5B%5D%25%C3%A9"),
    ];
    for (location, version, allowed, expected) in table {
        let contract = with_parameters(
            version,
            &json!([{"name": "p", "in": location, "required": true, "allowReserved": allowed, "schema": {"type": "string"}}]),
        );
        let values = with_value(location, sent.clone());
        let request = encode_request(&contract.operations()[0], &values).expect("it can be written");
        assert_eq!(request.target, expected, "{location} {version} {allowed}");
        assert_eq!(read(&contract, &request).values, values);
    }
}

#[test]
fn the_fields_of_a_form_are_escaped_soundly_or_refused() {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "n": {"type": "integer"}, "file": {"type": "string", "format": "binary"}
    }});
    let content = json!({"application/x-www-form-urlencoded": {"schema": schema}});
    let contract = with_body("3.0.3", &content);
    let table: [(&str, Result<Value, &str>); 12] = [
        ("a=a+b%20c%2B&n=12", Ok(json!({"a": "a b c+", "n": 12}))),
        ("a", Ok(json!({"a": ""}))),
        ("&&a=1&", Ok(json!({"a": "1"}))),
        ("a=é", Ok(json!({"a": "é"}))),
        ("x%20y=%C3%A9", Ok(json!({"x y": "é"}))),
        ("file=%FF%00a", Ok(json!({"file": "\u{EFFF}\0a"}))),
        ("a=%zz", Err("body: the field `a`: `%zz` is no percent-encoded character [unreadable]")),
        ("a=1&b=%", Err("body: the field `b`: `%` is no percent-encoded character [unreadable]")),
        ("a=%FF", Err("body: the field `a`: its percent-encoded bytes are not UTF-8 [unreadable]")),
        ("%FF=1", Err("body: the name of a field: its percent-encoded bytes are not UTF-8 [unreadable]")),
        ("file=%F", Err("body: the field `file`: `%F` is no percent-encoded character [unreadable]")),
        ("n=+1", Err("body/n: \" 1\" is not of type \"integer\" [type]")),
    ];
    for (sent, expected) in table {
        let mut request = Request::new(Method::POST, "/x");
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(header::CONTENT_TYPE, form);
        request.body = sent.to_owned().into();
        let reading = read(&contract, &request);
        let found = match told(&reading).pop() {
            Some(told) => Err(told),
            None => Ok(reading.values.body.expect("a body").payload.as_value().expect("a value").clone()),
        };
        assert_eq!(found, expected.map_err(str::to_owned), "{sent}");
    }
}
