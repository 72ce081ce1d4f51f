//! XML as generated clients read and write it, against the codec that the stub does it with.

use bytes::Bytes;
use counterfoil_openapi::codec::{Payload, XmlName, XmlRole, XmlTable, decode_body, encode_body};
use counterfoil_openapi::generate::{Seed, Variety, positive_in, sample};
use counterfoil_openapi::{Contract, Direction};
use serde_json::{Value, json};

use crate::wire::xml::{Member, Name, Role, Root, Row, from_bytes, text};

/// Every way in which a property can stand in XML.
const DOCUMENT: &str = r"
openapi: 3.1.0
info: {title: Pets, version: '1'}
components:
  schemas:
    Pet:
      type: object
      required: [id, names]
      additionalProperties: false
      xml: {name: pet, namespace: 'urn:pets', prefix: p}
      properties:
        id: {type: integer, xml: {attribute: true}}
        weight: {type: number}
        alive: {type: boolean}
        names: {type: array, items: {type: string, xml: {name: called}}}
        tags: {type: array, xml: {wrapped: true, name: labels}, items: {type: string, xml: {name: label}}}
        plain: {type: array, xml: {wrapped: true}, items: {type: integer}}
        owner: {$ref: '#/components/schemas/Owner'}
        mother: {$ref: '#/components/schemas/Pet'}
        nothing: {type: [string, 'null']}
        '@odd name': {type: string}
        grid: {type: array, items: {type: array, items: {type: integer}}}
    Owner:
      type: object
      additionalProperties: false
      properties:
        kind: {type: string, enum: [person, firm], xml: {attribute: true, namespace: 'urn:o', prefix: o}}
        note: {type: string, xml: {nodeType: text}}
    Pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}
    Some: {type: object, additionalProperties: {type: integer}}
paths:
  /pet: {post: {requestBody: {content: {application/xml: {schema: {$ref: '#/components/schemas/Pet'}}}}, responses: {}}}
  /pets: {post: {requestBody: {content: {application/xml: {schema: {$ref: '#/components/schemas/Pets'}}}}, responses: {}}}
  /text: {post: {requestBody: {content: {application/xml: {schema: {type: string}}}}, responses: {}}}
  /some: {post: {requestBody: {content: {application/xml: {schema: {$ref: '#/components/schemas/Some'}}}}, responses: {}}}
";

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn name(name: &XmlName) -> Name {
    let text = |text: &Option<String>| leaked(text.as_deref().unwrap_or_default());
    Name { prefix: text(&name.prefix), local: leaked(&name.local), namespace: text(&name.namespace) }
}

/// The table of a contract, as its client has it.
fn rows(table: &XmlTable<'_>) -> &'static [Row] {
    let rows = table.rows().iter().map(|row| {
        let kinds = row.kinds;
        let each = [kinds.null, kinds.boolean, kinds.number, kinds.string, kinds.array, kinds.object];
        let bits = each.iter().enumerate().fold(0, |bits, (place, is_in)| bits | (u8::from(*is_in) << place));
        let members: Vec<Member> = row
            .members
            .iter()
            .map(|member| Member {
                property: leaked(&member.property),
                row: member.row,
                role: match member.role {
                    XmlRole::Attribute => Role::Attribute,
                    XmlRole::Text => Role::Text,
                    _ => Role::Element,
                },
                name: name(&member.name),
                other_name: leaked(member.other_name.as_deref().unwrap_or_default()),
                is_repeated: member.is_repeated,
                is_required: member.is_required,
            })
            .collect();
        let item = row.item.as_ref().map(|(row, item)| (*row, name(item)));
        Row { kinds: bits, item, members: members.leak(), others: row.others }
    });
    rows.collect::<Vec<_>>().leak()
}

#[test]
fn xml_is_what_the_codec_of_the_stub_makes_of_it() {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    let mut compared = 0;
    for operation in contract.operations() {
        let content = &operation.request_body().expect("a body").content;
        let media = content.iter().next().expect("a media type");
        let schema = media.schema.as_ref().expect("a schema");
        let mut table = XmlTable::new();
        let root = table.add(schema);
        let root: &'static Root =
            Box::leak(Box::new(Root { row: root.row, name: name(&root.name), item: name(&root.item) }));
        let rows = rows(&table);
        let read_by_codec =
            |bytes: &Bytes| match decode_body(media, "application/xml", bytes, Direction::Request) {
                Ok(Payload::Value(value)) => value,
                other => panic!("{other:?}: {}", String::from_utf8_lossy(bytes)),
            };
        for variety in [Variety::Minimal, Variety::Realistic, Variety::Plain, Variety::Wild] {
            for index in 0..30 {
                let seed = Seed::derive(1, &["xml", operation.id().as_str()], index);
                let strategy = positive_in(schema, Direction::Request, variety).expect("values");
                let value = sample(&strategy, &seed).expect("a value");
                // What XML cannot say is left to the codec's own tests.
                let Ok(bytes) = encode_body(media, &Payload::Value(value.clone())) else { continue };
                let shown = String::from_utf8_lossy(&bytes).into_owned();
                let read: Value = from_bytes(&bytes, rows, root).expect("it is XML");
                assert_eq!(read, read_by_codec(&bytes), "{shown}");
                if let Ok(written) = text(&value, rows, root) {
                    assert_eq!(read_by_codec(&Bytes::from(written.clone())), read, "{written}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 200, "{compared} of 480");
}

#[test]
fn what_is_no_xml_of_the_document_is_told() {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    let media = contract.operations()[0].request_body().expect("a body").content.iter().next().expect("one");
    let mut table = XmlTable::new();
    let root = table.add(media.schema.as_ref().expect("a schema"));
    let root: &'static Root =
        Box::leak(Box::new(Root { row: root.row, name: name(&root.name), item: name(&root.item) }));
    let rows = rows(&table);
    let deep = "<a>".repeat(100_000);
    let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><pet>&b;</pet>";
    for hostile in ["", "<pet>", "<pet/><pet/>", "<pet>&b;</pet>", "text", entity, &deep] {
        let read: Result<Value, _> = from_bytes(hostile.as_bytes(), rows, root);
        let error = read.expect_err("no XML").to_string();
        assert!(error.starts_with("not the XML documented: "), "{error}");
    }
    let odd = json!({"id": 1, "names": [], "a b": 1});
    assert_eq!(text(&odd, rows, root), Err("\"a b\" is no name in XML".to_owned()));
}
