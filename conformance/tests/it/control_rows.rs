//! Every row of the control API's document, once as bytes over HTTP and once through the typed client; and the suite
//! against the control plane itself.

use std::collections::BTreeSet;

use counterfoil_client::control::{Client, Error, Settings as ClientSettings, types};
use counterfoil_conformance::{Failure, Filter, Settings, Target};
use counterfoil_openapi::Contract;
use counterfoil_server::{Script, StubServer};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::running::Outcome;

const CONTROL: &str = include_str!("../../../openapi/documents/control.json");

const DOCUMENT: &str = "
openapi: 3.1.0
paths:
  /pets:
    get: { operationId: listPets, responses: { '200': { description: All., content: { application/json: { schema: { type: array, items: &pet { type: object, properties: { id: { type: integer } } } } } } } } }
    post: { operationId: createPet, requestBody: { content: { application/json: { schema: *pet } } }, responses: { '201': { description: It., content: { application/json: { schema: *pet } } } } }
  /pets/{petId}:
    get:
      operationId: getPet
      parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: It. }, '404': { description: None. }, '409': { description: Gone. } }
  /hook: { post: { operationId: takeHook, responses: { '200': { description: Taken. } } } }
webhooks:
  born: { post: { responses: { '200': { description: Taken. } } } }
";

const SCRIPT: &str = "
script: 1
state: { size: 3 }
scenarios: { pet: { per: path.petId, start: alive, states: { alive: {}, gone: { getPet: 409 } } } }
resources: { pets: { key: id, list: listPets, create: createPet, seed: [{ id: 1 }] } }
rules: { getPet: [404, 200] }
expect: { getPet: 1 }
";

/// What a row of the table sends as bytes, and the status that answers it.
type Row = (&'static str, &'static str, &'static str, &'static str, u16);

