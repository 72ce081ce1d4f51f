//! Values that a user fixes for parameters and members of bodies.

use std::collections::BTreeSet;

use counterfoil_conformance::Target;
use counterfoil_conformance::{Failure, FixedValues, Mode, Phase, Settings};
use counterfoil_openapi::{Contract, Request};
use serde_json::{Value, json};

use crate::hostile::{Hostile, Piece};
use crate::library::{Fault, Library};
use crate::running::Outcome;
use crate::stories;

const ORDERS: &str = r#"
openapi: 3.0.3
info: {title: Orders, version: '1'}
paths:
  /orders:
    parameters: [{$ref: '#/components/parameters/Tenant'}]
    get:
      operationId: listOrders
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}}]
      responses: {default: {description: any}}
    post:
      operationId: addOrder
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      requestBody:
        content:
          application/json:
            schema:
              oneOf:
                - type: object
                  required: [customer]
                  additionalProperties: false
                  properties:
                    customer:
                      type: object
                      required: [id]
                      properties: {id: {type: integer}, name: {type: string, maxLength: 9}}
                    lines: {type: array, items: {type: object, properties: {sku: {type: string}, count: {type: integer}}}}
                - {type: object, required: [draft], additionalProperties: false, properties: {draft: {type: boolean}}}
            example: {customer: {id: 1, name: Ada}, lines: [{sku: a}, {count: 3}]}
      responses: {default: {description: any}}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: string}}, {$ref: '#/components/parameters/Tenant'}]
    get: {operationId: readOrder, responses: {default: {description: any}}}
    delete: {operationId: removeOrder, responses: {default: {description: any}}}
components:
  parameters:
    Tenant: {name: X-Tenant, in: header, required: true, schema: {type: string, maxLength: 8}}
"#;

fn orders() -> Contract {
    Contract::load("orders.yaml", ORDERS.as_bytes()).expect("it is a document")
}

fn fixed(values: &[(&str, Value)]) -> FixedValues {
    values.iter().fold(FixedValues::default(), |all, (place, value)| all.and(*place, value.clone()))
}

fn body(request: &Request) -> Option<Value> {
    serde_json::from_slice(&request.body).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_fixed_is_sent_in_every_phase_and_what_is_broken_is_something_else() {
    let server = Hostile::open(|request, _| match request.method.as_str() {
        "POST" => Piece::reply(201, "content-type: application/json\r\n", r#"{"id": "made"}"#),
        _ => Piece::reply(200, "content-type: application/json\r\n", "[]"),
    })
    .await;
    let values = fixed(&[
        ("path.orderId", json!("7")),
        // What is for some beats what is for all, whichever comes last.
        ("query.limit@listOrders", json!("10")),
        ("query.limit", json!("40")),
        ("header.x-tenant", json!("acme")),
        ("body.customer.id", json!("42")),
        ("body.lines.sku", json!("42")),
    ]);
    let settings = Settings { fixed: values, max_cases: 60, ..Settings::default() };
    let outcome = Outcome::of(&orders(), &Target::new(&server.url), &settings).await;
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.headers["x-tenant"] == "acme"));
    let (mut orders, mut drafts, mut skus) = (0, 0, 0);
    for request in &requests {
        let (path, query) = (request.path(), request.query().unwrap_or_default());
        let query = query.trim_end_matches("counterfoil-unknown=1").trim_end_matches('&');
        match (request.method.as_str(), path) {
            ("GET", "/orders") => assert_eq!(query, "limit=10"),
            ("POST", "/orders") => assert_eq!(query, "limit=40"),
            (_, "/orders") => {}
            _ => assert_eq!(path, "/orders/7"),
        }
        let Some(body) = body(request) else { continue };
        drafts += u32::from(body.get("draft").is_some());
        // Only where the body has the member is there anything to fix.
        if body.get("customer").is_some_and(Value::is_object) {
            assert_eq!(body["customer"]["id"], 42, "{body}");
            orders += 1;
        }
        for line in
            body.get("lines").and_then(Value::as_array).into_iter().flatten().filter(|line| line.is_object())
        {
            assert_eq!(line["sku"], "42", "{body}");
            skus += 1;
        }
    }
    assert!(orders > 10 && drafts > 3 && skus > 3, "{orders} orders, {drafts} drafts, {skus} lines");
    let kinds: BTreeSet<(Phase, Mode)> = outcome.cases().map(|case| (case.phase, case.mode)).collect();
    for kind in [
        (Phase::Examples, Mode::Positive),
        (Phase::Coverage, Mode::Positive),
        (Phase::Coverage, Mode::Negative),
        (Phase::Fuzzing, Mode::Positive),
        (Phase::Fuzzing, Mode::Negative),
        (Phase::Probing, Mode::Negative),
        (Phase::Stateful, Mode::Positive),
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is not among {kinds:?}");
    }
    // What is told is what was sent.
    let told = |part: &str| outcome.cases().any(|case| case.exchange.url.ends_with(part));
    assert!(told("/orders/7") && told("?limit=10"));
    let curls: Vec<&str> =
        outcome.failures().iter().map(|failure| failure.reproduction.curl.as_str()).collect();
    assert!(
        !curls.is_empty()
            && curls.iter().all(|curl| curl.contains("X-Tenant: acme") || curl.contains("x-tenant: acme")),
        "{curls:?}"
    );
}

