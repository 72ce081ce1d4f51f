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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_that_no_request_means_are_left_out_and_told() {
    let text = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets/{id}: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], get: {operationId: readPet, responses: {'200': {description: ok}}}}
  /pets/{name}: {parameters: [{name: name, in: path, required: true, schema: {type: string}}], get: {operationId: namePet, responses: {'204': {description: ok}}}, delete: {operationId: removePet, responses: {'200': {description: ok}}}}
"#;
    let contract = Contract::load("pets.yaml", text.as_bytes()).expect("it is a document");
    let stub = StubServer::builder(contract.clone()).start().await.expect("a port is free");
    for (filter, expected) in [(Vec::new(), 2), (vec!["namePet".to_owned()], 0)] {
        let filter = Filter::new(filter, Vec::new());
        let settings = Settings { max_cases: 10, filter, ..Settings::default() };
        let outcome = Outcome::of(&contract, &Target::new(stub.url()), &settings).await;
        let Some(Event::RunStarted { operations, .. }) = outcome.events.first() else { panic!("no start") };
        assert_eq!(operations.len(), expected);
        let told: Vec<(&str, &str)> = outcome
            .warnings()
            .iter()
            .map(|warning| (warning.code.as_str(), warning.message.as_str()))
            .collect();
        let message = "left out, since each request for them means another operation: GET /pets/{name} (GET /pets/{id})";
        assert_eq!(told, [("operation-shadowed", message)]);
        assert_eq!(outcome.failures().len(), 0);
    }
}
