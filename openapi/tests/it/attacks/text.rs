//! Texts that expand, nest or contradict themselves, in whatever encoding.

use std::time::Duration;

use counterfoil_openapi::{Contract, MAX_ALIASED_NODES, MAX_DEPTH, Severity};

use super::timed;
use crate::work::Work;

/// A document, or why it is none, with the place.
fn load(bytes: &[u8]) -> Result<Contract, String> {
    timed("loading", || Contract::load("a.yaml", bytes)).map_err(|error| {
        let place = error.position().map(|position| format!("{position}: ")).unwrap_or_default();
        format!("{place}{}", error.message())
    })
}

const PATHS: &str = "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n";

#[test]
fn a01_aliases_that_multiply_are_refused_by_a_budget() {
    let mut text = format!("openapi: 3.0.3\n{PATHS}x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..=9 {
        let alias = format!("*a{}", level - 1);
        text.push_str(&format!("x-{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", ")));
    }
    let work = Work::start();
    let message = load(text.as_bytes()).expect_err("9⁹ nodes are over any budget");
    assert!(message.contains(&format!("aliases expand to more than {MAX_ALIASED_NODES} nodes")), "{message}");
    let time = work.done();
    assert!(time < Duration::from_secs(1), "{time:?}");
}

#[test]
fn a01_references_that_multiply_are_refused_by_a_budget() {
    // What stands in the place of an example may be a reference, and is put there: each time all of it.
    let examples: String = (0..2_000).map(|number| format!("{number}: {{$ref: '#/x-all'}}, ")).collect();
    let all: String = (0..2_000).map(|number| format!("{number}, ")).collect();
    let text = format!(
        "openapi: 3.0.3\npaths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{examples: {{{examples}}}}}}}}}, \
         responses: {{'200': {{description: ok}}}}}}}}}}\nx-all: {{value: [{all}]}}\n"
    );
    let loaded = load(text.as_bytes());
    let size = loaded.map(|contract| contract.document().root().to_string().len());
    assert!(size.as_ref().map_or(true, |size| *size < 64 << 20), "{size:?}");
}

#[test]
fn a02_deep_nesting_is_an_error_with_its_place() {
    let rows = [
        ("[".repeat(100_000), format!("1:{}", MAX_DEPTH + 2)),
        ("{\"a\":".repeat(100_000), format!("1:{}", 5 * (MAX_DEPTH + 1) + 1)),
        (format!("openapi: 3.0.3\nx: {}", "[".repeat(100_000)), "2:".to_owned()),
        (format!("openapi: 3.0.3\nx: {}", "{a: ".repeat(100_000)), "2:".to_owned()),
        (format!("openapi: 3.0.3\nx: {}1", "- ".repeat(100_000)), "2:".to_owned()),
        (format!("openapi: 3.0.3\nx: {}1", "? ".repeat(100_000)), "2:".to_owned()),
    ];
    for (text, place) in rows {
        let message = load(text.as_bytes()).expect_err("it is nested too deep");
        assert!(message.starts_with(&place), "{place}: {message}");
    }
}

#[test]
fn a04_repeated_keys_are_told_with_both_places_and_the_last_one_counts() {
    let yaml = "openapi: 3.0.3\npaths:\n  /a: {get: {operationId: one}}\n  /a: {get: {operationId: two}}\n";
    let json = "{\"openapi\": \"3.0.3\", \"paths\": {\n\"/a\": {\"get\": {\"operationId\": \"one\"}},\n\"/a\": {\"get\": {\"operationId\": \"two\"}}}}";
    for (text, first, again) in [(yaml, "3:3", "4:3"), (json, "2:1", "3:1")] {
        let contract = load(text.as_bytes()).expect("a document");
        let ids: Vec<&str> = contract.operations().iter().map(|operation| operation.id().as_str()).collect();
        assert_eq!(ids, ["two"]);
        let finding = contract.findings().iter().find(|finding| finding.code == "key-repeated");
        let finding = finding.expect("it is told");
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.position.map(|position| position.to_string()).as_deref(), Some(again));
        assert!(finding.message.contains(first), "{}", finding.message);
    }
}

#[test]
fn a18_any_encoding_is_read_or_refused_with_its_place() {
    let text = format!("openapi: 3.0.3\ninfo: {{title: 'caf\u{e9}', version: '1'}}\n{PATHS}");
    let units = || text.encode_utf16();
    let mark = || std::iter::once(0xFEFF);
    let readable: [(&str, Vec<u8>); 9] = [
        ("UTF-8 with a mark", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("UTF-16, little end first", mark().chain(units()).flat_map(u16::to_le_bytes).collect()),
        ("UTF-16, big end first", mark().chain(units()).flat_map(u16::to_be_bytes).collect()),
        ("UTF-16 without a mark", units().flat_map(u16::to_le_bytes).collect()),
        ("lines that end in CR LF", text.replace('\n', "\r\n").into()),
        ("lines that end in CR", text.replace('\n', "\r").into()),
        ("C1 controls in a text", text.replace("caf", "caf\u{85}\u{9f}").into()),
        ("controls escaped in a text", text.replace("'caf\u{e9}'", "\"\\0\\a\\x1b\"").into()),
        (
            "Windows-1252",
            text.replace('\u{e9}', "?").bytes().map(|byte| if byte == b'?' { 0xE9 } else { byte }).collect(),
        ),
    ];
    for (name, bytes) in readable {
        let contract = load(&bytes).unwrap_or_else(|message| panic!("{name}: {message}"));
        assert_eq!(contract.operations().len(), 1, "{name}");
    }
    let refused: [(&str, Vec<u8>, &str); 5] = [
        (
            "half a unit of UTF-16",
            [b"\xFF\xFE".to_vec(), vec![0x00, 0xD8, 0x61, 0x00]].concat(),
            "not valid UTF-16",
        ),
        ("NUL", b"openapi: 3.0.3\n\0\0\xFF".to_vec(), "not valid UTF-8 at byte 17 (line 2)"),
        ("an unending sequence", vec![0xC3; 4096], "not valid UTF-8 at byte 0 (line 1)"),
        ("overlong", [b"a: ".to_vec(), vec![0xC0, 0xAF]].concat(), "not valid UTF-8 at byte 3 (line 1)"),
        (
            "a surrogate",
            [b"b: ".to_vec(), vec![0xED, 0xA0, 0x80]].concat(),
            "not valid UTF-8 at byte 3 (line 1)",
        ),
    ];
    for (name, bytes, expected) in refused {
        let message = load(&bytes).map(drop).expect_err(name);
        assert!(message.contains(expected), "{name}: {message}");
    }
}

#[test]
fn a18_bytes_at_random_are_refused_or_read_and_nothing_worse() {
    use proptest::test_runner::{Config, TestRng, TestRunner};
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 300, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let start = b"{\"openapi\": \"3.0.3\", \"paths\": {\"/a\": [";
    let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..64);
    let outcome = runner.run(&bytes, |bytes| {
        for text in [bytes.clone(), [start.as_slice(), &bytes].concat(), [&start[1..20], &bytes].concat()] {
            if let Ok(contract) = Contract::load("a", &text) {
                contract.check();
            }
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}
