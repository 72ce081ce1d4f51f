//! `test --record`, `report`, `--shard` and `merge`.

use std::path::{Path, PathBuf};

use crate::process::{Finished, run, text, write};

/// Operations that learn from each other and others that do not.
const PETS: &str = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}}], responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}, '400': {description: wrong}}}
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}, '400': {description: wrong}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: readPet, responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}, '400': {description: wrong}, '404': {description: none}}}
    delete: {operationId: removePet, responses: {'204': {description: gone}, '400': {description: wrong}, '404': {description: none}}}
  /owners/{owner}:
    get: {operationId: readOwner, parameters: [{name: owner, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok, content: {text/plain: {schema: {type: string}}}}, '400': {description: wrong}}}
  /status:
    get: {operationId: status, responses: {'200': {description: ok, content: {application/json: {schema: {type: object, required: [up], properties: {up: {type: boolean}}}}}}}}
components:
  schemas:
    Pet: {type: object, required: [id, name], properties: {id: {type: integer}, name: {type: string, minLength: 1, maxLength: 20}}}
"#;

/// Lies about two operations that are in different parts of a run.
const LIAR: &str = "\
script: 1
rules:
  readPet:
    - {status: 200, body: {id: none}, allow_invalid: true}
  status:
    - {status: 200, body: {up: 'no'}, allow_invalid: true}
";

/// A folder with a document and a script.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a file, a process or a stream of this test");
        write(folder.path(), "pets.yaml", PETS);
        write(folder.path(), "liar.yaml", LIAR);
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        text(&self.at(name)).to_owned()
    }

    /// A masked run of the stub that lies.
    fn test(&self, flags: &[&str]) -> Finished {
        let (document, script) = (self.path("pets.yaml"), self.path("liar.yaml"));
        let fixed =
            ["test", &document, "--script", &script, "--seed", "3", "--max-cases", "6", "--mask-times"];
        run(fixed.into_iter().chain(flags.iter().copied()))
    }

    /// What `counterfoil report` makes of a record.
    fn report(&self, record: &str, format: &str) -> Finished {
        run(["report", &self.path(record), "--format", format])
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file, a process or a stream of this test")
}

#[test]
fn a_report_of_a_record_is_what_the_run_itself_wrote() {
    let folder = Folder::new();
    let kinds = ["junit", "json", "markdown", "ndjson"];
    let reports: Vec<String> = kinds.iter().map(|kind| format!("{kind}={}", folder.path(kind))).collect();
    let snapshots = format!("snapshot={}", folder.path("accepted"));
    let flags = ["--report", &reports.join(","), "--report", &snapshots, "--snapshot-update", "always"];
    let record = folder.path("run.ndjson.zst");
    let tested = folder.test(&[&flags[..], &["--record", &record]].concat());
    assert_eq!(tested.code, Some(1), "{tested:?}");
    for kind in kinds {
        let made = folder.report("run.ndjson.zst", kind);
        assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{kind}");
        assert_eq!(made.stdout, read(&folder.at(kind)), "{kind}");
        // Into a file, the same.
        let file = folder.path("again");
        let made = run(["report", &record, "--format", kind, "--output", &file]);
        assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "{kind}");
        assert_eq!(read(&folder.at("again")), read(&folder.at(kind)), "{kind}");
        assert!(!folder.at("again.partial").exists() && !folder.at("run.ndjson.zst.partial").exists());
    }
    let terminal = folder.report("run.ndjson.zst", "terminal");
    let snapshots_line = tested.stdout.find("snapshots in ").unwrap_or(tested.stdout.len());
    assert_eq!(terminal.stdout.trim_end(), tested.stdout[..snapshots_line].trim_end());
    let same = run(["report", &record, "--format", "snapshot", "--output", &folder.path("accepted")]);
    assert!(same.stdout.contains(" 0 changed, 0 new"), "{same:?}");
    // The event stream is a record as well.
    assert_eq!(folder.report("ndjson", "json").stdout, read(&folder.at("json")));
}

/// Runs the whole and the parts of several ways to divide it, and holds what is merged to the whole.
fn merge_to_one(folder: &Folder, flags: &[&str]) {
    let formats = ["ndjson", "json", "terminal"];
    let whole = folder.test(&[flags, &["--record", &folder.path("whole")]].concat());
    assert_eq!(whole.code, Some(1), "{whole:?}");
    let expected = formats.map(|format| folder.report("whole", format).stdout);
    for count in [1, 2, 3, 7] {
        let mut records = Vec::new();
        for index in 1..=count {
            let record = folder.path(&format!("shard{index}"));
            let shard = format!("{index}/{count}");
            let tested = folder.test(&[flags, &["--shard", &shard, "--record", &record]].concat());
            assert!(matches!(tested.code, Some(0 | 1)), "{shard}: {tested:?}");
            records.push(record);
        }
        records.reverse();
        let merged = folder.path("merged");
        let arguments = ["merge", "--output", &merged].into_iter().chain(records.iter().map(String::as_str));
        let done = run(arguments);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{count}");
        let made = formats.map(|format| folder.report("merged", format).stdout);
        assert_eq!(made, expected, "{count} shards");
    }
}

#[test]
fn merged_shards_are_one_run() {
    merge_to_one(&Folder::new(), &[]);
}

