//! One row a defect: which check finds it, and what the smallest case is.

use std::process::Command;
use std::time::Duration;

use counterfoil_conformance::{CaseRecord, Failure, Flakiness, Phase, Settings, Target, Verdict};
use counterfoil_openapi::Contract;
use tokio::net::TcpListener;

use super::{Defect, KEY, Shop, contract};
use crate::running::{Outcome, impatient_settings, shop_settings, shop_target};

/// Runs the suite against a shop with a defect.
async fn failures(defect: Defect) -> (Shop, Vec<Failure>) {
    let shop = Shop::open(defect).await;
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &shop_settings()).await;
    let failures: Vec<Failure> = outcome.failures().into_iter().cloned().collect();
    for failure in &failures {
        assert_eq!(failure.flakiness, Flakiness::Recurs, "{defect:?}: {failure:?}");
        assert_eq!(failure.reproduction.seed, 0);
    }
    (shop, failures)
}

/// The checks and kinds of the failures, and the requests of their smallest cases.
fn summary(failures: &[Failure]) -> Vec<String> {
    let line = |failure: &Failure| {
        let url = &failure.exchange.url;
        let target = &url[url.find("/orders").unwrap_or(0)..];
        let body = failure.exchange.request_body.as_deref().unwrap_or("-");
        format!("{}: {}: {} {target} {body}", failure.check, failure.kind, failure.exchange.method)
    };
    failures.iter().map(line).collect()
}

/// The failures of a run against a shop with one defect, all of them: nothing else is blamed.
macro_rules! finds {
    ($name:ident: $defect:ident, $($expected:literal),* $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let (_shop, failures) = failures(Defect::$defect).await;
            assert_eq!(summary(&failures), <[&str]>::to_vec(&[$($expected),*]));
        }
    };
}

