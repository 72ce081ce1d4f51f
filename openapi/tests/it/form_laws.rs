//! Form bodies whose fields have an encoding: decoding undoes encoding, in requests and replies.

use counterfoil_openapi::codec::{Payload, decode_body, encode_body};
use counterfoil_openapi::{Contract, Direction, MediaType};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::roundtrip::{body, config, text, told, travel, with_body};

const FORM: &str = "application/x-www-form-urlencoded";

/// How a field is described.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    File,
    Text,
    Record,
    Records,
    Texts,
    /// JSON where it can be, of several content types.
    Json,
    JsonList,
    /// A text in quotes.
    JsonText,
    Xml,
    XmlList,
    Yaml,
    /// Another form inside.
    Form,
    Joined,
    Spaced,
    Piped,
    Deep,
    DeepReserved,
    Reserved,
}

const FIELDS: [Field; 18] = [
    Field::File,
    Field::Text,
    Field::Record,
    Field::Records,
    Field::Texts,
    Field::Json,
    Field::JsonList,
    Field::JsonText,
    Field::Xml,
    Field::XmlList,
    Field::Yaml,
    Field::Form,
    Field::Joined,
    Field::Spaced,
    Field::Piped,
    Field::Deep,
    Field::DeepReserved,
    Field::Reserved,
];

fn record() -> Value {
    json!({"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer"}}})
}

fn deep() -> Value {
    json!({"type": "object", "properties": {
        "one": {"type": "object", "properties": {"two": record()}},
        "list": {"type": "array", "items": {"type": "string"}},
        "records": {"type": "array", "items": record()}
    }})
}

impl Field {
    fn schema(self) -> Value {
        let text = json!({"type": "string"});
        match self {
            Self::File => json!({"type": "string", "format": "binary"}),
            Self::Text | Self::JsonText | Self::Reserved => text,
            Self::Record | Self::Json | Self::Xml | Self::Yaml | Self::Form => record(),
            Self::Records | Self::JsonList | Self::XmlList => json!({"type": "array", "items": record()}),
            Self::Texts | Self::Joined | Self::Spaced | Self::Piped => {
                json!({"type": "array", "items": text})
            }
            Self::Deep | Self::DeepReserved => deep(),
        }
    }

    fn encoding(self) -> Option<Value> {
        Some(match self {
            Self::Json | Self::JsonList => json!({"contentType": "text/plain, application/json"}),
            Self::JsonText => json!({"contentType": "application/json"}),
            Self::Xml | Self::XmlList => json!({"contentType": "application/xml; charset=utf-16"}),
            Self::Yaml => json!({"contentType": "application/yaml"}),
            Self::Form => json!({"contentType": FORM, "encoding": {"x": {"allowReserved": true}}}),
            Self::Joined => json!({"explode": false}),
            Self::Spaced => json!({"style": "spaceDelimited"}),
            Self::Piped => json!({"style": "pipeDelimited", "explode": false}),
            Self::Deep => json!({"style": "deepObject"}),
            Self::DeepReserved => json!({"style": "deepObject", "allowReserved": true}),
            Self::Reserved => json!({"allowReserved": true}),
            Self::File | Self::Text | Self::Record | Self::Records | Self::Texts => return None,
        })
    }

    fn values(self) -> BoxedStrategy<Value> {
        let record = || (text(), any::<i64>()).prop_map(|(x, y)| json!({"x": x, "y": y}));
        let some =
            |one: BoxedStrategy<Value>| proptest::collection::vec(one, 1..4).prop_map(Value::from).boxed();
        match self {
            Self::File => "[a-c\u{EFF0}-\u{EFFF}]{0,5}".prop_map(Value::from).boxed(),
            Self::Text | Self::JsonText | Self::Reserved => text().prop_map(Value::from).boxed(),
            Self::Record | Self::Json | Self::Yaml | Self::Form => record().boxed(),
            Self::Xml => xml_record().boxed(),
            Self::Records | Self::JsonList => some(record().boxed()),
            Self::XmlList => some(xml_record().boxed()),
            Self::Texts | Self::Joined => some(text().prop_map(Value::from).boxed()),
            Self::Spaced => some("[a-z,|&=+]{0,4}".prop_map(Value::from).boxed()),
            Self::Piped => some("[a-z ,&=+]{0,4}".prop_map(Value::from).boxed()),
            Self::Deep | Self::DeepReserved => {
                (record(), some(text().prop_map(Value::from).boxed()), some(record().boxed()))
                    .prop_map(
                        |(two, list, records)| json!({"one": {"two": two}, "list": list, "records": records}),
                    )
                    .boxed()
            }
        }
    }
}

