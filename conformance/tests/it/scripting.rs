//! Typed scripts against a real stub.

use std::time::Duration;

use counterfoil_client::arcgis::{self, types::TokenRequest};
use counterfoil_client::tyk::stub::generate_auth_token::{Forbidden, Success, Unauthorized};
use counterfoil_client::tyk::stub::{Delay, Fault, GenerateAuthToken, Stub, header, state};
use counterfoil_client::tyk::{self, types};
use counterfoil_openapi::{Contract, bundled};
use counterfoil_server::StubServer;
use serde_json::json;

/// A stub of both bundled documents on a thread of its own.
fn served() -> counterfoil_server::StubThread {
    let mut contracts = bundled()
        .iter()
        .map(|system| Contract::load(system.file, system.document.as_bytes()).expect("it loads"));
    let first = contracts.next().expect("there are two");
    contracts
        .fold(StubServer::builder(first), |builder, contract| builder.contract(contract))
        .start_on_thread()
        .expect("a stub starts on any free port")
}

/// A handle on a stub of its own.
async fn stub() -> Stub {
    let served = served();
    Stub::connect(served.control_url()).await.expect("a session").holding(served)
}

fn from(section: &str) -> types::SsoAccessData {
    types::SsoAccessData { for_section: Some(section.to_owned()), ..types::SsoAccessData::default() }
}

fn told(message: &str) -> types::ApiError {
    types::ApiError { message: Some(message.to_owned()), ..types::ApiError::default() }
}

/// The status of a call, 0 where there was no answer, and the message of the reply.
async fn call(client: &tyk::Client, section: &str) -> (u16, String) {
    let (status, body) = match client.generate_auth_token(Some(&from(section))).await {
        Ok(reply) => (reply.status(), reply.into_inner()),
        Err(tyk::Error::ErrorResponse(reply)) => (reply.status(), reply.into_inner()),
        Err(tyk::Error::CommunicationError(_)) => return (0, String::new()),
        Err(other) => panic!("not a documented answer: {other:?}"),
    };
    (status.as_u16(), body.message.unwrap_or_default())
}

#[tokio::test]
async fn a_rule_answers_what_its_condition_holds_of_and_nothing_else() {
    let stub = stub().await;
    let client = stub.client().expect("a client");
    let rule = stub
        .on::<GenerateAuthToken>()
        .when(|request| request.body().for_section().eq("dashboard"))
        .reply(Forbidden(told("not ${today}")))
        .expect(1)
        .await
        .expect("the document admits it");
    assert_eq!(call(&client, "dashboard").await, (403, "not ${today}".to_owned()));
    assert_eq!(call(&client, "portal").await, (200, "SSO Nonce created".to_owned()));
    assert_eq!(rule.uses().await.expect("it is there"), 1);
    stub.verify().await.expect("it answered once");

    let calls = stub.calls::<GenerateAuthToken>().await.expect("the journal");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body().expect("it was JSON"), from("dashboard"));
    assert_eq!((calls[0].status(), calls[0].rule()), (Some(403), Some(rule.id())));
    assert_eq!((calls[1].status(), calls[1].source()), (Some(200), "example"));

    rule.remove().await.expect("it is there");
    assert_eq!(call(&client, "dashboard").await.0, 200);
}

#[tokio::test]
async fn conditions_of_every_kind_are_checked_by_the_stub_and_hold() {
    let stub = stub().await;
    let client = stub.client().expect("a client");
    let on = || stub.on::<GenerateAuthToken>();
    let rules = [
        ("eq", "a", on().when(|r| r.body().for_section().eq("a"))),
        ("one_of", "b", on().when(|r| r.body().for_section().one_of(["b", "c"]))),
        ("matches", "d7", on().when(|r| r.body().for_section().matches("^d[0-9]$"))),
        ("contains", "xex", on().when(|r| r.body().for_section().contains("e"))),
        ("eq_ignoring_case", "FF", on().when(|r| r.body().for_section().eq_ignoring_case("ff"))),
        ("min_len", "ggggggg", on().when(|r| r.body().for_section().min_len(7))),
        ("&", "h", on().when(|r| r.body().for_section().eq("h") & r.body().org_id().absent())),
        ("|", "i", on().when(|r| r.body().org_id().exists() | r.body().for_section().eq("i"))),
        ("!", "", on().when(|r| !r.body().for_section().min_len(1))),
        (
            "both",
            "k",
            on().when(|r| {
                r.body().for_section().ne("l")
                    & r.body().for_section().ne("m")
                    & header("X-None").absent()
                    & r.body().for_section().eq("k")
            }),
        ),
    ];
    let mut ids = Vec::new();
    for (name, section, rule) in rules {
        rule.reply(Success(told(name))).await.expect(name);
        ids.push((name, section));
    }
    for (name, section) in ids {
        assert_eq!(call(&client, section).await, (200, name.to_owned()), "{section}");
    }
    assert_eq!(call(&client, "z").await.1, "SSO Nonce created");
}