finds!(a_wrong_status_is_found: WrongStatus,
    r#"status_code_conformance: status 200: POST /orders {"item":"a","count":1}"#,
);
finds!(an_undocumented_status_is_found: UndocumentedStatus,
    r#"status_code_conformance: status 418: POST /orders -"#,
    r#"status_code_conformance: status 418: GET /orders/0 -"#,
);
finds!(a_wrong_type_is_found: WrongType,
    r#"response_schema_conformance: 201 type at /components/schemas/Order/properties/id/type: POST /orders {"item":"a","count":1}"#,
    r#"response_schema_conformance: 200 type at /components/schemas/Order/properties/id/type: GET /orders/1 -"#,
);
finds!(a_missing_content_type_is_found: NoContentType,
    r#"content_type_conformance: 201 absent: POST /orders {"item":"a","count":1}"#,
    r#"content_type_conformance: 200 absent: GET /orders/1 -"#,
);
finds!(what_is_not_json_is_found: NotJson,
    r#"response_schema_conformance: 201 unreadable: POST /orders {"item":"a","count":1}"#,
    r#"response_schema_conformance: 200 unreadable: GET /orders/1 -"#,
);
finds!(no_authentication_is_found: NoAuth,
    r#"ignored_auth: empty key: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: invalid key: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: no credentials: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: empty key: GET /orders/1 -"#,
    r#"ignored_auth: invalid key: GET /orders/1 -"#,
    r#"ignored_auth: no credentials: GET /orders/1 -"#,
);
finds!(any_key_is_found: AnyKey,
    r#"ignored_auth: empty key: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: invalid key: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: empty key: GET /orders/1 -"#,
    r#"ignored_auth: invalid key: GET /orders/1 -"#,
);
finds!(an_empty_key_is_found: EmptyKey,
    r#"ignored_auth: empty key: POST /orders {"item":"a","count":1}"#,
    r#"ignored_auth: empty key: GET /orders/1 -"#,
);
finds!(a_crash_over_an_unknown_query_parameter_is_found: UnknownCrashes,
    r#"not_a_server_error: status 500: POST /orders?counterfoil-unknown=1 {"item":"a","count":1}"#,
    r#"not_a_server_error: status 500: GET /orders/1?counterfoil-unknown=1 -"#,
);
finds!(an_unknown_query_parameter_may_be_refused_in_any_way: UnknownRefused,);
finds!(accepted_invalid_data_are_found: AcceptsInvalid,
    r#"negative_data_rejection: body maximum at /components/schemas/Wish/properties/count/maximum: POST /orders {"item":"a","count":101}"#,
);
finds!(refused_valid_data_are_found: RefusesValid,
    r#"positive_data_acceptance: status 400: POST /orders {"item":"aaaaaa","count":1}"#,
);
finds!(a_closed_connection_is_found: Closes,
    r#"server_crash: connection closed: POST /orders {"item":"a","count":13}"#,
);
finds!(a_server_error_is_found: ServerError,
    r#"not_a_server_error: status 500: POST /orders {"item":"a","count":1,"note":"é"}"#,
    r#"status_code_conformance: status 500: POST /orders {"item":"a","count":1,"note":"é"}"#,
);
finds!(a_wrong_content_type_is_found: WrongContentType,
    r#"content_type_conformance: 201 text/html: POST /orders {"item":"a","count":1}"#,
    r#"content_type_conformance: 200 text/html: GET /orders/1 -"#,
);
finds!(a_missing_response_header_is_found: NoLocation,
    r#"response_headers_conformance: 201 header.Location missing: POST /orders {"item":"a","count":1}"#,
);
finds!(a_header_not_asked_for_is_found: HeaderNotAskedFor,
    r#"missing_required_header: header X-Shop: GET /orders/1 -"#,
);
finds!(an_undeclared_method_is_found: DeleteWorks,
    r#"unsupported_method: DELETE answered 204: DELETE /orders -"#,
    r#"unsupported_method: DELETE answered 204: DELETE /orders/0 -"#,
);
finds!(a_405_without_allow_is_found: NoAllow,
    r#"unsupported_method: 405 without Allow: GET /orders -"#,
    r#"unsupported_method: 405 without Allow: POST /orders/0 -"#,
);
finds!(a_wrong_allow_is_found: WrongAllow,
    r#"allow_header_conformance: Allow: PATCH: GET /orders -"#,
    r#"allow_header_conformance: Allow: PATCH: POST /orders/0 -"#,
);

/// A value that can only be cut down by whoever knows its pattern.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_a_pattern_shrink_within_it() {
    let shop = Shop::open(Defect::RefusesCode).await;
    let mut smallest = Vec::new();
    for seed in 0..3 {
        let settings = Settings { seed, phases: vec![Phase::Fuzzing], max_cases: 30, ..shop_settings() };
        let outcome = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
        let code = |failure: &&Failure| failure.exchange.url.split_once("?code=").unwrap().1.to_owned();
        smallest.extend(outcome.failures().iter().map(code));
    }
    assert_eq!(smallest.len(), 3, "{smallest:?}");
    assert!(smallest.iter().all(|code| code.len() <= "green-00-00".len()), "{smallest:?}");
}

/// What is wrong with a case on purpose stays wrong with it in the same way, however small it becomes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smaller_case_breaks_the_same_rule() {
    let shop = Shop::open(Defect::UndocumentedStatus).await;
    for seed in 0..4 {
        let settings = Settings { seed, phases: vec![Phase::Fuzzing], max_cases: 10, ..shop_settings() };
        let outcome = Outcome::of(&contract(), &shop_target(&shop), &settings).await;
        let rule = |broken: &str| broken[broken.rfind('[').unwrap()..].to_owned();
        for failure in outcome.failures() {
            let first = outcome.cases().find(|case| case.id == failure.reproduction.case).unwrap();
            assert_eq!(rule(first.broken.as_ref().unwrap()), rule(failure.broken.as_ref().unwrap()));
            let same = |case: &&CaseRecord| {
                case.operation == failure.operation
                    && case.checks.iter().any(|result| is_failed(&result.verdict, failure))
            };
            assert_eq!(outcome.cases().filter(same).count() as u64, failure.count);
        }
        assert_eq!(outcome.failures().len(), 2);
    }
}

