//! The smoke tables: what each of the two bundled systems answers to the requests that its users make first.

use counterfoil_openapi::{Bundled, Contract, bundled};
use counterfoil_server::{Script, StubServer};
use reqwest::Method;
use serde_json::{Value, json};

fn system(name: &str) -> (Contract, &'static Bundled) {
    let system = bundled().iter().find(|system| system.name == name).unwrap();
    (Contract::load(system.file, system.document.as_bytes()).unwrap(), system)
}

/// The example of a status and media type, as the document has it.
fn example_of(contract: &Contract, status: u16, media_type: &str) -> Value {
    let operation = &contract.operations()[0];
    let response =
        operation.responses().iter().find(|response| response.status.to_string() == status.to_string());
    let media = response.unwrap().content.iter().find(|media| media.name == media_type);
    media.unwrap().examples[0].value.clone()
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
    let (contract, _) = system("tyk");
    let stub = StubServer::builder(contract.clone()).start().await.unwrap();
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
                ("application/json", example_of(&contract, status, "application/json")),
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

#[tokio::test]
async fn arcgis_answers_as_documented() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    const HTML: &str = "text/html";
    const USER: &str = "username=user1&password=testpassword";
    let referer = "client=referer&referer=https%3A%2F%2Forganization.example.com";
    let table = [
        ("client=referer", FORM, format!("{USER}&{referer}&expiration=90&f=json"), 200, JSON),
        ("client=ip", FORM, format!("{USER}&client=ip&ip=192.0.2.17&f=json"), 200, JSON),
        ("client=requestip", FORM, format!("{USER}&client=requestip&f=json"), 200, JSON),
        ("f=pjson", FORM, format!("{USER}&client=requestip&f=pjson"), 200, JSON),
        ("f=html", FORM, format!("{USER}&{referer}&f=html"), 200, HTML),
        ("f absent", FORM, format!("{USER}&{referer}"), 200, HTML),
        ("referer missing", FORM, format!("{USER}&client=referer&f=json"), 400, JSON),
        ("ip missing", FORM, format!("{USER}&client=ip&f=json"), 400, JSON),
        ("unknown client", FORM, format!("{USER}&client=somebody&f=json"), 400, JSON),
        ("expiration=0", FORM, format!("{USER}&{referer}&expiration=0&f=json"), 400, JSON),
        ("no password", FORM, format!("username=user1&{referer}&f=json"), 400, JSON),
        (
            "JSON instead of a form",
            JSON,
            r#"{"username": "user1", "password": "testpassword"}"#.to_owned(),
            400,
            JSON,
        ),
    ];
    let (contract, system) = system("arcgis");
    let text = system.script.unwrap().as_bytes();
    let script = Script::load(&system.script_file().unwrap(), text, std::slice::from_ref(&contract)).unwrap();
    let stub = StubServer::builder(contract.clone()).script(script).start().await.unwrap();
    let client = crate::stub::client();
    for (row, content_type, body, status, media_type) in table {
        let url = format!("{}/server/admin/generateToken", stub.url());
        let reply = client.post(url).header("content-type", content_type).body(body).send().await.unwrap();
        let head = (reply.status().as_u16(), reply.headers()["content-type"].to_str().unwrap().to_owned());
        assert_eq!(head, (status, media_type.to_owned()), "{row}");
        let expected = example_of(&contract, status, media_type);
        let text = reply.text().await.unwrap();
        let found = if media_type == JSON { serde_json::from_str(&text).unwrap() } else { Value::from(text) };
        assert_eq!(found, expected, "{row}");
    }
    assert!(!format!("{:?}", stub.calls()).contains("testpassword"), "the password is in the journal");
}
