//! `/script` and the scripts of sessions over HTTP, row by row of their table.

use std::collections::BTreeMap;

use counterfoil_openapi::{FileError, Files};
use counterfoil_server::Script;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};

const SCRIPT: &str =
    "script: 1\nrules: { getPet: [401, 404, 200], listPets: [{ id: mine, respond: [503, 200] }] }";

async fn send(stub: &Stub, method: Method, path: &str, body: &str) -> Answer {
    Answer::of(stub.control(method, path).body(body.to_owned())).await
}

async fn show(stub: &Stub, path: &str) -> Value {
    send(stub, Method::GET, path, "").await.json()
}

#[tokio::test]
async fn a_script_is_shown_checked_and_put_in_place_of_another() {
    let stub = Stub::scripted(SCRIPT).await;
    let said = json!({
        "script": 1, "rules": {"getPet": [401, 404, 200], "listPets": [{"id": "mine", "respond": [503, 200]}]},
    });
    assert_eq!(show(&stub, "/script").await, said);
    assert_eq!(stub.statuses("/pets/1", 1).await, [401]);
    assert_eq!(stub.statuses("/pets", 1).await, [503]);
    let new = "script: 1\nrules:\n  getPet:\n    - { when: { path.petId: 9 }, respond: 503 }\n    - { respond: [401, 404, 200] }\n  listPets: [{ id: mine, respond: [200, none] }]\n  deletePet: 204*2";
    let dry = send(&stub, Method::PUT, "/script?dry_run=true", new).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(
        json!([dry.json()["warnings"][0]["code"], dry.json()["findings"][0]["line"]]),
        json!(["repeat-needless", 7])
    );
    assert_eq!(show(&stub, "/script").await, said, "it was only checked");
    let yaml = stub.control(Method::PUT, "/script").header("content-type", "application/yaml").body(new);
    assert_eq!(Answer::of(yaml).await.json(), dry.json());
    assert_eq!(stub.statuses("/pets/9", 1).await, [503]);
    assert_eq!(stub.get("/pets").await.json(), json!([]), "of the same id, so it goes on counting: `none`");
    assert_eq!(show(&stub, "/script").await["rules"]["deletePet"], "204*2");
    // What it shows can be put back.
    let shown = show(&stub, "/script").await.to_string();
    assert_eq!(send(&stub, Method::PUT, "/script", &shown).await.status, 200);
    let health = show(&stub, "/health").await;
    assert_eq!(health["script_digest"], load(&shown).unwrap().digest());
    for query in ["", "?dry_run=true"] {
        let wrong = "{\"script\": 1,\n \"rules\": {\"getPets\": 200, \"listPets\": 418}}";
        let refused = send(&stub, Method::PUT, &format!("/script{query}"), wrong).await;
        let errors = refused.json()["errors"].as_array().expect("all of them").clone();
        let codes: Vec<_> = errors.iter().map(|error| json!([error["code"], error["line"]])).collect();
        assert_eq!(
            (refused.status, json!(codes)),
            (422, json!([["operation-unknown", 2], ["status-undocumented", 2]]))
        );
    }
    let forwarding = "{ script: 1, defaults: { on_unscripted: proxy } }";
    let refused = send(&stub, Method::PUT, "/script", forwarding).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("upstream-missing")));
    assert_eq!(show(&stub, "/script").await.to_string(), shown, "nothing has changed");
}

#[tokio::test]
async fn a_rule_that_says_the_same_goes_on_counting_wherever_it_stands() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(stub.statuses("/pets/1", 1).await, [401]);
    let moved = "script: 1\nrules: { getPet: [{ when: { path.petId: 9 }, status: 503 }, { respond: [401, 404, 200] }] }";
    send(&stub, Method::PUT, "/script", moved).await;
    // It is said in other words once, and in the same ones after that.
    assert_eq!(stub.statuses("/pets/1", 1).await, [401]);
    let again = moved.replace(
        "{ when: { path.petId: 9 }, status: 503 }",
        "{ when: { path.petId: 8 }, status: 503 }, 404/gone",
    );
    let again = again.replace("404/gone", "{ when: { path.petId: 7 }, respond: 404/gone }");
    send(&stub, Method::PUT, "/script", &again).await;
    assert_eq!(
        stub.statuses("/pets/1", 1).await,
        [404],
        "the second use, though it is another rule of the list"
    );
}