/// What is refused may be the real one with a slip in it.
#[test]
fn a_secret_that_is_refused_is_not_told() {
    let document = r#"
openapi: 3.0.3
paths:
  /login:
    post:
      operationId: login
      parameters: [{name: pin, in: query, schema: {type: string, format: password, pattern: '^[0-9]+$'}}]
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {token: {type: string, maxLength: 5, writeOnly: true}}}
      responses: {}
  /locks/{pin}:
    parameters: [{name: pin, in: path, required: true, schema: {type: string, format: password}}]
    get: {operationId: readLock, responses: {}}
"#;
    let contract = Contract::load("login.yaml", document.as_bytes()).expect("it is a document");
    for (place, secret, reason) in [
        ("query.pin", "s3cret", "to *** in login: its schema refuses it [pattern]"),
        ("body.token", "s3cret", "to *** in login: its schema refuses it [maxLength]"),
        ("path.pin", "s3/cret", "to *** in readLock: no server reads that"),
    ] {
        let error = fixed(&[(place, json!(secret))]).check(&[&contract]).unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains(secret), "{place}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_the_document_lacks_and_a_value_that_it_refuses_are_errors() {
    let table = [
        ("query.limt", json!("1"), "no operation of orders.yaml has `query.limt`; there is query.limit"),
        ("body.customer.nme", json!("1"), "there is body.customer.id, body.customer.name"),
        ("body.draught", json!("1"), "there is body.customer, body.draft, body.lines"),
        ("cookie.a", json!("1"), "there is body.customer, "),
        ("query.limit@lstOrders", json!("1"), "there is @addOrder, @listOrders, @readOrder, @removeOrder"),
        ("query.limit@readOrder", json!("1"), "there is header.X-Tenant, path.orderId"),
        ("query.limit", json!("many"), "`query.limit` cannot be set to \"many\" in listOrders: "),
        ("query.limit@listOrders", json!(51), "51 is greater than the maximum of 50"),
        ("path.orderId", json!("a/b"), "no server reads that in a path as it stands"),
        ("header.X-Tenant", json!("ä"), "other characters than those of ASCII"),
        ("body.customer.id", json!({"a": 1}), "`body.customer.id` cannot be set to {\"a\":1} in addOrder"),
    ];
    let contract = orders();
    for (place, value, part) in table {
        let values = fixed(&[(place, value)]);
        let error = values.check(&[&contract]).unwrap_err().to_string();
        assert!(error.contains(part), "{place}: {error}");
        let settings = Settings { fixed: values, ..Settings::default() };
        let outcome = Outcome::of(&contract, &Target::new("http://localhost:1"), &settings).await;
        assert!(outcome.warnings()[0].message.contains(part), "{place}: {:?}", outcome.warnings());
    }
    // Of several documents one has to have it; a run of the other goes without.
    let values = fixed(&[("query.limit@listOrders", json!(51)), ("header.X-Key", json!("k"))]);
    assert!(values.check(&[&contract, &crate::defects::contract()]).is_err());
    let values = fixed(&[("query.limit@listOrders", json!(50))]);
    assert_eq!(values.check(&[&contract, &crate::defects::contract()]), Ok(()));
    assert!(values.of(&crate::defects::contract()).is_ok_and(|own| own.is_empty()));
}

/// What is made is not what the path names, and what is listed is not all there is: a server is blamed for neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faithful_library_passes_whatever_is_fixed() {
    for (place, value) in [
        ("path.id", "1"),
        ("path.id", "7000"),
        ("path.id@readShelf", "7000"),
        ("path.id@DELETE", "1"),
        ("path.shelfId", "1"),
        ("query.colour", "red"),
        ("query.limit", "1"),
        ("body.name", "rex"),
        ("body.colour", "blue"),
        ("body.name@changeShelf", "rex"),
    ] {
        let library = Library::open(Fault::None).await;
        let settings = Settings {
            fixed: fixed(&[(place, json!(value))]),
            ..stories::settings(&[Phase::Coverage, Phase::Fuzzing, Phase::Stateful, Phase::Probing])
        };
        let outcome = library.tested(&settings).await;
        assert_eq!(outcome.failures(), Vec::<&Failure>::new(), "{place}={value}");
        assert!(outcome.summary.cases > 50, "{place}={value}: {:?}", outcome.summary);
    }
}
