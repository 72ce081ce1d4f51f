//! Documents that look like it: what operations of one shape keep is held to the document, whatever it is.
//!
//! `COUNTERFOIL_CORPUS` names a folder of which every document is tried, in place of small ones beside the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{Contract, Location, Operation, Response, validate};
use counterfoil_server::{Script, StubServer};
use http::StatusCode;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::corpus::asking;
use crate::script_corpus::documents;

/// The largest document tried, in bytes.
const MAX_BYTES: u64 = 128 * 1024;

/// The most resources tried of one document, and in all, for the sake of time.
const MAX_RESOURCES: usize = 3;
const MAX_ALL: usize = 60;

/// Operations that look like those of one kind of items: a path, and the same with a variable behind it.
#[derive(Debug, Default)]
struct Look<'c> {
    operations: BTreeMap<&'static str, &'c Arc<Operation>>,
    /// The variables of the path that all share.
    within: Vec<String>,
}

/// What looks like resources: by the shape of paths and methods alone.
fn looks(contract: &Contract) -> Vec<Look<'_>> {
    let mut found: BTreeMap<&str, Look<'_>> = BTreeMap::new();
    for operation in contract.operations() {
        let path = operation.path().as_str();
        let Some((base, last)) = path.rsplit_once('/') else { continue };
        let is_one = last.starts_with('{') && last.ends_with('}');
        let role = match (operation.method().as_str(), is_one) {
            ("GET", true) => "read",
            ("PUT", true) => "update",
            ("PATCH", true) => "patch",
            ("DELETE", true) => "delete",
            ("GET", false) => "list",
            ("POST", false) => "create",
            _ => continue,
        };
        let look = found.entry(if is_one { base } else { path }).or_default();
        look.operations.insert(role, operation);
        if !is_one {
            look.within = operation.path().variables().map(str::to_owned).collect();
        }
    }
    let is_whole =
        |look: &Look<'_>| ["create", "read", "list"].iter().all(|role| look.operations.contains_key(role));
    found.into_values().filter(is_whole).collect()
}

/// The member that the variable of an item's path seems to mean.
fn keys(look: &Look<'_>) -> Vec<String> {
    let variable = look.operations["read"].path().variables().last().unwrap_or_default().to_owned();
    let tail = ["Id", "ID", "_id", "Name", "_name"]
        .iter()
        .find_map(|tail| variable.ends_with(tail).then(|| tail.trim_start_matches('_').to_ascii_lowercase()));
    let mut keys = vec![variable];
    keys.extend(tail);
    keys.extend(["id".to_owned(), "name".to_owned()]);
    keys.dedup();
    keys
}

/// A script of one resource; nothing where what looks like one is none.
fn script(contract: &Contract, look: &Look<'_>) -> Option<(String, Script)> {
    keys(look).into_iter().find_map(|key| {
        let mut resource = Map::from_iter([("key".to_owned(), json!(key))]);
        for (role, operation) in &look.operations {
            resource.insert((*role).to_owned(), json!(operation.label()));
        }
        let within: Vec<String> = look.within.iter().map(|name| format!("path.{name}")).collect();
        resource.insert("in".to_owned(), json!(within));
        let text = json!({"script": 1, "resources": {"it": resource}}).to_string();
        let script = Script::load("resource.json", text.as_bytes(), std::slice::from_ref(contract));
        Some((key, script.ok()?))
    })
}

/// What was found out.
#[derive(Debug, Default)]
struct Tally {
    looks: usize,
    resources: usize,
    answers: usize,
    /// What could not be asked for, or is no valid request to the validator: no affair of resources.
    unasked: usize,
    failures: Vec<String>,
}

/// One resource of a running stub.
struct Trial<'t> {
    client: &'t reqwest::Client,
    stub: &'t StubServer,
    name: String,
    tally: &'t mut Tally,
}

