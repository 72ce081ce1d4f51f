//! Templates, over HTTP: what fills them, what they may be, and what a request cannot do with them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, load, pets};

#[tokio::test]
async fn every_hole_is_filled_and_a_value_that_is_only_a_hole_keeps_its_type() {
    let script = r#"
script: 1
rules:
  createPet:
    - { id: tags, when: { body.tags: { exists: true } }, patch: { name: "${body.tags}" }, allow_invalid: [body] }
    - patch:
        id: "${seq}"
        name: "${body.name}"
        sum: "${body.owner.id}/${body#/owner/name}/${query.q}/${header.X-Trace}/${cookie.c}"
        kind: "${body.kind}"
        note: "${body.notes}"
        gone: "${body.age}"
        roll: "${rand(1,6)}"
      headers: { Location: "/pets/${seq}" }
  getPet: { patch: { id: "${path.petId}", uuid: "${uuid}", literal: "$${seq}" } }
  generateToken: { media_type: application/json, body: { token: "${form.user}-${form.minutes}", minutes: "${form.minutes}" } }
"#;
    let stub = Stub::scripted(script).await;
    let body = json!({"name": "Rex", "owner": {"id": 7, "name": "Ada"}, "kind": "dog", "notes": {"a": [1]}});
    let post = |path: &str| stub.request(Method::POST, path).header("X-Api-Key", "k").json(&body);
    let created = Answer::of(post("/pets?q=a%20b").header("x-trace", "t1").header("cookie", "c=d")).await;
    let mut answer = created.json();
    let roll = answer.as_object_mut().and_then(|answer| answer.remove("roll")).expect("it was rolled");
    assert!(roll.as_i64().is_some_and(|roll| (1..=6).contains(&roll)), "{roll}");
    let expected = json!({
        "id": 1, "name": "Rex", "sum": "7/Ada/a b/t1/d", "kind": "dog", "note": {"a": [1]}
    });
    assert_eq!((created.status, answer), (201, expected));
    assert_eq!(created.header("location"), "/pets/1");
    assert_eq!(Answer::of(post("/pets")).await.header("location"), "/pets/2");

    let pet = stub.get("/pets/42").await.json();
    assert_eq!((&pet["id"], &pet["literal"]), (&json!(42), &json!("${seq}")));
    let uuid = pet["uuid"].as_str().expect("a text");
    let shape = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
    assert!(shape.expect("a pattern").is_match(uuid), "{uuid}");
    assert_ne!(stub.get("/pets/42").await.json()["uuid"], pet["uuid"], "each reply its own");

    let form =
        stub.request(Method::POST, "/token").header("content-type", "application/x-www-form-urlencoded");
    let token = Answer::of(form.body("user=u%2Fv&minutes=90")).await;
    assert_eq!(token.json(), json!({"token": "u/v-90", "minutes": 90}));
}

#[tokio::test]
async fn the_same_seed_and_the_same_requests_give_the_same_bytes() {
    let script = r#"
script: 1
seed: 3
rules: { getPet: { patch: { uuid: "${uuid}", roll: "${rand(-9223372036854775808,9223372036854775807)}" } } }
"#;
    let (one, two) = (Stub::scripted(script).await, Stub::scripted(script).await);
    for _ in 0..5 {
        assert_eq!(one.get("/pets/1").await.text, two.get("/pets/1").await.text);
    }
    let other = Stub::scripted(&script.replace("seed: 3", "seed: 4")).await;
    assert_ne!(one.get("/pets/1").await.text, other.get("/pets/1").await.text);
}

#[tokio::test]
async fn now_is_the_time_and_can_be_shifted() {
    let script = r#"
script: 1
rules: { getPet: { patch: { now: "${now}", later: "${now+1h}", before: "at ${now-30m}" } } }
"#;
    let stub = Stub::scripted(script).await;
    let pet = stub.get("/pets/1").await.json();
    let second = |text: &str| {
        let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().expect("digits");
        assert_eq!((text.len(), &text[10..11], &text[19..]), (20, "T", "Z"), "{text}");
        // Enough within one day, and the day after it.
        part(11..13) * 3600 + part(14..16) * 60 + part(17..19)
    };
    let text = |key: &str| pet[key].as_str().expect("a text").to_owned();
    let now = second(&text("now"));
    assert_eq!((second(&text("later")) - now).rem_euclid(86_400), 3600);
    assert_eq!((now - second(text("before").trim_start_matches("at "))).rem_euclid(86_400), 1800);
}

