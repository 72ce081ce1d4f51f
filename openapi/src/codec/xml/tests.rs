//! What XML bodies look like, row by row.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::codec::{Payload, decode_body, encode_body};
use crate::contract::{Contract, MediaType};
use crate::schema::Direction;

/// The media type of a body that has a schema, beside components it may refer to.
fn media(schema: &Value) -> MediaType {
    let pet = json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": true}},
            "name": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}, "xml": {"wrapped": true}},
            "mother": {"$ref": "#/components/schemas/Pet"}
        }
    });
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"content": {"application/xml": {"schema": schema}}},
            "responses": {"200": {"description": "ok"}}
        }}},
        "components": {"schemas": {
            "Pet": pet,
            "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"bark": {"type": "boolean"}}}]},
            "Named": {"type": "string", "xml": {"name": "named"}}
        }}
    });
    let contract = Contract::load("t.json", document.to_string().as_bytes()).expect("a document");
    contract.operations()[0].request_body().expect("a body").content.0[0].clone()
}

fn write(schema: &Value, value: &Value) -> Result<String, String> {
    let written =
        encode_body(&media(schema), &Payload::Value(value.clone())).map_err(|error| error.to_string())?;
    let text = String::from_utf8(written.to_vec()).expect("XML is text");
    Ok(text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration").to_owned())
}

fn read_as(content_type: &str, schema: &Value, xml: &[u8]) -> Result<Value, String> {
    let body = Bytes::copy_from_slice(xml);
    match decode_body(&media(schema), content_type, &body, Direction::Request)? {
        Payload::Value(value) => Ok(value),
        Payload::Bytes(bytes) => panic!("no codec read {bytes:?}"),
    }
}

fn read(schema: &Value, xml: &str) -> Result<Value, String> {
    read_as("application/xml", schema, xml.as_bytes())
}

fn properties(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

#[test]
fn a_value_is_written_as_its_schema_says_and_read_back() {
    let pet = || json!({"$ref": "#/components/schemas/Pet"});
    let strings = |xml: Value, items: Value| {
        properties(
            json!({"animals": {"type": "array", "xml": xml, "items": {"type": "string", "xml": items}}}),
        )
    };
    let two = || json!({"animals": ["a", "b"]});
    let table = [
        (pet(), json!({"id": 7, "name": "Rex"}), "<Pet id=\"7\"><name>Rex</name></Pet>"),
        (pet(), json!({"tags": ["a", "b"]}), "<Pet><tags><tag>a</tag><tag>b</tag></tags></Pet>"),
        (pet(), json!({"tags": []}), "<Pet><tags></tags></Pet>"),
        (pet(), json!({"mother": {"id": 1}}), "<Pet><mother id=\"1\"></mother></Pet>"),
        (
            json!({"$ref": "#/components/schemas/Dog"}),
            json!({"id": 1, "bark": true}),
            "<Dog id=\"1\"><bark>true</bark></Dog>",
        ),
        (
            json!({"type": "array", "items": pet()}),
            json!([{"id": 1}, {}]),
            "<root><Pet id=\"1\"></Pet><Pet></Pet></root>",
        ),
        (
            json!({"type": "array", "xml": {"name": "pets"}, "items": {"type": "integer"}}),
            json!([1]),
            "<pets><item>1</item></pets>",
        ),
        // The rows of the specification's own section on arrays.
        (strings(json!({}), json!({})), two(), "<root><animals>a</animals><animals>b</animals></root>"),
        (
            strings(json!({}), json!({"name": "animal"})),
            two(),
            "<root><animal>a</animal><animal>b</animal></root>",
        ),
        (
            strings(json!({"name": "aliens"}), json!({"name": "animal"})),
            two(),
            "<root><animal>a</animal><animal>b</animal></root>",
        ),
        (
            strings(json!({"wrapped": true}), json!({})),
            two(),
            "<root><animals><animals>a</animals><animals>b</animals></animals></root>",
        ),
        (
            strings(json!({"name": "aliens", "wrapped": true}), json!({"name": "animal"})),
            two(),
            "<root><aliens><animal>a</animal><animal>b</animal></aliens></root>",
        ),
        (
            strings(json!({"name": "aliens", "nodeType": "element"}), json!({})),
            two(),
            "<root><aliens><aliens>a</aliens><aliens>b</aliens></aliens></root>",
        ),
        (
            json!({"type": "object", "xml": {"name": "p", "prefix": "s", "namespace": "urn:s"}, "properties": {
                "id": {"type": "integer", "xml": {"attribute": true, "prefix": "s", "namespace": "urn:s"}},
                "a": {"type": "string", "xml": {"namespace": "urn:a"}},
                "b": {"type": "string", "xml": {"prefix": "unbound"}}
            }}),
            json!({"id": 1, "a": "x", "b": "y"}),
            "<s:p xmlns:s=\"urn:s\" s:id=\"1\"><a xmlns=\"urn:a\">x</a><b>y</b></s:p>",
        ),
        (
            properties(json!({
                "unit": {"type": "string", "xml": {"nodeType": "attribute"}},
                "value": {"type": "number", "xml": {"nodeType": "text"}}
            })),
            json!({"unit": "kg", "value": 2.5}),
            "<root unit=\"kg\">2.5</root>",
        ),
        (
            properties(json!({"html": {"type": "string", "xml": {"nodeType": "cdata"}}})),
            json!({"html": "<b>]]></b>"}),
            "<root><![CDATA[<b>]]]]><![CDATA[></b>]]></root>",
        ),
        (
            properties(json!({"a": {"type": ["string", "null"]}, "b": {"type": "string"}})),
            json!({"a": null, "b": ""}),
            "<root><a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/><b></b></root>",
        ),
        (
            properties(json!({"a": {"type": "string"}, "b": {"type": "string", "xml": {"attribute": true}}})),
            json!({"a": " <&>\"'\r\n\t", "b": " <&>\"'\r\n\t"}),
            "<root b=\" &lt;&amp;>&quot;'&#13;&#10;&#9;\"><a> &lt;&amp;&gt;\"'&#13;\n\t</a></root>",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"a": 1, "@b c": 2}),
            "<root><a>1</a><_x0040_b_x0020_c>2</_x0040_b_x0020_c></root>",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}),
            json!({"a": [1], "b": [2, 3]}),
            "<root><a>1</a><b>2</b><b>3</b></root>",
        ),
        (
            properties(
                json!({"grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}}),
            ),
            json!({"grid": [[1, 2], [], [3]]}),
            "<root><grid><grid>1</grid><grid>2</grid></grid><grid></grid><grid><grid>3</grid></grid></root>",
        ),
        (
            properties(json!({"n": {"$ref": "#/components/schemas/Named"}, "o": {"type": "string"}})),
            json!({"n": "x", "o": "y"}),
            "<root><named>x</named><o>y</o></root>",
        ),
        (
            properties(
                json!({"m": {"$ref": "#/components/schemas/Named"}, "n": {"$ref": "#/components/schemas/Named"}}),
            ),
            json!({"m": "x", "n": "y"}),
            "<root><m>x</m><n>y</n></root>",
        ),
        (json!({"type": "string"}), json!("a<b"), "<root>a&lt;b</root>"),
        (json!({"$ref": "#/components/schemas/Named"}), json!("x"), "<named>x</named>"),
        (
            json!({}),
            json!({"a": ["1", "2"], "b": {"c": "d"}}),
            "<root><a>1</a><a>2</a><b><c>d</c></b></root>",
        ),
        (
            json!({"type": "object", "required": ["l"], "properties": {"l": {"type": "array", "items": {"type": "string"}}}}),
            json!({"l": []}),
            "<root></root>",
        ),
    ];
    for (schema, value, xml) in table {
        assert_eq!(write(&schema, &value).as_deref(), Ok(xml), "{schema}");
        assert_eq!(read(&schema, xml), Ok(value), "{xml}");
    }
}