impl Trial<'_> {
    /// Asks an operation, and holds its answer to the document; nothing where it could not be asked.
    async fn ask(
        &mut self,
        operation: &Arc<Operation>,
        change: impl FnOnce(&mut RequestValues),
    ) -> Option<(StatusCode, IndexMap<String, Value>)> {
        let mut path = IndexMap::new();
        let request = asking::request_with(operation, |values| {
            let is_required = |name: &str| {
                operation.parameters_in(Location::Query).any(|known| known.name == name && known.required)
            };
            values.query.retain(|name, _| is_required(name));
            change(values);
            path = values.path.clone();
        });
        let Ok(request) = request else {
            self.tally.unasked += 1;
            return None;
        };
        let response = asking::send(self.client, self.stub.url(), &request).await;
        let source = response.headers.get("counterfoil-source").and_then(|source| source.to_str().ok());
        if source != Some("resource") {
            let is_refused = matches!(source, Some("validation")) || response.status.is_client_error();
            if is_refused {
                self.tally.unasked += 1;
            } else {
                self.fail(operation, &response, "no resource answered");
            }
            return None;
        }
        self.tally.answers += 1;
        // A problem stands for a refusal that is not documented.
        let is_problem =
            response.headers.get("content-type").is_some_and(|media| media == "application/problem+json");
        let violations = validate::response(operation, &response).violations;
        let is_excused = is_problem && response.status.is_client_error();
        if !violations.is_empty() && !is_excused {
            self.fail(operation, &response, &violations[0].to_string());
        }
        Some((response.status, path))
    }

    fn fail(&mut self, operation: &Operation, response: &Response, why: &str) {
        let body = String::from_utf8_lossy(&response.body);
        let call = response.headers.get("counterfoil-call").and_then(|call| call.to_str().ok()?.parse().ok());
        let trail = call.and_then(|call| self.stub.call(call)).map(|call| call.trail).unwrap_or_default();
        let told =
            format!("{} {}: {} {why}: {body:.300} {trail:?}", self.name, operation.label(), response.status);
        self.tally.failures.push(told);
    }

    /// The keys of the items that there are, as the control API has them.
    async fn keys(&self, key: &str, within: &str) -> Vec<Value> {
        let url = format!("{}/resources/it", self.stub.control_url().expect("it has one"));
        let request = self.client.get(url);
        let request = if within.is_empty() { request } else { request.query(&[("in", within)]) };
        let items: Value = request.send().await.expect("it answers").json().await.expect("a list");
        items.as_array().expect("a list").iter().map(|item| item[key].clone()).collect()
    }

    async fn run(&mut self, look: &Look<'_>, key: &str) {
        let Some((status, path)) = self.ask(look.operations["create"], |_| {}).await else { return };
        let name = self.name.clone();
        if !status.is_success() {
            self.tally.failures.push(format!("{name}: the first item is {status}"));
            return;
        }
        let place = |values: &mut RequestValues| {
            for variable in &look.within {
                values.path.insert(variable.clone(), path[variable].clone());
            }
        };
        let texts: Vec<String> = look.within.iter().map(|variable| text(&path[variable])).collect();
        let within = match texts.as_slice() {
            [one] => one.clone(),
            several => {
                let escaped = several.iter().map(|text| text.replace('%', "%25").replace('/', "%2F"));
                escaped.collect::<Vec<_>>().join("/")
            }
        };
        let keys = self.keys(key, &within).await;
        let [made] = keys.as_slice() else {
            self.tally.failures.push(format!("{name}: one was made, and there are {keys:?}"));
            return;
        };
        let variable = look.operations["read"].path().variables().last().unwrap_or_default();
        let one = |values: &mut RequestValues| {
            place(values);
            values.path.insert(variable.to_owned(), made.clone());
        };
        self.ask(look.operations["list"], place).await;
        for role in ["read", "update", "patch", "read", "delete"] {
            let Some(operation) = look.operations.get(role) else { continue };
            if let Some((status, _)) = self.ask(operation, one).await
                && !status.is_success()
                // A list of operations that was made up fits hardly any item.
                && (role, status.as_u16()) != ("patch", 422)
            {
                self.tally.failures.push(format!("{name}: {role} is {status}"));
            }
        }
        let is_gone = self.keys(key, &within).await.is_empty();
        if let Some((status, _)) = self.ask(look.operations["read"], one).await
            && (status == 404) != is_gone
        {
            self.tally.failures.push(format!("{name}: read is {status} in the end"));
        }
    }
}

/// Every file in a folder and below it.
fn beneath(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(beneath(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn what_operations_of_real_documents_keep_is_as_documented() {
    let client = crate::stub::client();
    let mut tally = Tally::default();
    let all = std::env::var_os("COUNTERFOIL_CORPUS");
    let paths = all.as_ref().map_or_else(documents, |folder| beneath(Path::new(folder)));
    if paths.is_empty() {
        println!("skipped: the corpus is not there");
        return;
    }
    for path in paths {
        if tally.resources >= MAX_ALL && all.is_none() {
            break;
        }
        if all.is_none() && path.metadata().is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
            continue;
        }
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).expect("the document can be read");
        let Ok(contract) = Contract::load(&name, &bytes) else { continue };
        for look in looks(&contract).iter().take(MAX_RESOURCES) {
            tally.looks += 1;
            let Some((key, script)) = script(&contract, look) else { continue };
            let builder = StubServer::builder(contract.clone()).script(script).control_port(Some(0));
            let stub = builder.start().await.expect("a free port can be listened on");
            tally.resources += 1;
            let name = format!("{name} {}", look.operations["list"].label());
            Trial { client: &client, stub: &stub, name, tally: &mut tally }.run(look, &key).await;
        }
    }
    let Tally { looks, resources, answers, unasked, failures } = tally;
    println!("{resources} resources of {looks}, {answers} answers, {unasked} could not be asked");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(resources >= 5 && answers > 3 * resources, "{resources} resources, {answers} answers");
}
