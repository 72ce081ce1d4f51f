//! What lists get wrong, each with a server that does and one that does not.

use std::collections::HashMap;
use std::sync::Mutex;

use counterfoil_conformance::{Flakiness, Phase, Target};
use counterfoil_openapi::{Contract, Request};
use http::Method;
use serde_json::{Value, json};

use crate::hostile::{Hostile, Piece};
use crate::running::Outcome;
use crate::stories::settings;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000, default: 50}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0, default: 0}}
        - {name: state, in: query, style: form, explode: true, schema: {type: array, minItems: 1, items: {$ref: '#/components/schemas/State'}}}
        - {name: tag, in: query, schema: {type: string, enum: [a, b]}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                required: [items]
                properties: {items: {type: array, items: {$ref: '#/components/schemas/Thing'}}}
        '400': {description: refused}
    post:
      operationId: addThing
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [title, state]
              additionalProperties: false
              properties:
                title: {type: string, pattern: '^[A-Z][a-z]{3,9}$'}
                state: {$ref: '#/components/schemas/State'}
                groupRef: {type: integer, minimum: 0, maximum: 100000}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '400': {description: refused}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readThing
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}, '404': {description: none}}
components:
  schemas:
    State: {type: string, enum: [open, done]}
    Thing:
      type: object
      required: [id, title, state, tags]
      properties: {id: {type: integer}, title: {type: string}, state: {$ref: '#/components/schemas/State'}, groupRef: {type: integer}, tags: {type: array, items: {type: string}}}
"#;

/// What a server gets wrong of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Who says no limit gets three items, the newest first.
    OtherDefault,
    /// Of several states only the last one counts.
    LastState,
    /// Tags are not looked at.
    AnyTag,
    /// The first item comes again at the end.
    Twice,
    /// What is not there from the beginning is not listed.
    Unlisted,
    /// As that, and nothing else is like what is there from the beginning, unless it is made so.
    Unlike,
    /// Only what is open is listed, unless another state is asked for.
    OpenOnly,
    /// Titles of an odd length are not listed.
    Odd,
    /// It is listed once it was asked for twice.
    Late,
    /// Each list is kept by its URL, and nothing says so.
    Kept,
    /// It tells of the same limit always.
    SameLimit,
    /// The header counts one more.
    OtherTotal,
}

/// How many things are there from the beginning.
const SEEDS: u64 = 4;

struct Server {
    things: Vec<Value>,
    /// How often the list was asked for since the last one was made.
    asked: usize,
    /// Lists by their URLs, as they were first.
    kept: HashMap<String, (u16, String, Value)>,
}

impl Server {
    fn new(fault: Fault) -> Self {
        let seeds =
            [("open", json!([])), ("done", json!([])), ("open", json!(["a"])), ("done", json!(["b"]))];
        let things = seeds.into_iter().enumerate();
        let thing = |(at, (state, tags))| {
            let mut thing = json!({"id": at + 1, "title": "Seed", "state": state, "tags": tags});
            if fault == Fault::Unlike {
                (thing["groupRef"], thing["tags"]) = (json!(77_777), json!([]));
            }
            thing
        };
        Self { things: things.map(thing).collect(), asked: 0, kept: HashMap::new() }
    }

    fn answer(&mut self, fault: Fault, request: &Request) -> (u16, String, Value) {
        let id = request.path().strip_prefix("/things/").map(|id| id.parse::<usize>().unwrap_or_default());
        let none = String::new();
        match (&request.method, id) {
            (&Method::POST, None) => {
                let sent: Option<Value> = serde_json::from_slice(&request.body).ok();
                let Some(mut made) = sent.filter(is_thing) else { return (400, none, Value::Null) };
                made["id"] = json!(self.things.len() + 1);
                made["tags"] = json!([]);
                self.things.push(made.clone());
                self.asked = 0;
                (201, none, made)
            }
            (&Method::GET, None) if fault == Fault::Kept => {
                let now = self.list(fault, request);
                self.kept.entry(request.target.clone()).or_insert(now).clone()
            }
            (&Method::GET, None) => self.list(fault, request),
            (&Method::GET, Some(id)) => match id.checked_sub(1).and_then(|at| self.things.get(at)) {
                Some(thing) => (200, none, thing.clone()),
                None => (404, none, Value::Null),
            },
            (_, None) => (405, "allow: GET, POST\r\n".to_owned(), Value::Null),
            (_, Some(_)) => (405, "allow: GET\r\n".to_owned(), Value::Null),
        }
    }

