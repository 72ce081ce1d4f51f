//! Sessions over HTTP: how requests name one, and what each keeps for itself.

use std::sync::Arc;

use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};

const SCRIPT: &str = "script: 1\nrules: { getPet: [401, 404, 200] }";

async fn status(stub: &Stub, path: &str, headers: &[(&str, &str)]) -> u16 {
    let request = headers
        .iter()
        .fold(stub.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    Answer::of(request).await.status
}

#[tokio::test]
async fn a_session_is_named_by_header_baggage_or_path_and_counts_for_itself() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(status(&stub, "/pets/1", &[]).await, 401);
    // Each names the same session in another way.
    assert_eq!(status(&stub, "/pets/1", &[("Counterfoil-Session", "s1")]).await, 401);
    assert_eq!(status(&stub, "/pets/1", &[("baggage", "a=b, counterfoil-session=s1;p=1")]).await, 404);
    assert_eq!(status(&stub, "/~s1/pets/1", &[]).await, 200);
    // A header means more than a path, which is taken off all the same.
    assert_eq!(status(&stub, "/~s1/v1/pets/1", &[("counterfoil-session", "s2")]).await, 401);
    assert_eq!(status(&stub, "/pets/1", &[]).await, 404, "the unnamed session goes on by itself");
    assert_eq!(status(&stub, "/~s1", &[]).await, 404, "the root is a path as any other");
    assert_eq!(stub.server.calls().len(), 2, "its journal holds its own calls");
}

