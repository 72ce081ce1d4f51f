//! Who may steer a stub that was started with a token, and from where.

use std::net::{IpAddr, Ipv4Addr};

use counterfoil_server::{ControlToken, StubServer};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::scripts::{Answer, Stub, pets};

const TOKEN: &str = "t0ken-that-n0body-guesses";

fn token() -> ControlToken {
    ControlToken::new(TOKEN).expect("it is a token")
}

async fn stub() -> StubServer {
    let builder = StubServer::builder(pets()).control_port(Some(0)).control_token(token());
    builder.start().await.expect("the stub starts")
}

#[tokio::test]
async fn a44_no_row_is_carried_out_without_the_token() {
    let stub = stub().await;
    let control = stub.control_url().expect("it was asked for").to_owned();
    let send = async |method: Method, path: &str, headers: &[&str]| {
        let mut request = crate::stub::client().request(method, format!("{control}{path}")).body("503");
        for header in headers {
            request = request.header("authorization", *header);
        }
        Answer::of(request).await
    };
    let bearer = format!("Bearer {TOKEN}");
    let set = send(Method::PUT, "/operations/getPet/reply", &[&bearer]).await;
    assert_eq!(set.status, 200);
    let document = counterfoil_server::control_document();
    let basic = format!("Basic {TOKEN}");
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("a document has paths") {
        let path = path.replace("{op}", "getPet").replace(['{', '}'], "");
        for method in item.as_object().expect("a path has operations").keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let wrong: [&[&str]; 4] =
                [&[], &["Bearer wrong"], &[basic.as_str()], &[bearer.as_str(), bearer.as_str()]];
            for headers in wrong {
                let refused = send(method.clone(), &path, headers).await;
                assert_eq!(
                    (refused.status, refused.header("www-authenticate"), refused.header("content-type")),
                    (401, "Bearer", "application/problem+json"),
                    "{method} {path} {headers:?}: {}",
                    refused.text
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked} requests");
    let in_the_url = send(Method::GET, &format!("/health?token={TOKEN}&access_token={TOKEN}"), &[]).await;
    assert_eq!(in_the_url.status, 401);
    let pet = Answer::of(crate::stub::client().get(format!("{}/pets/1", stub.url()))).await;
    assert_eq!(pet.status, 503, "none of them had an effect");
    for path in ["/health", "/calls", "/calls/1", "/operations", "/rules"] {
        let shown = send(Method::GET, path, &[&bearer]).await;
        assert_eq!(shown.status, 200, "{path}");
        assert!(!shown.text.contains(TOKEN), "{path}: {}", shown.text);
    }
    assert!(!format!("{:?}", stub.calls()).contains(TOKEN));
}

#[tokio::test]
async fn a_page_of_another_origin_is_kept_out_even_with_the_token() {
    let stub = stub().await;
    let control = stub.control_url().expect("it was asked for");
    for (name, value) in [("origin", "http://evil.example"), ("host", "rebound.example")] {
        let request = crate::stub::client().get(format!("{control}/health")).bearer_auth(TOKEN);
        assert_eq!(Answer::of(request.header(name, value)).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn a45_no_other_machine_steers_a_stub_without_a_token() {
    let everywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let builder = || StubServer::builder(pets()).control_port(Some(0)).control_host(everywhere);
    let refused = builder().start().await.map(|_| ()).expect_err("it has no token");
    let why = std::error::Error::source(&refused).expect("it says why").to_string();
    assert!(why.contains("control token"), "{refused}: {why}");
    let stub = builder().control_token(token()).start().await.expect("it has a token");
    let control = stub.control_url().expect("it was asked for");
    let request =
        || crate::stub::client().get(format!("{control}/health")).header("host", "stub.internal:4011");
    assert_eq!(Answer::of(request()).await.status, 401);
    assert_eq!(Answer::of(request().bearer_auth(TOKEN)).await.status, 200);
    let framed = request().bearer_auth(TOKEN).header("origin", "http://stub.internal:4011");
    assert_eq!(Answer::of(framed).await.status, 403, "no page steers it");
    let loopback = StubServer::builder(pets()).control_port(Some(0)).control_host(Ipv4Addr::LOCALHOST.into());
    assert!(loopback.start().await.is_ok(), "of this machine no token is asked");
}

#[tokio::test]
async fn a43_a_name_that_was_rebound_is_refused() {
    let stub = Stub::scripted("script: 1").await;
    for host in ["evil.test", "evil.test:4011", "localhost.evil.test", "127.0.0.1.evil.test:4011"] {
        let refused = Answer::of(stub.control(Method::GET, "/health").header("host", host)).await;
        assert_eq!((refused.status, refused.json()["type"].as_str()), (403, Some("host-refused")), "{host}");
    }
}

#[tokio::test]
async fn a_body_is_not_read_of_who_is_not_let_in() {
    let stub = stub().await;
    let address = stub.control_url().expect("it was asked for").trim_start_matches("http://").to_owned();
    for (line, status) in [("authorization: Bearer wrong", "401"), ("host: evil.test", "403")] {
        let host = if status == "403" { "" } else { "host: localhost\r\n" };
        let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
        // The body never comes.
        let head = format!("PUT /script HTTP/1.1\r\n{host}{line}\r\ncontent-length: 30000000\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
    }
}