/// What an element of XML can hold.
fn xml_record() -> impl Strategy<Value = Value> {
    ("[a-z<&é ]{1,6}", any::<i64>()).prop_map(|(x, y)| json!({"x": x, "y": y}))
}

fn contract(fields: &[Field]) -> Contract {
    let name = |field: &Field| format!("{field:?}");
    let properties: Map<String, Value> = fields.iter().map(|field| (name(field), field.schema())).collect();
    let encoding: Map<String, Value> =
        fields.iter().filter_map(|field| Some((name(field), field.encoding()?))).collect();
    let media = json!({"schema": {"type": "object", "properties": properties}, "encoding": encoding});
    with_body("3.2.0", &json!({ FORM: media }))
}

fn media(contract: &Contract) -> &MediaType {
    contract.operations()[0].request_body().expect("a body").content.iter().next().expect("a media type")
}

#[test]
fn decoding_a_form_undoes_encoding_it() {
    let contract = contract(&FIELDS);
    let field = prop::sample::select(&FIELDS[..])
        .prop_flat_map(|field| field.values().prop_map(move |value| (format!("{field:?}"), value)));
    let fields = proptest::collection::vec(field, 1..6);
    proptest!(config(500), |(fields in fields)| {
        let value = Value::Object(fields.into_iter().collect());
        let values = body(FORM, value.clone());
        let (request, reading) = travel(&contract, &values)?;
        prop_assert_eq!(&reading.values, &values, "{:?}", request.body);
        prop_assert_eq!(told(&reading), Vec::<String>::new(), "{:?}", request.body);
        let written = encode_body(media(&contract), &Payload::Value(value.clone()))?;
        let read = decode_body(media(&contract), FORM, &written, Direction::Response);
        prop_assert_eq!(read, Ok(Payload::Value(value)));
    });
}

#[test]
fn every_field_travels_alone() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for field in FIELDS {
        let contract = contract(&[field]);
        let value = field.values().new_tree(&mut runner).expect("a value").current();
        let values = body(FORM, json!({ format!("{field:?}"): value }));
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(reading.values, values, "{field:?} {:?}", request.body);
    }
}

#[test]
fn a_field_is_written_as_its_encoding_says() {
    let record = json!({"x": "a b", "y": 1});
    let table = [
        (Field::File, json!("\u{EFFF} é"), "File=%FF+%C3%A9"),
        (Field::Text, json!("a b&c=d"), "Text=a+b%26c%3Dd"),
        (Field::Record, record.clone(), "Record=%7B%22x%22%3A%22a+b%22%2C%22y%22%3A1%7D"),
        (Field::Texts, json!(["a", "b,c"]), "Texts=a&Texts=b%2Cc"),
        (Field::Json, record.clone(), "Json=%7B%22x%22%3A%22a+b%22%2C%22y%22%3A1%7D"),
        (Field::JsonText, json!("a"), "JsonText=%22a%22"),
        (
            Field::XmlList,
            json!([{"y": 1}, {"y": 2}]),
            "XmlList=%3C%3Fxml+version%3D%221.0%22+encoding%3D%22UTF-8%22%3F%3E%3Croot%3E%3Cy%3E1%3C%2Fy%3E%3C%2Froot%3E\
             &XmlList=%3C%3Fxml+version%3D%221.0%22+encoding%3D%22UTF-8%22%3F%3E%3Croot%3E%3Cy%3E2%3C%2Fy%3E%3C%2Froot%3E",
        ),
        (Field::Form, json!({"x": "a/b", "y": 1}), "Form=x%3Da%2Fb%26y%3D1"),
        (Field::Joined, json!(["a", "b,c"]), "Joined=a,b%2Cc"),
        (Field::Spaced, json!(["a", "b"]), "Spaced=a%20b"),
        (Field::Piped, json!(["a", "b"]), "Piped=a%7Cb"),
        (
            Field::Deep,
            json!({"one": {"two": {"y": 1}}, "list": ["a", "b"], "records": [{"y": 2}]}),
            "Deep%5Bone%5D%5Btwo%5D%5By%5D=1&Deep%5Blist%5D%5B0%5D=a&Deep%5Blist%5D%5B1%5D=b&Deep%5Brecords%5D%5B0%5D%5By%5D=2",
        ),
        (Field::Reserved, json!("a/b?c&d+e f"), "Reserved=a/b?c%26d%2Be%20f"),
    ];
    for (field, value, expected) in table {
        let contract = contract(&[field]);
        let values = body(FORM, json!({ format!("{field:?}"): value }));
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(String::from_utf8_lossy(&request.body), expected, "{field:?}");
        assert_eq!(reading.values, values, "{field:?}");
    }
}