fn is_failed(verdict: &Verdict, failure: &Failure) -> bool {
    matches!(verdict, Verdict::Failed { kind, .. } if *kind == failure.kind)
}

/// Time-outs are not shrunk: each step would take as long as it takes to wait for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_answer_is_found() {
    let shop = Shop::open(Defect::Hangs).await;
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &impatient_settings()).await;
    let failures: Vec<Failure> = outcome.failures().into_iter().cloned().collect();
    let summary = summary(&failures);
    assert_eq!(summary.len(), 1, "{summary:?}");
    assert!(
        summary[0].starts_with("response_timeout: no complete response in time: GET /orders/"),
        "{summary:?}"
    );
    assert!(summary[0].contains("lines="), "{summary:?}");
    // The operation is given up, the others are not.
    assert_eq!(failures[0].count, 3);
    assert_eq!(outcome.cases().filter(|case| case.operation == "readOrder").count(), 3);
    assert!(outcome.cases().filter(|case| case.operation == "placeOrder").count() > 50);
    let codes: Vec<&str> = outcome.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["given-up"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_curl_line_shows_the_failure_again() {
    for (defect, status) in [
        (Defect::RefusesValid, "400"),
        (Defect::NoAuth, "201"),
        (Defect::AnyKey, "201"),
        (Defect::EmptyKey, "201"),
        (Defect::AcceptsInvalid, "201"),
    ] {
        let (_shop, failures) = failures(defect).await;
        for failure in failures.iter().filter(|failure| failure.exchange.method == "POST") {
            let line = failure.reproduction.curl.clone();
            assert!(!line.contains(KEY), "{line}");
            // A wrong key is no secret, and the failure is not to be seen with the right one.
            assert_eq!(line.contains("counterfoil-invalid"), failure.kind == "invalid key", "{line}");
            let shell = move || Command::new("sh").args(["-c", &line]).env("COUNTERFOIL_X_KEY", KEY).output();
            let output = tokio::task::spawn_blocking(shell).await.unwrap().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{defect:?}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_ends_the_run_with_a_crash() {
    let shop = Shop::open(Defect::Dies).await;
    let outcome = Outcome::of(&contract(), &shop_target(&shop), &shop_settings()).await;
    assert!(outcome.summary.unreachable);
    let failures = outcome.failures();
    // It died once: nobody after that is blamed, nothing is said to recur, and who it died of is left open.
    let [told] = failures[..] else { panic!("{failures:?}") };
    assert_eq!((told.check.as_str(), told.flakiness), ("server_crash", Flakiness::Untried));
    // Where the first to hear of it is refused a connection, the run ends before it hears of the one that was closed.
    if told.kind != "connections refused" {
        assert_eq!(told.kind, "connection closed");
        assert!(told.message.contains("takes no connections since"), "{}", told.message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_never_answers_does_not_hold_up_the_run() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut document = "openapi: 3.0.3\npaths:\n".to_owned();
    for number in 0..40 {
        document.push_str(&format!(
            "  /{number}/{{id}}: {{get: {{responses: {{'200': {{description: ok}}}}}}}}\n"
        ));
    }
    let contract = Contract::load("silent.yaml", document.as_bytes()).unwrap();
    let settings = Settings { timeout: Duration::from_millis(100), ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(url), &settings).await;
    // Each takes the whole time-out; all that could be sent would take minutes.
    assert!(outcome.summary.requests <= 40, "{}", outcome.summary.requests);
    assert!(outcome.failures().iter().all(|failure| failure.check == "response_timeout"));
    let codes: Vec<&str> = outcome.warnings().iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes.first(), Some(&"target-hangs"), "{codes:?}");
    assert!(outcome.summary.interrupted);
    drop(listener);
}