#[tokio::test]
async fn of_several_scripts_each_is_shown_and_replaced_by_its_name() {
    let script = |name: &str, text: &str| Script::load(name, text.as_bytes(), &[pets()]).unwrap();
    let scripts = vec![
        script("a.yaml", "script: 1\nrules: { getPet: 404 }"),
        script("b.yaml", "script: 1\nrules: { listPets: 503 }"),
    ];
    let stub = Stub::start(scripts).await;
    let several = send(&stub, Method::GET, "/script", "").await;
    assert_eq!((several.status, &several.json()["type"]), (409, &json!("several-scripts")));
    assert_eq!(send(&stub, Method::GET, "/script?name=c.yaml", "").await.status, 404);
    assert_eq!(show(&stub, "/script?name=b.yaml").await["rules"], json!({"listPets": 503}));
    send(&stub, Method::PUT, "/script?name=b.yaml", "{ script: 1, rules: { listPets: none } }").await;
    assert_eq!([stub.get("/pets/1").await.status, stub.get("/pets").await.status], [404, 200]);
    send(&stub, Method::PUT, "/script", "script: 1").await;
    assert_eq!((stub.get("/pets/1").await.status, show(&stub, "/script").await), (200, json!({"script": 1})));
    let none = Stub::start(Vec::new()).await;
    assert_eq!(show(&none, "/script").await, json!({"script": 1}));
}

struct Folder(BTreeMap<&'static str, &'static str>);

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| FileError::new("there is none"))
    }
}

#[tokio::test]
async fn a_script_in_several_files_is_shown_as_one() {
    let files = Folder(BTreeMap::from([(
        "more.yaml",
        "script: 1\nstate: { a: 2, b: 3 }\nrules: { getPet: 404, listPets: [{ id: x, status: 503 }] }",
    )]));
    let text = "script: 1\ninclude: [more.yaml]\nstate: { a: 1 }\nrules: { getPet: { when: { path.petId: 1 }, respond: 401 } }";
    let script = Script::load_with("s.yaml", text.as_bytes(), &[pets()], &files).unwrap();
    let stub = Stub::start(vec![script]).await;
    let whole = show(&stub, "/script").await;
    assert_eq!(
        whole,
        json!({
            "script": 1, "state": {"a": 1, "b": 3},
            "rules": {
                "getPet": [{"when": {"path.petId": 1}, "respond": 401}, {"respond": 404}],
                "listPets": [{"id": "x", "status": 503}],
            },
        })
    );
    let before = (
        stub.statuses("/pets/1", 1).await,
        stub.statuses("/pets/2", 1).await,
        stub.get("/pets").await.status,
    );
    assert_eq!(send(&stub, Method::PUT, "/script", &whole.to_string()).await.status, 200);
    let after = (
        stub.statuses("/pets/1", 1).await,
        stub.statuses("/pets/2", 1).await,
        stub.get("/pets").await.status,
    );
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_session_is_made_with_a_script_of_its_own() {
    let stub = Stub::scripted(SCRIPT).await;
    let order = json!({"id": "s", "script": {
        "script": 1, "state": {"owner": "me"},
        "rules": {"getPet": [{"when": {"path.petId": 1}, "respond": [503, 404]}, {"id": "x", "respond": 200}]},
    }});
    let made = send(&stub, Method::POST, "/sessions", &order.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(stub.statuses("/~s/pets/1", 3).await, [503, 404, 404]);
    assert_eq!((stub.get("/~s/pets/2").await.status, stub.get("/pets/2").await.status), (200, 401));
    assert_eq!(show(&stub, "/state?session=s").await, json!({"owner": "me"}));
    assert_eq!(show(&stub, "/rules/x?session=s").await["uses"], 1);
    stub.server.reload(vec![pets()], vec![load(SCRIPT).unwrap()]);
    assert_eq!(stub.statuses("/~s/pets/1", 1).await, [404]);
    for (script, pointer) in [
        (json!({"script": 1, "rules": {"getPets": 1}}), "/script/rules/getPets"),
        (json!({"script": 1, "defaults": {}}), "/script/defaults"),
        (json!({"rules": {}}), "/script"),
    ] {
        let refused =
            send(&stub, Method::POST, "/sessions", &json!({"id": "t", "script": script}).to_string()).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            refused.text
        );
    }
    assert_eq!(show(&stub, "/sessions").await.as_array().map(Vec::len), Some(1), "none was made");
}
