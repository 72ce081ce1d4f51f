//! What a run warns of, where nothing that it found is a failure: that it did not come to the data at all, for one.

use counterfoil_conformance::{Event, Filter, Phase, Settings, Target};
use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};

use crate::running::Outcome;

const PETS: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1}}]
      responses: {'200': {description: ok}, '400': {description: wrong}, '401': {description: who}, '403': {description: no}, '404': {description: none}, '429': {description: later}}
"#;

/// The codes of the warnings of a run against a stub that answers by a rule.
async fn warned(rule: &str, filter: Filter) -> Vec<String> {
    let contract = Contract::load("pets.yaml", PETS.as_bytes()).expect("it is a document");
    let script = format!("script: 1\nrules:\n  listPets:\n    - {rule}\n");
    let script =
        Script::load("s", script.as_bytes(), std::slice::from_ref(&contract)).expect("it is a script");
    let stub = StubServer::builder(contract.clone()).script(script).start().await.expect("a port is free");
    let settings = Settings { max_cases: 30, phases: vec![Phase::Fuzzing], filter, ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(stub.url()), &settings).await;
    let warnings = outcome.events.iter().filter_map(|event| match event {
        Event::WarningRaised { warning } => Some(warning.code.clone()),
        _ => None,
    });
    warnings.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reason_why_the_data_were_not_looked_at_is_told() {
    let all = "when: { valid: any }";
    for (rule, expected) in [
        ("{ status: 200 }", None),
        (&format!("{{ {all}, status: 401 }}"), Some("all-unauthorized")),
        (&format!("{{ {all}, status: 403 }}"), Some("all-unauthorized")),
        (&format!("{{ {all}, status: 404 }}"), Some("all-not-found")),
        ("{ status: 400 }", Some("mostly-refused")),
    ] {
        let codes = warned(rule, Filter::default()).await;
        assert_eq!(codes.first().map(String::as_str), expected, "{rule}: {codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_matches_nothing_is_told() {
    let filter =
        |names: &[&str]| Filter::new(names.iter().map(|name| (*name).to_owned()).collect(), Vec::new());
    let codes = warned("{ status: 200 }", filter(&["addPet"])).await;
    assert!(
        ["nothing-selected", "filter-unmatched"].iter().all(|code| codes.iter().any(|known| known == code)),
        "{codes:?}"
    );
    assert_eq!(warned("{ status: 200 }", filter(&["listPets", "lstPets"])).await, ["filter-unmatched"]);
}
