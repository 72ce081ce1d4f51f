//! What schemas ask of values that travel one way only, of alternatives, formats and dialects.

use counterfoil_server::{OwnReplies, StubServer};
use serde_json::{Value, json};

use crate::stub::{Reply, Stub, contract};

/// A stub whose one operation takes and gives bodies of some schema.
async fn stub(edition: &str, schema: Value, components: Value, more: Value) -> Stub {
    let media = json!({"application/json": {"schema": schema}});
    let mut document = json!({
        "openapi": edition, "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {
            "requestBody": {"required": true, "content": media},
            "responses": {"200": {"description": "ok", "content": media}}
        }}},
        "components": {"schemas": components}
    });
    let more = more.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(more);
    let contract = contract(document.to_string().as_bytes());
    Stub::start(StubServer::builder(contract).own_replies(OwnReplies::Refused)).await
}

async fn post(stub: &Stub, body: &Value) -> Reply {
    stub.send("POST /", &[("content-type", "application/json")], body.to_string()).await
}

/// Sends bodies: nothing is to be said of those without a reason, and of the others that.
async fn walk(stub: &Stub, about: &str, table: &[(Value, &str)]) {
    for (body, reason) in table {
        let reply = post(stub, body).await;
        let status = if reason.is_empty() { 200 } else { 400 };
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (status, *reason), "{about}: {body}");
    }
}

const READ_ONLY: &str = "[readOnly]";

#[tokio::test]
async fn row_read_only_is_refused_in_requests_and_write_only_absent_from_replies() {
    let id = || json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "readOnly": true}}});
    let pin = || json!({"type": "object", "required": ["pin"], "properties": {"pin": {"type": "string", "const": "s3cret", "writeOnly": true}}});
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let both = json!({"type": "object", "required": ["id", "pin"], "properties": {
        "id": {"type": "integer", "readOnly": true}, "pin": {"type": "string", "const": "s3cret", "writeOnly": true}
    }});
    let shapes = [
        ("alone", both),
        ("under allOf", json!({"allOf": [id(), pin()]})),
        ("under allOf by reference", json!({"allOf": [reference("Id"), reference("Pin")]})),
        ("under oneOf", json!({"oneOf": [{"allOf": [id(), pin()]}]})),
        ("under anyOf", json!({"anyOf": [{"allOf": [reference("Id"), reference("Pin")]}]})),
    ];
    for edition in ["3.0.3", "3.1.0"] {
        for (about, shape) in &shapes {
            let components = json!({"Id": id(), "Pin": pin()});
            let stub = stub(edition, shape.clone(), components, json!({})).await;
            let taken = post(&stub, &json!({"pin": "s3cret"})).await;
            assert_eq!((taken.status, taken.header("counterfoil-reason")), (200, ""), "{edition} {about}");
            let reply = taken.value();
            assert!(reply["id"].is_i64(), "{edition} {about}: what is required of a reply is there: {reply}");
            assert!(reply.get("pin").is_none(), "{edition} {about}: {reply}");
            let refused = post(&stub, &json!({"pin": "s3cret", "id": 1})).await;
            let reason = refused.header("counterfoil-reason");
            assert!(refused.status == 400 && reason.contains(READ_ONLY), "{edition} {about}: {reason}");
            let missing = post(&stub, &json!({})).await;
            assert_eq!(missing.status, 400, "{edition} {about}: `pin` is required");
        }
    }
}

#[tokio::test]
async fn row_the_discriminator_is_honoured() {
    let kind = |name: &str, needs: &str| json!({"type": "object", "required": ["kind", needs], "properties": {"kind": {"type": "string"}, needs: {"type": "integer"}}, "title": name});
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let mapped = json!({
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"c": "#/components/schemas/Cat", "d": "Dog"}}
    });
    let components = json!({"Cat": kind("Cat", "lives"), "Dog": kind("Dog", "bones")});
    let stub = stub("3.0.3", mapped, components, json!({})).await;
    // It is a hint: what is valid is what `oneOf` says, and what is told is what the schema refuses that is named.
    walk(
        &stub,
        "by mapping",
        &[
            (json!({"kind": "c", "lives": 9}), ""),
            (json!({"kind": "d", "bones": 1}), ""),
            (json!({"kind": "c"}), "body: \"lives\" is a required property [required]"),
            (json!({"kind": "d", "bones": "x"}), "body/bones: \"x\" is not of type \"integer\" [type]"),
            (json!({"kind": "Dog"}), "body/kind: \"Dog\" is none of \"c\", \"d\" [discriminator]"),
        ],
    )
    .await;
    let valid = json!({"kind": "c", "lives": 9});
    for seed in 0..8 {
        let line = format!("POST /?__seed={seed}");
        let headers = [("content-type", "application/json")];
        let reply = stub.send(&line, &headers, valid.to_string()).await.value();
        let named = match reply["kind"].as_str().unwrap() {
            "c" => "lives",
            "d" => "bones",
            other => panic!("{other} is no name of the mapping"),
        };
        assert!(reply[named].is_i64(), "{reply}");
    }
}

