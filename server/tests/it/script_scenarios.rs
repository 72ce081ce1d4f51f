//! Scenarios and what scripts keep, over HTTP.

use std::sync::Arc;

use counterfoil_openapi::Contract;
use counterfoil_server::Script;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, pets};

/// A document of orders.
fn orders() -> Contract {
    let text = "
openapi: 3.0.3
paths:
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getOrder
      responses: { '200': { $ref: '#/components/responses/Order' } }
  /orders/{orderId}/payment:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    post:
      operationId: payOrder
      parameters: [{ name: coupon, in: query, schema: { type: string } }]
      responses:
        '200': { $ref: '#/components/responses/Order' }
        '402': { description: No money. }
        '409': { description: Paid already. }
components:
  responses:
    Order:
      description: The order.
      content:
        application/json:
          schema:
            type: object
            required: [id, status]
            properties: { id: { type: string }, status: { type: string, enum: [pending, paid] } }
          example: { id: o0, status: pending }
";
    Contract::load("orders.yaml", text.as_bytes()).unwrap()
}

const ORDER: &str = "
script: 1
scenarios:
  order:
    per: path.orderId
    start: pending
    states:
      pending:
        getOrder: { patch: { status: pending } }
        payOrder: { respond: 200, to: paid }
      paid:
        getOrder: { patch: { status: paid } }
        payOrder: 409
";

async fn ordering(script: &str) -> Stub {
    let script = Script::load("order.script.yaml", script.as_bytes(), &[orders()]);
    Stub::serving(orders(), vec![script.unwrap_or_else(|error| panic!("{:#?}", error.findings()))]).await
}

async fn pay(stub: &Stub, order: &str) -> Answer {
    Answer::of(stub.request(Method::POST, &format!("/orders/{order}/payment"))).await
}

async fn status(stub: &Stub, order: &str) -> Value {
    stub.get(&format!("/orders/{order}")).await.json()["status"].clone()
}

#[tokio::test]
async fn an_order_is_pending_until_it_is_paid_once_each_by_itself() {
    let stub = ordering(ORDER).await;
    assert_eq!(status(&stub, "o1").await, "pending");
    let paid = pay(&stub, "o1").await;
    assert_eq!((paid.status, paid.header("counterfoil-source")), (200, "scenario"));
    assert_eq!(paid.header("counterfoil-rule"), "order/pending");
    assert_eq!(status(&stub, "o1").await, "paid");
    assert_eq!(pay(&stub, "o1").await.status, 409);
    assert_eq!(status(&stub, "o2").await, "pending", "another order");
    assert_eq!(stub.get("/~s/orders/o1").await.json()["status"], "pending", "another session");
    let trail = &stub.server.call(2).unwrap().trail;
    assert!(trail.iter().any(|line| line.ends_with("; order is paid from now on")), "{trail:?}");
}

#[tokio::test]
async fn a_missing_cell_falls_through_and_so_does_one_whose_condition_does_not_hold() {
    let script = "
script: 1
scenarios:
  order:
    start: open
    states:
      open:
        payOrder: { when: { query.coupon: now }, respond: 402, to: shut }
      shut: {}
rules: { payOrder: 409 }
";
    let stub = ordering(script).await;
    let pay = async |query: &str| {
        Answer::of(stub.request(Method::POST, &format!("/orders/o1/payment{query}"))).await.status
    };
    assert_eq!([pay("").await, pay("?coupon=now").await, pay("?coupon=now").await], [409, 402, 409]);
    assert_eq!(stub.get("/orders/o1").await.header("counterfoil-source"), "example");
}

#[tokio::test]
async fn what_a_script_keeps_is_asked_for_and_filled_in() {
    let script = "
script: 1
state: { owner: nobody, open: true }
rules:
  payOrder:
    - { when: { state.open: false }, respond: 409 }
    - { when: { query.coupon: { exists: true } }, respond: 402, set: { open: false, owner: '${query.coupon}' } }
    - { respond: 200, set: { last: { order: '${path.orderId}', number: '${seq}' }, owner: '${query.coupon}' } }
  getOrder: { patch: { id: '${state.owner}/${state.last}' } }
";
    let stub = ordering(script).await;
    let owner = async |prefix: &str| stub.get(&format!("{prefix}/orders/o1")).await.json()["id"].clone();
    assert_eq!(owner("").await, "nobody/");
    assert_eq!(pay(&stub, "o7").await.status, 200);
    assert_eq!(owner("").await, "/{\"order\":\"o7\",\"number\":1}", "what nothing fills is removed");
    let coupon = async || Answer::of(stub.request(Method::POST, "/orders/o1/payment?coupon=me")).await.status;
    assert_eq!([coupon().await, coupon().await], [402, 409]);
    assert_eq!(owner("").await, "me/{\"order\":\"o7\",\"number\":1}");
    assert_eq!(owner("/~s").await, "nobody/", "another session begins as the script does");
}

#[tokio::test]
async fn what_takes_too_much_room_is_not_kept_and_not_answered() {
    let script = "
script: 1
rules:
  payOrder: { respond: 200, set: { all: '${state.all}${state.all}x', count: '${seq}' } }
";
    let stub = ordering(script).await;
    let mut statuses = Vec::new();
    for _ in 0..22 {
        statuses.push(pay(&stub, "o1").await.status);
    }
    assert_eq!(statuses[..19], [200; 19]);
    assert_eq!(statuses[19..], [500; 3], "{}", pay(&stub, "o1").await.text);
}

#[tokio::test]
async fn a_reload_keeps_the_states_that_there_still_are() {
    let stub = ordering(ORDER).await;
    pay(&stub, "o1").await;
    let reload = |script: &str| {
        let script = Script::load("order.script.yaml", script.as_bytes(), &[orders()]).unwrap();
        stub.server.reload(vec![orders()], vec![script])
    };
    let changes = reload(&ORDER.replace("payOrder: 409", "payOrder: 402"));
    assert_eq!(changes.rules.changed, ["order/paid"]);
    assert_eq!(pay(&stub, "o1").await.status, 402);
    reload(&ORDER.replace("paid", "done").replace("status: done", "status: paid"));
    assert_eq!(pay(&stub, "o1").await.status, 200, "a state that has gone is the first one again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_pay_at_once_one_does() {
    let stub = Arc::new(ordering(ORDER).await);
    let payers: Vec<_> = (0..4)
        .map(|_| {
            let stub = Arc::clone(&stub);
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                for order in 0..60 {
                    statuses.push(pay(&stub, &format!("o{order}")).await.status);
                }
                statuses
            })
        })
        .collect();
    let mut all = Vec::new();
    for payer in payers {
        all.push(payer.await.unwrap());
    }
    for order in 0..60 {
        let paid = all.iter().filter(|statuses| statuses[order] == 200).count();
        assert_eq!(paid, 1, "order {order}: {all:?}");
    }
}

#[test]
fn what_no_scenario_can_say_is_told() {
    let script = include_bytes!("../scripts/broken/scenarios.script.yaml");
    let error = Script::load("s.yaml", script, &[pets()]).unwrap_err();
    let unknown: Vec<&str> = error
        .findings()
        .iter()
        .filter(|finding| finding.code == "state-unknown")
        .map(|finding| finding.pointer.as_str())
        .collect();
    assert_eq!(unknown, ["/scenarios/pet/start", "/scenarios/pet/states/alive/deletePet/to"]);
    assert!(json!(error.findings().len()).as_u64() > Some(8));
}
