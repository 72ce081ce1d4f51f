//! `counterfoil test`.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::{Finished, Mock, counterfoil, run, text, write};

/// Breaks the contract for every valid request.
const LIAR: &str = "\
script: 1
rules:
  generateAuthToken:
    - {status: 200, body: {Message: 5}, allow_invalid: true}
";

fn quick<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    ["test", "--max-cases", "20", "--phases", "examples,fuzzing,probing"]
        .into_iter()
        .chain(arguments)
        .collect()
}

#[test]
fn without_url_a_stub_of_both_bundled_documents_passes() {
    let tested = run(quick([]));
    assert_eq!(tested.code, Some(0), "{tested:?}");
    assert_eq!(tested.stdout.matches("PASSED: 0 failures").count(), 2, "{}", tested.stdout);
    assert!(
        tested.stderr.contains("no --url: testing a stub of tyk-dashboard-admin.yaml"),
        "{}",
        tested.stderr
    );
}

#[test]
fn a_faithful_implementation_at_a_url_passes_with_the_header_given() {
    let mock = Mock::start(["tyk"]);
    // A stub takes any secret, so that it lets in whoever has a wrong one.
    let flags = ["--header", "Admin-Auth: s3cret-value", "--checks=-ignored_auth"];
    let tested = run(quick(["tyk", "--url", &mock.url].into_iter().chain(flags)));
    assert_eq!(tested.code, Some(0), "{tested:?}");
    assert!(!tested.stdout.contains("s3cret-value"), "{}", tested.stdout);
}

#[test]
fn what_breaks_the_contract_is_found_and_reported_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let at = |name: &str| folder.path().join(name);
    let reports = format!(
        "junit={},json={},markdown={},ndjson={},snapshot={}",
        at("deep/junit.xml").display(),
        at("report.json").display(),
        at("report.md").display(),
        at("events.ndjson").display(),
        at("snapshots").display()
    );
    let tested = run(quick(["tyk", "--script", text(&script), "--report", &reports, "--mask-times"]));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.stdout.contains("response_schema_conformance in POST /admin/sso"), "{}", tested.stdout);
    assert!(tested.stdout.contains("\nFAILED: "), "{}", tested.stdout);
    let read = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert!(read("deep/junit.xml").contains("<failure"));
    assert!(read("report.md").contains("response\\_schema\\_conformance"));
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let failures = report["runs"][0]["failures"].as_array().unwrap();
    assert!(
        failures.iter().any(|failure| failure["check"] == "response_schema_conformance"),
        "{failures:#?}"
    );
    for line in read("events.ndjson").lines() {
        let _: Value = serde_json::from_str(line).unwrap();
    }
    let names: Vec<String> = std::fs::read_dir(at("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| name.ends_with(".snap.new")), "{names:?}");
    assert!(names.iter().any(|name| name.contains("generateAuthToken.200")), "{names:?}");
}

/// A resource with a story, and a script that breaks its contract for every valid request.
const PETS: &str = "\
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'201': {$ref: '#/components/responses/Pet'}, '400': {description: refused}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readPet
      responses: {'200': {$ref: '#/components/responses/Pet'}, '400': {description: refused}}
    delete: {operationId: removePet, responses: {'204': {description: gone}, '400': {description: refused}}}
components:
  responses:
    Pet:
      description: a pet
      content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string, minLength: 1, maxLength: 9}}}
    Pet: {type: object, required: [id], properties: {id: {type: integer, minimum: 1}, name: {type: string}}}
";
const LIAR_ABOUT_PETS: &str = "\
script: 1
rules:
  readPet:
    - {status: 200, body: {id: five}, allow_invalid: true}
";

#[test]
fn the_same_seed_gives_the_same_reports_whatever_the_workers_and_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let script = write(folder.path(), "liar.yaml", LIAR_ABOUT_PETS);
    let elsewhere = [
        ("TZ", "Pacific/Chatham"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HOME", "/nonexistent"),
        ("USER", "nobody"),
        ("PROPTEST_CASES", "1"),
    ];
    let mut seen: Vec<(String, Vec<String>)> = Vec::new();
    for (index, (workers, environment)) in
        [("1", &[][..]), ("8", &[]), ("8", &elsewhere)].into_iter().enumerate()
    {
        let at = |name: &str| folder.path().join(format!("{name}{index}"));
        let reports = format!(
            "junit={},json={},ndjson={}",
            at("junit").display(),
            at("json").display(),
            at("ndjson").display()
        );
        let flags = ["test", text(&pets), "--script", text(&script), "--workers", workers, "--seed", "7"];
        let budget = ["--max-cases", "20", "--mask-times"];
        let mut command = counterfoil(flags.into_iter().chain(budget).chain(["--report", &reports]));
        command.envs(environment.iter().copied());
        if !environment.is_empty() {
            command.current_dir(folder.path());
        }
        let tested: Finished = command.output().unwrap().into();
        assert_eq!(tested.code, Some(1), "{tested:?}");
        let files = ["junit", "json", "ndjson"].map(|name| std::fs::read_to_string(at(name)).unwrap());
        assert!(files[2].contains("\"phase\":\"stateful\""), "stories are told");
        seen.push((tested.stdout, files.to_vec()));
    }
    assert_eq!(seen[0], seen[1], "1 and 8 workers");
    assert_eq!(seen[1], seen[2], "another environment");
}

