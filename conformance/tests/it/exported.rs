//! What `counterfoil replay --export rust` writes: it compiles, it fails where the defect is, and passes where it is
//! mended.
//!
//! The tests of the example are functions here, run one by one by another process of this binary, which is told by its
//! environment what to run them against.

use counterfoil_conformance::{CaseFile, Exported, to_rust};
use counterfoil_openapi::Contract;
use counterfoil_openapi::validate::Enforcement;
use counterfoil_server::{Script, StubServer};
use serde_json::{Value, json};

/// The environment variable that names the test to run.
const RUN: &str = "COUNTERFOIL_EXPORTED_TEST";

/// The example, its tests as functions.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "it is written for crates that need a part of it, and knows no lints of ours"
)]
mod example {
    /// What makes them that.
    mod tokio {
        pub(super) use ::tokio::{main as test, runtime};
    }

    /// The client, under the name that the example knows it by.
    mod tyk_client {
        pub(super) use counterfoil_client::tyk::{Client, ClientInfo, Error, ResponseValue, Settings, types};
    }

    include!("exported_example.rs");

    type Row = (&'static str, fn(), Option<&'static str>);

    /// Each with what its defect is in a script, and where there is none whether credentials are asked for.
    pub(super) const ALL: [Row; 5] = [
        (
            "not_a_server_error_generate_auth_token_b20f4996492d",
            not_a_server_error_generate_auth_token_b20f4996492d,
            Some("{ status: 500, body: {}, allow_invalid: true }"),
        ),
        (
            "status_code_conformance_generate_auth_token_23edd2c1c89b",
            status_code_conformance_generate_auth_token_23edd2c1c89b,
            Some("{ status: 418, body: {}, allow_invalid: true }"),
        ),
        (
            "response_schema_conformance_generate_auth_token_212f88bfb834",
            response_schema_conformance_generate_auth_token_212f88bfb834,
            Some("{ patch: { Message: 5 }, allow_invalid: [body] }"),
        ),
        (
            "negative_data_rejection_generate_auth_token_a55204d7b98b",
            negative_data_rejection_generate_auth_token_a55204d7b98b,
            Some("{ when: { invalid: [body] }, respond: 200 }"),
        ),
        (
            "ignored_auth_generate_auth_token_bf4e8cc2c1ec",
            ignored_auth_generate_auth_token_bf4e8cc2c1ec,
            None,
        ),
    ];
}

fn contract() -> Contract {
    let tyk =
        counterfoil_openapi::bundled().iter().find(|system| system.name == "tyk").expect("it is bundled");
    Contract::load("tyk.yaml", tyk.document.as_bytes()).expect("it is a document")
}

fn cases() -> Vec<CaseFile> {
    let case = |check: &str, purpose: Value, body: Value, answered: u16, has_secret: bool| {
        let secret = json!(["admin-auth", [{"secret": "COUNTERFOIL_ADMIN_AUTH"}]]);
        let mut headers = vec![json!(["content-type", "application/json"])];
        headers.extend(has_secret.then_some(secret));
        let case = json!({
            "counterfoil_case": 1, "check": check, "operation": "generateAuthToken", "label": "POST /admin/sso",
            "kind": format!("status {answered}"), "message": "what was found\nand what was expected */ {x}",
            "flakiness": "recurs", "target": "http://127.0.0.1:1", "seed": 7, "found_by": "x/fuzzing/1", "curl": [],
            "recipe": {"steps": [{
                "operation": "generateAuthToken", "purpose": purpose, "answered": answered,
                "request": {"method": "POST", "target": "/admin/sso", "headers": headers, "body": {"text": body}},
            }]},
            "document": {"name": "tyk.yaml", "digest": "00"},
        });
        serde_json::from_value(case).expect("it is a case")
    };
    let valid = || json!("{\"ForSection\": \"dashboard\", \"OrgID\": \"it's {1}\"}");
    vec![
        case("not_a_server_error", json!("positive"), valid(), 500, true),
        case("status_code_conformance", json!("positive"), valid(), 418, true),
        case("response_schema_conformance", json!("positive"), valid(), 200, true),
        case("negative_data_rejection", json!("negative"), json!("{\"ForSection\": 5}"), 200, true),
        case("ignored_auth", json!("no_credentials"), valid(), 200, false),
        case(
            "allow_header_conformance",
            json!({"undeclared_method": {"declared": ["POST"]}}),
            valid(),
            405,
            true,
        ),
    ]
}

fn exported() -> Exported {
    to_rust(&contract(), Some("tyk-client"), &cases()).expect("there is a client")
}

/// It is compiled above.
#[test]
fn the_example_is_what_is_written() {
    let written = exported();
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/exported_example.rs");
        std::fs::write(path, &written.text).expect("it can be written");
    }
    assert_eq!(written.text, include_str!("exported_example.rs"));
    assert_eq!((written.typed, written.raw, written.left_out.len()), (3, 2, 1), "{:?}", written.left_out);
}

/// Runs the test that the environment names, in the process that [`outcome`] starts.
#[test]
fn one_test_of_the_example() {
    let Ok(wanted) = std::env::var(RUN) else { return };
    let (_, test, _) = example::ALL.iter().find(|(name, ..)| *name == wanted).expect("there is such a test");
    test();
}

/// Whether a test of the example passes against a stub, and what it says.
async fn outcome(name: &str, stub: &StubServer) -> (bool, String) {
    let mut command = tokio::process::Command::new(std::env::current_exe().expect("it runs"));
    command
        .args(["--exact", "exported::one_test_of_the_example", "--nocapture"])
        .env(RUN, name)
        .env("TARGET_URL", stub.url())
        .env("COUNTERFOIL_ADMIN_AUTH", "s3cret");
    let output = command.output().await.expect("it starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_test_fails_where_the_defect_is_and_passes_where_it_is_mended() {
    let contract = contract();
    let mended = StubServer::builder(contract.clone()).start().await.expect("a stub");
    for (name, _, defect) in example::ALL {
        let builder = StubServer::builder(contract.clone());
        let builder = match defect {
            Some(rule) => {
                let script = format!("script: 1\nrules:\n  generateAuthToken:\n    - {rule}\n");
                let contracts = std::slice::from_ref(&contract);
                builder.script(Script::load("defect.yaml", script.as_bytes(), contracts).expect("a script"))
            }
            None => builder.security(Enforcement::Ignored),
        };
        let broken = builder.start().await.expect("a stub");
        let (passes, said) = outcome(name, &broken).await;
        assert!(!passes && said.contains("panicked"), "{name}: {said}");
        let (passes, said) = outcome(name, &mended).await;
        assert!(passes, "{name}: {said}");
    }
}

#[test]
fn no_secret_is_in_the_tests() {
    let text = exported().text;
    assert!(text.contains("secret(\"COUNTERFOIL_ADMIN_AUTH\")"), "{text}");
    // What the types of the client do not say is sent raw, with the reason.
    assert_eq!(text.matches("/// It is sent raw: ").count(), 2, "{text}");
    assert!(text.contains("client.generate_auth_token(Some(&body)).await"), "{text}");
    assert!(text.contains("// - allow_header_conformance in POST /admin/sso: status 405"), "{text}");
}
