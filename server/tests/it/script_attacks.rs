//! Attacks by way of scripts that no other page of tests has: many rules, holes in holes, what is kept, what is set.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load};

/// Attack A38: a script may be long; where it is not debugged, 100,000 rules.
#[tokio::test]
async fn a38_a_script_of_many_rules_is_loaded_and_the_last_answers() {
    let count = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
    let rules: String = (0..count).fold(String::new(), |mut rules, id| {
        rules.push_str(&format!("    - {{ when: {{ path.petId: {id} }}, respond: 404 }}\n"));
        rules
    });
    let stub = Stub::scripted(&format!("script: 1\nrules:\n  getPet:\n{rules}")).await;
    let last = format!("/pets/{}", count - 1);
    let statuses = [stub.get(&last).await.status, stub.get(&format!("/pets/{count}")).await.status];
    assert_eq!(statuses, [404, 200]);
}

/// Attack A38: no hole is within another, so that none makes another.
#[test]
fn a38_templates_do_not_nest() {
    for hole in ["${body.${query.a}}", "${${body.a}}", "${state.${path.petId}}", "${rand(1,${seq})}"] {
        let script = json!({"script": 1, "rules": {"getPet": {"patch": {"x": hole}}}});
        let error = load(&script.to_string()).expect_err(hole);
        let codes: Vec<&str> = error.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["template-unknown"], "{hole}");
    }
}

/// Attack A40: what a request says is literal text in a later reply too, whoever kept it.
#[tokio::test]
async fn a40_template_syntax_that_was_kept_comes_back_to_the_letter() {
    let script = r#"
script: 1
rules:
  createPet: { set: { name: "${body.name}" }, respond: 201 }
  getPet: { patch: { name: "${state.name}" }, headers: { X-Name: "a ${state.name}" } }
"#;
    let stub = Stub::scripted(script).await;
    for attack in ["${seq}", "$${seq}", "${state.name}", "{{7*7}}", "${now+1h}"] {
        assert_eq!(stub.create(json!({"name": attack})).await.status, 201);
        let shown = stub.get("/pets/1").await;
        assert_eq!(shown.json()["name"], attack);
        assert_eq!(shown.header("x-name"), format!("a {attack}"));
        let set = stub.control(Method::PUT, "/state/name").json(&json!(format!("set {attack}")));
        assert_eq!(Answer::of(set).await.status, 200);
        assert_eq!(stub.get("/pets/1").await.json()["name"], format!("set {attack}"));
    }
}

/// Attacks A39 and A41: what is set at run time reads no file, by no row of the control API.
#[tokio::test]
async fn a41_nothing_that_is_set_at_run_time_reads_a_file() {
    let stub = Stub::scripted("script: 1\nrules: { getPet: 200 }").await;
    for path in ["/etc/passwd", "../../etc/passwd", "Cargo.toml"] {
        let reply = json!({"file": path});
        let rule = json!({"op": "getPet", "id": "mine", "file": path});
        let script = json!({"script": 1, "rules": {"getPet": {"file": path}}});
        let including = json!({"script": 1, "include": [path]});
        let rows: [(Method, &str, Value); 5] = [
            (Method::PUT, "/operations/getPet/reply", reply),
            (Method::POST, "/rules", rule),
            (Method::PUT, "/script", script.clone()),
            (Method::PUT, "/script", including),
            (Method::POST, "/sessions", json!({"script": script})),
        ];
        for (method, row, body) in rows {
            let refused = Answer::of(stub.control(method, row).json(&body)).await;
            assert_eq!(refused.status, 422, "{row} {path}: {}", refused.text);
            assert!(refused.text.contains("file-unreadable"), "{row} {path}: {}", refused.text);
            assert!(
                !refused.text.contains("root:") && !refused.text.contains("[package]"),
                "{}",
                refused.text
            );
        }
    }
    assert_eq!(stub.get("/pets/1").await.header("counterfoil-rule"), "getPet#1", "nothing was changed");
}