/// Attack A40: what a request says is never looked at for templates.
#[tokio::test]
async fn a40_template_syntax_of_a_request_is_echoed_to_the_letter() {
    let script = r#"
script: 1
rules:
  createPet: { patch: { name: "${body.name}", more: "${body.name}${header.X-Trace}" }, headers: { X-Echo: "${header.X-Trace}" } }
"#;
    let stub = Stub::scripted(script).await;
    for attack in ["${seq}", "$${seq}", "${body.name}", "{{7*7}}", "<%= 7 %>", "${jndi:ldap://x}", "%s%n"] {
        let request = stub.request(Method::POST, "/pets").header("X-Api-Key", "k").header("X-Trace", attack);
        let answer = Answer::of(request.json(&json!({"name": attack}))).await;
        let expected = json!({"id": 3, "name": attack, "more": format!("{attack}{attack}")});
        assert_eq!((answer.json(), answer.header("x-echo")), (expected, attack));
    }
}

/// Attack A35: no request can end the line of a header.
#[tokio::test]
async fn what_no_header_can_hold_is_percent_encoded() {
    let script = r#"
script: 1
rules: { createPet: { headers: { Location: "/pets/${body.name}", X-Age: "${body.age}" } } }
"#;
    let stub = Stub::scripted(script).await;
    let created = stub.create(json!({"name": "a\r\nSet-Cookie: b=c\0\u{7f}é\t", "age": 3})).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("location"), "/pets/a%0D%0ASet-Cookie: b=c%00%7F%C3%A9");
    assert_eq!((created.header("set-cookie"), created.header("x-age")), ("", "3"));
    // A line that is only a hole that nothing fills is none.
    let none = stub.create(json!({"name": "a"})).await;
    assert_eq!((none.status, none.header("x-age")), (201, ""));
}

#[tokio::test]
async fn what_could_not_be_proven_is_checked_for_each_reply() {
    let script = r#"
script: 1
rules: { getPet: { patch: { name: "${query.name}" } } }
"#;
    let stub = Stub::scripted(script).await;
    assert_eq!(stub.get("/pets/1?name=Ada").await.json()["name"], "Ada");
    let broken = stub.get("/pets/1?name=").await;
    assert_eq!(
        (broken.status, broken.json()["type"].as_str()),
        (500, Some("urn:counterfoil:response-invalid"))
    );
    assert_eq!(broken.json()["violations"][0]["pointer"], "/name");

    let lenient = counterfoil_server::StubServer::builder(pets())
        .script(load(script).expect("the script is good"))
        .own_replies(counterfoil_server::OwnReplies::Sent)
        .start()
        .await
        .expect("a free port can be listened on");
    let url = format!("{}/pets/1?name=", lenient.url());
    let sent = Answer::of(crate::stub::client().get(url)).await;
    assert_eq!((sent.status, sent.json()["name"].as_str()), (200, Some("")));
}

/// Attack A38: however often a request is echoed, what is made is bounded.
#[tokio::test]
async fn a38_what_templates_make_is_bounded() {
    let echoes: Vec<Value> = (0..999).map(|_| json!("${body.name}")).collect();
    let script = json!({"script": 1, "rules": {"createPet": {"patch": {"echoes": echoes}}}});
    let stub = Stub::scripted(&script.to_string()).await;
    let small = stub.create(json!({"name": "a"})).await;
    assert_eq!((small.status, small.json()["echoes"].as_array().map(Vec::len)), (201, Some(999)));
    let large = stub.create(json!({"name": "a".repeat(1 << 20)})).await;
    assert_eq!(large.status, 500);
    assert!(large.text.contains("its templates make more than 33554432 bytes"), "{}", large.text);
    assert_eq!(stub.create(json!({"name": "a"})).await.status, 201, "the next request is answered");
}

/// Attack A39: nothing of a script reads a file, the environment or the network, runs anything, or repeats itself.
#[test]
fn a39_a_template_reads_the_request_and_nothing_else() {
    let holes = [
        "file./etc/passwd",
        "file:/etc/passwd",
        "env.HOME",
        "env",
        "exec(ls)",
        "http://127.0.0.1/",
        "import ../..",
        "include x",
        "for i in 1..10",
        "while true",
        "seq+1",
        "eval(body.a)",
        "body[0]",
        "rand()",
        "rand(1)",
        "uuid()",
        "`ls`",
        "process.env",
        "this",
        "script",
    ];
    for hole in holes {
        let script = json!({"script": 1, "rules": {"getPet": {"patch": {"x": format!("${{{hole}}}")}}}});
        let error = load(&script.to_string()).expect_err(hole);
        let codes: Vec<&str> = error.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["template-unknown"], "{hole}");
    }
    let many: Vec<&str> = std::iter::repeat_n("${seq}", 1_001).collect();
    let script = json!({"script": 1, "rules": {"getPet": {"patch": {"x": many}}}});
    let error = load(&script.to_string()).expect_err("more than the limit");
    assert!(error.to_string().contains("over the limit of 1000"), "{error}");
}

