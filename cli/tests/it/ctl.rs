//! `counterfoil ctl`: a running stub, steered from the shell.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::process::{Finished, Mock, counterfoil, run, shell, text, write};

const PETS: &str = "
openapi: 3.0.3
info: { title: Pets, version: '1' }
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      parameters:
        - { name: petId, in: path, required: true, schema: { type: integer } }
        - { name: note, in: query, schema: { type: string } }
      responses:
        '200': { description: It., content: { application/json: { example: { id: 1 } } } }
        '404': { description: None. }
        '503': { description: Busy. }
";

const SCRIPT: &str = "
script: 1
state: { size: 3 }
scenarios: { shop: { start: open, states: { open: { getPet: { to: shut, when: { path.petId: 99 } } }, shut: {} } } }
rules: { getPet: [{ id: none, when: { path.petId: { gt: 9 } }, respond: 404 }] }
expect: { getPet: { min: 1, where: { path.petId: 7 } } }
";

/// A stub, and the folder of its files.
struct Steered {
    mock: Mock,
    _folder: tempfile::TempDir,
}

impl Steered {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let document = write(folder.path(), "pets.yaml", PETS);
        let script = write(folder.path(), "pets.script.yaml", SCRIPT);
        let mock = Mock::start([text(&document), "--script", text(&script)]);
        Self { mock, _folder: folder }
    }

    fn get(&self, path: &str) -> String {
        shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' '{}{path}'", self.mock.url))
    }

    fn ctl(&self, arguments: &[&str]) -> Finished {
        run(["ctl", "--control", &self.mock.control_url].into_iter().chain(arguments.iter().copied()))
    }

    /// What a command that succeeds prints, without the folder of the files.
    fn told(&self, arguments: &[&str]) -> String {
        let finished = self.ctl(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        self.scrubbed(&finished.stdout)
    }

    /// A command line that ends with a code, and what it prints.
    fn step(&self, arguments: &[&str], code: i32) -> String {
        let finished = self.ctl(arguments);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
        let printed = format!("{}{}", finished.stdout, finished.stderr);
        self.scrubbed(&format!("$ ctl {}\n{printed}\n", arguments.join(" ")))
    }

    fn scrubbed(&self, text: &str) -> String {
        let folder = self._folder.path().to_str().expect("temporary paths are UTF-8");
        text.replace(&format!("{folder}/"), "").replace(&self.mock.url, "URL")
    }
}

