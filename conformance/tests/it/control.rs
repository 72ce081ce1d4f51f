//! The control API through its typed client, row by row of its table.

use counterfoil_client::control::{Client, Error, types};
use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

const DOCUMENT: &str = "
openapi: 3.0.3
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
      responses:
        '200': { description: It. }
        '404': { description: None. }
        '409': { description: Gone. }
";

const SCRIPT: &str = "
script: 1
state: { size: 3 }
scenarios:
  pet: { per: path.petId, start: alive, states: { alive: {}, gone: { getPet: 409 } } }
rules: { getPet: [404, 200] }
";

struct Steered {
    stub: StubServer,
    control: Client,
}

impl Steered {
    async fn start() -> Self {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
        let script =
            Script::load("s.yaml", SCRIPT.as_bytes(), std::slice::from_ref(&contract)).expect("a script");
        let stub =
            StubServer::builder(contract).script(script).control_port(Some(0)).start().await.expect("a stub");
        let control = Client::new(stub.control_url().expect("it was asked for")).expect("a client");
        Self { stub, control }
    }

    async fn status(&self, path: &str) -> u16 {
        reqwest::get(format!("{}{path}", self.stub.url())).await.expect("a reply").status().as_u16()
    }
}

/// The kind of problem that a request was refused with, and its status.
fn refused<T>(answer: Result<T, Error<types::Problem>>) -> (u16, String) {
    match answer {
        Err(Error::ErrorResponse(problem)) => (problem.status().as_u16(), problem.into_inner().type_),
        Err(other) => panic!("not a documented answer: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn map(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

#[tokio::test]
async fn health_operations_replies_calls_and_reset() {
    let Steered { stub: _, control } = &Steered::start().await;
    assert!(control.health().await.unwrap().ok);
    assert_eq!(control.version().await.unwrap().into_inner(), control.health().await.unwrap().into_inner());
    assert!(control.show_document().await.unwrap()["paths"].is_object());
    assert_eq!(control.list_operations(None).await.unwrap()[0].operation_id, "getPet");

    let steered = Steered::start().await;
    let control = &steered.control;
    let set = control.set_reply("getPet", None, &types::Reply(json!(409))).await.unwrap();
    assert_eq!((set.rule.as_str(), steered.status("/pets/1").await), ("getPet#reply", 409));
    control.clear_reply("getPet", None).await.unwrap();
    assert_eq!(steered.status("/pets/1").await, 404);
    assert_eq!(refused(control.clear_reply("getPets", None).await), (404, "operation-unknown".to_owned()));
    assert_eq!(
        refused(control.set_reply("getPet", None, &types::Reply(json!(418))).await),
        (422, "findings".to_owned())
    );
    let calls = control.list_calls(None, Some(1), Some("getPet"), None, None, Some(true)).await.unwrap();
    assert_eq!((calls.items.len(), calls.next), (1, Some(1)));
    assert_eq!(control.show_call(1, None).await.unwrap().status, Some(409));
    control.clear_calls(None).await.unwrap();
    assert_eq!(refused(control.show_call(1, None).await), (404, "call-unknown".to_owned()));
    control
        .reset(None, Some(&types::Reset { scopes: Some(vec![types::ResetScope::Sequences]) }))
        .await
        .unwrap();
    assert_eq!(steered.status("/pets/1").await, 404, "the sequence begins anew");
}

#[tokio::test]
async fn state_and_scenarios() {
    let steered = Steered::start().await;
    let control = &steered.control;
    assert_eq!(*control.list_state(None).await.unwrap(), map(json!({"size": 3})));
    let changed = control.change_state(None, &map(json!({"size": null, "a": 1}))).await.unwrap();
    assert_eq!(*changed, map(json!({"a": 1})));
    assert_eq!(*control.set_value("b", None, &json!([1])).await.unwrap(), json!([1]));
    assert_eq!(*control.show_value("b", None).await.unwrap(), json!([1]));
    control.remove_value("b", None).await.unwrap();
    assert_eq!(refused(control.show_value("b", None).await), (404, "state-unknown".to_owned()));
    assert_eq!(refused(control.remove_value("b", None).await), (404, "state-unknown".to_owned()));
    let replaced = control.replace_state(None, &map(json!({"only": true}))).await.unwrap();
    assert_eq!(*replaced, map(json!({"only": true})));
    control.reset_state(None).await.unwrap();
    assert_eq!(*control.list_state(None).await.unwrap(), map(json!({"size": 3})));

    let gone = types::PlaceSet { state: "gone".to_owned() };
    control.set_place("pet", Some("7"), None, &gone).await.unwrap();
    assert_eq!(steered.status("/pets/7").await, 409);
    assert_eq!(*control.show_place("pet", Some("7"), None).await.unwrap(), gone);
    let listed = control.list_scenarios(None).await.unwrap();
    assert_eq!(listed[0].places, [types::Place { key: Some("7".to_owned()), state: "gone".to_owned() }]);
    control.reset_place("pet", Some("7"), None).await.unwrap();
    assert_eq!(control.show_place("pet", Some("7"), None).await.unwrap().state, "alive");
    let nowhere = types::PlaceSet { state: "nowhere".to_owned() };
    assert_eq!(refused(control.set_place("pet", None, None, &nowhere).await), (422, "findings".to_owned()));
    assert_eq!(refused(control.show_place("pets", None, None).await), (404, "scenario-unknown".to_owned()));
}

#[tokio::test]
async fn resources() {
    let document = "
openapi: 3.0.3
paths:
  /shops/{shop}/goods/{id}:
    get:
      operationId: getGood
      parameters:
        - { name: shop, in: path, required: true, schema: { type: string } }
        - { name: id, in: path, required: true, schema: { type: integer } }
      responses:
        '200':
          description: It.
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties: { id: { type: integer }, name: { type: string } }
        '404': { description: None. }
";
    let script =
        "script: 1\nresources: { goods: { key: id, in: path.shop, read: getGood, seed: [{ id: 1 }] } }";
    let contract = Contract::load("goods.yaml", document.as_bytes()).expect("a document");
    let script =
        Script::load("s.yaml", script.as_bytes(), std::slice::from_ref(&contract)).expect("a script");
    let stub =
        StubServer::builder(contract).script(script).control_port(Some(0)).start().await.expect("a stub");
    let control = Client::new(stub.control_url().expect("it was asked for")).expect("a client");
    let shop = Some("a");
    assert_eq!(*control.list_items("goods", shop, None).await.unwrap(), [json!({"id": 1})]);
    let made = control.make_item("goods", shop, None, &json!({"name": "jam"})).await.unwrap();
    assert_eq!(*made, json!({"id": 2, "name": "jam"}));
    let shown = reqwest::get(format!("{}/shops/a/goods/2", stub.url())).await.unwrap().json::<Value>().await;
    assert_eq!(shown.unwrap(), *made, "the operation sees it");
    let put = control.put_item("2", "goods", shop, None, &json!({"name": "tea"})).await.unwrap();
    assert_eq!(*control.show_item("2", "goods", shop, None).await.unwrap(), *put);
    let listed = control.list_resources(None).await.unwrap();
    assert_eq!(
        (listed[0].within.as_slice(), listed[0].collections[0].items),
        (["path.shop".to_owned()].as_slice(), 2)
    );
    control.remove_item("2", "goods", shop, None).await.unwrap();
    assert_eq!(refused(control.show_item("2", "goods", shop, None).await), (404, "item-unknown".to_owned()));
    let replaced = control.replace_items("goods", shop, None, &vec![json!({"id": 7})]).await.unwrap();
    assert_eq!(*control.list_items("goods", shop, None).await.unwrap(), *replaced);
    control.reset_items("goods", shop, None).await.unwrap();
    assert_eq!(*control.list_items("goods", shop, None).await.unwrap(), [json!({"id": 1})]);
    let wrong = control.make_item("goods", shop, None, &json!({"id": "x"})).await;
    assert_eq!(refused(wrong), (422, "findings".to_owned()));
    assert_eq!(refused(control.list_items("good", shop, None).await), (404, "resource-unknown".to_owned()));
    let taken = control.make_item("goods", shop, None, &json!({"id": 1})).await;
    assert_eq!(refused(taken), (409, "id-taken".to_owned()));
    control.make_item("goods", shop, None, &json!({})).await.unwrap();
    control
        .reset(None, Some(&types::Reset { scopes: Some(vec![types::ResetScope::Resources]) }))
        .await
        .unwrap();
    assert_eq!(control.list_items("goods", shop, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_clock() {
    let control = &Steered::start().await.control;
    let freeze =
        types::ClockSet { freeze: Some("2026-01-01T00:00:00Z".to_owned()), advance: None, reset: None };
    control.set_clock(None, &freeze).await.unwrap();
    let shown = control.show_clock(None).await.unwrap();
    assert_eq!((shown.now.as_str(), shown.frozen), ("2026-01-01T00:00:00Z", true));
    let nothing = types::ClockSet { freeze: None, advance: None, reset: None };
    assert_eq!(refused(control.set_clock(None, &nothing).await), (422, "findings".to_owned()));
}

#[tokio::test]
async fn sessions() {
    let steered = Steered::start().await;
    let control = &steered.control;
    let made = control.make_session(None).await.unwrap();
    let named = types::NewSession { id: Some("mine".to_owned()), ttl: Some("1h".to_owned()), script: None };
    control.make_session(Some(&named)).await.unwrap();
    assert_eq!(refused(control.make_session(Some(&named)).await), (409, "id-taken".to_owned()));
    let other = reqwest::get(format!("{}/pets/1", made.base_url)).await.unwrap();
    assert_eq!((other.status().as_u16(), steered.status("/pets/1").await), (404, 404), "each by itself");
    let listed = control.list_sessions().await.unwrap();
    let shown: Vec<_> = listed.iter().map(|one| (one.id.as_str(), one.calls, one.ttl_ms)).collect();
    assert_eq!(shown, [("mine", 0, 3_600_000), (made.id.as_str(), 1, 600_000)]);
    control.set_value("size", Some("mine"), &json!(9)).await.unwrap();
    assert_eq!(*control.show_value("size", None).await.unwrap(), json!(3));
    control.drop_session("mine").await.unwrap();
    assert_eq!(refused(control.drop_session("mine").await), (404, "session-unknown".to_owned()));
}

#[tokio::test]
async fn verification_explanation_and_the_stream_of_calls() {
    let steered = Steered::start().await;
    let control = &steered.control;
    let mut stream = control.stream_calls(None, None, None, None, None).await.unwrap().into_inner();
    let beginning = stream.next().await.expect("an event").expect("bytes");
    assert_eq!(&beginning[..], b": calls follow\n\n");
    assert_eq!(steered.status("/pets/7").await, 404);
    let event = stream.next().await.expect("an event").expect("bytes");
    assert!(event.starts_with(b"id: 1\nevent: call\ndata: {"), "{event:?}");

    let order = |order: Value| types::Verification(order);
    let seen = json!({"op": "getPet", "where": {"path.petId": 7}, "count": 1, "within": "1s"});
    assert_eq!(*control.verify(None, &order(seen)).await.unwrap(), types::Verified { ok: true, count: 1 });
    let unseen = order(json!({"op": "getPet", "where": {"path.petId": {"gt": 7}}}));
    let Err(Error::ErrorResponse(problem)) = control.verify(None, &unseen).await else {
        panic!("there was no such call")
    };
    assert_eq!(problem.type_, "verification-failed");
    let near = &problem.failures[0].nearest[0];
    let difference = near.difference.as_ref().expect("it differs");
    assert_eq!((near.call.id, difference.field.as_str()), (1, "path.petId"));
    assert_eq!(refused(control.verify(None, &order(json!({}))).await), (422, "findings".to_owned()));
    assert!(control.verify_expectations(None).await.unwrap().expectations.is_empty());

    let explained = control.explain_call(1, None).await.unwrap();
    let outcomes: Vec<_> = explained.candidates.iter().map(|one| (one.rule.as_str(), one.outcome)).collect();
    assert_eq!(
        outcomes,
        [("pet/gone", types::RuleOutcome::Differs), ("getPet#1", types::RuleOutcome::Answered),]
    );
    assert_eq!(refused(control.explain_call(9, None).await), (404, "call-unknown".to_owned()));
}

#[tokio::test]
async fn rules() {
    let steered = Steered::start().await;
    let control = &steered.control;
    let rule = |text: Value| serde_json::from_value::<types::NewRule>(text).expect("a rule");
    let text = |text: Value| serde_json::from_value::<types::RuleText>(text).expect("what a rule says");
    let made =
        control.add_rule(None, &rule(json!({"op": "getPet", "id": "mine", "respond": 409}))).await.unwrap();
    assert_eq!((made.id.as_str(), steered.status("/pets/1").await), ("mine", 409));
    let taken = control.add_rule(None, &rule(json!({"op": "getPet", "id": "mine", "respond": 409}))).await;
    assert_eq!(refused(taken), (409, "id-taken".to_owned()));
    control.change_rule("mine", None, &text(json!({"when": {"path.petId": 2}}))).await.unwrap();
    assert_eq!([steered.status("/pets/2").await, steered.status("/pets/1").await], [409, 404]);
    let shown = control.show_rule("mine", None).await.unwrap();
    assert_eq!((shown.uses, shown.last_match.is_some()), (2, true));
    control.replace_rule("mine", None, &text(json!({"respond": 200}))).await.unwrap();
    let listed = control.list_rules(None, None, None, None).await.unwrap();
    let ids: Vec<_> = listed.items.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["mine", "getPet#1"]);
    assert_eq!(refused(control.remove_rule("getPet#1", None).await), (409, "rule-of-script".to_owned()));
    control.remove_rule("mine", None).await.unwrap();
    assert_eq!(refused(control.show_rule("mine", None).await), (404, "rule-unknown".to_owned()));
    control.clear_rules(None).await.unwrap();
}

#[tokio::test]
async fn the_script() {
    let steered = Steered::start().await;
    let control = &steered.control;
    let script = |text: Value| serde_json::from_value::<types::ScriptText>(text).expect("a script");
    let new = script(json!({"script": 1, "rules": {"getPet": 409}}));
    let set = control.set_script(Some(true), None, &new).await.unwrap();
    assert_eq!((set.findings.len(), steered.status("/pets/1").await), (0, 404));
    control.set_script(None, None, &new).await.unwrap();
    assert_eq!((&*control.show_script(None).await.unwrap(), steered.status("/pets/1").await), (&new, 409));
    let wrong = script(json!({"script": 1, "rules": {"getPet": 418}}));
    assert_eq!(refused(control.set_script(None, None, &wrong).await), (422, "findings".to_owned()));
}