/// Which of several schemas holds may depend on what fills a hole, so that nothing is said of it before.
#[test]
fn what_depends_on_the_request_is_no_error_at_load() {
    let document = "
openapi: 3.0.3
paths:
  /a:
    get:
      operationId: a
      parameters: [{ name: kind, in: query, schema: { type: string } }]
      responses:
        '200':
          description: ok
          content:
            application/json:
              example: { kind: dog, bark: true }
              schema:
                oneOf:
                  - { type: object, required: [kind, bark], properties: { kind: { type: string, enum: [dog] }, bark: { type: boolean } }, additionalProperties: false }
                  - { type: object, required: [kind, lives], properties: { kind: { type: string, enum: [cat] }, lives: { type: integer } }, additionalProperties: false }
";
    let contract =
        counterfoil_openapi::Contract::load("a.yaml", document.as_bytes()).expect("it is a document");
    for reply in [
        "patch: { kind: '${query.kind}' }",
        "patch: { kind: '${query.kind}', bark: null, lives: 9 }",
        "json_patch: [{ op: replace, path: /kind, value: '${query.kind}' }]",
        "json_patch: [{ op: replace, path: /kind, value: '${query.kind}' }, { op: move, from: /bark, path: /lives }, { op: replace, path: /lives, value: 9 }]",
        "body: { kind: '${query.kind}', lives: '${seq}' }",
    ] {
        let script = format!("script: 1\nrules: {{ a: {{ {reply} }} }}");
        let script =
            counterfoil_server::Script::load("s.yaml", script.as_bytes(), std::slice::from_ref(&contract));
        assert!(script.as_ref().is_ok_and(|script| script.findings().is_empty()), "{reply}: {script:?}");
    }
}

/// Attack A38 on what is loaded: nothing in a script refers to itself, repeats itself or unfolds without end.
#[test]
fn a38_what_would_grow_without_end_is_refused() {
    let bomb: String = (1..10)
        .map(|level| format!("l{level}: &l{level} [{}]\n", vec![format!("*l{}", level - 1); 9].join(", ")))
        .collect();
    let nested = |depth: usize| {
        let inner = (0..depth).fold(json!({"query.limit": 1}), |inner, _| json!({"not": inner}));
        json!({"script": 1, "rules": {"listPets": [{"when": inner, "respond": 503}]}}).to_string()
    };
    let steps = vec![json!({"op": "copy", "from": "", "path": "/a"}); 1_001];
    let copies = json!({"script": 1, "rules": {"getPet": {"json_patch": steps}}}).to_string();
    let table = [
        (format!("script: 1\nl0: &l0 [a]\n{bomb}rules: {{}}"), "script-unreadable"),
        (nested(17), "value-invalid"),
        (copies, "value-invalid"),
        (
            format!("script: 1\nrules: {{ getPet: {}{} }}", "[".repeat(100_000), "]".repeat(100_000)),
            "script-unreadable",
        ),
        (
            "script: 1\nrules: { listPets: { when: { query.q: { re: '(a{1000}){1000}' } }, respond: 503 } }"
                .to_owned(),
            "value-invalid",
        ),
        (
            "script: 1\nrules: { listPets: { when: { query.q: { re: '(?=a)a' } }, respond: 503 } }"
                .to_owned(),
            "value-invalid",
        ),
        ("script: 1\nrules: { listPets: 503*99999999999999999999 }".to_owned(), "value-invalid"),
        ("script: 1\nrules: { listPets: { expires: 99999999999999999999h } }".to_owned(), "value-invalid"),
    ];
    for (text, code) in table {
        let shown = &text[..text.len().min(120)];
        let error = load(&text).expect_err(shown);
        assert!(error.findings().iter().any(|finding| finding.code == code), "{shown}: {error}");
    }
    assert!(load(&nested(16)).is_ok(), "so deep conditions may be nested");
}
