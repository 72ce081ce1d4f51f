//! Documents of a size that nobody writes by hand.

use std::env;
use std::fmt::Write as _;
use std::process::Command;

use counterfoil_openapi::{BasePaths, Contract, MAX_BYTES, Route, Router};
use http::Method;

use super::timed;

#[test]
fn a13_a_document_over_the_limit_is_refused_before_it_is_read() {
    let bytes = vec![b' '; MAX_BYTES + 1];
    let error = timed("bytes", || Contract::load("a.yaml", &bytes)).expect_err("it is over the limit");
    assert!(error.message().contains(&format!("over the limit of {MAX_BYTES}")), "{error}");
}

#[test]
fn a13_a_hundred_thousand_operations_are_routed() {
    let mut text = "{\"openapi\": \"3.0.3\", \"paths\": {".to_owned();
    for number in 0..100_000 {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(text, "{comma}\"/p{number}/{{id}}\": {{\"get\": {{\"responses\": {{}}}}}}");
    }
    text.push_str("}}");
    timed("operations", || {
        let contract = Contract::load("a.json", text.as_bytes()).expect("a document");
        assert_eq!(contract.operations().len(), 100_000);
        let router = Router::new(contract.operations(), BasePaths::Optional);
        assert!(matches!(router.find(&Method::GET, "/p99999/7"), Route::Found(_)));
    });
}

#[test]
fn a13_a_million_members_of_an_enum_are_read() {
    let members: String = (0..1_000_000).map(|number| format!("{number},")).collect();
    let text = format!(
        "{{\"openapi\": \"3.0.3\", \"paths\": {{\"/a\": {{\"get\": {{\"parameters\": [{{\"name\": \"a\", \"in\": \"query\", \
         \"schema\": {{\"enum\": [{}]}}}}], \"responses\": {{}}}}}}}}}}",
        members.trim_end_matches(',')
    );
    timed("enum", || {
        let contract = Contract::load("a.json", text.as_bytes()).expect("a document");
        let schema = contract.operations()[0].parameters()[0].schema.clone().expect("a schema");
        assert!(schema.is_valid(&999_999.into(), counterfoil_openapi::Direction::Request));
    });
}

#[test]
fn a13_fifty_megabytes_of_text_are_read() {
    let line = "a text that says nothing, at great length. ".repeat(24_000);
    let mut text = "{\"openapi\": \"3.0.3\", \"paths\": {\"/a\": {\"get\": {\"responses\": {}}}}".to_owned();
    for number in 0..50 {
        let _ = write!(text, ",\"x-{number}\": \"{line}\"");
    }
    text.push('}');
    assert!(text.len() > 50_000_000);
    let contract = timed("megabytes", || Contract::load("a.json", text.as_bytes())).expect("a document");
    assert_eq!(contract.operations().len(), 1);
}

/// The others again, one after the other, by a process that gets a gigabyte and no more.
#[cfg(target_os = "linux")]
#[test]
fn large_documents_take_less_than_a_gigabyte() {
    let within = |kilobytes: u32| {
        let program = env::current_exe().expect("these tests are a program");
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            &format!("ulimit -d {kilobytes} && exec \"$0\" attacks::size::a13 --test-threads 1"),
        ]);
        shell.arg(program).output().expect("a shell starts")
    };
    let told = within(1 << 20);
    assert!(told.status.success(), "{told:?}");
    // That the limit is one: in little they fail.
    assert!(!within(1 << 15).status.success());
}