#[test]
fn snapshots_once_accepted_tell_drift() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let snapshots = format!("snapshot={}", folder.path().join("snapshots").display());
    let faithful = ["tyk", "--report", &snapshots];
    let accepted = run(quick(faithful.into_iter().chain(["--snapshot-update", "always"])));
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    let again = run(quick(faithful.into_iter().chain(["--snapshot-update", "no"])));
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("0 changed, 0 new"), "{}", again.stdout);
    let only_server_errors = ["--checks", "not_a_server_error", "--script", text(&script)];
    let drifted = run(quick(faithful.into_iter().chain(only_server_errors)));
    assert_eq!(drifted.code, Some(1), "{drifted:?}");
    assert!(drifted.stdout.contains("PASSED"), "the checks see nothing: {}", drifted.stdout);
    assert!(drifted.stdout.contains("changed: POST /admin/sso answered 200"), "{}", drifted.stdout);
}

#[test]
fn a_url_that_nothing_can_be_sent_to_is_a_mistake_and_its_secrets_are_not_shown() {
    for url in ["http://someone:canary@127.0.0.1:1", "ftp://127.0.0.1/", "127.0.0.1:80", "http://"] {
        let tested = run(quick(["tyk", "--url", url]));
        assert_eq!((tested.code, tested.stdout.as_str()), (Some(2), ""), "{url}: {tested:?}");
        assert!(!tested.stderr.contains("canary"), "{}", tested.stderr);
        assert!(tested.stderr.starts_with("error: failed to use --url: "), "{}", tested.stderr);
    }
}

#[test]
fn nothing_listening_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tested = run(quick(["tyk", "--url", &format!("http://127.0.0.1:{port}")]));
    assert_eq!(tested.code, Some(3), "{tested:?}");
    assert!(tested.stdout.contains("UNREACHABLE"), "{}", tested.stdout);
}

#[test]
fn a_signal_ends_a_run_with_whole_reports() {
    for signal in ["-INT", "-TERM"] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let url = format!("http://{}", silent.local_addr().unwrap());
        let report = format!("junit={},json={}", at("junit").display(), at("json").display());
        let child = counterfoil(quick(["tyk", "--url", &url, "--report", &report, "--timeout", "600"]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Connected, it waits for an answer that never comes.
        let connection = silent.accept().unwrap();
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let ended: Finished = child.wait_with_output().unwrap().into();
        drop(connection);
        assert_eq!(ended.code, Some(6), "{signal}: {ended:?}");
        assert!(ended.stdout.contains("INCOMPLETE"), "{signal}: {}", ended.stdout);
        let junit = std::fs::read_to_string(at("junit")).unwrap();
        assert!(junit.trim_end().ends_with("</testsuites>"), "{signal}: {junit}");
        let json: Value = serde_json::from_str(&std::fs::read_to_string(at("json")).unwrap()).unwrap();
        assert_eq!(json["runs"][0]["summary"]["interrupted"], true, "{signal}: {json}");
    }
}

#[test]
fn a_run_that_found_as_many_failures_as_it_may_failed() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let tested = run(quick(["tyk", "--script", text(&script), "--max-failures", "1"]));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.stdout.contains(": 1 failure,"), "{}", tested.stdout);
}

