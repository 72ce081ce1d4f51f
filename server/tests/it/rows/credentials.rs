//! `--credentials`: only the credentials of a file are accepted.

use counterfoil_openapi::Contract;
use counterfoil_server::{Credentials, StubBuilder};

use super::{row, stub_of, walk, with};
use crate::stub::{Stub, contract};

const SECURED: &str = r#"
paths:
  /header: { get: { security: [{ header: [] }], responses: &ok { "200": { content: { application/json: { example: ok } } } } } }
  /query: { get: { security: [{ query: [] }], responses: *ok } }
  /cookie: { get: { security: [{ cookie: [] }], responses: *ok } }
  /basic: { get: { security: [{ basic: [] }], responses: *ok } }
  /bearer: { get: { security: [{ bearer: [] }], responses: *ok } }
  /digest:
    get: { security: [{ digest: [] }], responses: *ok }
    post: { security: [{ digest: [] }], responses: *ok }
  /oauth: { get: { security: [{ oauth: [read] }], responses: *ok } }
  /admin: { get: { security: [{ oauth: [read, admin] }], responses: *ok } }
  /documented:
    get:
      security: [{ oauth: [admin] }]
      responses: { "401": { content: { application/json: { example: who } } }, "403": { content: { application/json: { example: no } } } }
  /unforeseen: { get: { security: [{ oauth: [admin] }], responses: { "200": {}, "401": {} } } }
  /openid: { get: { security: [{ openid: [] }], responses: *ok } }
  /unnamed: { get: { security: [{ unnamed: [] }], responses: *ok } }
  /any: { get: { security: [{ any: [] }], responses: *ok } }
  /certificate: { get: { security: [{ certificate: [] }], responses: *ok } }
  /or-of-ands: { get: { security: [{ header: [], query: [] }, { oauth: [admin] }], responses: *ok } }
