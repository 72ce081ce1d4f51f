//! The smoke tables: what each of the two bundled systems answers to the requests that its users make first.

use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;
use reqwest::Method;
use serde_json::{Value, json};

const TYK: &[u8] = include_bytes!("../../../openapi/documents/tyk-dashboard-admin.yaml");

async fn tyk() -> StubServer {
    let contract = Contract::load("tyk-dashboard-admin.yaml", TYK).unwrap();
    StubServer::builder(contract).start().await.unwrap()
}

/// The example of a status, as the document has it.
fn tyk_example(status: &str) -> Value {
    let contract = Contract::load("tyk-dashboard-admin.yaml", TYK).unwrap();
    let pointer = format!("/paths/~1admin~1sso/post/responses/{status}/content/application~1json/example");
    contract.document().root().pointer(&pointer).unwrap().clone()
}

#[tokio::test]
async fn tyk_answers_as_documented() {
    let example = r#"{"DisplayName":"","EmailAddress":"name@somewhere.com","ForSection":"dashboard","GroupID":"","GroupsIDs":null,"OrgID":"588b4f0bb275ff0001cc7471","SSOOnlyForRegisteredUsers":false,"UserNotAllowed":false}"#;
    let another = r#"{"EmailAddress":"a@b.example","GroupsIDs":["x"]}"#;
    let wrong_type = r#"{"SSOOnlyForRegisteredUsers":"no"}"#;
    let table = [
        ("the document's own example", Method::POST, "/admin/sso", true, example, 200),
        ("another valid body", Method::POST, "/admin/sso", true, another, 200),
        ("no Admin-Auth", Method::POST, "/admin/sso", false, example, 401),
        ("a field of the wrong type", Method::POST, "/admin/sso", true, wrong_type, 400),
        ("not JSON", Method::POST, "/admin/sso", true, "{", 400),
        ("unknown path", Method::POST, "/admin/ssso", true, example, 404),
        ("wrong method", Method::PUT, "/admin/sso", true, example, 405),
    ];
    let stub = tyk().await;
    let client = crate::stub::client();
    for (row, method, path, with_key, body, status) in table {
        let mut request = client
            .request(method, format!("{}{path}", stub.url()))
            .header("content-type", "application/json")
            .body(body);
        if with_key {
            request = request.header("Admin-Auth", "12345");
        }
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), status, "{row}");
        let media_type = reply.headers()["content-type"].to_str().unwrap().to_owned();
        let body: Value = reply.json().await.unwrap();
        match status {
            404 => assert_eq!(
                (media_type.as_str(), &body["nearest"]),
                ("application/problem+json", &json!(["/admin/sso"])),
                "{row}"
            ),
            405 => assert_eq!(media_type, "application/problem+json", "{row}"),
            _ => assert_eq!(
                (media_type.as_str(), body),
                ("application/json", tyk_example(&status.to_string())),
                "{row}"
            ),
        }
    }
    let told = stub
        .calls()
        .iter()
        .map(|call| format!("{}: {}", call.status.unwrap(), call.trail.join(" | ")))
        .collect::<Vec<_>>();
    insta::assert_snapshot!(told.join("\n"));
}
