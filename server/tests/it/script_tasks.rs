//! Five tasks, in as few lines as a script takes, and what they take elsewhere: the table of the page about scripts.

use std::path::{Path, PathBuf};

use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load};

const TASKS: [(&str, &str); 5] = [
    ("T1", "`createPet` answers its documented 403"),
    ("T2", "`getPet` is 401 once, then 200"),
    ("T3", "`createPet` is 409 for Rex, else 201 with the name sent"),
    ("T4", "`listPets` waits as a log-normal, p50 80 ms and p99 400 ms, and 5 % are reset"),
    ("T5", "an order is pending until paid, and paying twice is 409, for each order"),
];

const TOOLS: [&str; 4] = ["counterfoil.yaml", "wiremock.json", "mockserver.json", "mockoon.json"];

fn file(task: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/tasks").join(task).join(name)
}

fn text(task: &str, name: &str) -> String {
    std::fs::read_to_string(file(task, name)).expect("the file is in the repository")
}

#[test]
fn ours_are_the_shortest_and_the_page_says_how_short() {
    let mut totals = [(0, 0); 4];
    let mut table = Vec::new();
    for (task, title) in TASKS {
        let mut row = format!("| {task}: {title} |");
        for (index, tool) in TOOLS.into_iter().enumerate() {
            let text = text(task, tool);
            if tool.ends_with(".json") {
                serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{task}/{tool}: {error}"));
            }
            let (lines, bytes) = (text.lines().count(), text.len());
            totals[index] = (totals[index].0 + lines, totals[index].1 + bytes);
            row.push_str(&format!(" {lines}, {bytes} |"));
        }
        table.push(row);
    }
    let all: String = totals.iter().map(|(lines, bytes)| format!(" {lines}, {bytes} |")).collect();
    table.push(format!("| all |{all}"));
    let (lines, bytes) = totals[0];
    assert!(lines <= 25 && bytes <= 600, "{lines} lines and {bytes} bytes");
    let page = include_str!("../../SCRIPTS.md");
    assert!(page.contains(&table.join("\n")), "the page does not have this table:\n{}", table.join("\n"));
}

async fn stub(task: &str) -> Stub {
    Stub::scripted(&text(task, "counterfoil.yaml")).await
}

#[tokio::test]
async fn t1_to_t3_do_what_they_say() {
    let refusing = stub("T1").await;
    assert_eq!(refusing.create(json!({"name": "Rex"})).await.json(), json!({"message": "no"}));
    assert_eq!(refusing.statuses("/pets/1", 1).await, [200]);
    let once = stub("T2").await;
    assert_eq!(once.statuses("/pets/1", 3).await, [401, 200, 200]);
    let echo = stub("T3").await;
    assert_eq!(echo.create(json!({"name": "Rex"})).await.status, 409);
    let created = echo.create(json!({"name": "Tom"})).await;
    assert_eq!((created.status, created.json()["name"].as_str()), (201, Some("Tom")));
}

#[tokio::test]
async fn t4_waits_and_resets_by_its_seed() {
    // The delays themselves are held to their distribution elsewhere; nobody waits for them here.
    let script = text("T4", "counterfoil.yaml").replace("80ms", "80us").replace("400ms", "400us");
    let stub = Stub::start(vec![load(&script).expect("the script is good")]).await;
    let mut resets = 0;
    for _ in 0..80 {
        resets += u8::from(stub.request(Method::GET, "/pets").send().await.is_err());
    }
    assert!((1..16).contains(&resets), "{resets} of 80 at a chance of 5 %, the same each time");
    let waited = stub
        .server
        .calls()
        .iter()
        .filter(|call| call.trail.iter().any(|line| line.starts_with("delay: ")))
        .count();
    assert_eq!(waited, 80 - usize::from(resets));
}

const ORDERS: &str = "
openapi: 3.0.3
paths:
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getOrder
      responses:
        '200': { description: ok, content: { application/json: { example: { status: unknown } } } }
  /orders/{orderId}/payment:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    post:
      operationId: payOrder
      responses: { '200': { description: ok }, '409': { description: paid already } }
";

#[tokio::test]
async fn t5_keeps_a_state_for_each_order() {
    let contract = Contract::load("orders.yaml", ORDERS.as_bytes()).expect("it is a document");
    let script = text("T5", "counterfoil.yaml");
    let script = Script::load("T5.yaml", script.as_bytes(), std::slice::from_ref(&contract));
    let script = script.unwrap_or_else(|error| panic!("{error}"));
    let server = StubServer::builder(contract).script(script).start().await.expect("a port is free");
    let client = crate::stub::client();
    let ask = async |method: Method, path: &str| {
        let answer = Answer::of(client.request(method, format!("{}{path}", server.url()))).await;
        (answer.status, answer.json()["status"].as_str().unwrap_or_default().to_owned())
    };
    let of = |status: u16, state: &str| (status, state.to_owned());
    assert_eq!(ask(Method::GET, "/orders/a").await, of(200, "pending"));
    assert_eq!(ask(Method::POST, "/orders/a/payment").await.0, 200);
    assert_eq!(ask(Method::GET, "/orders/a").await, of(200, "paid"));
    assert_eq!(ask(Method::POST, "/orders/a/payment").await.0, 409);
    assert_eq!(ask(Method::GET, "/orders/b").await, of(200, "pending"));
    assert_eq!(ask(Method::POST, "/orders/b/payment").await.0, 200);
}