components:
  securitySchemes:
    header: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: key }
    cookie: { type: apiKey, in: cookie, name: session }
    basic: { type: http, scheme: basic }
    bearer: { type: http, scheme: bearer }
    digest: { type: http, scheme: digest }
    oauth: { type: oauth2, flows: {} }
    openid: { type: openIdConnect, openIdConnectUrl: https://x/ }
    unnamed: { type: apiKey, in: header, name: X-Unnamed }
    any: { type: apiKey, in: header, name: X-Any }
    certificate: { type: mutualTLS }
"#;

const ACCEPTED: &str = r#"
header: k3y-header
query: [k3y-one, "k3y two"]
cookie: k3y=cookie%
basic: ["ada:love:lace", "grace:höpper"]
bearer: t0ken-bearer
digest: [ada:lovelace]
oauth:
  - { value: t0ken-reader, scopes: [read] }
  - { value: t0ken-admin, scopes: [admin, read] }
  - { value: t0ken-nobody, scopes: [] }
  - t0ken-root
openid: { value: t0ken-openid }
any: true
"#;

const REFUSED: &str = "problem unauthorized";
const FORBIDDEN: &str = "problem forbidden";

fn secured() -> Contract {
    contract(format!("openapi: 3.1.0\n{SECURED}").as_bytes())
}

fn accepting() -> StubBuilder {
    let credentials = Credentials::load("accepted.yaml", ACCEPTED.as_bytes(), &[secured()]).unwrap();
    stub_of(SECURED).credentials(credentials)
}

#[tokio::test]
async fn only_the_values_named_are_accepted_others_are_401() {
    walk(
        accepting(),
        [
            with(&[("x-key", "k3y-header")], "GET /header", 200, "ok"),
            with(&[("x-key", "k3y-heade")], "GET /header", 401, REFUSED),
            with(&[("x-key", "K3Y-HEADER")], "GET /header", 401, REFUSED),
            with(&[("x-key", "t0ken-bearer")], "GET /header", 401, REFUSED),
            row("GET /header", 401, REFUSED),
            row("GET /query?key=k3y-one", 200, "ok"),
            row("GET /query?key=k3y%20two", 200, "ok"),
            row("GET /query?key=k3y+two", 200, "ok"),
            row("GET /query?key=k3y", 401, REFUSED),
            with(&[("cookie", "a=b; session=k3y=cookie%")], "GET /cookie", 200, "ok"),
            with(&[("cookie", "session=k3y%3Dcookie%25")], "GET /cookie", 200, "ok"),
            with(&[("cookie", "session=k3y")], "GET /cookie", 401, REFUSED),
            with(&[("authorization", "Basic YWRhOmxvdmU6bGFjZQ==")], "GET /basic", 200, "ok"),
            with(&[("authorization", "basic Z3JhY2U6aMO2cHBlcg==")], "GET /basic", 200, "ok"),
            with(&[("authorization", "Basic YWRhOmxvdmU=")], "GET /basic", 401, REFUSED),
            with(&[("authorization", "BEARER t0ken-bearer")], "GET /bearer", 200, "ok"),
            with(&[("authorization", "Bearer t0ken")], "GET /bearer", 401, REFUSED),
            with(&[("authorization", "Bearer t0ken-openid")], "GET /openid", 200, "ok"),
            with(&[("authorization", "Bearer t0ken-bearer")], "GET /openid", 401, REFUSED),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_scheme_that_is_not_named_accepts_nothing_and_true_accepts_whatever_is_well_formed() {
    walk(
        accepting(),
        [
            with(&[("x-unnamed", "k")], "GET /unnamed", 401, REFUSED),
            with(&[("x-any", "k")], "GET /any", 200, "ok"),
            with(&[("x-any", "")], "GET /any", 401, REFUSED),
            row("GET /certificate", 200, "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_good_credential_that_lacks_a_documented_scope_is_403() {
    let stub = Stub::start(accepting()).await;
    stub.walk([
        with(&[("authorization", "Bearer t0ken-reader")], "GET /oauth", 200, "ok"),
        with(&[("authorization", "Bearer t0ken-admin")], "GET /admin", 200, "ok"),
        with(&[("authorization", "Bearer t0ken-root")], "GET /admin", 200, "ok"),
        with(&[("authorization", "Bearer t0ken-reader")], "GET /admin", 403, FORBIDDEN),
        with(&[("authorization", "Bearer t0ken-nobody")], "GET /oauth", 403, FORBIDDEN),
        with(&[("authorization", "Bearer t0ken-none")], "GET /oauth", 401, REFUSED),
        with(&[("authorization", "Bearer t0ken-reader")], "GET /documented", 403, "no"),
        with(&[("authorization", "Bearer t0ken-none")], "GET /documented", 401, "who"),
        // A documented 401 would say that nobody is known.
        with(&[("authorization", "Bearer t0ken-reader")], "GET /unforeseen", 403, FORBIDDEN),
        with(&[("x-key", "k3y-header")], "GET /or-of-ands?key=k3y-one", 200, "ok"),
        with(&[("authorization", "Bearer t0ken-admin")], "GET /or-of-ands", 200, "ok"),
        with(&[("authorization", "Bearer t0ken-reader")], "GET /or-of-ands", 403, FORBIDDEN),
        with(&[("x-key", "k3y-header")], "GET /or-of-ands?key=wrong", 401, REFUSED),
    ])
    .await;
    let reply = stub.send("GET /admin", &[("authorization", "Bearer t0ken-reader")], "").await;
    let reason = "security: the credentials are good, and `oauth` lacks the scope `admin` [forbidden]";
    assert_eq!(reply.header("counterfoil-reason"), reason);
    for (line, token, challenge) in [
        (
            "GET /admin",
            "t0ken-reader",
            r#"Bearer realm="counterfoil", error="insufficient_scope", scope="read admin""#,
        ),
        (
            "GET /documented",
            "t0ken-reader",
            r#"Bearer realm="counterfoil", error="insufficient_scope", scope="admin""#,
        ),
        ("GET /oauth", "t0ken-none", r#"Bearer realm="counterfoil", error="invalid_token", scope="read""#),
    ] {
        let reply = stub.send(line, &[("authorization", &format!("Bearer {token}"))], "").await;
        assert_eq!(reply.fields("www-authenticate"), [challenge], "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_digest_challenge_is_checked() {
    let stub = Stub::start(accepting()).await;
    let reply = stub.get("/digest").await;
    let challenges = reply.fields("www-authenticate");
    assert_eq!((reply.status, challenges.len()), (401, 2), "{challenges:?}");
    assert!(
        challenges[0]
            .starts_with(r#"Digest realm="counterfoil", qop="auth, auth-int", algorithm=SHA-256, nonce=""#)
    );
    let named = |name: &str| {
        let rest = challenges[0].split_once(&format!("{name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.to_owned()
    };
    // curl computes the answer, so that the two do not share our mistakes.
    for (user, expected) in [("ada:lovelace", "200"), ("ada:wrong", "401"), ("grace:lovelace", "401")] {
        for method in ["GET", "POST"] {
            let output = std::process::Command::new("curl")
                .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--digest", "-u", user, "-X", method])
                .arg(format!("{}/digest?a=b", stub.server.url()))
                .output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), expected, "{method} {user}");
        }
    }
    // The right answer to another's nonce is stale (RFC 7616, section 3.3): MD5 of what the test wrote down by hand.
    let stale =
        r#"Digest username="ada", realm="counterfoil", nonce="old", uri="/digest", response="RESPONSE""#;
    let stale = stale.replace("RESPONSE", STALE_RESPONSE);
    let reply = stub.send("GET /digest", &[("authorization", &stale)], "").await;
    assert_eq!(reply.status, 401);
    assert!(reply.fields("www-authenticate")[0].ends_with(", stale=true"), "{:?}", reply.headers);
    assert_eq!(named("nonce").len(), 32);
    let again = Stub::start(accepting()).await.get("/digest").await;
    assert_eq!(again.fields("www-authenticate"), challenges, "the same seed, the same nonce");
    let other = Stub::start(accepting().seed(1)).await.get("/digest").await;
    assert_ne!(other.fields("www-authenticate"), challenges);
}

/// `md5(md5("ada:counterfoil:lovelace"):old:md5("GET:/digest"))`, by md5sum.
const STALE_RESPONSE: &str = "bb38b0151212d281b5da2ca83f48ca2d";

#[tokio::test]
async fn no_accepted_or_sent_value_is_in_journal_trail_reason_or_problem() {
    let stub = Stub::start(accepting()).await;
    let replies = [
        stub.send("GET /header", &[("x-key", "k3y-header")], "").await,
        stub.send("GET /header", &[("x-key", "wr0ng-key")], "").await,
        stub.get("/query?key=wr0ng-key").await,
        stub.send("GET /cookie", &[("cookie", "session=wr0ng-cookie")], "").await,
        stub.send("GET /basic", &[("authorization", "Basic YWRhOndyMG5n")], "").await,
        stub.send("GET /admin", &[("authorization", "Bearer t0ken-reader")], "").await,
        stub.send("GET /oauth", &[("authorization", "Bearer wr0ng-token")], "").await,
    ];
    let mut told = format!("{:?}", stub.server.calls());
    for reply in &replies {
        told += &format!("{:?} {}", reply.headers, reply.text());
    }
    assert_eq!(stub.server.calls().len(), replies.len());
    for secret in ["k3y", "t0ken", "wr0ng", "YWRh", "lovelace", "love:lace"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    let credentials = Credentials::load("a.yaml", ACCEPTED.as_bytes(), &[secured()]).unwrap();
    let shown = format!("{credentials:?}");
    assert!(shown.contains("oauth") && !shown.contains("t0ken"), "{shown}");
}

#[test]
fn what_is_wrong_with_the_file_is_told_with_its_place_and_without_a_value() {
    let text = r#"headr: s3cret
basic: s3cret-without-colon
bearer: 53
oauth:
  - { value: s3cret, scope: [read] }
  - { scopes: [read], s3cret: x }
  - { value: s3cret, scopes: s3cret }
  - [s3cret]
cookie: ""
query: false
certificate: s3cret
header: s3cret
header: s3cret-again
"#;
    let error = Credentials::load("accepted.yaml", text.as_bytes(), &[secured()]).unwrap_err();
    let told = |error: &counterfoil_server::CredentialsError| {
        let lines = error.findings().iter().map(|finding| match &finding.hint {
            Some(hint) => format!("{finding}; {hint}"),
            None => finding.to_string(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(&error));
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    for text in ["s3cret", "- s3cret", "a: [s3cret", "{\"header\": \"s3cret\"", "header: s3cret: x"] {
        let error = Credentials::load("a.yaml", text.as_bytes(), &[secured()]).unwrap_err();
        assert!(!format!("{error} {error:?} {}", told(&error)).contains("s3cret"), "{error:?}");
    }
    let many: String = (0..1_001).map(|number| format!("  - k{number}\n")).collect();
    let error = Credentials::load("a.yaml", format!("header:\n{many}").as_bytes(), &[secured()]).unwrap_err();
    assert!(error.to_string().contains("there are more than 1000"), "{error}");
    let json = br#"{"header": "k", "oauth": [{"value": "t", "scopes": ["read"]}]}"#;
    assert!(Credentials::load("a.json", json, &[secured()]).is_ok());
}
