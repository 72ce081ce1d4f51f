//! What a user decides: how grave each check is, what it expects, and what may be sent where.

use counterfoil_conformance::{Options, Override, Phase, Settings, Severity, Target};
use counterfoil_openapi::Contract;

use crate::defects::{Defect, KEY, Shop, contract};
use crate::hostile::{Hostile, Piece};
use crate::running::{Outcome, shop_settings, shop_target};

/// Says how grave it is when a check does not hold, in some phases and for some operations.
fn grave(check: &str, severity: Severity, phases: &[Phase], operations: &[&str]) -> Override {
    Override {
        phases: phases.to_vec(),
        operations: operations.iter().map(|name| (*name).to_owned()).collect(),
        severity: [(check.to_owned(), severity)].into(),
        ..Override::default()
    }
}

async fn against(defect: Defect, overrides: Vec<Override>) -> Outcome {
    let shop = Shop::open(defect).await;
    let options = Options { overrides: Some(overrides), ..Options::default() };
    let settings =
        Settings { policy: options.resolve().expect("these can be used").policy, ..shop_settings() };
    Outcome::of(&contract(), &shop_target(&shop), &settings).await
}

/// The checks that failed and the operations in which they did.
fn told(outcome: &Outcome) -> Vec<(&str, &str)> {
    let failures = outcome.failures();
    failures.iter().map(|failure| (failure.check.as_str(), failure.operation.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_warns_fails_or_says_nothing_as_the_user_wishes() {
    let check = "response_schema_conformance";
    let both = [(check, "placeOrder"), (check, "readOrder")];
    assert_eq!(told(&against(Defect::WrongType, Vec::new()).await), both);
    let off = against(Defect::WrongType, vec![grave(check, Severity::Off, &[], &[])]).await;
    assert_eq!((told(&off), off.warnings().len()), (vec![], 0));
    let warned = against(Defect::WrongType, vec![grave(check, Severity::Warning, &[], &[])]).await;
    assert_eq!((told(&warned), warned.summary.failures), (vec![], 0));
    let warnings = warned.warnings();
    let codes: Vec<&str> = warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, [check, check]);
    assert_eq!(warned.summary.warnings, 2);
    assert!(warnings.iter().all(|warning| warning.message.contains("curl ")), "{warnings:?}");
    assert!(!format!("{warnings:?}").contains(KEY));
    let one = grave(check, Severity::Off, &[], &["GET /orders/{id}"]);
    assert_eq!(told(&against(Defect::WrongType, vec![one]).await), [(check, "placeOrder")]);
    // What the document's data phases do not judge, the probes still do.
    let phases = [Phase::Examples, Phase::Coverage, Phase::Fuzzing, Phase::Stateful];
    let outcome = against(Defect::WrongType, vec![grave(check, Severity::Off, &phases, &[])]).await;
    assert!(outcome.failures().iter().all(|failure| failure.phase == Phase::Probing), "{:?}", told(&outcome));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_a_user_expects_is_none_to_fail_for() {
    let expecting = |check: &str, statuses: &[&str]| Override {
        expected_statuses: [(check.to_owned(), statuses.iter().map(|text| (*text).to_owned()).collect())]
            .into(),
        ..Override::default()
    };
    let none: Vec<(&str, &str)> = Vec::new();
    let error = against(Defect::ServerError, vec![expecting("not_a_server_error", &["500"])]).await;
    assert_eq!(told(&error), [("status_code_conformance", "placeOrder")]);
    let accepted =
        against(Defect::AcceptsInvalid, vec![expecting("negative_data_rejection", &["2XX", "4XX"])]);
    assert_eq!(told(&accepted.await), none);
    let strict = against(Defect::None, vec![expecting("negative_data_rejection", &["422"])]).await;
    assert!(told(&strict).contains(&("negative_data_rejection", "placeOrder")), "{:?}", told(&strict));
    let refused =
        against(Defect::RefusesValid, vec![expecting("positive_data_acceptance", &["201", "200", "400"])]);
    assert_eq!(told(&refused.await), none);
    let header = against(Defect::HeaderNotAskedFor, vec![expecting("missing_required_header", &["200"])]);
    assert_eq!(told(&header.await), none);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_by_no_name_of_any_operation_is_warned_of() {
    let shop = Shop::open(Defect::None).await;
    let options = Options {
        include: Some(vec!["readOrder".to_owned(), "readOrders".to_owned()]),
        overrides: Some(vec![grave("ignored_auth", Severity::Off, &[], &["GET /order"])]),
        max_cases: Some(5),
        ..Options::default()
    };
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &options.resolve().unwrap()).await;
    let warnings = outcome.warnings();
    let codes: Vec<&str> = warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["filter-unmatched", "filter-unmatched"]);
    assert!(warnings[0].message.contains("`readOrders`") && warnings[1].message.contains("`GET /order`"));
}

const DESTRUCTIVE: &str = r#"
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things:
    get: {operationId: list, responses: {default: {description: any}}}
    post: {operationId: add, responses: {default: {description: any}}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: read, responses: {default: {description: any}}}
    put: {operationId: change, responses: {default: {description: any}}}
    delete: {operationId: remove, responses: {default: {description: any}}}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a69_nothing_is_changed_on_another_machine_unasked() {
    let contract = Contract::load("things.yaml", DESTRUCTIVE.as_bytes()).unwrap();
    let run = async |allow_unsafe| {
        let server = Hostile::open(|_, _| Piece::reply(405, "allow: GET\r\n", "")).await;
        // An address of this machine that is none of its loopback.
        let target = Target::new(server.url.replace("127.0.0.1", "0.0.0.0"));
        let options = Options { allow_unsafe: Some(allow_unsafe), max_cases: Some(10), ..Options::default() };
        let outcome = Outcome::of(&contract, &target, &options.resolve().unwrap()).await;
        let methods: Vec<String> =
            server.requests().iter().map(|request| request.method.as_str().to_owned()).collect();
        (outcome, methods)
    };
    let (outcome, methods) = run(false).await;
    assert!(!methods.is_empty() && methods.iter().all(|method| method == "GET"), "{methods:?}");
    let warnings = outcome.warnings();
    let warned: Vec<&str> = warnings
        .iter()
        .filter(|warning| warning.code == "unsafe-methods")
        .map(|warning| warning.message.as_str())
        .collect();
    let named = "another machine: POST /things, PUT /things/{id}, DELETE /things/{id}; see --allow-unsafe";
    assert!(warned.len() == 1 && warned[0].ends_with(named), "{warned:?}");
    let (outcome, methods) = run(true).await;
    for method in ["POST", "PUT", "DELETE"] {
        assert!(methods.iter().any(|sent| sent == method), "{method}");
    }
    assert!(outcome.warnings().iter().all(|warning| warning.code != "unsafe-methods"));
}
