//! Requests that are unusual in one thing, of which a server may make what it likes, as long as it answers at all: values
//! at the beginning of their formats, numbers in a notation that is rarely used, files without a name or of another alphabet.

use bytes::Bytes;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{self, BodyValue, Payload, RequestValues};
use counterfoil_openapi::{Location, Operation, Schema};
use serde_json::Value;

use crate::check::text_of;

/// The most of one operation.
const MAX_UNUSUAL: usize = 12;
/// The first values of formats (RFC 3339) that most servers can hold; the last ones are sent as valid data.
const FIRST: [(&str, &str); 2] = [("date", "0001-01-01"), ("date-time", "0001-01-01T00:00:00Z")];
/// Numbers with an exponent, a small one and a large one.
const EXPONENTS: [&str; 2] = ["1e-7", "1e3"];
/// The one of them that is written so as a number, too.
const SMALL: f64 = 1e-7;
/// A name of a file as browsers send it (HTML, section 4.10.21.8): in UTF-8, and not escaped.
const FILE_NAME: &str = "\u{e9}t\u{e9} \u{6587}\u{4ef6}.txt";
/// What a part begins with that is a file.
const FILE: &[u8] = b"; filename=\"";

/// The requests that differ from one in something unusual, each with what that is. Values are valid, as `is_valid` says.
pub(super) fn unusual(
    operation: &Operation,
    base: &RequestValues,
    is_valid: &dyn Fn(&RequestValues) -> bool,
) -> Vec<(String, RequestValues)> {
    let mut found = files(operation, base);
    let values = parameters(operation, base).into_iter().chain(properties(operation, base));
    found.extend(values.filter(|(_, values)| is_valid(values)));
    found.truncate(MAX_UNUSUAL);
    found
}

/// Parameters at the beginning of their formats.
fn parameters(operation: &Operation, base: &RequestValues) -> Vec<(String, RequestValues)> {
    let mut found = Vec::new();
    for parameter in operation.parameters().iter().filter(|known| known.content.is_none()) {
        let schema = parameter.value_schema().map_or(&Value::Null, Schema::resolved);
        for value in extremes(schema, Written::AsText) {
            let mut values = base.clone();
            let map = match parameter.location {
                Location::Query => &mut values.query,
                Location::Header => &mut values.header,
                Location::Cookie => &mut values.cookie,
                // There is nothing of that name.
                _ => continue,
            };
            found.push((format!("{} for `{}`", text_of(&value), parameter.name), {
                map.insert(parameter.name.clone(), value);
                values
            }));
        }
    }
    found
}

/// Properties of the body at the beginning of their formats.
fn properties(operation: &Operation, base: &RequestValues) -> Vec<(String, RequestValues)> {
    let Some(body) = &base.body else { return Vec::new() };
    let media = operation.request_body().and_then(|documented| documented.content.matching(&body.media_type));
    let (Some(members), Some(schema)) =
        (body.payload.as_value().and_then(Value::as_object), media.and_then(|media| media.schema.as_ref()))
    else {
        return Vec::new();
    };
    let written = match media::kind(&body.media_type) {
        Kind::Json => Written::Typed,
        _ => Written::AsText,
    };
    let mut found = Vec::new();
    for (name, schema) in schema.members() {
        for value in extremes(schema.resolved(), written) {
            let what = format!("{} for `{name}` of the body", text_of(&value));
            let mut members = members.clone();
            members.insert(name.clone(), value);
            let payload = Payload::Value(members.into());
            let body = Some(BodyValue { payload, media_type: body.media_type.clone() });
            found.push((what, RequestValues { body, ..base.clone() }));
        }
    }
    found
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    AsText,
    Typed,
}

/// The extreme values of what a schema admits.
fn extremes(schema: &Value, written: Written) -> Vec<Value> {
    let is_of = |wanted: &str| match schema.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => false,
    };
    let format = schema.get("format").and_then(Value::as_str);
    let first = FIRST.iter().find(|(known, _)| is_of("string") && format == Some(known));
    match (first, written) {
        (Some((_, first)), _) => vec![Value::from(*first)],
        (None, Written::AsText) if is_of("number") => EXPONENTS.map(Value::from).to_vec(),
        // What is large is written without one.
        (None, Written::Typed) if is_of("number") => vec![Value::from(SMALL)],
        _ => Vec::new(),
    }
}

/// Bodies whose first file is unusual.
fn files(operation: &Operation, base: &RequestValues) -> Vec<(String, RequestValues)> {
    let Some(body) = &base.body else { return Vec::new() };
    let with = |bytes: Bytes| {
        let body = BodyValue { media_type: body.media_type.clone(), payload: Payload::Bytes(bytes) };
        RequestValues { body: Some(body), ..base.clone() }
    };
    let of = |what: &str, bytes: Option<Bytes>| Some((what.to_owned(), with(bytes?)));
    match media::kind(&body.media_type) {
        Kind::Binary => of("an empty body", Some(Bytes::new())).into_iter().collect(),
        Kind::Multipart => {
            let Ok(sent) = codec::encode_request(operation, base) else { return Vec::new() };
            let file = File::first(&sent.body);
            let found = [
                ("a name of a file that is not ASCII", file.as_ref().map(|file| file.named(FILE_NAME))),
                ("an empty file", file.as_ref().map(File::empty)),
                ("a file without a name", file.as_ref().map(File::nameless)),
                ("a text in the place of a file", file.as_ref().map(File::text)),
            ];
            found.into_iter().filter_map(|(what, bytes)| of(what, bytes)).collect()
        }
        _ => Vec::new(),
    }
}

