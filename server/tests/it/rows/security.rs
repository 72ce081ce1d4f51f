//! Security, of request validation; without accepted credentials whatever is well-formed is good.

use super::{row, stub_of, walk, with};
use crate::stub::Stub;

/// An operation for every kind of scheme, and for both ways to combine them.
const SECURED: &str = r#"
paths:
  /header: { get: { security: [{ header: [] }], responses: &ok { "200": { content: { application/json: { example: ok } } } } } }
  /query: { get: { security: [{ query: [] }], responses: *ok } }
  /cookie: { get: { security: [{ cookie: [] }], responses: *ok } }
  /basic: { get: { security: [{ basic: [] }], responses: *ok } }
  /bearer: { get: { security: [{ bearer: [] }], responses: *ok } }
  /digest: { get: { security: [{ digest: [] }], responses: *ok } }
  /other: { get: { security: [{ other: [] }], responses: *ok } }
  /oauth: { get: { security: [{ oauth: [read, write] }], responses: *ok } }
  /openid: { get: { security: [{ openid: [] }], responses: *ok } }
  /certificate: { get: { security: [{ certificate: [] }], responses: *ok } }
  /certificate-and-key: { get: { security: [{ certificate: [], header: [] }], responses: *ok } }
  /undeclared: { get: { security: [{ nowhere: [] }], responses: *ok } }
  /or: { get: { security: [{ header: [] }, { basic: [] }], responses: *ok } }
  /and: { get: { security: [{ header: [], query: [] }], responses: *ok } }
  /or-of-ands: { get: { security: [{ header: [], query: [] }, { bearer: [], cookie: [] }], responses: *ok } }
  /optional: { get: { security: [{ header: [] }, {}], responses: *ok } }
  /inherited: { get: { responses: *ok } }
  /none: { get: { security: [], responses: *ok } }