#[test]
fn what_other_clients_send_is_read() {
    let contract = contract(&FIELDS);
    let table = [
        (
            "Deep[one][two][x]=a&Deep[list][]=b&Deep[list][]=c",
            json!({"Deep": {"one": {"two": {"x": "a"}}, "list": ["b", "c"]}}),
        ),
        ("Deep[list]=b&Deep[list]=c", json!({"Deep": {"list": ["b", "c"]}})),
        ("Deep[records][1][y]=2&Deep[records][0][y]=1", json!({"Deep": {"records": [{"y": 1}, {"y": 2}]}})),
        ("JsonList=[{\"y\":1}]", json!({"JsonList": [{"y": 1}]})),
        ("JsonList={\"y\":1}&JsonList={\"y\":2}", json!({"JsonList": [{"y": 1}, {"y": 2}]})),
        ("JsonList={\"y\":1}", json!({"JsonList": [{"y": 1}]})),
        ("Records={\"y\":1}", json!({"Records": [{"y": 1}]})),
        ("Texts=a", json!({"Texts": ["a"]})),
        ("Spaced=a+b", json!({"Spaced": ["a", "b"]})),
        ("Piped=a|b", json!({"Piped": ["a", "b"]})),
        ("Xml=<z><y>1</y></z>", json!({"Xml": {"y": 1}})),
    ];
    for (sent, expected) in table {
        let read = decode_body(media(&contract), FORM, &sent.to_owned().into(), Direction::Request);
        assert_eq!(read, Ok(Payload::Value(expected)), "{sent}");
    }
    let refused = [
        ("Xml=<z>", "the field `Xml`: not XML: "),
        ("Form=y%3D%25zz", "the field `Form`: the field `y`: `%zz` is no percent-encoded character"),
    ];
    for (sent, expected) in refused {
        let read = decode_body(media(&contract), FORM, &sent.to_owned().into(), Direction::Request);
        assert!(read.as_ref().is_err_and(|error| error.starts_with(expected)), "{sent}: {read:?}");
    }
}

/// Documents ask for forms that are no objects, which nothing but their servers knows how to read.
#[test]
fn a_form_that_is_no_object_has_no_names() {
    let table = [
        (json!({"type": "string"}), json!("a b&c=d"), "=a+b%26c%3Dd"),
        (json!({"type": "string"}), json!(""), "="),
        (json!({"type": "integer"}), json!(12), "=12"),
        (json!({"type": "array", "items": {"type": "string"}}), json!(["a", "b&"]), "=a&=b%26"),
        (json!({"type": "array", "items": record()}), json!([{"y": 1}]), "=%7B%22y%22%3A1%7D"),
    ];
    for (schema, value, expected) in table {
        let contract = with_body("3.2.0", &json!({ FORM: {"schema": schema} }));
        let values = body(FORM, value);
        let (request, reading) = travel(&contract, &values).expect("it can be written");
        assert_eq!(String::from_utf8_lossy(&request.body), expected, "{schema}");
        assert_eq!(reading.values, values, "{schema}");
        assert_eq!(told(&reading), Vec::<String>::new(), "{schema}");
    }
    let bare = with_body("3.2.0", &json!({ FORM: {"schema": {"type": "string"}} }));
    let read = decode_body(media(&bare), FORM, &"a=b".to_owned().into(), Direction::Request);
    assert_eq!(read, Ok(Payload::Value(json!("a=b"))));
}