#[tokio::test]
async fn row_formats_are_asserted() {
    let formats = [
        ("date", "2020-02-29", "2021-02-29"),
        ("date-time", "2020-01-01T00:00:00Z", "2020-01-01"),
        ("email", "a@b.example", "a"),
        ("uuid", "00000000-0000-4000-8000-000000000000", "0"),
        ("uri", "https://a.example/b", "a b"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001:db8:::1"),
        ("hostname", "a.example", "-a"),
        ("byte", "YWI=", "*"),
    ];
    for edition in ["3.0.3", "3.1.0", "3.2.0"] {
        let properties: serde_json::Map<_, _> = formats
            .iter()
            .map(|(format, ..)| ((*format).to_owned(), json!({"type": "string", "format": format})))
            .chain([("small".to_owned(), json!({"type": "integer", "format": "int32"}))])
            .collect();
        let stub =
            stub(edition, json!({"type": "object", "properties": properties}), json!({}), json!({})).await;
        for (format, good, bad) in formats {
            assert_eq!(post(&stub, &json!({ format: good })).await.status, 200, "{edition} {format} {good}");
            let reply = post(&stub, &json!({ format: bad })).await;
            let reason = reply.header("counterfoil-reason");
            let expected = format!("body/{format}: ");
            assert!(
                reply.status == 400 && reason.starts_with(&expected),
                "{edition} {format} {bad}: {reason}"
            );
            assert!(reason.ends_with("[format]"), "{edition} {format} {bad}: {reason}");
        }
        assert_eq!(post(&stub, &json!({"small": 2_147_483_647})).await.status, 200);
        assert_eq!(post(&stub, &json!({"small": 2_147_483_648_u64})).await.status, 400, "{edition} int32");
    }
}

#[tokio::test]
async fn row_each_edition_is_checked_by_its_own_dialect() {
    let tuple = json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": false});
    let newer = [(json!([1]), ""), (json!(["x"]), "body/0: \"x\" is not of type \"integer\" [type]")];
    for edition in ["3.1.0", "3.2.0"] {
        walk(&stub(edition, tuple.clone(), json!({}), json!({})).await, "prefixItems", &newer).await;
    }
    // 3.0 has no `prefixItems`, its `nullable` and boolean bounds are its own, and a `$ref` has no siblings.
    let older = json!({"type": "object", "properties": {
        "a": {"type": "string", "nullable": true},
        "b": {"type": "integer", "minimum": 1, "exclusiveMinimum": true},
        "c": {"$ref": "#/components/schemas/Text", "maxLength": 1}
    }});
    let text = json!({"Text": {"type": "string"}});
    walk(
        &stub("3.0.3", older, text.clone(), json!({})).await,
        "3.0",
        &[
            (json!({"a": null, "b": 2, "c": "long"}), ""),
            (json!({"b": 1}), "body/b: 1 is less than or equal to the minimum of 1 [exclusiveMinimum]"),
        ],
    )
    .await;
    let newer = json!({"type": "object", "properties": {
        "a": {"type": ["string", "null"]}, "c": {"$ref": "#/components/schemas/Text", "maxLength": 1},
        "d": {"dependentRequired": {"x": ["y"]}}, "e": {"const": 1}
    }});
    walk(
        &stub("3.1.0", newer, text, json!({})).await,
        "3.1",
        &[
            (json!({"a": null, "c": "x", "e": 1}), ""),
            (json!({"c": "long"}), "body/c: \"long\" is longer than 1 character [maxLength]"),
            (json!({"d": {"x": 1}}), "body/d: \"y\" is a required property [required]"),
        ],
    )
    .await;
    // Draft 4 means a boolean by `exclusiveMinimum`, and knows `items` as a list.
    let draft =
        json!({"type": "array", "items": [{"type": "integer", "minimum": 1, "exclusiveMinimum": true}]});
    let dialect = json!({"jsonSchemaDialect": "http://json-schema.org/draft-04/schema#"});
    walk(
        &stub("3.1.0", draft, json!({}), dialect).await,
        "the dialect that the document names",
        &[
            (json!([2, "x"]), ""),
            (json!([1]), "body/0: 1 is less than or equal to the minimum of 1 [exclusiveMinimum]"),
        ],
    )
    .await;
}
