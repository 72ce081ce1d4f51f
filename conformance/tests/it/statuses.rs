//! Every documented status of an operation, asked for in every way there is: 4 ways by 5 statuses.

use counterfoil_client::{control, tyk};
use counterfoil_openapi::{Contract, StatusPattern, bundled};
use counterfoil_server::{Script, StubServer};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

const OPERATION: &str = "generateAuthToken";

fn contract() -> Contract {
    let system = bundled().iter().find(|system| system.name == "tyk").expect("a bundled system");
    Contract::load(system.file, system.document.as_bytes()).expect("it loads")
}

/// The statuses that the document lists, each with its example.
fn documented(contract: &Contract) -> Vec<(u16, Value)> {
    let responses = contract.operation(OPERATION).expect("the operation").responses();
    responses
        .iter()
        .map(|response| {
            let StatusPattern::Exact(status) = response.status else { panic!("{}", response.status) };
            (status, response.content.0[0].examples[0].value.clone())
        })
        .collect()
}

fn http(prefer: Option<u16>) -> reqwest::Client {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("admin-auth"), HeaderValue::from_static("secret"));
    if let Some(status) = prefer {
        let value = HeaderValue::from_str(&format!("code={status}")).expect("digits are plain text");
        headers.insert(HeaderName::from_static("prefer"), value);
    }
    reqwest::Client::builder().default_headers(headers).build().expect("a client")
}

/// Status and body of the answer to the document's own request example.
async fn call(stub: &StubServer, http: &reqwest::Client) -> (u16, Value) {
    let contract = contract();
    let body = contract.operation(OPERATION).expect("the operation").request_body().expect("a body");
    let example = &body.content.0[0].examples[0].value;
    let response =
        http.post(format!("{}/admin/sso", stub.url())).json(example).send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// The same, through the typed client: a variant of its result, and what is in it.
async fn call_typed(stub: &StubServer, http: reqwest::Client) -> (u16, Value) {
    let client = tyk::Client::new_with_client(stub.url(), http, tyk::Settings::default());
    match client.generate_auth_token(Some(&tyk::types::SsoAccessData::default())).await {
        Ok(answer) => {
            assert_eq!(answer.status(), 200, "only 200 is a success");
            (200, serde_json::to_value(answer.into_inner()).expect("it was JSON"))
        }
        Err(tyk::Error::ErrorResponse(refusal)) => {
            let status = refusal.status().as_u16();
            (status, serde_json::to_value(refusal.into_inner()).expect("it was JSON"))
        }
        Err(error) => panic!("not a documented answer: {error:?}"),
    }
}

/// The typed client leaves out what is null.
fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

#[tokio::test]
async fn each_documented_status_comes_back_in_each_way_it_is_asked_for() {
    let contract = contract();
    let rows = documented(&contract);
    assert_eq!(rows.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 400, 401, 403, 500]);
    let stub = StubServer::builder(contract.clone()).control_port(Some(0)).start().await.unwrap();
    let control = control::Client::new(stub.control_url().expect("it was asked for")).unwrap();
    let plain = http(None);
    for (status, example) in rows {
        let expected = (status, example);

        assert_eq!(call(&stub, &http(Some(status))).await, expected, "preferred");

        let text = format!("script: 1\nrules: {{ {OPERATION}: {status} }}\n");
        let script = Script::load("s.yaml", text.as_bytes(), std::slice::from_ref(&contract)).unwrap();
        let scripted = StubServer::builder(contract.clone()).script(script).start().await.unwrap();
        assert_eq!(call(&scripted, &plain).await, expected, "scripted");

        control.set_reply(OPERATION, None, &control::types::Reply(json!(status))).await.unwrap();
        assert_eq!(call(&stub, &plain).await, expected, "switched");
        let (typed, body) = call_typed(&stub, plain.clone()).await;
        assert_eq!(
            (typed, without_nulls(body)),
            (status, without_nulls(expected.1)),
            "through the typed client"
        );
        control.clear_reply(OPERATION, None).await.unwrap();
        assert_eq!(call(&stub, &plain).await.0, 200, "switched back");
    }
}
