//! Where the suite is, and its groups.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Names the folder of the suite: the one that holds `tests/draft2020-12`.
const VARIABLE: &str = "JSON_SCHEMA_TEST_SUITE";

/// Where `script/test` puts it, where the variable is not set.
const USUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/json-schema-test-suite");

/// A schema and the values that its authors judged.
pub(super) struct Group {
    /// The file below the draft's folder, without its ending.
    pub(super) file: String,
    pub(super) description: String,
    pub(super) schema: Value,
    pub(super) tests: Vec<Judged>,
}

/// A value, and whether it is valid.
pub(super) struct Judged {
    pub(super) description: String,
    pub(super) data: Value,
    pub(super) valid: bool,
}

impl Group {
    /// What the group is called in the tables: `not: forbidden property`.
    pub(super) fn name(&self) -> String {
        format!("{}: {}", self.file, self.description)
    }
}

/// The groups of a draft, in the order of their files; none, and a line that says so, where the suite is not there.
///
/// On a build server it has to be there.
pub(super) fn groups(draft: &str) -> Vec<Group> {
    let root = env::var_os(VARIABLE).map_or_else(|| PathBuf::from(USUAL), PathBuf::from);
    let folder = root.join("tests").join(draft);
    if !folder.is_dir() {
        let why = format!("no JSON-Schema-Test-Suite at {}: `script/test` fetches it", folder.display());
        let is_build_server = env::var_os("CI").is_some_and(|value| value != "false");
        assert!(!is_build_server, "{why}");
        println!("skipped: {why}");
        return Vec::new();
    }
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    files.iter().flat_map(|file| read(&folder, file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

fn read(folder: &Path, file: &Path) -> Vec<Group> {
    let name = file.strip_prefix(folder).unwrap_or(file).with_extension("").display().to_string();
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let groups: Vec<Value> = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    groups.into_iter().map(|group| group_of(&name, group)).collect()
}

fn group_of(file: &str, mut group: Value) -> Group {
    let text = |value: &Value| value.as_str().expect("a description is a string").to_owned();
    let tests = group["tests"].take();
    Group {
        file: file.to_owned(),
        description: text(&group["description"]),
        schema: group["schema"].take(),
        tests: tests
            .as_array()
            .expect("tests are an array")
            .iter()
            .map(|test| Judged {
                description: text(&test["description"]),
                data: test["data"].clone(),
                valid: test["valid"].as_bool().expect("a verdict is a boolean"),
            })
            .collect(),
    }
}
