//! The document for progenitor's own macro: what the macro makes of it is compiled here, and called.

use counterfoil_client::generate::lower;
use counterfoil_openapi::{Contract, Severity};
use serde_json::Value;

use crate::server::{Server, response};

const DOCUMENT: &str = include_str!("../lowered/pets.yaml");

/// What the macro makes of the lowered document: the build script ran the generator that it is.
#[expect(
    unreachable_pub,
    unused_qualifications,
    reason = "the generator wrote it, and this test needs a part of it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/lowered.rs"));
}

#[test]
fn what_the_macro_cannot_say_is_told() {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    let lowered = lower(&contract).expect("a document for the macro");
    assert_eq!((lowered.expressed.operations, lowered.expressed.methods), (4, 3));
    let told: Vec<(Severity, &str)> =
        lowered.findings.iter().map(|finding| (finding.severity, finding.code)).collect();
    assert_eq!(
        told,
        [
            (Severity::Error, "operation-left-out"),
            (Severity::Warning, "parameter-untyped"),
            (Severity::Warning, "parameter-untyped"),
            (Severity::Warning, "response-untyped"),
        ],
        "{:?}",
        lowered.findings
    );
    let document: Value = serde_json::from_str(&lowered.text).expect("JSON");
    assert_eq!(document["openapi"], "3.0.3");
    let properties = document["components"]["schemas"]["Pet"]["properties"].as_object().expect("an object");
    assert!(properties.contains_key("@odd"), "{properties:?}");
}

#[tokio::test]
async fn what_the_macro_makes_of_it_calls_a_server() {
    let server = Server::start([
        response(200, "application/json", r#"{"name": "Rex", "@odd": "x", "mother": {"name": "Ada"}}"#),
        response(404, "application/problem+json", r#"{"title": "none"}"#),
        response(201, "application/json", r#""made""#),
    ])
    .await;
    let client = generated::Client::new(&server.url);
    let tags = vec!["a".to_owned(), "b".to_owned()];
    let reply = client.get_pets_pet_id(7, None, Some(&tags), Some("t")).await.expect("a pet");
    assert_eq!(reply.mother.as_ref().map(|mother| mother.name.as_str()), Some("Ada"));
    let refused = client.get_pets_pet_id(7, None, None, None).await.expect_err("none");
    let generated::Error::ErrorResponse(problem) = refused else { panic!("{refused:?}") };
    assert_eq!((problem.status().as_u16(), problem.title.as_deref()), (404, Some("none")));
    let made =
        client.put_pet("7", &generated::types::Pet { name: "Rex".to_owned(), ..(*reply).clone() }).await;
    assert_eq!(made.expect("made").status().as_u16(), 201);
    let received = server.received();
    assert_eq!(received[0].request_line(), "GET /pets/7?tags=a&tags=b HTTP/1.1");
    assert_eq!(received[0].field("x-trace").as_deref(), Some("t"));
}
