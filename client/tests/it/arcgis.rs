use counterfoil_client::arcgis::{Client, Error, types::TokenRequest, types::TokenRequestF};
use serde_json::json;

use crate::server::{Act, Server, response};

const PASSWORD: &str = "p+w &=é%\"'\r\n;#";

async fn client(act: Act) -> (Server, Client) {
    let server = Server::start([act]).await;
    let client = Client::new(&format!("{}/server", server.url)).unwrap();
    (server, client)
}

fn token() -> Act {
    response(200, "application/json", &json!({"token": "t0ken", "expires": "13472658353687"}).to_string())
}

fn for_this_machine() -> TokenRequest {
    TokenRequest::Requestip {
        username: "user1".into(),
        password: Some(PASSWORD.into()),
        ip: None,
        referer: None,
        expiration: None,
        f: Some(TokenRequestF::Json),
    }
}

/// The pairs of a form body, sorted.
fn pairs(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).unwrap();
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            if *first == b'%' {
                let digits = std::str::from_utf8(&tail[..2]).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let mut pairs: Vec<_> = text
        .split('&')
        .map(|pair| pair.split_once('=').expect("a pair has a name and a value"))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    pairs.sort();
    pairs
}

#[tokio::test]
async fn a_request_is_a_form_with_every_character_kept() {
    let table = [
        (
            TokenRequest::Referer {
                username: "user1".into(),
                password: Some(PASSWORD.into()),
                referer: "https://organization.example.com".into(),
                ip: None,
                expiration: Some(90),
                f: Some(TokenRequestF::Json),
            },
            vec![
                ("client", "referer"),
                ("expiration", "90"),
                ("f", "json"),
                ("password", PASSWORD),
                ("referer", "https://organization.example.com"),
                ("username", "user1"),
            ],
        ),
        (
            TokenRequest::Ip {
                username: "user1".into(),
                password: Some(PASSWORD.into()),
                ip: "192.0.2.17".into(),
                referer: None,
                expiration: None,
                f: Some(TokenRequestF::Pjson),
            },
            vec![
                ("client", "ip"),
                ("f", "pjson"),
                ("ip", "192.0.2.17"),
                ("password", PASSWORD),
                ("username", "user1"),
            ],
        ),
        (
            for_this_machine(),
            vec![("client", "requestip"), ("f", "json"), ("password", PASSWORD), ("username", "user1")],
        ),
    ];
    for (request, expected) in table {
        let (server, client) = client(token()).await;
        let answer = client.generate_token(&request).await.unwrap();
        assert_eq!((answer.token.as_str(), answer.expires.as_str()), ("t0ken", "13472658353687"));
        let received = server.only();
        assert_eq!(received.request_line(), "POST /server/admin/generateToken HTTP/1.1");
        assert_eq!(received.field("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
        assert_eq!(received.field("api-version"), None);
        let expected: Vec<_> =
            expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(pairs(&received.body), expected);
    }
}

#[tokio::test]
async fn each_documented_refusal_is_the_typed_variant() {
    for status in [400, 401, 403, 500] {
        let body = json!({"status": "error", "messages": ["no"], "code": status});
        let (_server, client) = client(response(status, "application/json", &body.to_string())).await;
        match client.generate_token(&for_this_machine()).await {
            Err(Error::ErrorResponse(refusal)) => {
                assert_eq!(refusal.status(), status);
                assert_eq!(
                    (refusal.code, refusal.messages.as_slice()),
                    (Some(status.into()), &["no".into()][..])
                );
            }
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_web_page_is_not_taken_for_a_token() {
    let (_server, client) = client(response(200, "text/html", "<html></html>")).await;
    let result = client.generate_token(&for_this_machine()).await;
    assert!(matches!(result, Err(Error::InvalidResponsePayload(body, _)) if body == "<html></html>"));
}
