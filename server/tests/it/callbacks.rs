//! Callbacks after a reply, and webhooks on demand: to the hosts allowed and nobody else.

use std::time::{Duration, Instant};

use counterfoil_server::{StubBuilder, StubServer};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stub::{Stub, client, contract};
use crate::upstream::{Answer, Server, json as json_answer, reply};

const ORDERS: &[u8] = br#"
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders/{shop}:
    post:
      operationId: order
      parameters:
        - { name: shop, in: path, required: true, schema: { type: string } }
        - { name: back, in: query, schema: { type: string } }
      requestBody: { content: { application/json: { schema: { type: object, properties: { hook: { type: string }, secret: { type: string, format: password } } } } } }
      responses:
        '201': { description: made, content: { application/json: { example: { id: o1 } } } }
        '400': { description: bad }
      callbacks:
        paid:
          '{$request.body#/hook}/{$request.path.shop}?id={$response.body#/id}':
            post:
              parameters: [ { name: attempt, in: query, required: true, schema: { type: integer }, example: 1 } ]
              requestBody: { required: true, content: { application/json: { schema: { type: object, required: [state], properties: { state: { const: paid } } } } } }
              responses: { '204': { description: taken } }
        back:
          $ref: '#/components/callbacks/back'
webhooks:
  shipped:
    post:
      operationId: onShipped
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [parcel], properties: { parcel: { type: integer } } }, example: { parcel: 4 } } } }
      responses: { '200': { description: taken } }
x-webhooks:
  returned: { post: { responses: { default: { description: any } } } }
components:
  callbacks:
    back: { '$request.query.back': { put: { requestBody: { content: { text/plain: { example: done } } }, responses: { default: { description: any } } } } }
"#;

fn orders() -> StubBuilder {
    StubServer::builder(contract(ORDERS))
}

async fn allowing(server: &Server) -> Stub {
    let host = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    Stub::start(orders().callbacks(host)).await
}

