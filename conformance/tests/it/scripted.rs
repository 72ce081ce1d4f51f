//! The two halves against each other: our own stub, scripted to break the Tyk document in twelve ways, and the
//! check that finds each.

use std::process::Command;
use std::time::Duration;

use counterfoil_conformance::{Failure, Settings, Target};
use counterfoil_openapi::validate::Enforcement;
use counterfoil_openapi::{Contract, bundled};
use counterfoil_server::{Script, StubServer};

use crate::running::Outcome;

const SECRET: &str = "secret";

/// A way to break the document: what the stub is told, and what comes of it.
struct Row {
    way: &'static str,
    /// The entry of the operation in the script.
    entry: &'static str,
    security: Enforcement,
    check: &'static str,
    /// The body of the smallest case.
    body: Option<&'static str>,
    /// What curl shows when its line is pasted: the start of the status line, or the number of curl's error.
    shown: &'static str,
}

const fn row(way: &'static str, entry: &'static str, check: &'static str, shown: &'static str) -> Row {
    Row { way, entry, security: Enforcement::Enforced, check, body: None, shown }
}

fn rows() -> [Row; 12] {
    [
        row(
            "wrong status",
            "{ status: 202, body: {}, allow_invalid: true }",
            "status_code_conformance",
            "202",
        ),
        row(
            "undocumented status",
            "{ status: 418, body: {}, allow_invalid: true }",
            "status_code_conformance",
            "418",
        ),
        row(
            "wrong type",
            "{ patch: { Message: 5 }, allow_invalid: [body] }",
            "response_schema_conformance",
            "200",
        ),
        row(
            "missing media type",
            "{ headers: { Content-Type: null }, allow_invalid: true }",
            "content_type_conformance",
            "200",
        ),
        row(
            "not JSON",
            "{ body: 'not JSON', media_type: text/plain, headers: { Content-Type: application/json }, allow_invalid: true }",
            "response_schema_conformance",
            "200",
        ),
        Row { security: Enforcement::Ignored, ..row("without auth", "200", "ignored_auth", "200") },
        Row {
            body: Some(r#"{"SSOOnlyForRegisteredUsers":[]}"#),
            ..row(
                "accepts invalid",
                "[{ when: { invalid: [body] }, respond: 200 }]",
                "negative_data_rejection",
                "200",
            )
        },
        row("refuses valid", "400", "positive_data_acceptance", "400"),
        row("closes the connection", "{ fault: empty }", "server_crash", "curl 52"),
        row("never answers", "{ fault: hang }", "response_timeout", "curl 28"),
        row("500", "500", "not_a_server_error", "500"),
        row(
            "wrong Content-Type",
            "{ headers: { Content-Type: text/html }, allow_invalid: true }",
            "content_type_conformance",
            "200",
        ),
    ]
}

async fn stub(contract: &Contract, row: &Row) -> StubServer {
    let text = format!("script: 1\nrules:\n  generateAuthToken: {}\n", row.entry);
    let script = Script::load(row.way, text.as_bytes(), std::slice::from_ref(contract))
        .unwrap_or_else(|error| panic!("{}: {error:?}", row.way));
    StubServer::builder(contract.clone())
        .script(script)
        .security(row.security)
        .start()
        .await
        .expect("a port is free")
}

/// What a person sees who pastes the line into a shell.
async fn pasted(failure: &Failure) -> String {
    let line = failure.reproduction.curl.replacen("curl ", "curl --max-time 2 ", 1);
    assert!(!line.contains(SECRET), "{line}");
    let shell = move || Command::new("sh").args(["-c", &line]).env("COUNTERFOIL_ADMIN_AUTH", SECRET).output();
    let output = tokio::task::spawn_blocking(shell).await.expect("it does not panic").expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.strip_prefix("HTTP/1.1 ") {
        Some(rest) => rest.chars().take(3).collect(),
        None => format!("curl {}", output.status.code().unwrap_or(-1)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_to_break_the_document_is_found_by_its_check() {
    let system = bundled()[0];
    let contract = Contract::load(system.file, system.document.as_bytes()).unwrap();
    let settings = Settings { max_cases: 40, timeout: Duration::from_millis(500), ..Settings::default() };
    for row in rows() {
        let stub = stub(&contract, &row).await;
        let target = Target::new(stub.url()).header("Admin-Auth", SECRET);
        let outcome = Outcome::of(&contract, &target, &settings).await;
        let found = outcome.failures();
        // A stub takes any secret for a good one; that is found in every row and judged in its own.
        let failure = found
            .iter()
            .find(|failure| failure.check == row.check)
            .unwrap_or_else(|| panic!("{}: {} found nothing: {found:#?}", row.way, row.check));
        // Nobody waits for one time-out after another: that failure is told as it was found.
        if row.check != "response_timeout" {
            assert_eq!(failure.exchange.request_body.as_deref(), row.body, "{}: {failure:#?}", row.way);
        }
        assert_eq!(pasted(failure).await, row.shown, "{}: {}", row.way, failure.reproduction.curl);
    }
}
