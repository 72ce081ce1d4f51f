//! What cannot be done twice: failures that recur only where names are new, or where what they are about is made anew.

use std::collections::BTreeMap;
use std::sync::Mutex;

use counterfoil_conformance::{CaseRecord, Flakiness, Phase, Target};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
use http::Method;
use serde_json::{Value, json};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;
use crate::stories::settings;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Names, version: '1'}
paths:
  /projects:
    post:
      operationId: addProject
      requestBody: &named {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: &made
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}}
        4XX: {description: refused}
  /projects/{projectId}:
    parameters: &id [{name: projectId, in: path, required: true, schema: {type: integer, minimum: 1000}}]
    get: {operationId: readProject, responses: &read {'200': {description: ok}, 4XX: {description: refused}}}
    delete: {operationId: removeProject, responses: &gone {'204': {description: gone}, 4XX: {description: refused}}}
  /projects/{projectId}/tasks:
    parameters: *id
    post: {operationId: addTask, requestBody: *named, responses: *made}
  /projects/{projectId}/tasks/{taskId}:
    parameters: [{name: projectId, in: path, required: true, schema: {type: integer, minimum: 1000}}, {name: taskId, in: path, required: true, schema: {type: integer, minimum: 1000}}]
    get: {operationId: readTask, responses: *read}
    delete: {operationId: removeTask, responses: *gone}
  /tags/{tag}:
    put:
      operationId: putTag
      parameters: [{name: tag, in: path, required: true, schema: {type: string, minLength: 1, pattern: '^[a-z]+$'}}]
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {colour: {type: string}}}}}}
      responses: {'200': {description: replaced}, '201': {description: made}, 4XX: {description: refused}}
  /imports:
    post:
      operationId: importProjects
      requestBody: {required: true, content: {application/json: {schema: {type: array, minItems: 1, maxItems: 3, items: {$ref: '#/components/schemas/Named'}}}}}
      responses: {'201': {description: made}, 4XX: {description: refused}}
components:
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string, minLength: 1, pattern: '^[a-z]+$'}}}
    Made: {type: object, required: [id], properties: {id: {type: integer}}}
"#;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// A task that was removed is 500, and gone all the same, with its project.
    RemovesWith500,
    /// A tag that was made is 500, and made all the same.
    PutsWith500,
    /// A list of two and more projects is 500, and made all the same.
    ImportsWith500,
}

struct Store {
    router: Router,
    /// What there is, by path, with its name. Ids are never used twice.
    things: BTreeMap<String, String>,
    last: u64,
}

impl Store {
    fn add(&mut self, around: &str, name: &str) -> Option<u64> {
        let begin = format!("{around}/");
        let is_same = |(path, known): (&String, &String)| {
            known == name && path.strip_prefix(&begin).is_some_and(|rest| !rest.contains('/'))
        };
        if self.things.iter().any(is_same) {
            return None;
        }
        self.last += 1;
        self.things.insert(format!("{begin}{}", self.last), name.to_owned());
        Some(self.last)
    }

    fn answer(&mut self, request: &Request, fault: Fault) -> (u16, Value) {
        let Route::Found(found) = self.router.find_request(request) else { return (404, json!({})) };
        let reading = validate::request(&found, request, &RequestRules::default());
        if !reading.violations.is_empty() {
            return (400, json!({}));
        }
        let path = request.path().to_owned();
        let body = reading.values.body.as_ref().and_then(|body| body.payload.as_value()).cloned();
        let body = body.unwrap_or_default();
        let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
        match request.method {
            Method::POST if path == "/imports" => {
                let names: Vec<String> = body.as_array().into_iter().flatten().map(name).collect();
                let made = names.iter().all(|name| self.add("/projects", name).is_some());
                match (made, names.len()) {
                    (false, _) => (409, json!({})),
                    (true, 2..) if fault == Fault::ImportsWith500 => (500, json!({})),
                    (true, _) => (201, json!({})),
                }
            }
            Method::POST => {
                let around = path.strip_suffix("/tasks");
                if around.is_some_and(|around| !self.things.contains_key(around)) {
                    return (404, json!({}));
                }
                match self.add(&path, &name(&body)) {
                    Some(id) => (201, json!({"id": id})),
                    None => (409, json!({})),
                }
            }
            Method::PUT => match self.things.insert(path, String::new()) {
                Some(_) => (200, json!({})),
                None if fault == Fault::PutsWith500 => (500, json!({})),
                None => (201, json!({})),
            },
            _ if !self.things.contains_key(&path) => (404, json!({})),
            Method::DELETE => {
                let project = path.split_once("/tasks/").map(|(project, _)| project.to_owned());
                let wrong = project.filter(|_| fault == Fault::RemovesWith500);
                let (status, gone) = wrong.map_or((204, path), |project| (500, project));
                self.things.retain(|known, _| *known != gone && !known.starts_with(&format!("{gone}/")));
                (status, Value::Null)
            }
            _ => (200, json!({})),
        }
    }
}

/// The failures of a run, each with its operation, whether it recurs, and how many requests lead to it.
async fn tested(fault: Fault, phases: &[Phase]) -> Vec<(String, String, Flakiness, usize)> {
    let contract = Contract::load("names.yaml", DOCUMENT.as_bytes()).expect("it is a document");
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let store = Mutex::new(Store { router, things: BTreeMap::new(), last: 1000 });
    let server = Hostile::open(move |request, _| {
        let (status, body) = store.lock().expect("nothing panics under it").answer(request, fault);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Piece::reply(status, "content-type: application/json\r\n", &body)
    })
    .await;
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings(phases)).await;
    let told = outcome.failures().into_iter().map(|failure| {
        let shown = &failure.exchange;
        let is_it = |case: &CaseRecord| {
            case.exchange.url == shown.url && case.exchange.request_body == shown.request_body
        };
        assert!(!outcome.cases().any(is_it), "it is shown as it was found: {}", shown.url);
        let before = failure.reproduction.recipe.as_ref().map_or(0, |recipe| recipe.steps.len() - 1);
        (failure.check.clone(), failure.operation.clone(), failure.flakiness, before)
    });
    told.collect()
}

const DATA: [Phase; 3] = [Phase::Examples, Phase::Coverage, Phase::Fuzzing];

/// Both checks say the same of one fault.
fn of(operation: &str, before: usize) -> Vec<(String, String, Flakiness, usize)> {
    let told = |check: &str| (check.to_owned(), operation.to_owned(), Flakiness::Recurs, before);
    vec![told("not_a_server_error"), told("status_code_conformance")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_nothing_wrong_is_blamed_for_nothing() {
    assert_eq!(tested(Fault::Nothing, &Phase::ALL).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_names_is_put_anew_under_another_name() {
    assert_eq!(tested(Fault::PutsWith500, &DATA).await, of("putTag", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_list_names_is_made_anew_under_other_names() {
    assert_eq!(tested(Fault::ImportsWith500, &DATA).await, of("importProjects", 0));
}

/// Removing takes the project along by which its tasks are found, so both are made anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_is_made_anew_with_what_it_was_in() {
    assert_eq!(tested(Fault::RemovesWith500, &DATA).await, of("removeTask", 2));
}