#[tokio::test]
async fn replies_follow_each_other_and_come_when_and_how_they_are_told() {
    let stub = stub().await;
    let client = stub.client().expect("a client");
    let rule = stub.on::<GenerateAuthToken>().reply(Unauthorized::example()).then(Success::example()).await;
    let rule = rule.expect("both are documented");
    assert_eq!(
        [call(&client, "a").await.0, call(&client, "a").await.0, call(&client, "a").await.0],
        [401, 200, 200]
    );
    rule.remove().await.expect("it is there");

    stub.on::<GenerateAuthToken>().reply(Fault::Reset).times(1).await.expect("a fault");
    assert_eq!([call(&client, "a").await.0, call(&client, "a").await.0], [0, 200]);

    let slow = Forbidden::example()
        .patch(json!({ "Message": "for ${body.ForSection}" }))
        .delay(Delay::Uniform(Duration::from_micros(10), Duration::from_millis(2)))
        .header("X-Seen", "${yes}");
    stub.on::<GenerateAuthToken>()
        .reply(slow)
        .per(|r| r.body().for_section())
        .set("last", "it")
        .times(1)
        .await
        .expect("a patch");
    assert_eq!(call(&client, "b").await, (403, "for b".to_owned()));
    stub.on::<GenerateAuthToken>()
        .when(|_| state("last").eq("it"))
        .reply(Success(told("kept")))
        .await
        .expect("state");
    assert_eq!(call(&client, "b").await.1, "kept");
    stub.reset().await.expect("it is reset");
    assert_eq!(call(&client, "b").await.1, "SSO Nonce created");
}

#[tokio::test]
async fn what_the_document_does_not_admit_is_told_with_its_place() {
    let stub = stub().await;
    let refused =
        stub.on::<GenerateAuthToken>().reply(Success::example().patch(json!({ "Status": 7 }))).await;
    let refused = refused.expect_err("a status is a text");
    assert!(refused.is_refused() && refused.codes() == ["body-invalid"], "{refused:?}");
    assert!(refused.to_string().contains("/patch/Status"), "{refused}");
    let broken = Success::example().broken_body(json!({ "Status": 7 }));
    stub.on::<GenerateAuthToken>().reply(broken).await.expect("it is broken on purpose");
    let client = stub.client().expect("a client");
    let answer = client.generate_auth_token(None).await;
    assert!(matches!(answer, Err(tyk::Error::InvalidResponsePayload(..))), "{answer:?}");
}

#[tokio::test]
async fn handles_on_one_stub_see_nothing_of_each_other() {
    let served = served();
    let connect = async || Stub::connect(served.control_url()).await.expect("a session");
    let (first, second) = (connect().await, connect().await);
    first.on::<GenerateAuthToken>().reply(Forbidden::example()).await.expect("it is documented");
    let (one, other) = (first.client().expect("a client"), second.client().expect("a client"));
    assert_eq!((call(&one, "a").await.0, call(&other, "a").await.0), (403, 200));
    let counts = (first.calls::<GenerateAuthToken>().await, second.calls::<GenerateAuthToken>().await);
    assert_eq!((counts.0.expect("calls").len(), counts.1.expect("calls").len()), (1, 1));
}

#[tokio::test]
async fn a_form_is_asked_for_by_its_fields() {
    use arcgis::stub::{GenerateToken, Stub, generate_token::Forbidden};
    let served = served();
    let stub = Stub::connect(served.control_url()).await.expect("a session");
    stub.on::<GenerateToken>()
        .when(|request| request.body().username().eq("guest") & request.body().expiration().gt(60))
        .reply(Forbidden::example())
        .await
        .expect("the document admits it");
    let client = stub.client().expect("a client");
    for (username, expiration, status) in [("guest", 90, 403), ("guest", 30, 200), ("user1", 90, 200)] {
        let request = TokenRequest::Requestip {
            expiration: Some(expiration),
            f: Some(arcgis::types::TokenRequestF::Json),
            ip: None,
            password: Some("secret".to_owned()),
            referer: None,
            username: username.to_owned(),
        };
        let answered = match client.generate_token(&request).await {
            Ok(reply) => reply.status(),
            Err(arcgis::Error::ErrorResponse(reply)) => reply.status(),
            Err(other) => panic!("not a documented answer: {other:?}"),
        };
        assert_eq!(answered, status, "{username} {expiration}");
    }
}

/// What a closure panics with.
async fn panics(run: impl Future<Output = ()> + Send + 'static) -> String {
    let ended = tokio::spawn(run).await.expect_err("it panics").into_panic();
    ended.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_was_expected_and_did_not_happen_is_told_when_the_handle_goes() {
    let message = panics(async {
        let stub = stub().await;
        stub.on::<GenerateAuthToken>()
            .when(|request| request.body().for_section().eq("dashboard"))
            .reply(Forbidden::example())
            .named("refusal")
            .expect(1..)
            .await
            .expect("the document admits it");
        call(&stub.client().expect("a client"), "portal").await;
    })
    .await;
    assert!(
        message.contains("`generateAuthToken` when {\"body.ForSection\":{\"eq\":\"dashboard\"}} (rule refusal): expected at least 1, was 0")
            && message.contains("/admin/sso was answered 200 by example: body.ForSection should be"),
        "{message}"
    );
    // What is checked before is not told twice, and a test that fails by itself is not talked over.
    let stub = stub().await;
    stub.on::<GenerateAuthToken>().reply(Forbidden::example()).expect(1).await.expect("it is documented");
    let unmet = stub.verify().await.expect_err("nothing came");
    assert!(unmet.is_unmet() && unmet.to_string().contains("no call of this operation came"), "{unmet}");
    drop(stub);
    let message = panics(async {
        let stub = crate::scripting::stub().await;
        stub.on::<GenerateAuthToken>().reply(Forbidden::example()).expect(1).await.expect("it is documented");
        panic!("{}", "by itself".to_owned());
    })
    .await;
    assert_eq!(message, "by itself");
}
