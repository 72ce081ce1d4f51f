//! The law of resources: whatever is asked in whatever order, what is answered is what a map would say.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{PETS, keeping};
use crate::scripts::{Answer, Stub};

/// A request.
#[derive(Debug, Clone)]
enum Step {
    Create(Option<i64>, Map<String, Value>),
    Update(i64, Map<String, Value>),
    Patch(i64, Map<String, Value>),
    Delete(i64),
    Read(i64),
    List { kind: Option<String>, limit: Option<usize>, offset: Option<usize> },
}

fn kind() -> impl Strategy<Value = String> {
    prop_oneof![Just("dog".to_owned()), Just("cat".to_owned())]
}

fn body() -> impl Strategy<Value = Map<String, Value>> {
    ("[a-z]{1,5}", option::of(option::of(kind()))).prop_map(|(name, kind)| {
        let mut body = Map::from_iter([("name".to_owned(), json!(name))]);
        body.extend(kind.map(|kind| ("kind".to_owned(), json!(kind))));
        body
    })
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 1..7_i64;
    prop_oneof![
        4 => (option::weighted(0.4, id()), body()).prop_map(|(id, body)| Step::Create(id, body)),
        2 => (id(), body()).prop_map(|(id, body)| Step::Update(id, body)),
        2 => (id(), body(), any::<bool>()).prop_map(|(id, mut body, has_name)| {
            if !has_name {
                body.remove("name");
            }
            Step::Patch(id, body)
        }),
        3 => id().prop_map(Step::Delete),
        2 => id().prop_map(Step::Read),
        3 => (option::of(kind()), option::of(1..4_usize), option::of(0..4_usize))
            .prop_map(|(kind, limit, offset)| Step::List { kind, limit, offset }),
    ]
}

/// What a map says.
struct Model {
    items: Vec<(i64, Map<String, Value>)>,
    greatest: i64,
}

impl Model {
    fn new() -> Self {
        let item = |value: Value| value.as_object().cloned().unwrap();
        let items = vec![
            (1, item(json!({"id": 1, "name": "Rex", "kind": "dog"}))),
            (2, item(json!({"id": 2, "name": "Tom", "kind": "cat", "owner": {"id": 7}}))),
        ];
        Self { items, greatest: 2 }
    }

    fn find(&mut self, id: i64) -> Option<&mut Map<String, Value>> {
        self.items.iter_mut().find(|(known, _)| *known == id).map(|(_, item)| item)
    }

    fn answer(&mut self, step: &Step) -> (u16, Value) {
        let missing = || (404, json!({"message": "no such pet"}));
        match step {
            Step::Create(id, body) => {
                let id = id.unwrap_or(self.greatest + 1);
                if self.find(id).is_some() {
                    return (409, json!({"message": "taken"}));
                }
                let mut item = body.clone();
                item.insert("id".to_owned(), json!(id));
                self.greatest = self.greatest.max(id);
                self.items.push((id, item.clone()));
                (201, Value::Object(item))
            }
            Step::Update(id, body) => match self.find(*id) {
                None => missing(),
                Some(item) => {
                    *item = body.clone();
                    item.insert("id".to_owned(), json!(id));
                    (200, Value::Object(item.clone()))
                }
            },
            Step::Patch(id, body) => match self.find(*id) {
                None => missing(),
                Some(item) => {
                    for (name, value) in body {
                        if value.is_null() {
                            item.remove(name)
                        } else {
                            item.insert(name.clone(), value.clone())
                        };
                    }
                    (200, Value::Object(item.clone()))
                }
            },
            Step::Delete(id) => match self.find(*id) {
                None => missing(),
                Some(_) => {
                    self.items.retain(|(known, _)| known != id);
                    (204, Value::Null)
                }
            },
            Step::Read(id) => self.find(*id).map_or_else(missing, |item| (200, Value::Object(item.clone()))),
            Step::List { kind, limit, offset } => {
                let is_wanted = |item: &&(i64, Map<String, Value>)| {
                    kind.as_ref().is_none_or(|kind| item.1.get("kind") == Some(&json!(kind)))
                };
                let items = self.items.iter().filter(is_wanted).map(|(_, item)| Value::Object(item.clone()));
                let page = items.skip(offset.unwrap_or(0)).take(limit.unwrap_or(usize::MAX));
                (200, page.collect())
            }
        }
    }
}

async fn ask(stub: &Stub, session: usize, step: &Step) -> (u16, Value) {
    let with = |method: Method, path: String| stub.request(method, &format!("/~s{session}{path}"));
    let request = match step {
        Step::Create(id, body) => {
            let mut body = body.clone();
            body.extend(id.map(|id| ("id".to_owned(), json!(id))));
            with(Method::POST, "/pets".to_owned()).json(&body)
        }
        Step::Update(id, body) => with(Method::PUT, format!("/pets/{id}")).json(body),
        Step::Patch(id, body) => with(Method::PATCH, format!("/pets/{id}"))
            .header("content-type", "application/merge-patch+json")
            .body(json!(body).to_string()),
        Step::Delete(id) => with(Method::DELETE, format!("/pets/{id}")),
        Step::Read(id) => with(Method::GET, format!("/pets/{id}")),
        Step::List { kind, limit, offset } => {
            let mut query: Vec<(&str, String)> = Vec::new();
            query.extend(kind.iter().map(|kind| ("kind", kind.clone())));
            query.extend(limit.map(|limit| ("limit", limit.to_string())));
            query.extend(offset.map(|offset| ("offset", offset.to_string())));
            with(Method::GET, "/pets".to_owned()).query(&query)
        }
    };
    let answer = Answer::of(request).await;
    (answer.status, answer.json())
}

/// What the document has the stub make up is none of the map's affair.
fn without_made_up(mut value: Value) -> Value {
    let items = match &mut value {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.remove("createdAt");
    }
    value
}

#[test]
fn any_sequence_of_requests_is_answered_as_a_map_would() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stub = runtime.block_on(keeping(PETS));
    let sessions = std::sync::atomic::AtomicUsize::new(0);
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let law = |steps: Vec<Step>| {
        let session = sessions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut model = Model::new();
        for step in &steps {
            let (status, body) = runtime.block_on(ask(&stub, session, step));
            prop_assert_eq!((status, without_made_up(body)), model.answer(step), "{:?}", step);
        }
        Ok(())
    };
    runner.run(&vec(step(), 1..20), law).unwrap_or_else(|error| panic!("{error}"));
}