#[test]
fn replies_calls_and_verification() {
    let stub = Steered::start();
    let mut told = String::new();
    let mut step = |arguments: &[&str], code| told.push_str(&stub.step(arguments, code));
    assert_eq!(stub.get("/pets/1"), "200");
    step(&["reply", "getPet", "404"], 0);
    assert_eq!(stub.get("/pets/2"), "404");
    step(&["reply", "getPet", "[503, 200]"], 0);
    assert_eq!((stub.get("/pets/3"), stub.get("/pets/4")), ("503".to_owned(), "200".to_owned()));
    step(&["reply", "getPet", "{ when: { path.petId: 5 }, status: 404 }"], 0);
    assert_eq!((stub.get("/pets/5"), stub.get("/pets/6")), ("404".to_owned(), "200".to_owned()));
    step(&["reply", "getPett", "404"], 2);
    step(&["reply", "getPet", "418"], 2);
    step(&["reply", "getPet", "{"], 2);
    step(&["unreply", "getPet"], 0);
    stub.get("/pets/x");
    stub.get("/nowhere");
    step(&["calls"], 0);
    step(&["calls", "--op", "getPet", "--status", "404"], 0);
    step(&["calls", "--valid", "false"], 0);
    step(&["calls", "--op", "nope"], 2);
    step(&["explain", "5"], 0);
    step(&["explain", "99"], 2);
    step(&["verify", "getPet", "--count", "7"], 0);
    step(&["verify", "getPet", "--where", "{ path.petId: { gt: 9 } }"], 1);
    step(&["verify", "getPet", "--max", "1"], 1);
    step(&["verify", "getPet", "--where", "{ path.pteId: 1 }"], 2);
    step(&["verify"], 1);
    stub.get("/pets/7");
    step(&["verify"], 0);
    step(&["verify", "getPet", "--status", "200", "--min", "2", "--within", "1s"], 0);
    step(&["reset", "calls", "rules"], 0);
    step(&["reset", "everything"], 2);
    step(&["calls"], 0);
    step(&["operations"], 0);
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_kept_and_sessions() {
    let stub = Steered::start();
    let mut told = String::new();
    let commands: [&[&str]; 18] = [
        &["state", "list"],
        &["state", "set", "owner", "{ name: Ada }"],
        &["state", "get", "owner"],
        &["state", "remove", "owner"],
        &["state", "reset"],
        &["scenario", "list"],
        &["scenario", "set", "shop", "shut"],
        &["scenario", "show", "shop"],
        &["scenario", "reset", "shop"],
        &["clock", "freeze", "2026-01-01T00:00:00Z"],
        &["clock", "advance", "1h"],
        &["clock", "show"],
        &["session", "new", "mine", "--ttl", "1h"],
        &["state", "set", "size", "9", "--session", "mine"],
        &["state", "get", "size"],
        &["session", "list"],
        &["session", "drop", "mine"],
        &["reset"],
    ];
    for command in commands {
        told.push_str(&format!("$ ctl {}\n{}\n", command.join(" "), stub.told(command)));
    }
    insta::assert_snapshot!(told);
    let health = stub.told(&["health", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&health).expect("JSON")["ok"], true);
    let unknown = stub.ctl(&["session", "drop", "nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""), "{unknown:?}");
}

#[test]
fn rules_are_listed_shown_added_and_removed() {
    let stub = Steered::start();
    let mut told = String::new();
    let mut step = |arguments: &[&str], code| told.push_str(&stub.step(arguments, code));
    step(&["rules", "add", "getPet", "{ id: mine, when: { path.petId: 3 }, respond: 503 }"], 0);
    step(&["rules", "add", "getPet", "[404, 200]", "--session", "s1"], 0);
    assert_eq!([stub.get("/pets/3"), stub.get("/pets/1"), stub.get("/~s1/pets/1")], ["503", "200", "404"]);
    step(&["rules"], 0);
    step(&["rules", "list", "--op", "getPet", "--session", "s1"], 0);
    step(&["rules", "add", "getPet", "{ id: mine, respond: 404 }"], 2);
    step(&["rules", "add", "getPet", "{ wen: {}, respond: 404 }"], 2);
    step(&["rules", "add", "getPett", "404"], 2);
    step(&["rules", "show", "nome"], 2);
    step(&["rules", "remove", "none"], 2);
    step(&["rules", "remove", "mine"], 0);
    assert_eq!(stub.get("/pets/3"), "200");
    step(&["rules", "clear", "--session", "s1"], 0);
    assert_eq!(stub.get("/~s1/pets/1"), "200");
    step(&["rules", "--session", "s1"], 0);
    insta::assert_snapshot!(told);
    stub.get("/pets/12");
    let shown = stub.told(&["rules", "show", "none"]);
    assert!(
        shown.contains("none getPet (pets.script.yaml:5, 1 use)") && shown.contains("  last at 20"),
        "{shown}"
    );
    let listed: Value = serde_json::from_str(&stub.told(&["rules", "--format", "json"])).expect("JSON");
    assert_eq!(listed[0]["id"], "none");
}

#[test]
fn a_script_is_shown_checked_and_put_in_force() {
    let stub = Steered::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, script: &str| text(&write(folder.path(), name, script)).to_owned();
    let good = file("good.yaml", "script: 1\nrules: { getPet: 404 }\n");
    let wrong = file("wrong.yaml", "script: 1\nrules: { getPett: 404, getPet: 418 }\n");
    let (list, broken) = (file("list.yaml", "[script, 1]\n"), file("broken.yaml", "script: [\n"));
    let mut told = String::new();
    let mut step = |arguments: &[&str], code| {
        told.push_str(&stub.step(arguments, code).replace(&format!("{}/", text(folder.path())), ""));
    };
    step(&["script"], 0);
    step(&["script", "load", &good, "--dry-run"], 0);
    assert_eq!(stub.get("/pets/1"), "200", "it was only checked");
    step(&["script", "load", &wrong], 2);
    step(&["script", "load", &list], 2);
    step(&["script", "load", &broken], 2);
    step(&["script", "load", "nowhere.yaml"], 2);
    assert_eq!(stub.get("/pets/1"), "200", "nothing was changed");
    step(&["script", "load", &good], 0);
    assert_eq!(stub.get("/pets/1"), "404");
    step(&["script", "show"], 0);
    step(&["script", "show", "--name", "nobody"], 2);
    insta::assert_snapshot!(told);
    // What is shown can be put in force again.
    let again = file("again.json", &stub.told(&["script", "--format", "json"]));
    stub.told(&["script", "load", &again]);
}

#[test]
fn items_of_resources_are_listed_shown_set_and_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = "
openapi: 3.0.3
info: { title: Goods, version: '1' }
paths:
  /shops/{shop}/goods:
    parameters: [{ name: shop, in: path, required: true, schema: { type: string } }]
    get: { operationId: listGoods, responses: { '200': &many { description: All., content: { application/json: { schema: { type: array, items: &good { type: object, properties: { id: { type: integer }, name: { type: string } } } } } } } } }
    post: { operationId: makeGood, requestBody: { content: { application/json: { schema: *good } } }, responses: { '201': { description: It., content: { application/json: { schema: *good } } } } }
";
    let document = write(folder.path(), "goods.yaml", document);
    let script = "script: 1\nresources: { goods: { key: id, in: path.shop, list: listGoods, create: makeGood, seed: [{ id: 1 }] } }\n";
    let script = write(folder.path(), "goods.script.yaml", script);
    let stub = Steered { mock: Mock::start([text(&document), "--script", text(&script)]), _folder: folder };
    let mut told = String::new();
    let steps: [(&[&str], i32); 15] = [
        (&["resources"], 0),
        (&["resources", "goods", "--in", "a"], 0),
        (&["resources", "goods", "--in", "a", "--add", "{ name: jam }"], 0),
        (&["resources", "goods", "2", "--in", "a"], 0),
        (&["resources", "goods", "2", "--in", "a", "--set", "{ name: tea }"], 0),
        (&["resources", "goods", "1", "--in", "a", "--remove"], 0),
        (&["resources", "goods", "1", "--in", "a"], 2),
        (&["resources"], 0),
        (&["resources", "goods", "--in", "a", "--set", "[{ id: 7 }]"], 0),
        (&["resources", "goods", "--in", "a", "--set", "{ id: 7 }"], 2),
        (&["resources", "goods", "--in", "a", "--add", "{ id: x }"], 2),
        (&["resources", "good"], 2),
        (&["resources", "goods", "--in", "a", "--reset"], 0),
        (&["resources", "goods", "--in", "a", "--format", "json"], 0),
        (&["resources", "goods", "--remove"], 2),
    ];
    for (arguments, code) in steps {
        told.push_str(&stub.step(arguments, code));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_another_server_answers_is_recorded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let script = write(folder.path(), "busy.yaml", "script: 1\nrules: { getPet: [503, 404] }\n");
    let server = Mock::start([text(&document), "--script", text(&script)]);
    let stub = Steered {
        mock: Mock::start([text(&document), "--allow-proxy", &server.url]),
        _folder: tempfile::tempdir().expect("a temporary folder"),
    };
    let told = std::cell::RefCell::new(String::new());
    let step = |arguments: &[&str], code| told.borrow_mut().push_str(&stub.step(arguments, code));
    step(&["record", "start"], 2);
    step(&["record", "start", "--target", "http://127.0.0.1:9"], 2);
    step(&["record", "stop"], 2);
    step(&["record", "start", "getPet", "--target", &server.url], 0);
    assert_eq!([stub.get("/pets/1"), stub.get("/pets/1")], ["503", "404"]);
    step(&["record", "list"], 0);
    step(&["record", "show", "rec2"], 2);
    step(&["record", "show"], 0);
    step(&["record", "start", "getPet", "--target", &server.url], 0);
    step(&["record", "stop"], 2);
    step(&["record", "stop", "rec2"], 0);
    step(&["record", "stop", "--format", "json"], 0);
    step(&["record", "list"], 0);
    assert_eq!(stub.get("/pets/1"), "200");
    insta::assert_snapshot!(told.into_inner().replace(&server.url, "SERVER"));
}

#[test]
fn calls_are_written_whole_to_a_file() {
    let stub = Steered::start();
    stub.get("/pets/1?note=a");
    stub.get("/pets/12");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("calls.ndjson");
    stub.told(&["calls", "--export", text(&file)]);
    let written = std::fs::read_to_string(&file).expect("the file is there");
    let calls: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(calls.len(), 2);
    assert_eq!((&calls[0]["url"], &calls[1]["rule"]), (&"/pets/1?note=a".into(), &"none".into()));
    assert!(calls.iter().all(|call| call["request"]["headers"].is_array()), "{written}");
    assert_eq!(stub.ctl(&["calls", "--export", "-"]).stdout, written);
    let refused = stub.ctl(&["calls", "--export", "/nowhere/calls"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn calls_are_followed_until_the_stub_stops() {
    let stub = Steered::start();
    stub.get("/pets/1");
    let mut child =
        counterfoil(["ctl", "--control", &stub.mock.control_url, "calls", "--follow", "--after", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    assert_eq!(line(), "    1 200 GET /pets/1 getPet [example]");
    stub.get("/pets/12");
    assert_eq!(line(), "    2 404 GET /pets/12 getPet [rule none]");
    assert_eq!(stub.mock.end("TERM"), Some(0));
    let finished: Finished = child.wait_with_output().expect("it ends").into();
    assert_eq!((finished.code, finished.stderr.trim()), (Some(0), "the stub stops"));
}

#[test]
fn a_control_api_that_is_not_there_is_told_with_what_to_do() {
    let away = run(["ctl", "--control", "http://127.0.0.1:9", "health"]);
    assert_eq!(away.code, Some(3), "{away:?}");
    assert!(away.stderr.contains("failed to reach the control API at http://127.0.0.1:9"), "{away:?}");
    assert!(away.stderr.contains("`counterfoil mock`"), "{away:?}");
    let stub = Steered::start();
    // The stub itself is no control API.
    let wrong = run(["ctl", "--control", &stub.mock.url, "health"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let named = counterfoil(["ctl", "health"]).env("COUNTERFOIL_CONTROL", &stub.mock.control_url).output();
    assert_eq!(named.expect("it ends").status.code(), Some(0));
    let silent = stub.ctl(&["verify", "--count", "1"]);
    assert_eq!(silent.code, Some(2), "a count is of an operation: {silent:?}");
}

#[test]
fn what_calls_hold_acts_on_no_terminal() {
    let stub = Steered::start();
    shell(&format!(
        "curl -s -o /dev/null -H \"X-Note: $(printf '\\033]52;c;aGk=\\007')\" '{}/pets/x%1b%5b31m?note=%E2%80%AE'",
        stub.mock.url
    ));
    // Other bytes than a URL may hold come in bodies and headers, and from what the stub says of them.
    shell(&format!("curl -s -o /dev/null -g '{}/pets/7?note=\u{202e}evil'", stub.mock.url));
    for command in [
        &["calls"][..],
        &["call", "1"],
        &["call", "2"],
        &["explain", "1"],
        &["verify", "getPet", "--count", "9"],
    ] {
        let finished = stub.ctl(&[&["--color", "never"], command].concat());
        let all = format!("{}{}", finished.stdout, finished.stderr);
        let hostile = |character: char| {
            (character.is_control() && character != '\n') || ('\u{202a}'..='\u{202e}').contains(&character)
        };
        assert!(!all.chars().any(hostile), "{command:?}: {all:?}");
    }
    assert!(!stub.ctl(&["calls"]).stdout.contains('\u{1b}'), "a pipe takes no colours");
    let coloured = stub.ctl(&["calls", "--color", "always"]);
    assert!(coloured.stdout.contains("\u{1b}["), "{coloured:?}");
}
