//! `counterfoil replay`, and what `counterfoil test` remembers of failures: case files and baselines.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{Finished, Mock, counterfoil, run, text, write};

/// Breaks the contract for every valid request.
const LIAR: &str = "\
script: 1
rules:
  generateAuthToken:
    - {status: 200, body: {Message: 5}, allow_invalid: true}
";

fn quick<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Finished {
    let flags =
        ["test", "tyk", "--max-cases", "10", "--phases", "examples,fuzzing", "-H", "Admin-Auth: s3cret"];
    run(flags.into_iter().chain(arguments))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("it is there").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[test]
fn a_case_is_still_failing_until_it_is_fixed() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    let cases = folder.path().join("cases");
    let liar = Mock::start(["tyk", "--script", text(&script)]);
    let tested = quick(["--url", &liar.url, "--cases", text(&cases)]);
    assert_eq!(tested.code, Some(1), "{tested:?}");
    let written = files(&cases);
    assert!(!written.is_empty());
    assert!(tested.stdout.contains(&format!("cases in {}: {} written", cases.display(), written.len())));
    for path in &written {
        let case = std::fs::read_to_string(path).unwrap();
        assert!(!case.contains("s3cret") && case.contains("COUNTERFOIL_ADMIN_AUTH"), "{case}");
    }
    // The same failures have the same names.
    quick(["--url", &liar.url, "--cases", text(&cases), "--seed", "9"]);
    assert_eq!(files(&cases)[0], written[0]);

    // They are tests of a Rust project as well: `conformance` compiles and runs such a file.
    let tests = folder.path().join("tests/failures.rs");
    let export = format!("rust={}", text(&tests));
    let exported = run(["replay", text(&cases), "--document", "tyk", "--export", &export]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let source = std::fs::read_to_string(&tests).unwrap();
    let head = "use tyk_dashboard_admin_api_client::{";
    assert!(source.contains(head) && source.contains("#[tokio::test]"), "{source}");
    assert!(!source.contains("s3cret") && source.contains("secret(\"COUNTERFOIL_ADMIN_AUTH\")"), "{source}");
    run(["replay", text(&cases), "--document", "tyk", "--export", &export, "--client", "own-client"]);
    assert!(std::fs::read_to_string(&tests).unwrap().contains("use own_client::{"));
    let no_document = run(["replay", text(&cases), "--export", &export]);
    assert_eq!(no_document.code, Some(2), "{no_document:?}");
    assert!(no_document.stderr.contains("--document"), "{}", no_document.stderr);

    let no_secret = run(["replay", text(&cases)]);
    assert_eq!(no_secret.code, Some(2), "{no_secret:?}");
    assert!(no_secret.stdout.contains("it needs $COUNTERFOIL_ADMIN_AUTH"), "{}", no_secret.stdout);

    let replay = |arguments: &[&str]| {
        let output = counterfoil(["replay", text(&cases)].into_iter().chain(arguments.iter().copied()))
            .env("COUNTERFOIL_ADMIN_AUTH", "s3cret")
            .output();
        Finished::from(output.unwrap())
    };
    let still = replay(&[]);
    assert_eq!(still.code, Some(1), "{still:?}");
    assert!(
        still.stdout.contains("STILL FAILING: response_schema_conformance in POST /admin/sso"),
        "{}",
        still.stdout
    );
    assert!(!still.stdout.contains("s3cret"), "{}", still.stdout);

    let honest = Mock::start(["tyk"]);
    let fixed = replay(&["--url", &honest.url, "--format", "json"]);
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let report: Value = serde_json::from_str(&fixed.stdout).unwrap();
    assert_eq!(
        (&report["still_failing"], &report["errors"]),
        (&Value::from(0), &Value::from(0)),
        "{report:#}"
    );
    assert_eq!(report["cases"][0]["verdict"], "fixed");
    let header =
        run(["replay", text(&cases), "--url", &honest.url, "-H", "Admin-Auth: x", "--document", "tyk"]);
    assert_eq!(header.code, Some(0), "{header:?}");

    let url = honest.url.clone();
    drop(honest);
    let nobody = replay(&["--url", &url]);
    assert_eq!(nobody.code, Some(3), "{nobody:?}");

    // A case that is none spoils none of the others.
    std::fs::write(cases.join("bad.case.json"), "{\"counterfoil_case\": 2}").unwrap();
    let with_bad = replay(&[]);
    assert_eq!(with_bad.code, Some(2), "{with_bad:?}");
    assert!(with_bad.stdout.contains("a newer one wrote it"), "{}", with_bad.stdout);
    assert!(with_bad.stdout.contains("STILL FAILING"), "{}", with_bad.stdout);
}

#[test]
fn a_case_sends_no_secret_to_where_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let case = serde_json::json!({
        "counterfoil_case": 1, "check": "not_a_server_error", "operation": "a", "label": "GET /a",
        "kind": "status 500", "message": "", "flakiness": "recurs", "target": "http://evil.example",
        "seed": 0, "found_by": "a/fuzzing/0", "curl": [],
        "recipe": {"steps": [{"operation": "a", "purpose": "positive", "request": {
            "method": "POST", "target": "/a", "headers": [["authorization", [{"secret": "COUNTERFOIL_AUTH"}]]],
        }}]},
        "document": {"name": "a.yaml", "digest": "", "excerpt": {"openapi": "3.0.3", "paths": {"/a": {"post": {"operationId": "a"}}}}},
    });
    let path = write(folder.path(), "a.case.json", &case.to_string());
    let refused = run(["replay", text(&path), "-H", "Authorization: Bearer canary"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stdout.contains("say where to send it with --url"), "{}", refused.stdout);
    let refused = run(["replay", text(&path), "-H", "Authorization: x", "--url", "http://192.0.2.1"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stdout.contains("--allow-unsafe"), "{}", refused.stdout);
    let none = run(["replay", text(&folder.path().join("none"))]);
    assert_eq!(none.code, Some(2), "{none:?}");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(run(["replay", text(&folder.path().join("empty"))]).code, Some(4));
}

#[test]
fn a_baseline_lets_known_failures_pass_until_they_are_gone_or_expired() {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "liar.yaml", LIAR);
    for name in ["known.yaml", "known.toml"] {
        let file = folder.path().join(name);
        let liar = |flag: &str| {
            let junit = format!("junit={}", folder.path().join("junit.xml").display());
            quick(["--script", text(&script), flag, text(&file), "--report", &junit])
        };
        let missing = liar("--baseline");
        assert_eq!(missing.code, Some(2), "{missing:?}");
        let written = liar("--write-baseline");
        assert_eq!(written.code, Some(0), "{written:?}");
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(kept.contains("response_schema_conformance"), "{kept}");

        let known = liar("--baseline");
        assert_eq!(known.code, Some(0), "{known:?}");
        assert!(known.stdout.contains(" known)") && known.stdout.contains("PASSED"), "{}", known.stdout);
        assert!(known.stdout.contains(", 0 stale, 0 expired"), "{}", known.stdout);
        assert!(known.stdout.contains("\nKNOWN ") && !known.stdout.contains("\nFAIL"), "{}", known.stdout);
        assert!(!std::fs::read_to_string(folder.path().join("junit.xml")).unwrap().contains("<failure"));

        // What is said of a failure is kept when the file is written anew.
        let last = kept.rfind("phase").unwrap();
        let (reason, expired) = match name {
            "known.yaml" => ("reason: because\n    ", "expires: 2020-01-31\n    "),
            _ => ("reason = 'because'\n", "expires = 2020-01-31\n"),
        };
        let changed = format!("{}{reason}{}", &kept[..last], &kept[last..]);
        std::fs::write(&file, changed).unwrap();
        assert_eq!(liar("--write-baseline").code, Some(0));
        assert!(std::fs::read_to_string(&file).unwrap().contains("because"));

        std::fs::write(&file, format!("{}{expired}{}", &kept[..last], &kept[last..])).unwrap();
        let over = liar("--baseline");
        assert_eq!(over.code, Some(5), "{over:?}");
        assert!(over.stdout.contains("it was to be mended by 2020-01-31"), "{}", over.stdout);

        std::fs::write(&file, &kept).unwrap();
        let gone = quick(["--baseline", text(&file)]);
        assert_eq!(gone.code, Some(5), "{gone:?}");
        assert!(gone.stdout.contains("it does not fail any more; take it out"), "{}", gone.stdout);
        let elsewhere = quick(["--baseline", text(&file), "--checks", "not_a_server_error"]);
        assert_eq!(elsewhere.code, Some(0), "nobody looked for them: {elsewhere:?}");
    }
    let broken = write(folder.path(), "broken.yaml", "baseline: 1\nknown: [{check: x}]\n");
    let refused = quick(["--baseline", text(&broken)]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.stderr.contains("broken.yaml:2:"), "{}", refused.stderr);
}

#[test]
fn what_was_sent_to_the_stub_is_sent_to_the_implementation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.ndjson");
    let stub = Mock::start(["tyk"]);
    let post = |url: &str, body: &str| {
        crate::process::shell(&format!(
            "curl -s -X POST -H 'Admin-Auth: canary-frontend' -H 'Content-Type: application/json' -d '{body}' {url}/admin/sso"
        ))
    };
    let valid = r#"{"ForSection": "dashboard", "OrgID": "1"}"#;
    post(&stub.url, valid);
    post(&stub.url, "{}");
    crate::process::shell(&format!("curl -s {}/nowhere", stub.url));
    let exported = run(["ctl", "--control", &stub.control_url, "calls", "--export", text(&path)]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let journal = |url: &str| {
        let flags =
            ["test", "tyk", "--url", url, "--replay-journal", text(&path), "-H", "Admin-Auth: s3cret"];
        run(flags)
    };
    let same = journal(&stub.url);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(same.stdout.contains(" journal,") && same.stdout.contains("2 cases"), "{}", same.stdout);
    assert!(same.stdout.contains("warning[journal-unrouted]: 1 call was not sent"), "{}", same.stdout);

    // One that answers another way than the stub did, each time as its document says.
    let script = "script: 1\nrules:\n  generateAuthToken:\n    - {status: 403}\n";
    let other = Mock::start(["tyk", "--script", text(&write(folder.path(), "other.yaml", script))]);
    let found = journal(&other.url);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains("stub_agreement in POST /admin/sso"), "{}", found.stdout);
    let calls = crate::process::shell(&format!("curl -s {}/calls", other.control_url));
    assert!(calls.contains("/admin/sso") && !calls.contains("/nowhere"), "{calls}");

    // What is judged by the document alone can be replayed by itself.
    let liar = Mock::start(["tyk", "--script", text(&write(folder.path(), "liar.yaml", LIAR))]);
    let cases = folder.path().join("cases");
    let flags = ["--url", &liar.url, "--replay-journal", text(&path), "--cases", text(&cases)];
    let found = run(["test", "tyk", "-H", "Admin-Auth: s3cret"].into_iter().chain(flags));
    assert_eq!(found.code, Some(1), "{found:?}");
    let replayed = |url: &str| run(["replay", text(&cases), "--url", url, "-H", "Admin-Auth: s3cret"]);
    assert!(replayed(&liar.url).stdout.contains("STILL FAILING: response_schema_conformance"));
    assert_eq!(replayed(&stub.url).code, Some(0));

    // What may change data goes to this machine only, and no further without being told to.
    let far = journal("http://192.0.2.1");
    assert!(far.stdout.contains("warning[journal-unsafe]: 2 calls were not sent"), "{far:?}");
    let none = run(["test", "tyk", "--replay-journal", text(&path)]);
    assert_eq!(none.code, Some(2), "{none:?}");
    let bad = write(folder.path(), "bad.ndjson", "{}\n");
    let refused = run(["test", "tyk", "--url", &stub.url, "--replay-journal", text(&bad)]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.stderr.contains("line 1: it is no call of a journal"), "{}", refused.stderr);
}

