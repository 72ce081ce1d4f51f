//! What the control API answers when it refuses, and what every answer of it says of itself.

use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub};

#[tokio::test]
async fn whatever_is_refused_is_told_in_a_problem_document() {
    let stub = Stub::scripted("script: 1").await;
    let table = [
        (Method::GET, "/calls/99", "", "", 404, "call-unknown"),
        (Method::GET, "/calls/x", "", "", 400, "request-invalid"),
        (Method::GET, "/calls?status=x", "", "", 400, "request-invalid"),
        (Method::GET, "/state?session=a%20b", "", "", 422, "findings"),
        (Method::PUT, "/operations/listPets/reply", "418", "", 422, "findings"),
        (Method::PUT, "/operations/nope/reply", "200", "", 404, "operation-unknown"),
        (Method::PUT, "/clock", "[", "", 422, "findings"),
        (Method::POST, "/sessions", "[]", "", 422, "findings"),
        (Method::POST, "/reset", "- [calls]", "", 422, "findings"),
        (Method::PUT, "/state/a", "", "", 422, "findings"),
        (Method::PUT, "/clock", "{}", "origin", 403, "origin-refused"),
        (Method::GET, "/calls/x", "", "host", 403, "host-refused"),
    ];
    for (method, path, body, header, status, kind) in table {
        let mut request = stub.control(method.clone(), path).body(body);
        if !header.is_empty() {
            request = request.header(header, "http://evil.example");
        }
        let refused = Answer::of(request).await;
        assert_eq!(
            (refused.status, refused.header("content-type"), &refused.json()["type"]),
            (status, "application/problem+json", &json!(kind)),
            "{method} {path}: {}",
            refused.text
        );
        assert_eq!(refused.json()["status"], status, "{method} {path}");
    }
    let huge = Answer::of(stub.control(Method::PUT, "/state/a").body("x".repeat(2 << 20))).await;
    assert_eq!((huge.status, huge.header("content-type")), (400, "application/problem+json"));
}

#[tokio::test]
async fn a_path_or_method_that_the_control_api_does_not_have_is_answered_by_dropshot() {
    let stub = Stub::scripted("script: 1").await;
    for (method, path, status) in [(Method::GET, "/nowhere", 404), (Method::PATCH, "/health", 405)] {
        let refused = Answer::of(stub.control(method, path)).await;
        assert_eq!((refused.status, refused.header("content-type")), (status, "application/json"));
        assert!(refused.json()["message"].is_string(), "{}", refused.text);
    }
}

#[tokio::test]
async fn no_answer_is_kept_framed_or_taken_for_a_page() {
    let stub = Stub::scripted("script: 1").await;
    for (method, path) in [
        (Method::GET, "/health"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/calls/99"),
        (Method::POST, "/sessions"),
        (Method::DELETE, "/calls"),
        (Method::POST, "/reset"),
    ] {
        let answer = Answer::of(stub.control(method, path)).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert!(!answer.header("content-type").contains("html"), "{path}");
    }
}