    fn list(&mut self, fault: Fault, request: &Request) -> (u16, String, Value) {
        self.asked += 1;
        let pairs = || request.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let all = |name: &str| -> Vec<&str> {
            pairs().filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
        };
        let refused = (400, String::new(), Value::Null);
        let counts = [("limit", 1..=1_000), ("offset", 0..=usize::MAX)].map(|(name, range)| {
            let parsed = all(name).first().map(|text| text.parse::<usize>().ok());
            parsed.map(|number| number.filter(|number| range.contains(number)))
        });
        let (mut states, tags) = (all("state"), all("tag"));
        let is_refused = counts.contains(&Some(None))
            || !states.iter().all(|state| ["open", "done"].contains(state))
            || !tags.iter().all(|tag| ["a", "b"].contains(tag));
        if is_refused {
            return refused;
        }
        let [limit, offset] = counts.map(Option::flatten);
        let default = if fault == Fault::OtherDefault { 3 } else { 50 };
        let (limit, offset) = (limit.unwrap_or(default), offset.unwrap_or_default());
        if fault == Fault::LastState {
            states = states.last().copied().into_iter().collect();
        }
        let is_asked = |thing: &&Value| {
            let is_of_state = states.is_empty() || states.iter().any(|state| thing["state"] == *state);
            let tagged = thing["tags"].as_array().expect("it is made so");
            let is_tagged = fault == Fault::AnyTag || tags.iter().all(|tag| tagged.contains(&json!(tag)));
            is_of_state && is_tagged
        };
        let is_seed = |thing: &Value| thing["id"].as_u64() <= Some(SEEDS);
        let is_listed = |thing: &&Value| match fault {
            Fault::Unlisted | Fault::Unlike => is_seed(thing),
            Fault::Odd => thing["title"].as_str().is_some_and(|title| title.len() % 2 == 0),
            Fault::Late => is_seed(thing) || self.asked > 1,
            Fault::OpenOnly => !states.is_empty() || thing["state"] == "open",
            _ => true,
        };
        let mut found: Vec<&Value> = self.things.iter().filter(is_listed).filter(is_asked).collect();
        if fault == Fault::OtherDefault {
            found.reverse();
        }
        let total = found.len();
        let mut items: Vec<&Value> = found.into_iter().skip(offset).take(limit).collect();
        if fault == Fault::Twice && items.len() < limit {
            items.extend(items.first().copied());
        }
        let told = if fault == Fault::SameLimit { 50 } else { limit };
        let counted = if fault == Fault::OtherTotal { total + 1 } else { total };
        let body = json!({"items": items, "limit": told, "offset": offset, "totalCount": total});
        // What comes twice is counted twice.
        let body = match fault {
            Fault::Twice => json!({"items": items}),
            _ => body,
        };
        let header =
            if fault == Fault::Twice { String::new() } else { format!("x-total-count: {counted}\r\n") };
        (200, header, body)
    }
}

fn is_thing(sent: &Value) -> bool {
    let is_title = |title: &str| {
        (4..=10).contains(&title.len())
            && title.starts_with(|first: char| first.is_ascii_uppercase())
            && title.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
    };
    let is_state = matches!(sent["state"].as_str(), Some("open" | "done"));
    let names = sent.as_object().into_iter().flat_map(|members| members.keys());
    let is_known = names.into_iter().all(|name| ["title", "state", "groupRef"].contains(&name.as_str()));
    let is_group =
        sent.get("groupRef").is_none_or(|group| group.as_u64().is_some_and(|group| group <= 100_000));
    is_state && is_known && is_group && sent["title"].as_str().is_some_and(is_title)
}

/// What is found of a server, in words.
async fn found(fault: Fault) -> Vec<String> {
    let contract = Contract::load("things.yaml", DOCUMENT.as_bytes()).expect("it is read");
    let things = Mutex::new(Server::new(fault));
    let server = Hostile::open(move |request, _| {
        let (status, fields, body) = things.lock().expect("nothing panics").answer(fault, request);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Piece::reply(status, &format!("content-type: application/json\r\n{fields}"), &body)
    })
    .await;
    let outcome = Outcome::of(&contract, &Target::new(&server.url), &settings(&[Phase::Stateful])).await;
    let failures = outcome.failures();
    assert!(failures.iter().all(|failure| failure.flakiness == Flakiness::Recurs), "{failures:?}");
    failures
        .iter()
        .map(|failure| {
            let query = failure.exchange.url.split_once('?').map_or("", |(_, query)| query);
            format!("{}: {}: {query}", failure.check, failure.kind)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_list_gets_wrong_is_told_by_the_request_for_it() {
    let table: [(Fault, &[&str]); 12] = [
        (Fault::None, &[]),
        (Fault::OtherDefault, &["list_conformance: default not applied: limit: "]),
        (Fault::LastState, &["list_conformance: left out by state: limit=1000&state=open&state=done"]),
        (Fault::AnyTag, &["list_conformance: not by tag: limit=1000&tag=a"]),
        (Fault::Twice, &["list_conformance: an item twice: "]),
        (Fault::Late, &[]),
        (Fault::OpenOnly, &[]),
        // What has nothing that was made here may be of a time before that.
        (Fault::Unlisted, &[]),
        (Fault::Unlike, &[]),
        (Fault::Kept, &[]),
        (Fault::SameLimit, &["list_conformance: limit above the asked: limit=1"]),
        (Fault::OtherTotal, &["list_conformance: x-total-count is another: "]),
    ];
    let mut told = Vec::new();
    for (fault, expected) in table {
        let found = found(fault).await;
        if found != expected {
            told.push((fault, found));
        }
    }
    assert_eq!(told, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_and_not_listed_is_told() {
    assert_eq!(found(Fault::Odd).await, ["list_conformance: made, and not listed: "]);
}
