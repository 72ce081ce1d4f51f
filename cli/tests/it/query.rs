//! APIs whose key is in the query: `--query` of `counterfoil test` and of `counterfoil replay`.

use std::path::Path;
use std::process::Command;

use crate::process::{Finished, Mock, counterfoil, run, text, write};

const PETS: &str = "\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: lang, in: query, schema: {enum: [de, fr]}}]
      security: [{key: []}]
      responses: {'200': {description: ok, content: {application/json: {schema: {type: integer}}}}, '401': {description: who}}
components:
  securitySchemes: {key: {type: apiKey, in: query, name: 'NAME'}}
";
/// Gives back the key, which is no integer.
const LIAR: &str = "\
script: 1
rules:
  listPets:
    - {status: 200, body: {got: \"${query.api_key}\"}, allow_invalid: true}
";
/// One whose escapes matter, and one that is too short to be looked for in text.
const KEYS: [(&str, &str); 2] = [("api_key", "s3&cr+t ke%y"), ("api key", "k&1")];
const VARIABLE: &str = "COUNTERFOIL_QUERY_API_KEY";

/// What is there of a key in a text, however a query writes it.
fn traces(key: &str, text: &str) -> Vec<String> {
    let escaped = key.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace(' ', "%20");
    let all = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    [key.to_owned(), escaped, all].into_iter().filter(|form: &String| text.contains(form)).collect()
}

fn tested(document: &Path, mock: &Mock, (name, key): (&str, &str), more: &[&str]) -> Finished {
    let query = format!("{name}={key}");
    let flags = ["test", text(document), "--url", &mock.url, "--max-cases", "20", "--query", &query];
    run(flags.into_iter().chain(more.iter().copied()))
}

#[test]
fn a_key_in_the_query_lets_in_and_a_wrong_one_or_none_must_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, key) in KEYS {
        let document = write(folder.path(), "pets.yaml", &PETS.replace("NAME", name));
        let open = Mock::start([text(&document)]);
        let accepted = write(folder.path(), "accepted.yaml", &format!("key: '{key}'\n"));
        let closed = Mock::start([text(&document), "--credentials", text(&accepted)]);
        let right = tested(&document, &closed, (name, key), &["--checks", "+ignored_auth"]);
        assert_eq!(right.code, Some(0), "{}\n{}", right.stdout, right.stderr);
        assert!(!right.stdout.contains("all-unauthorized") && !right.stdout.contains("credentials-missing"));
        let wrong = tested(&document, &closed, (name, "other"), &[]);
        assert!(wrong.stdout.contains("all-unauthorized"), "{}", wrong.stdout);
        // A stub that takes any key has not looked at it.
        let ignored = tested(&document, &open, (name, key), &["--checks", "+ignored_auth"]);
        assert_eq!(ignored.code, Some(1), "{ignored:?}");
        assert!(ignored.stdout.contains("ignored_auth in GET /pets"), "{}", ignored.stdout);
        assert!(ignored.stdout.contains(&format!("{}=***", name.replace(' ', "%20"))), "{}", ignored.stdout);
        let none = run(["test", text(&document), "--url", &open.url, "--max-cases", "5"]);
        assert!(none.stdout.contains("none are given; see --query"), "{}", none.stdout);
    }
}

#[test]
fn a_key_in_the_query_is_in_no_output_and_its_failure_can_be_replayed() {
    for (name, key) in KEYS {
        let folder = tempfile::tempdir().unwrap();
        let given = tempfile::tempdir().unwrap();
        let document = write(given.path(), "pets.yaml", &PETS.replace("NAME", name));
        // What is too short is hidden by its place, and is not looked for in what is given back.
        let liar = if key.len() < 4 { LIAR.replace("${query.api_key}", "it") } else { LIAR.to_owned() };
        let liar = write(given.path(), "liar.yaml", &liar);
        let accepted = write(given.path(), "accepted.yaml", &format!("key: '{key}'\n"));
        let closed = ["--credentials", text(&accepted)];
        let mock = Mock::start([text(&document), "--script", text(&liar)].into_iter().chain(closed));
        let at = |name: &str| folder.path().join(name).display().to_string();
        let kinds = ["junit", "json", "ndjson", "markdown", "html", "sarif", "har", "ctrf"];
        let reports = kinds.map(|kind| format!("{kind}={}", at(kind))).join(",");
        let (cases, record) = (at("cases"), at("run.ndjson.zst"));
        let files = ["--report", &reports, "--cases", &cases, "--record", &record];
        let found = tested(&document, &mock, (name, key), &files);
        assert_eq!(found.code, Some(1), "{found:?}");
        run(["report", &record, "--format", "ndjson", "--output", &at("events")]);
        let case = std::fs::read_dir(&cases).unwrap().next().expect("a case is written").unwrap().path();
        let case = std::fs::read_to_string(case).unwrap();
        let mut outputs = vec![found.stdout.clone(), found.stderr.clone(), case.clone()];
        let names = kinds.iter().copied().chain(["events"]);
        outputs.extend(names.map(|name| std::fs::read_to_string(at(name)).unwrap()));
        for output in &outputs {
            assert_eq!(traces(key, output), Vec::<String>::new(), "{output}");
        }
        assert!(case.contains(VARIABLE), "{case}");

        // What is printed for a shell does the same there.
        let printed = |label: &str| {
            let line = found.stdout.lines().find_map(|line| line.trim_start().strip_prefix(label));
            line.unwrap_or_else(|| panic!("{}", found.stdout)).trim_start().to_owned()
        };
        let shell = |line: &str| {
            let output = Command::new("sh").args(["-c", line]).env(VARIABLE, key).output();
            Finished::from(output.unwrap())
        };
        let answer = shell(&printed("curl "));
        assert!(answer.stdout.starts_with("HTTP/1.1 200"), "{answer:?}");
        let rerun = printed("rerun ");
        let flag = if name == "api key" { "--query 'api key='" } else { "--query api_key=" };
        assert!(rerun.contains(&format!("{flag}\"${VARIABLE}\"")), "{rerun}");
        let rerun = rerun.replacen("counterfoil", env!("CARGO_BIN_EXE_counterfoil"), 1);
        let again = shell(&rerun);
        assert_eq!(again.code, Some(1), "{again:?}");
        assert!(again.stdout.contains("FAILED: 1 failure"), "{}", again.stdout);

        let no_key = run(["replay", &cases]);
        assert_eq!(no_key.code, Some(2), "{no_key:?}");
        assert!(no_key.stdout.contains(&format!("it needs ${VARIABLE}")), "{}", no_key.stdout);
        let still = counterfoil(["replay", &cases]).env(VARIABLE, key).output().unwrap().into();
        let Finished { code: Some(1), stdout, .. } = &still else { panic!("{still:?}") };
        assert!(stdout.contains("STILL FAILING") && traces(key, stdout).is_empty(), "{stdout}");
        let query = format!("{name}={key}");
        let honest = Mock::start([text(&document)].into_iter().chain(closed));
        let fixed = run(["replay", &cases, "--url", &honest.url, "--query", &query]);
        assert_eq!(fixed.code, Some(0), "{fixed:?}");
        let refused = run(["replay", &cases, "--url", &honest.url, "--query", &format!("{name}=wrong")]);
        assert_ne!(refused.code, Some(0), "{refused:?}");
    }
}