/// Thirty operations, of which some learn from each other and some fail.
#[test]
fn merged_shards_of_a_larger_document_are_one_run() {
    let folder = Folder::new();
    let (head, rest) = PETS.split_once("paths:\n").expect("there are paths");
    let (paths, components) = rest.split_once("components:\n").expect("there are components");
    let many: String = (0..5)
        .map(|number| {
            let renamed = paths
                .replace("/pets", &format!("/pets{number}"))
                .replace("/owners", &format!("/owners{number}"));
            let renamed = renamed.replace("/status", &format!("/status{number}"));
            let renamed = renamed.replace("operationId: status", &format!("operationId: status{number}"));
            ["listPets", "addPet", "readPet", "removePet", "readOwner"].iter().fold(renamed, |text, id| {
                text.replace(&format!("operationId: {id}"), &format!("operationId: {id}{number}"))
            })
        })
        .collect();
    std::fs::write(folder.at("pets.yaml"), format!("{head}paths:\n{many}components:\n{components}")).unwrap();
    let lies: Vec<&str> = LIAR.lines().skip(2).collect();
    let lies = lies.join("\n") + "\n";
    let many = (0..5).step_by(2).map(|number| {
        lies.replace("readPet:", &format!("readPet{number}:"))
            .replace("status:\n", &format!("status{number}:\n"))
    });
    std::fs::write(folder.at("liar.yaml"), format!("script: 1\nrules:\n{}", many.collect::<String>()))
        .unwrap();
    merge_to_one(&folder, &["--no-shrink", "--phases", "examples,fuzzing,stateful"]);
}

#[test]
fn a57_records_that_do_not_fit_end_with_their_names() {
    let folder = Folder::new();
    let at = |name: &str| folder.path(name);
    let quick = ["--phases", "examples,probing", "--no-shrink"];
    for (shard, name) in [("1/2", "one"), ("2/2", "two")] {
        folder.test(&[&quick[..], &["--shard", shard, "--record", &at(name)]].concat());
    }
    std::fs::write(folder.at("pets.yaml"), PETS.replace("maximum: 50", "maximum: 51")).unwrap();
    folder.test(&[&quick[..], &["--shard", "2/2", "--record", &at("other")]].concat());
    let bytes = std::fs::read(folder.at("two")).unwrap();
    std::fs::write(folder.at("cut"), &bytes[..bytes.len() - 40]).unwrap();
    std::fs::write(folder.at("newer"), "{\"record\":\"begin\",\"version\":99}\n").unwrap();
    std::fs::write(folder.at("garbage"), "PK\u{3}\u{4}zip").unwrap();
    let rows: [(&[&str], i32, &str); 8] = [
        (&["one", "two"], 0, ""),
        (&["one"], 6, "shard 2/2 is missing"),
        (&["one", "cut"], 6, "cut` is cut short"),
        (&["one", "one"], 2, "are both shard 1/2; leave one out"),
        (&["one", "other"], 2, "are not of one run: the documents are"),
        (&["one", "newer"], 2, "newer`: the record has version 99 and this program reads up to 1"),
        (&["one", "garbage"], 2, "garbage`: line 1 of the record is none of a record"),
        (&["one", "nowhere"], 2, "nowhere`"),
    ];
    for (records, code, expected) in rows {
        let _ = std::fs::remove_file(folder.at("merged"));
        let records: Vec<String> = records.iter().map(|name| at(name)).collect();
        let merged = at("merged");
        let done = run(["merge", "--output", &merged].into_iter().chain(records.iter().map(String::as_str)));
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{records:?}: {done:?}");
        assert!(done.stderr.contains(expected), "{records:?}: {}", done.stderr);
        // What cannot be merged leaves nothing behind.
        assert_eq!(folder.at("merged").exists(), code != 2, "{records:?}");
        assert!(!folder.at("merged.partial").exists(), "{records:?}");
    }
    let rows = [("cut", 6, "cut short"), ("newer", 2, "version 99"), ("garbage", 2, "line 1")];
    for (name, code, expected) in rows {
        let made = folder.report(name, "json");
        assert_eq!(made.code, Some(code), "{name}: {made:?}");
        assert!(made.stderr.contains(expected), "{name}: {}", made.stderr);
        assert_eq!(made.stdout.is_empty(), code == 2, "{name}: {made:?}");
    }
}

#[test]
fn wrong_parts_are_refused_with_what_to_write() {
    for (shard, expected) in [("3/2", "write I/N, for example 2/3"), ("auto", "set COUNTERFOIL_SHARD to I/N")]
    {
        let mut command = crate::process::counterfoil(["test", "tyk", "--shard", shard]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.contains("NODE") || name.contains("JOB")) {
            command.env_remove(name);
        }
        let refused: Finished = command.output().unwrap().into();
        assert_eq!(refused.code, Some(2), "{shard}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{shard}: {}", refused.stderr);
    }
    let snapshot = run(["report", "nothing", "--format", "snapshot"]);
    assert_eq!(snapshot.code, Some(2), "{snapshot:?}");
    assert!(snapshot.stderr.contains("name the folder with --output"), "{}", snapshot.stderr);
}

#[test]
fn what_a_killed_run_left_is_read_up_to_there() {
    let folder = Folder::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let (document, record) = (folder.path("pets.yaml"), folder.path("run.ndjson.zst"));
    let mut child = crate::process::counterfoil(["test", &document, "--url", &url, "--record", &record])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Once it sends something it has said what it is about to do.
    let connection = silent.accept().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(connection);
    assert!(!folder.at("run.ndjson.zst").exists());
    let made = folder.report("run.ndjson.zst.partial", "json");
    assert_eq!(made.code, Some(6), "{made:?}");
    assert!(
        made.stderr.contains("is cut short after") && made.stdout.contains("\"title\": \"Pets\""),
        "{made:?}"
    );
    let page = folder.report("run.ndjson.zst.partial", "html");
    assert!(page.stdout.contains("INCOMPLETE: 0 failures"), "{page:?}");
}