/// A failure that does not recur is marked, and ends a run with 7 unless it is let pass.
#[test]
fn what_fails_once_is_flaky() {
    let folder = tempfile::tempdir().unwrap();
    let once = "script: 1\nrules:\n  generateAuthToken:\n    - {when: {nth: 4}, status: 500}\n";
    let script = write(folder.path(), "once.yaml", once);
    let html = folder.path().join("report.html");
    let report = format!("html={}", text(&html));
    let flags = ["--script", text(&script), "--checks", "not_a_server_error", "--report", &report];
    for (flaky, code) in [("fail", 7), ("pass", 0)] {
        let tested = quick(flags.into_iter().chain(["--flaky", flaky]));
        assert_eq!(tested.code, Some(code), "{tested:?}");
        assert!(tested.stdout.contains("FLAKY: it did not recur when sent again"), "{}", tested.stdout);
        assert!(tested.stdout.contains(": 1 failure (1 flaky), "), "{}", tested.stdout);
        let page = std::fs::read_to_string(&html).unwrap();
        assert!(page.contains("<span class=\"careful\">flaky</span>"), "{page}");
    }
}

/// Credentials come from a file and the environment as well, and are hidden all the same.
#[test]
fn headers_come_from_a_file_and_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "headers", "# of staging\nAdmin-Auth: ${STAGING_SECRET}\n");
    let headers = format!("@{}", text(&file));
    let record = folder.path().join("record.ndjson");
    let report = format!("ndjson={}", text(&record));
    let accepted = write(folder.path(), "accepted.yaml", "api_key: canary-of-staging\n");
    let stub = Mock::start(["tyk", "--credentials", text(&accepted)]);
    let command = |secret: Option<&str>| {
        let flags = ["--url", &stub.url, "--max-cases", "3", "--phases", "fuzzing", "-H", &headers];
        let mut command = counterfoil(["test", "tyk", "--report", &report].into_iter().chain(flags));
        command.envs(secret.map(|secret| ("STAGING_SECRET", secret)));
        Finished::from(command.output().unwrap())
    };
    let tested = command(Some("canary-of-staging"));
    assert_eq!(tested.code, Some(0), "{tested:?}");
    let events = std::fs::read_to_string(&record).unwrap();
    assert!(!events.contains("canary-of-staging") && events.contains("\"status\":200"), "{events}");
    let unset = command(None);
    assert_eq!(unset.code, Some(2), "{unset:?}");
    assert!(unset.stderr.contains("headers:2: the variable STAGING_SECRET is not set"), "{}", unset.stderr);
}