#[test]
fn no_secret_is_in_any_output() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let liar = write(folder.path(), "liar.yaml", LIAR);
    let mock = Mock::start(["tyk", "--script", text(&liar)]);
    let reports = format!(
        "junit={},json={},markdown={},ndjson={},snapshot={}",
        at("junit"),
        at("json"),
        at("markdown"),
        at("ndjson"),
        at("snapshots")
    );
    let flags = ["-H", "Admin-Auth: canary-header", "-H", "X-Other: canary-other", "--report", &reports];
    let tested = run(quick(["tyk", "--url", &mock.url].into_iter().chain(flags)));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    let mut outputs = vec![("stdout".to_owned(), tested.stdout), ("stderr".to_owned(), tested.stderr)];
    let snapshots = std::fs::read_dir(at("snapshots")).unwrap().map(|entry| entry.unwrap().path());
    let files = ["junit", "json", "markdown", "ndjson"].map(|name| folder.path().join(name));
    for path in files.into_iter().chain(snapshots) {
        outputs.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    assert!(outputs.len() > 7, "{outputs:?}");
    for (name, output) in outputs {
        assert!(!output.contains("canary"), "{name}: {output}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_neither_reports_nor_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let junit = folder.path().join("junit.xml");
    let report = format!("junit={}", junit.display());
    let mut child = counterfoil(quick(["tyk", "--script", text(&script), "--report", &report]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended: Finished = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("error"), "{}", ended.stderr);
    assert!(std::fs::read_to_string(junit).unwrap().contains("<failure"));
}

#[test]
fn a_filter_that_selects_nothing_says_so() {
    let tested = run(quick(["tyk", "--include", "noSuchOperation"]));
    assert_eq!(tested.code, Some(4), "{tested:?}");
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_anything_is_sent() {
    let mock = Mock::start(["tyk"]);
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "file", "");
    let report = format!("junit={}/junit.xml", text(&file));
    let tested = run(quick(["tyk", "--url", &mock.url, "--report", &report]));
    assert_eq!((tested.code, tested.stdout.as_str()), (Some(2), ""), "{tested:?}");
    assert!(tested.stderr.contains("junit.xml") || tested.stderr.contains("file"), "{}", tested.stderr);
    let calls = crate::process::shell(&format!("curl -s {}/calls", mock.control_url));
    assert!(!calls.contains("/admin/sso"), "{calls}");
}

#[test]
fn the_curl_line_of_a_failure_reproduces_it_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let mock = Mock::start(["tyk", "--script", text(&script)]);
    let tested = run(quick(["tyk", "--url", &mock.url, "-H", "Admin-Auth: s3cret-value"]));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    let (_, listed) = tested.stdout.split_once("response_schema_conformance in").expect("it is listed");
    let line = listed.lines().find_map(|line| line.trim().strip_prefix("curl ")).expect("it has a curl line");
    let answer = Command::new("sh")
        .args(["-c", line.trim()])
        .env("COUNTERFOIL_ADMIN_AUTH", "s3cret-value")
        .output()
        .unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.contains(r#""Message":5"#), "{line}\n{answer}");
}

#[test]
fn settings_come_from_a_file_its_profile_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let file = write(
        folder.path(),
        "settings.toml",
        "[test]\nphases = [\"fuzzing\"]\nmax-cases = 5\n[profiles.lenient]\n[[profiles.lenient.overrides]]\nphases = [\"fuzzing\"]\nseverity = { response_schema_conformance = \"warning\" }\n",
    );
    let tested = |more: &[&str]| {
        let plain = ["test", "tyk", "--script", text(&script), "--config", text(&file)];
        run(plain.into_iter().chain(more.iter().copied()))
    };
    let failed = tested(&[]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stdout.contains(", fuzzing, "), "{}", failed.stdout);
    let lenient = tested(&["--profile", "lenient"]);
    assert_eq!(lenient.code, Some(0), "{lenient:?}");
    assert!(lenient.stdout.contains("response_schema_conformance"), "{}", lenient.stdout);
    let strict =
        ["--profile", "lenient", "--severity", "response_schema_conformance=failure@generateAuthToken"];
    assert_eq!(tested(&strict).code, Some(1));
    for (flags, expected) in [
        (&["--profile", "other"][..], "profiles there: lenient"),
        (&["--severity", "no_such=off"], "no check is called `no_such`"),
        (&["--severity", "server_crash=loud"], "`loud` is none of off, warning and failure"),
        (&["--expected-statuses", "server_crash=200"], "`server_crash` expects no statuses"),
        (&["--rate-limit", "fast"], "`rate-limit` is `fast`"),
    ] {
        let refused = tested(flags);
        assert_eq!(refused.code, Some(2), "{flags:?}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{flags:?}: {}", refused.stderr);
    }
    let wrong = write(folder.path(), "wrong.toml", "[test]\nmax_cases = 5\n");
    let refused = run(["test", "tyk", "--config", text(&wrong)]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("max_cases") && refused.stderr.contains("max-cases"),
        "{}",
        refused.stderr
    );
}