security: [{ bearer: [] }]
components:
  securitySchemes:
    header: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: api key }
    cookie: { type: apiKey, in: cookie, name: session }
    basic: { type: http, scheme: BASIC }
    bearer: { type: http, scheme: Bearer, bearerFormat: JWT }
    digest: { type: http, scheme: Digest }
    other: { type: http, scheme: Negotiate }
    oauth: { type: oauth2, flows: { implicit: { authorizationUrl: https://x/, scopes: { read: r, write: w } } } }
    openid: { type: openIdConnect, openIdConnectUrl: https://x/ }
    certificate: { type: mutualTLS }
"#;

const REFUSED: &str = "problem unauthorized";

#[tokio::test]
async fn api_key_in_header_query_and_cookie() {
    walk(
        stub_of(SECURED),
        [
            row("GET /header", 401, REFUSED),
            with(&[("x-key", "")], "GET /header", 401, REFUSED),
            with(&[("x-key", "k")], "GET /header", 200, "ok"),
            row("GET /header?X-Key=k", 401, REFUSED),
            row("GET /query", 401, REFUSED),
            row("GET /query?api%20key=", 401, REFUSED),
            row("GET /query?api%20key=k", 200, "ok"),
            row("GET /query?a=b&api+key=k", 200, "ok"),
            row("GET /cookie", 401, REFUSED),
            with(&[("cookie", "other=c")], "GET /cookie", 401, REFUSED),
            with(&[("cookie", "session=")], "GET /cookie", 401, REFUSED),
            with(&[("cookie", "other=c; session=k")], "GET /cookie", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn http_basic_bearer_digest_and_others_whose_names_are_case_insensitive() {
    walk(
        stub_of(SECURED),
        [
            row("GET /basic", 401, REFUSED),
            with(&[("authorization", "Basic dXNlcjpwYXNz")], "GET /basic", 200, "ok"),
            with(&[("authorization", "bASIC dXNlcjpwYXNz")], "GET /basic", 200, "ok"),
            with(&[("authorization", "Basic !")], "GET /basic", 401, REFUSED),
            with(&[("authorization", "Basic dXNlcg==")], "GET /basic", 401, REFUSED),
            with(&[("authorization", "Bearer dXNlcjpwYXNz")], "GET /basic", 401, REFUSED),
            row("GET /bearer", 401, REFUSED),
            with(&[("authorization", "Bearer t")], "GET /bearer", 200, "ok"),
            with(&[("authorization", "bearer  t ")], "GET /bearer", 200, "ok"),
            with(&[("authorization", "Bearer")], "GET /bearer", 401, REFUSED),
            with(&[("authorization", "t")], "GET /bearer", 401, REFUSED),
            row("GET /digest", 401, REFUSED),
            with(&[("authorization", "Digest x")], "GET /digest", 401, REFUSED),
            with(
                &[(
                    "authorization",
                    r#"DIGEST Username="u", realm="r", nonce="n", uri="/digest", response="00""#,
                )],
                "GET /digest",
                200,
                "ok",
            ),
            with(&[("authorization", r#"Digest username="u", realm="r""#)], "GET /digest", 401, REFUSED),
            row("GET /other", 401, REFUSED),
            with(&[("authorization", "negotiate abc")], "GET /other", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn oauth2_and_open_id_connect_as_bearer() {
    walk(
        stub_of(SECURED),
        [
            row("GET /oauth", 401, REFUSED),
            with(&[("authorization", "Basic dXNlcjpwYXNz")], "GET /oauth", 401, REFUSED),
            // Nobody has said which scopes a token has.
            with(&[("authorization", "Bearer t")], "GET /oauth", 200, "ok"),
            row("GET /openid", 401, REFUSED),
            with(&[("authorization", "Bearer t")], "GET /openid", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn mutual_tls_without_client_certificates_is_a_warning_never_a_refusal() {
    let stub = Stub::start(stub_of(SECURED)).await;
    let reply = stub.get("/certificate").await;
    assert_eq!(reply.status, 200);
    let told = "security: `certificate` asks for a client certificate, which is not looked at";
    assert_eq!(stub.trail(&reply)[0], told);
    stub.walk([
        row("GET /certificate-and-key", 401, REFUSED),
        with(&[("x-key", "k")], "GET /certificate-and-key", 200, "ok"),
        row("GET /undeclared", 200, "ok"),
    ])
    .await;
}

#[tokio::test]
async fn or_of_ands() {
    walk(
        stub_of(SECURED),
        [
            with(&[("x-key", "k")], "GET /or", 200, "ok"),
            with(&[("authorization", "Basic dXNlcjpwYXNz")], "GET /or", 200, "ok"),
            with(&[("authorization", "Bearer t")], "GET /or", 401, REFUSED),
            with(&[("x-key", "k")], "GET /and", 401, REFUSED),
            row("GET /and?api%20key=k", 401, REFUSED),
            with(&[("x-key", "k")], "GET /and?api%20key=k", 200, "ok"),
            with(&[("x-key", "k")], "GET /or-of-ands?api%20key=k", 200, "ok"),
            with(&[("authorization", "Bearer t"), ("cookie", "session=c")], "GET /or-of-ands", 200, "ok"),
            // Half of each is no whole of either.
            with(&[("authorization", "Bearer t"), ("x-key", "k")], "GET /or-of-ands", 401, REFUSED),
            row("GET /optional", 200, "ok"),
            row("GET /none", 200, "ok"),
            row("GET /inherited", 401, REFUSED),
            with(&[("authorization", "Bearer t")], "GET /inherited", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn www_authenticate_asks_for_every_kind_of_scheme() {
    let stub = Stub::start(stub_of(SECURED)).await;
    let mut told = Vec::new();
    for path in
        ["/header", "/query", "/cookie", "/basic", "/bearer", "/digest", "/other", "/oauth", "/openid", "/or"]
    {
        let reply = stub.get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        told.push(format!("{path}\n  {}", reply.fields("www-authenticate").join("\n  ")));
    }
    insta::assert_snapshot!(told.join("\n"));
    let reason = "security: no valid credentials: `Authorization: Bearer ...` is missing [unauthorized]";
    assert_eq!(stub.get("/bearer").await.header("counterfoil-reason"), reason);
    let malformed = stub.send("GET /bearer", &[("authorization", "Bearer")], "").await;
    let expected = [r#"Bearer realm="counterfoil", error="invalid_token""#];
    assert_eq!(malformed.fields("www-authenticate"), expected);
}