#[tokio::test]
async fn the_number_of_a_call_is_that_of_its_session() {
    let stub = Stub::scripted(SCRIPT).await;
    for (path, number) in [("/~a/pets/1", "1"), ("/~b/pets/1", "1"), ("/~a/pets/1", "2"), ("/pets/1", "1")] {
        assert_eq!(stub.get(path).await.header("counterfoil-call"), number, "{path}");
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let stub = Stub::scripted(SCRIPT).await;
    for (name, value) in [
        ("counterfoil-session", "a b"),
        ("counterfoil-session", ""),
        ("counterfoil-session", "../x"),
        ("baggage", "counterfoil-session=a%2Fb"),
    ] {
        let refused = Answer::of(stub.request(Method::GET, "/pets/1").header(name, value)).await;
        assert_eq!(
            (refused.status, &refused.json()["type"]),
            (400, &json!("urn:counterfoil:session-invalid"))
        );
    }
    // A path that begins otherwise is a path.
    assert_eq!(stub.get("/~a%20b/pets/1").await.status, 404);
    assert_eq!(stub.get("/pets/1").await.status, 401, "none of them counted");
}

#[tokio::test]
async fn a_document_keeps_its_own_paths_that_look_like_sessions() {
    let text = "openapi: 3.0.3\npaths: {/~a/b: {get: {responses: {'204': {description: ok}}}}, \
                /b: {get: {responses: {'200': {description: ok}}}}}";
    let contract = Contract::load("tilde.yaml", text.as_bytes()).unwrap();
    let server = StubServer::builder(contract).start().await.unwrap();
    let get = async |path: &str| {
        Answer::of(crate::stub::client().get(format!("{}{path}", server.url()))).await.status
    };
    assert_eq!([get("/~a/b").await, get("/~b/b").await, get("/b").await], [204, 404, 200]);
}

#[tokio::test]
async fn scripts_say_how_sessions_are_named_and_how_many_there_are() {
    let script = "
script: 1
sessions: { header: X-Test, baggage: test-id, ttl: 100h, max: 2 }
rules: { getPet: [401, 404, 200] }
";
    let stub = Stub::scripted(script).await;
    assert_eq!(status(&stub, "/pets/1", &[("x-test", "a")]).await, 401);
    assert_eq!(status(&stub, "/pets/1", &[("baggage", "test-id=a")]).await, 404);
    assert_eq!(status(&stub, "/~a/pets/1", &[]).await, 200);
    assert_eq!(status(&stub, "/pets/1", &[("counterfoil-session", "a")]).await, 401, "a header as any other");
    assert_eq!(status(&stub, "/~b/pets/1", &[]).await, 401);
    let refused = stub.get("/~c/pets/1").await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(refused.json()["type"], "urn:counterfoil:sessions-exhausted");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(status(&stub, "/~b/pets/1", &[]).await, 404, "those there are go on");
}

#[tokio::test]
async fn a_session_goes_once_it_was_not_used_for_its_time() {
    let stub = Stub::scripted(&format!("{SCRIPT}\nsessions: {{ ttl: 0us, max: 1 }}")).await;
    for name in ["a", "b", "a"] {
        assert_eq!(stub.get(&format!("/~{name}/pets/1")).await.status, 401, "{name} begins anew");
    }
}

#[tokio::test]
async fn what_a_script_says_wrong_of_sessions_is_told() {
    let script = "script: 1\nsessions: { header: 'a b', baggage: 'a=b', ttl: 5, max: 0, min: 1 }";
    let error = load(script).unwrap_err();
    let found: Vec<String> =
        error.findings().iter().map(|one| format!("{} {}", one.code, one.pointer)).collect();
    assert_eq!(
        found,
        [
            "value-invalid /sessions/header",
            "value-invalid /sessions/baggage",
            "value-invalid /sessions/ttl",
            "value-invalid /sessions/max",
            "key-unknown /sessions/min",
        ]
    );
}

#[tokio::test]
async fn a_reload_keeps_what_sessions_counted() {
    let stub = Stub::scripted(SCRIPT).await;
    assert_eq!(stub.statuses("/~a/pets/1", 1).await, [401]);
    stub.server.reload(vec![crate::scripts::pets()], vec![load(SCRIPT).unwrap()]);
    assert_eq!(stub.statuses("/~a/pets/1", 1).await, [404]);
    stub.server.reload(
        vec![crate::scripts::pets()],
        vec![load("script: 1\nrules: { getPet: [404, 401] }").unwrap()],
    );
    stub.server.reload(vec![crate::scripts::pets()], vec![load(SCRIPT).unwrap()]);
    assert_eq!(stub.statuses("/~a/pets/1", 1).await, [401], "a rule that was gone begins anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_sessions_at_once_do_not_meet() {
    let stub = Arc::new(Stub::scripted(SCRIPT).await);
    let tests: Vec<_> = (0..64)
        .map(|number| {
            let stub = Arc::clone(&stub);
            tokio::spawn(async move { stub.statuses(&format!("/~test-{number}/pets/1"), 5).await })
        })
        .collect();
    for test in tests {
        assert_eq!(test.await.unwrap(), [401, 404, 200, 200, 200]);
    }
    assert!(stub.server.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_so_many_times_serves_exactly_as_many() {
    let stub = Arc::new(
        Stub::scripted("script: 1\nrules: { deletePet: [{ status: 204, times: 1000, id: few }] }").await,
    );
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let stub = Arc::clone(&stub);
            tokio::spawn(async move {
                let mut served = 0;
                for _ in 0..40 {
                    let answer = Answer::of(stub.request(Method::DELETE, "/pets/1")).await;
                    served += usize::from(answer.header("counterfoil-rule") == "few");
                }
                served
            })
        })
        .collect();
    let mut served = 0;
    for task in tasks {
        served += task.await.unwrap();
    }
    assert_eq!(served, 1_000);
}

#[tokio::test]
async fn calls_go_of_the_sessions_that_were_not_asked_for_the_longest() {
    let builder = StubServer::builder(pets()).control_port(Some(0)).journal_limit(300 * 1024);
    let server = builder.start().await.unwrap();
    let client = crate::stub::client();
    // Of which 60 KiB are kept.
    let body = json!({"name": "x".repeat(60 * 1024)});
    let call = async |session: &str| {
        let request =
            client.post(format!("{}{session}/pets", server.url())).header("x-api-key", "k").json(&body);
        assert_eq!(request.send().await.unwrap().status(), 201);
    };
    let kept = async |query: &str| -> Vec<u64> {
        let url = format!("{}/calls{query}", server.control_url().unwrap());
        let list: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        list["items"].as_array().unwrap().iter().map(|call| call["id"].as_u64().unwrap()).collect()
    };
    for session in ["", "/~a", "/~a", "/~b", "/~c"] {
        call(session).await;
    }
    let all = async || {
        [kept("").await, kept("?session=b").await, kept("?session=c").await, kept("?session=a").await]
    };
    assert_eq!(all().await, [vec![1], vec![1], vec![1], vec![2]], "the first of a had to go");
    // Who asks of a session asks for it: now b is the oldest.
    call("/~c").await;
    assert_eq!(all().await, [vec![1], vec![], vec![1, 2], vec![2]]);
}

#[tokio::test]
async fn what_all_sessions_keep_together_is_bounded() {
    let script =
        load("script: 1\nrules: { getPet: { set: { last: \"${query.text}\" }, respond: 404 } }").unwrap();
    let builder = StubServer::builder(pets()).script(script).control_port(Some(0)).kept_limit(64 * 1024);
    let stub = Stub::of(builder).await;
    let text = "x".repeat(20 * 1024);
    let put = async |session: &str, value: Value| {
        let request = stub.control(Method::PUT, &format!("/state/a?session={session}")).json(&value);
        Answer::of(request).await
    };
    let statuses = [put("a", json!(text)).await, put("b", json!(text)).await, put("c", json!(text)).await];
    assert_eq!(statuses.map(|answer| answer.status), [200; 3]);
    let full = put("d", json!(text)).await;
    assert_eq!((full.status, &full.json()["errors"][0]["code"]), (422, &json!("state-full")));
    assert!(
        full.text.contains("all sessions together keep 65536 bytes") && full.text.contains("--kept-limit")
    );
    // So are the rules set at run time, and what scripts keep.
    let rule = json!({"op": "getPet", "note": "x".repeat(9 * 1024), "respond": 404});
    let rules = stub.control(Method::POST, "/rules?session=d").json(&rule);
    let full = Answer::of(rules).await;
    assert_eq!((full.status, &full.json()["errors"][0]["code"]), (422, &json!("rules-full")));
    let kept = stub.get(&format!("/~d/pets/1?text={text}")).await;
    assert_eq!((kept.status, kept.text.contains("all sessions together")), (500, true), "{}", kept.text);
    // Less is always taken, and what a session kept is free once it is gone.
    assert_eq!(put("a", json!(1)).await.status, 200);
    assert_eq!(put("d", json!(text)).await.status, 200);
    assert_eq!(put("a", json!(text)).await.status, 422);
    assert_eq!(Answer::of(stub.control(Method::DELETE, "/sessions/b")).await.status, 204);
    assert_eq!(put("a", json!(text)).await.status, 200);
    assert_eq!(Answer::of(stub.control(Method::DELETE, "/sessions/c")).await.status, 204);
    let refused = Answer::of(stub.control(Method::POST, "/rules?session=d").json(&rule)).await;
    assert_eq!(refused.status, 422, "its text is counted four times");
    assert_eq!(Answer::of(stub.control(Method::POST, "/reset?session=d")).await.status, 204);
    assert_eq!(Answer::of(stub.control(Method::POST, "/rules?session=d").json(&rule)).await.status, 201);
}