/// The first part of a multipart body that is a file, and what is around its parts.
struct File<'b> {
    /// Up to the name of the file.
    before: &'b [u8],
    name: &'b [u8],
    /// The headers after that, with the empty line that ends them.
    headers: &'b [u8],
    content: &'b [u8],
    after: &'b [u8],
}

impl<'b> File<'b> {
    fn first(body: &'b [u8]) -> Option<Self> {
        let find = |from: usize, wanted: &[u8]| {
            let found = body.get(from..)?.windows(wanted.len()).position(|part| part == wanted)?;
            Some(from + found)
        };
        let boundary = &body[..find(0, b"\r\n")?];
        let start = find(0, FILE)?;
        let head = find(start, b"\r\n\r\n")? + 4;
        let end = find(start + FILE.len(), b"\"")? + 1;
        let next = find(head - 2, &[b"\r\n", boundary].concat())?;
        // No name holds a quote, and what looks like one in a file is none.
        (end < head && next >= head).then(|| Self {
            before: &body[..start],
            name: &body[start..end],
            headers: &body[end..head],
            content: &body[head..next],
            after: &body[next..],
        })
    }

    fn named(&self, name: &str) -> Bytes {
        let name = [FILE, name.as_bytes(), b"\""].concat();
        [self.before, &name, self.headers, self.content, self.after].concat().into()
    }

    fn nameless(&self) -> Bytes {
        [self.before, self.headers, self.content, self.after].concat().into()
    }

    fn empty(&self) -> Bytes {
        [self.before, self.name, self.headers, self.after].concat().into()
    }

    /// A part without a type and a name, as a field of a form is.
    fn text(&self) -> Bytes {
        [self.before, b"\r\n\r\n", b"text", self.after].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    /// The operation of a document with a body and parameters, and what is unusual about it.
    fn found(
        content: &str,
        parameters: &str,
        media_type: &str,
        value: Value,
    ) -> Vec<(String, RequestValues)> {
        let document = format!(
            "openapi: 3.0.3\npaths: {{/pets: {{post: {{parameters: [{parameters}], requestBody: {{content: {{{content}}}}}, responses: {{}}}}}}}}\n"
        );
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        let payload = Payload::Value(value);
        let base = RequestValues {
            body: Some(BodyValue { media_type: media_type.to_owned(), payload }),
            ..RequestValues::default()
        };
        unusual(&contract.operations()[0], &base, &|_| true)
    }

    #[test]
    fn formats_have_a_beginning_and_numbers_exponents() {
        let parameters = "{name: on, in: query, schema: {type: string, format: date}}, {name: X-Rate, in: header, schema: {type: number}}, {name: page, in: query, schema: {type: integer}}";
        let content = "application/json: {schema: {type: object, properties: {at: {type: string, format: date-time}, weight: {type: number}, name: {type: string}}}}";
        let found = found(content, parameters, "application/json", json!({"name": "a"}));
        let whats: Vec<&str> = found.iter().map(|(what, _)| what.as_str()).collect();
        let expected = [
            "0001-01-01 for `on`",
            "1e-7 for `X-Rate`",
            "1e3 for `X-Rate`",
            "0001-01-01T00:00:00Z for `at` of the body",
            "1e-7 for `weight` of the body",
        ];
        assert_eq!(whats, expected);
        assert_eq!(found[0].1.query["on"], json!("0001-01-01"));
        assert_eq!(found[2].1.header["X-Rate"], json!("1e3"));
        let body = |at: usize| found[at].1.body.as_ref().unwrap().payload.as_value().unwrap().to_string();
        assert_eq!(body(4), r#"{"name":"a","weight":1e-7}"#);
    }

    #[test]
    fn files_have_no_name_or_an_unusual_one() {
        let content = "multipart/form-data: {schema: {type: object, properties: {title: {type: string}, photo: {type: string, format: binary}}}}";
        let found = found(content, "", "multipart/form-data", json!({"title": "a", "photo": "bytes"}));
        let parts: Vec<(&str, String)> = found
            .iter()
            .map(|(what, values)| {
                let Payload::Bytes(bytes) = &values.body.as_ref().unwrap().payload else { panic!("{what}") };
                let text = String::from_utf8_lossy(bytes).replace("\r\n", "|");
                let boundary = text.split('|').next().unwrap().to_owned();
                let file = text.split(&boundary).nth(2).unwrap().to_owned();
                (
                    what.as_str(),
                    file.trim_matches('|').replace("Content-Disposition: form-data; name=\"photo\"", "*"),
                )
            })
            .collect();
        let octets = "|Content-Type: application/octet-stream||";
        let expected = [
            ("a name of a file that is not ASCII", format!("*; filename=\"{FILE_NAME}\"{octets}bytes")),
            ("an empty file", format!("*; filename=\"photo\"{}", octets.trim_end_matches('|'))),
            ("a file without a name", format!("*{octets}bytes")),
            ("a text in the place of a file", "*||text".to_owned()),
        ];
        assert_eq!(parts, expected);
        let none = |media_type: &str| {
            let content = format!(
                "{media_type}: {{schema: {{type: object, properties: {{title: {{type: string}}}}}}}}"
            );
            self::found(&content, "", media_type, json!({"title": "; filename=\"a\""}))
        };
        assert_eq!(none("multipart/form-data"), []);
        assert_eq!(none("application/json"), []);
    }
}