async fn order(stub: &Stub, target: &str, hook: &str) -> Vec<String> {
    let body = json!({ "hook": hook, "secret": "hunter2hunter2" }).to_string();
    let reply = stub.send(&format!("POST {target}"), &[("content-type", "application/json")], body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    stub.trail(&reply)
}

/// The lines of the first call's trail about callbacks, once there are so many.
async fn told(stub: &Stub, count: usize) -> Vec<String> {
    let start = Instant::now();
    loop {
        let call = stub.server.calls().remove(0);
        let lines: Vec<String> = call.trail.into_iter().filter(|line| line.starts_with("callback")).collect();
        if lines.len() >= count {
            return lines;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{lines:#?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn callbacks_follow_the_reply_with_what_the_document_describes() {
    let server = Server::answering("204 No Content", b"").await;
    let stub = allowing(&server).await;
    let back = server.url.replace(':', "%3A").replace('/', "%2F");
    order(&stub, &format!("/orders/a%20b?back={back}%2Fdone"), &server.url).await;
    let lines = told(&stub, 4).await;
    let url = &server.url;
    assert_eq!(
        lines,
        [
            format!("callback paid: POST {url}/a%20b?id=o1 follows the reply"),
            format!("callback back: PUT {url}/done follows the reply"),
            format!("callback paid: POST {url}/a%20b?id=o1: answered 204"),
            format!("callback back: PUT {url}/done: answered 204"),
        ]
    );
    let received = server.received();
    assert!(received[0].starts_with("POST /a%20b?id=o1&attempt=1 HTTP/1.1\r\n"), "{}", received[0]);
    assert!(received[0].ends_with("\r\n\r\n{\"state\":\"paid\"}"), "{}", received[0]);
    assert!(
        received[1].starts_with("PUT /done HTTP/1.1\r\n") && received[1].ends_with("done"),
        "{}",
        received[1]
    );
    let refused =
        stub.send("POST /orders/x", &[("content-type", "application/json")], r#"{"hook": 5}"#).await;
    let asked = stub.send("POST /orders/x", &[("prefer", "code=400")], "").await;
    assert_eq!((refused.status, asked.status), (400, 400));
    for reply in [&refused, &asked] {
        assert!(
            !stub.trail(reply).iter().any(|line| line.starts_with("callback")),
            "{:#?}",
            stub.trail(reply)
        );
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_host_that_is_not_allowed() {
    let evil = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}", evil.local_addr().unwrap());
    let off = Stub::start(orders()).await;
    let trail = order(&off, "/orders/s", &hook).await;
    let expected = format!(
        "callback paid: POST {hook}/s?id=o1 would follow, and does not, for no host is allowed (--callbacks)"
    );
    assert!(trail.contains(&expected), "{trail:#?}");
    assert!(
        trail.contains(&"callback back: not sent, for there is no `$request.query.back`".to_owned()),
        "{trail:#?}"
    );
    let server = Server::answering("204 No Content", b"").await;
    let stub = allowing(&server).await;
    for hook in [
        &hook,
        "http://localhost.evil.test",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "hunter2hunter2",
    ] {
        let trail = order(&stub, "/orders/s", hook).await;
        assert!(trail.iter().any(|line| line.starts_with("callback paid: not sent")), "{hook}: {trail:#?}");
        assert!(!trail.join("").contains("hunter2hunter2"), "{trail:#?}");
    }
    assert_eq!(server.received().len(), 0);
    assert!(tokio::time::timeout(Duration::from_millis(50), evil.accept()).await.is_err());
}

#[tokio::test]
async fn what_came_of_a_callback_is_told() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("location: http://{}/", elsewhere.local_addr().unwrap());
    let server = Server::start(move |request| match request.split(['/', '?']).nth(1).unwrap() {
        "redirect" => Answer::Bytes(reply(&format!("302 Found\n{target}"), b"")),
        _ => Answer::Bytes(b"nonsense\r\n\r\n".to_vec()),
    })
    .await;
    for (shop, expected) in [
        (
            "redirect",
            "answered 302, which breaks the contract: status: 302 is not documented; documented are: 204 [undocumented]",
        ),
        ("nonsense", "the answer cannot be read: invalid HTTP version parsed"),
    ] {
        let stub = allowing(&server).await;
        order(&stub, &format!("/orders/{shop}"), &server.url).await;
        let lines = told(&stub, 3).await;
        assert_eq!(lines[2], format!("callback paid: POST {}/{shop}?id=o1: {expected}", server.url));
    }
    assert!(
        tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await.is_err(),
        "it was followed"
    );
}

async fn webhook(stub: &Stub, name: &str, order: Value) -> (u16, Value) {
    let url = format!("{}/webhooks/{name}", stub.server.control_url().unwrap());
    let reply = client().post(url).body(order.to_string()).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn a_webhook_is_sent_when_the_control_api_is_told_to() {
    let server = Server::start(|_| json_answer("200 OK", "{}")).await;
    let host = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let stub = Stub::start(orders().callbacks(host).control_port(Some(0))).await;
    let url = format!("{}/hook", server.url);
    let (status, sent) = webhook(&stub, "shipped", json!({ "url": url })).await;
    assert_eq!(
        (status, &sent["status"], &sent["body"], &sent["violations"]),
        (200, &json!(200), &json!("{\"parcel\":4}"), &json!([]))
    );
    assert_eq!(webhook(&stub, "onShipped", json!({ "url": url, "body": { "parcel": 9 } })).await.0, 200);
    assert_eq!(webhook(&stub, "returned", json!({ "url": url })).await.0, 200);
    let received = server.received();
    assert!(
        received[0].starts_with("POST /hook HTTP/1.1\r\n") && received[0].ends_with("{\"parcel\":4}"),
        "{}",
        received[0]
    );
    assert!(received[1].ends_with("{\"parcel\":9}"), "{}", received[1]);
    let table = [
        ("shiped", json!({ "url": url }), 404, "there are shipped, returned; did you mean `shipped`?"),
        ("shipped", json!({ "url": "http://evil.test/" }), 403, "`evil.test` is no host that may be sent to"),
        ("shipped", json!({ "url": url, "body": { "parcel": "x" } }), 422, "breaks the contract"),
        ("shipped", json!({ "to": url }), 422, "cannot be read"),
    ];
    for (name, order, status, detail) in table {
        let (found, problem) = webhook(&stub, name, order).await;
        assert_eq!(found, status, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
    assert_eq!(server.received().len(), 3);
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let stub = Stub::start(orders().callbacks(gone.to_string().parse().unwrap()).control_port(Some(0))).await;
    assert_eq!(webhook(&stub, "shipped", json!({ "url": format!("http://{gone}/") })).await.0, 502);
}