#[test]
fn what_xml_cannot_express_is_an_error() {
    let list =
        |xml: Value| properties(json!({"a": {"type": "array", "items": {"type": "string"}, "xml": xml}}));
    let attribute = properties(json!({"a": {"type": ["string", "null"], "xml": {"attribute": true}}}));
    let twins = properties(json!({"a": {"type": "string"}, "b": {"type": "string", "xml": {"name": "a"}}}));
    let table = [
        (json!({"type": "string"}), json!("a\u{1}")),
        (json!({"type": "string"}), json!("\u{ffff}")),
        (list(json!({})), json!({"a": []})),
        (attribute.clone(), json!({"a": null})),
        (attribute, json!({"a": "\u{0}"})),
        (twins, json!({"a": "x", "b": "y"})),
        (json!({}), json!({"a": ["only one"]})),
        (json!({}), json!({})),
        (json!({}), json!(["a"])),
    ];
    for (schema, value) in table {
        assert!(write(&schema, &value).is_err(), "{schema} {value}");
    }
    let mut deep = json!("x");
    for _ in 0..200 {
        deep = json!({ "a": deep });
    }
    assert!(write(&json!({}), &deep).is_err());
}

#[test]
fn xml_of_others_is_read_leniently_where_nothing_is_lost() {
    let pet = json!({"$ref": "#/components/schemas/Pet"});
    let table = [
        (
            pet.clone(),
            "\n<!-- a pet -->\n<x:Pet xmlns:x='urn:x' x:id=' 7 '>\n  <x:name>Rex &amp; &#x43;o</x:name>\n</x:Pet>\n",
            json!({"id": 7, "name": "Rex & Co"}),
        ),
        (pet.clone(), "<animal><name><![CDATA[<b>]]> c</name></animal>", json!({"name": "<b> c"})),
        (pet.clone(), "<Pet><name> a </name><tags/></Pet>", json!({"name": " a ", "tags": []})),
        (
            pet.clone(),
            "<Pet xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='x'><name i:nil='true'/></Pet>",
            json!({"name": null}),
        ),
        (pet.clone(), "<Pet color='red'><size>3</size></Pet>", json!({"color": "red", "size": "3"})),
        (pet.clone(), "<Pet><name>a</name><name>b</name></Pet>", json!({"name": ["a", "b"]})),
        (pet.clone(), "<Pet>stray</Pet>", json!("stray")),
        (pet.clone(), "<Pet>stray<name>a</name></Pet>", json!({"name": "a", "#text": "stray"})),
        (pet.clone(), "<!DOCTYPE Pet SYSTEM \"file:///etc/passwd\"><Pet/>", json!({})),
        (json!({"type": "string"}), "<svg><g/></svg>", json!("<svg><g/></svg>")),
        (json!({}), "<price currency='EUR'>3</price>", json!({"currency": "EUR", "#text": "3"})),
        (json!({"type": "integer"}), "<n>\n 5\n</n>", json!(5)),
        (
            properties(json!({"n": {"$ref": "#/components/schemas/Named"}})),
            "<root><n>x</n></root>",
            json!({"n": "x"}),
        ),
        (json!({"type": "integer"}), "<n>five</n>", json!("five")),
        (json!({"type": "integer"}), "<n><a>5</a></n>", json!({"a": "5"})),
        (
            properties(
                json!({"v": {"oneOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}]}}),
            ),
            "<root><v>abc</v></root>",
            json!({"v": "abc"}),
        ),
    ];
    for (schema, xml, value) in table {
        assert_eq!(read(&schema, xml), Ok(value), "{xml}");
    }
}

#[test]
fn what_is_not_the_xml_documented_is_refused() {
    let pet = json!({"$ref": "#/components/schemas/Pet"});
    let named = json!({"$ref": "#/components/schemas/Named"});
    let table = [
        (&pet, "", "not XML: there is no element"),
        (&pet, "plain", "not XML: at byte 5: text stands outside the root element"),
        (&pet, "<a>", "not XML: <a> is not closed"),
        (&pet, "<a></b>", "not XML: at byte 3: "),
        (&pet, "<a/><b/>", "not XML: at byte 8: there is more than one root element"),
        (&pet, "<a b='1' b='2'/>", "not XML: at byte 16: the attribute `b` is there twice"),
        (&pet, "<a b=1/>", "not XML: at byte 8: "),
        (&pet, "<a b='<'/>", "not XML: at byte 10: a `<` stands in the attribute `b`"),
        (&pet, "<1a/>", "not XML: at byte 5: `1a` is no name"),
        (&pet, "<a>&b;</a>", "not XML: at byte 6: the entity `b` is not known"),
        (&pet, "<a>&</a>", "not XML: at byte 3: "),
        (&pet, "<a>&#0;</a>", "not XML: at byte 7: "),
        (&pet, "<a>\u{1}</a>", "not XML: at byte 4: the character \\u{1} is not allowed"),
        (&pet, "<a>]]></a>", "not XML: at byte 6: `]]>` stands outside a CDATA section"),
        (
            &pet,
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "not XML: at byte 30: declarations within the text are not read",
        ),
        (
            &pet,
            "<Pet><id>7</id></Pet>",
            "not the XML documented: the property `id` is to be an attribute `id`",
        ),
        (
            &named,
            "<other>x</other>",
            "not the XML documented: the root element is <other>, and it is to be <named>",
        ),
    ];
    for (schema, xml, expected) in table {
        let refusal = read(schema, xml).expect_err(xml);
        assert!(refusal.starts_with(expected), "{xml}: {refusal}");
    }
}

#[test]
fn an_encoding_is_read_as_it_is_declared() {
    let text = json!({"type": "string"});
    let wide = |mark: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}<a>é</a>").encode_utf16().flat_map(unit).collect()
    };
    let table: [(&str, Vec<u8>); 7] = [
        ("application/xml", "<a>é</a>".into()),
        ("application/xml", "\u{feff}<?xml version='1.0' encoding='utf-8'?><a>é</a>".into()),
        ("application/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>".to_vec()),
        ("text/xml; charset=latin1", b"<?xml version='1.0' encoding='UTF-8'?><a>\xE9</a>".to_vec()),
        ("application/xml", wide("\u{feff}", u16::to_le_bytes)),
        ("application/xml", wide("", u16::to_be_bytes)),
        ("application/xml; charset=utf-16le", wide("", u16::to_le_bytes)),
    ];
    for (content_type, body) in table {
        assert_eq!(read_as(content_type, &text, &body), Ok(json!("é")), "{content_type} {body:?}");
    }
    let unknown = b"<?xml version='1.0' encoding='klingon'?><a/>";
    assert_eq!(
        read_as("application/xml", &text, unknown),
        Err("not XML: the charset `klingon` is not known".to_owned())
    );
}

#[test]
fn hostile_xml_costs_little() {
    let any = json!({});
    assert!(read(&any, &"<a>".repeat(100_000)).is_err());
    let laughs = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><a>&c;</a>";
    assert!(read(&any, laughs).is_err());
    let attributes: String = (0..20_000).map(|number| format!(" a{number}=''")).collect();
    assert!(read(&any, &format!("<a{attributes}/>")).is_ok());
    let many: String = (0..20_000).map(|number| format!("<a{number}/>")).collect();
    assert!(read(&any, &format!("<a>{many}</a>")).is_ok());
}
