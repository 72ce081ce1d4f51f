use counterfoil_client::tyk::{Client, Error, Security, types::SsoAccessData};
use serde_json::{Value, json};

use crate::server::{Act, Server, response};

async fn client(act: Act) -> (Server, Client) {
    let server = Server::start([act]).await;
    let client = Client::with_security(&server.url, Security::default().api_key("12345")).unwrap();
    (server, client)
}

fn json_response(status: u16, body: &Value) -> Act {
    response(status, "application/json", &body.to_string())
}

#[tokio::test]
async fn a_call_sends_what_the_document_says_and_nothing_more() {
    let body = json!({"Message": "SSO Nonce created", "Meta": "YTNi", "Status": "OK"});
    let (server, client) = client(json_response(200, &body)).await;
    let user = SsoAccessData {
        email_address: Some("name@somewhere.com".into()),
        groups_i_ds: Some(vec!["a".into()]),
        user_not_allowed: Some(false),
        ..SsoAccessData::default()
    };
    let answer = client.generate_auth_token(Some(&user)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.message.as_deref(), Some("SSO Nonce created"));
    assert_eq!(answer.meta, Some(json!("YTNi")));
    let received = server.only();
    assert_eq!(received.request_line(), "POST /admin/sso HTTP/1.1");
    assert_eq!(received.field("admin-auth").as_deref(), Some("12345"));
    assert_eq!(received.field("content-type").as_deref(), Some("application/json"));
    assert_eq!(received.field("api-version"), None);
    let sent: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(
        sent,
        json!({"EmailAddress": "name@somewhere.com", "GroupsIDs": ["a"], "UserNotAllowed": false})
    );
}

#[tokio::test]
async fn each_documented_refusal_is_the_typed_variant() {
    for status in [400, 401, 403, 500] {
        let body = json!({"Message": format!("refused with {status}"), "Meta": null, "Status": "Error"});
        let (_server, client) = client(json_response(status, &body)).await;
        match client.generate_auth_token(Some(&SsoAccessData::default())).await {
            Err(Error::ErrorResponse(refusal)) => {
                assert_eq!(refusal.status(), status);
                assert_eq!(refusal.message, Some(format!("refused with {status}")));
                assert_eq!(refusal.status.as_deref(), Some("Error"));
            }
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_the_document_does_not_say_is_told_apart() {
    let (_server, tyk) = client(json_response(418, &json!({}))).await;
    let result = tyk.generate_auth_token(Some(&SsoAccessData::default())).await;
    assert!(matches!(result, Err(Error::UnexpectedResponse(response)) if response.status() == 418));

    let (_server, tyk) = client(response(200, "application/json", "not JSON")).await;
    let result = tyk.generate_auth_token(Some(&SsoAccessData::default())).await;
    assert!(matches!(result, Err(Error::InvalidResponsePayload(body, _)) if body == "not JSON"));

    let (_server, tyk) = client(Act::Reset).await;
    let result = tyk.generate_auth_token(Some(&SsoAccessData::default())).await;
    assert!(matches!(result, Err(Error::CommunicationError(_))));
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_secret_goes_nowhere_else() {
    let other = Server::start([json_response(200, &json!({}))]).await;
    let redirect =
        format!("HTTP/1.1 307 X\r\nlocation: {}/admin/sso\r\ncontent-length: 0\r\n\r\n", other.url);
    let (_server, tyk) = client(Act::Send(redirect.into_bytes())).await;
    let result = tyk.generate_auth_token(Some(&SsoAccessData::default())).await;
    assert!(matches!(result, Err(Error::UnexpectedResponse(response)) if response.status() == 307));
    assert_eq!(other.received(), []);
}