/// All rows but the webhook and the recording, which are sent to a port that is free.
const ROWS: [Row; 51] = [
    ("health", "GET", "/health", "", 200),
    ("version", "GET", "/version", "", 200),
    ("show_metrics", "GET", "/metrics", "", 200),
    ("show_document", "GET", "/openapi.json", "", 200),
    ("list_operations", "GET", "/operations", "", 200),
    ("set_reply", "PUT", "/operations/getPet/reply", "409", 200),
    ("clear_reply", "DELETE", "/operations/createPet/reply", "", 204),
    ("list_rules", "GET", "/rules", "", 200),
    ("add_rule", "POST", "/rules", r#"{"op": "getPet", "respond": 409}"#, 201),
    ("clear_rules", "DELETE", "/rules", "", 204),
    ("show_rule", "GET", "/rules/mine", "", 200),
    ("replace_rule", "PUT", "/rules/mine", r#"{"respond": 404}"#, 200),
    ("change_rule", "PATCH", "/rules/mine", r#"{"respond": 404}"#, 200),
    ("remove_rule", "DELETE", "/rules/mine", "", 204),
    ("show_script", "GET", "/script", "", 200),
    ("set_script", "PUT", "/script", r#"{"script": 1, "rules": {"getPet": 409}}"#, 200),
    ("list_state", "GET", "/state", "", 200),
    ("replace_state", "PUT", "/state", r#"{"size": 4}"#, 200),
    ("change_state", "PATCH", "/state", r#"{"size": null}"#, 200),
    ("reset_state", "DELETE", "/state", "", 204),
    ("show_value", "GET", "/state/size", "", 200),
    ("set_value", "PUT", "/state/size", "5", 200),
    ("remove_value", "DELETE", "/state/size", "", 204),
    ("list_scenarios", "GET", "/scenarios", "", 200),
    ("show_place", "GET", "/scenarios/pet?key=7", "", 200),
    ("set_place", "PUT", "/scenarios/pet?key=7", r#"{"state": "gone"}"#, 200),
    ("reset_place", "DELETE", "/scenarios/pet?key=7", "", 204),
    ("list_resources", "GET", "/resources", "", 200),
    ("list_items", "GET", "/resources/pets", "", 200),
    ("replace_items", "PUT", "/resources/pets", r#"[{"id": 7}]"#, 200),
    ("make_item", "POST", "/resources/pets", "{}", 201),
    ("reset_items", "DELETE", "/resources/pets", "", 204),
    ("show_item", "GET", "/resources/pets/1", "", 200),
    ("put_item", "PUT", "/resources/pets/1", r#"{"id": 1}"#, 200),
    ("remove_item", "DELETE", "/resources/pets/1", "", 204),
    ("list_calls", "GET", "/calls?op=getPet&limit=1", "", 200),
    ("clear_calls", "DELETE", "/calls", "", 204),
    ("show_call", "GET", "/calls/1", "", 200),
    ("explain_call", "GET", "/calls/1/explain", "", 200),
    ("stream_calls", "GET", "/calls/stream", "", 200),
    ("verify", "POST", "/verify", r#"{"op": "getPet", "count": 1}"#, 200),
    ("verify_expectations", "GET", "/verify", "", 200),
    ("list_recordings", "GET", "/recordings", "", 200),
    ("show_recording", "GET", "/recordings/rec1", "", 200),
    ("end_recording", "DELETE", "/recordings/rec1", "", 200),
    ("reset", "POST", "/reset", r#"{"scopes": ["calls"]}"#, 204),
    ("make_session", "POST", "/sessions", r#"{"id": "other"}"#, 201),
    ("list_sessions", "GET", "/sessions", "", 200),
    ("drop_session", "DELETE", "/sessions/mine", "", 204),
    ("show_clock", "GET", "/clock", "", 200),
    ("set_clock", "PUT", "/clock", r#"{"freeze": "2026-01-01T00:00:00Z"}"#, 200),
];

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

/// The same through the typed client; `hook` is where webhooks may be sent.
async fn typed(control: &Client, operation: &str, hook: &str) -> Result<(), Error<types::Problem>> {
    let respond = |status: u16| types::RuleText(object(json!({"respond": status})));
    match operation {
        "health" => control.health().await.map(drop),
        "version" => control.version().await.map(drop),
        "show_metrics" => control.show_metrics().await.map(drop),
        "show_document" => control.show_document().await.map(drop),
        "list_operations" => control.list_operations(None).await.map(drop),
        "set_reply" => control.set_reply("getPet", None, &types::Reply(json!(409))).await.map(drop),
        "clear_reply" => control.clear_reply("createPet", None).await.map(drop),
        "list_rules" => control.list_rules(None, None, None, None).await.map(drop),
        "add_rule" => {
            let rule = types::NewRule(object(json!({"op": "getPet", "respond": 409})));
            control.add_rule(None, &rule).await.map(drop)
        }
        "clear_rules" => control.clear_rules(None).await.map(drop),
        "show_rule" => control.show_rule("mine", None).await.map(drop),
        "replace_rule" => control.replace_rule("mine", None, &respond(404)).await.map(drop),
        "change_rule" => control.change_rule("mine", None, &respond(404)).await.map(drop),
        "remove_rule" => control.remove_rule("mine", None).await.map(drop),
        "show_script" => control.show_script(None).await.map(drop),
        "set_script" => {
            let script = types::ScriptText(object(json!({"script": 1, "rules": {"getPet": 409}})));
            control.set_script(None, None, &script).await.map(drop)
        }
        "list_state" => control.list_state(None).await.map(drop),
        "replace_state" => control.replace_state(None, &object(json!({"size": 4}))).await.map(drop),
        "change_state" => control.change_state(None, &object(json!({"size": null}))).await.map(drop),
        "reset_state" => control.reset_state(None).await.map(drop),
        "show_value" => control.show_value("size", None).await.map(drop),
        "set_value" => control.set_value("size", None, &json!(5)).await.map(drop),
        "remove_value" => control.remove_value("size", None).await.map(drop),
        "list_scenarios" => control.list_scenarios(None).await.map(drop),
        "show_place" => control.show_place("pet", Some("7"), None).await.map(drop),
        "set_place" => {
            let gone = types::PlaceSet { state: "gone".to_owned() };
            control.set_place("pet", Some("7"), None, &gone).await.map(drop)
        }
        "reset_place" => control.reset_place("pet", Some("7"), None).await.map(drop),
        "list_resources" => control.list_resources(None).await.map(drop),
        "list_items" => control.list_items("pets", None, None).await.map(drop),
        "replace_items" => control.replace_items("pets", None, None, &vec![json!({"id": 7})]).await.map(drop),
        "make_item" => control.make_item("pets", None, None, &json!({})).await.map(drop),
        "reset_items" => control.reset_items("pets", None, None).await.map(drop),
        "show_item" => control.show_item("1", "pets", None, None).await.map(drop),
        "put_item" => control.put_item("1", "pets", None, None, &json!({"id": 1})).await.map(drop),
        "remove_item" => control.remove_item("1", "pets", None, None).await.map(drop),
        "list_calls" => control.list_calls(None, Some(1), Some("getPet"), None, None, None).await.map(drop),
        "clear_calls" => control.clear_calls(None).await.map(drop),
        "show_call" => control.show_call(1, None).await.map(drop),
        "explain_call" => control.explain_call(1, None).await.map(drop),
        "stream_calls" => control.stream_calls(None, None, None, None, None).await.map(drop),
        "verify" => {
            let order = types::Verification(json!({"op": "getPet", "count": 1}));
            control.verify(None, &order).await.map(drop)
        }
        "verify_expectations" => control.verify_expectations(None).await.map(drop),
        "begin_recording" => {
            let order = types::NewRecording { ops: None, target: Some(origin(hook)) };
            control.begin_recording(None, Some(&order)).await.map(drop)
        }
        "list_recordings" => control.list_recordings(None).await.map(drop),
        "show_recording" => control.show_recording("rec1", None).await.map(drop),
        "end_recording" => control.end_recording("rec1", None).await.map(drop),
        "reset" => {
            let calls = types::Reset { scopes: Some(vec![types::ResetScope::Calls]) };
            control.reset(None, Some(&calls)).await.map(drop)
        }
        "make_session" => {
            let order = types::NewSession { id: Some("other".to_owned()), ..types::NewSession::default() };
            control.make_session(Some(&order)).await.map(drop)
        }
        "list_sessions" => control.list_sessions().await.map(drop),
        "drop_session" => control.drop_session("mine").await.map(drop),
        "show_clock" => control.show_clock(None).await.map(drop),
        "set_clock" => {
            let freeze = types::ClockSet {
                freeze: Some("2026-01-01T00:00:00Z".to_owned()),
                ..types::ClockSet::default()
            };
            control.set_clock(None, &freeze).await.map(drop)
        }
        "send_webhook" => {
            let order = types::WebhookOrder { url: hook.to_owned(), body: None };
            control.send_webhook("born", &order).await.map(drop)
        }
        other => panic!("`{other}` is not called"),
    }
}

/// The server of a URL whose path is `/hook`.
fn origin(hook: &str) -> String {
    hook.trim_end_matches("/hook").to_owned()
}

/// A stub with something of everything, that may send webhooks to `hook` and record what it answers.
async fn stub(
    contract: &Contract,
    script: &Script,
    http: &reqwest::Client,
    hook: &str,
) -> (StubServer, Client) {
    let host = hook.strip_prefix("http://").expect("it is on this machine").parse().expect("a host");
    let builder = StubServer::builder(contract.clone()).script(script.clone()).callbacks(host);
    let builder = builder.allow_proxy(origin(hook).parse().expect("a server"));
    let stub = builder.control_port(Some(0)).start().await.expect("a port is free");
    let control_url = stub.control_url().expect("it was asked for");
    let control = Client::new_with_client(control_url, http.clone(), ClientSettings::default());
    http.get(format!("{}/pets/1", stub.url())).send().await.expect("a reply");
    control.set_reply("createPet", None, &types::Reply(json!(201))).await.expect("it is set");
    let mine = types::NewRule(object(json!({"op": "getPet", "id": "mine", "respond": 409})));
    control.add_rule(None, &mine).await.expect("it is added");
    let session = types::NewSession { id: Some("mine".to_owned()), ..types::NewSession::default() };
    control.make_session(Some(&session)).await.expect("it is made");
    let recording =
        types::NewRecording { ops: Some(vec!["takeHook".to_owned()]), target: Some(origin(hook)) };
    control.begin_recording(None, Some(&recording)).await.expect("it is begun");
    (stub, control)
}

fn parts() -> (Contract, Script) {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    let script = Script::load("s.yaml", SCRIPT.as_bytes(), std::slice::from_ref(&contract));
    (contract, script.expect("a script"))
}

#[tokio::test]
async fn every_operation_of_the_document_is_called_raw_and_typed() {
    let (contract, script) = parts();
    let receiver = StubServer::builder(contract.clone()).start().await.expect("a port is free");
    let hook = format!("{}/hook", receiver.url());
    let order = json!({"url": hook}).to_string();
    let webhook = ("send_webhook", "POST", "/webhooks/born", order.as_str(), 200);
    let target = json!({"target": receiver.url()}).to_string();
    let recording = ("begin_recording", "POST", "/recordings", target.as_str(), 201);
    let rows: Vec<_> = ROWS.into_iter().chain([webhook, recording]).collect();

    let document: Value = serde_json::from_str(CONTROL).expect("JSON");
    let operations = document["paths"].as_object().expect("paths").values().flat_map(|item| {
        item.as_object().expect("operations").values().filter_map(|one| one["operationId"].as_str())
    });
    let documented: BTreeSet<&str> = operations.collect();
    let called: BTreeSet<&str> = rows.iter().map(|row| row.0).collect();
    assert_eq!(documented, called, "an operation has no row, or a row no operation");
    assert_eq!(called.len(), rows.len(), "a row is there twice");

    // One for all: to make another takes longer than a row.
    let http = reqwest::Client::new();
    for (operation, method, path, body, status) in rows {
        let (raw, _) = stub(&contract, &script, &http, receiver.url()).await;
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}{path}", raw.control_url().expect("it was asked for"));
        let mut request = http.request(method, url);
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{operation}: {:?}", answer.text().await);
        let (_typed, control) = stub(&contract, &script, &http, receiver.url()).await;
        typed(&control, operation, &hook).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
    }
}

/// What is refused though the document of the control API lets it through: the grammar of scripts, times and items is
/// the script's and the served document's, and no schema here says it. By operation, the codes of what may be found.
const GRAMMARS: [(&str, &[&str]); 14] = [
    ("add_rule", &["value-invalid", "operation-unknown"]),
    ("begin_recording", &["upstream-missing", "proxy-refused"]),
    ("change_rule", &["key-unknown"]),
    ("replace_rule", &["key-unknown"]),
    ("list_items", &["in-invalid"]),
    ("make_item", &["in-invalid", "item-invalid"]),
    ("put_item", &["in-invalid", "item-invalid"]),
    ("replace_items", &["in-invalid", "item-invalid"]),
    ("show_item", &["in-invalid"]),
    ("make_session", &["script-version"]),
    ("set_clock", &["value-invalid"]),
    ("set_place", &["state-unknown"]),
    ("set_script", &["script-version"]),
    ("verify", &["value-invalid"]),
];

/// Why a failure is one; nothing where the control API does on purpose what the suite tells.
///
/// | what is on purpose | why |
/// |---|---|
/// | a body of any media type, or in YAML | `curl -d 403` is how people steer by hand |
/// | a valid body refused with 422, told by a code of [`GRAMMARS`] | see there |
fn objection(failure: &Failure) -> Option<String> {
    match (failure.check.as_str(), failure.kind.as_str()) {
        ("negative_data_rejection", "content-type undocumented" | "body unreadable") => None,
        ("positive_data_acceptance", kind) if kind.starts_with("status 422") => {
            let body = failure.exchange.response_body.as_deref().unwrap_or_default();
            let problem: Value = serde_json::from_str(body).expect("a problem is JSON");
            let errors = problem["errors"].as_array().expect("what is wrong is told");
            let known = GRAMMARS.iter().find(|(operation, _)| *operation == failure.operation);
            let known = known.map_or(&[][..], |(_, codes)| codes);
            let codes = errors.iter().map(|error| error["code"].as_str().unwrap_or_default());
            let others: BTreeSet<&str> = codes.filter(|code| !known.contains(code)).collect();
            let is_told = !errors.is_empty() && others.is_empty();
            (!is_told).then(|| format!("{} finds {others:?}: {body}", failure.operation))
        }
        _ => Some(format!("{failure:?}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_plane_passes_the_suite() {
    let (contract, script) = parts();
    let receiver = StubServer::builder(contract.clone()).start().await.expect("a port is free");
    let (stub, _) = stub(&contract, &script, &reqwest::Client::new(), receiver.url()).await;
    let control = Contract::load("control.json", CONTROL.as_bytes()).expect("a document");
    let target = Target::new(stub.control_url().expect("it was asked for"));
    // The stream of calls has no end.
    let filter = Filter::new(Vec::new(), vec!["stream_calls".to_owned()]);
    let settings = Settings { seed: 7, max_cases: 4, filter, ..Settings::default() };
    let outcome = Outcome::of(&control, &target, &settings).await;
    let objections: Vec<String> = outcome.failures().into_iter().filter_map(objection).collect();
    assert!(objections.is_empty(), "{objections:#?}");
    assert!(outcome.summary.cases > 200, "{:?}", outcome.summary);
}
