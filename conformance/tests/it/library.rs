//! A library that keeps what it is given, faithfully or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use counterfoil_conformance::{Settings, Target};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::defects::read;
use crate::running::Outcome;

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Library, version: '1'}
security: [{key: []}]
paths:
  /shelves:
    post:
      operationId: addShelf
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'201': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    get:
      operationId: listShelves
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0}}
        - {name: sort, in: query, schema: {type: string, enum: [id, -id]}}
        - {name: colour, in: query, schema: {type: string, enum: [red, blue]}}
      responses:
        '200': {description: shelves, content: {application/json: {schema: {type: array, items: {type: object}}}}}
        default: {description: refused}
  /shelves/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readShelf
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    put:
      operationId: changeShelf
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    delete:
      operationId: removeShelf
      responses: {'204': {description: gone}, default: {description: refused}}
  /shelves/{shelfId}/books:
    parameters: [{name: shelfId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    post:
      operationId: addBook
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses: {'201': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
    get:
      operationId: listBooks
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: cursor, in: query, schema: {type: string}}
      responses:
        '200':
          description: books
          content: {application/json: {schema: {type: object, properties: {nextCursor: {type: string}, books: {type: array, items: {type: object}}}}}}
        default: {description: refused}
  /shelves/{shelfId}/notes:
    parameters: [{name: shelfId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Named'}}}}
      responses:
        '201': {description: noted, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
        default: {description: refused}
    get:
      operationId: listNotes
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}
        - {name: perPage, in: query, schema: {type: integer, minimum: 1, default: 25}}
      responses:
        '200':
          description: notes
          content: {application/json: {schema: {type: object, properties: {totalPages: {type: integer}, notes: {type: array, items: {$ref: '#/components/schemas/Note'}}}}}}
        default: {description: refused}
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: readNote
      responses:
        '200': {description: a note, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
        default: {description: refused}
  /shelves/{shelfId}/books/{bookId}:
    parameters:
      - {name: shelfId, in: path, required: true, schema: {type: integer, minimum: 1}}
      - {name: bookId, in: path, required: true, schema: {type: integer, minimum: 1}}
    get:
      operationId: readBook
      parameters: [{name: page, in: query, schema: {type: integer, minimum: 1}}]
      responses: {'200': {$ref: '#/components/responses/Thing'}, default: {description: refused}}
  /profile:
    get:
      operationId: readProfile
      responses:
        '200': {description: who asks, content: {application/json: {schema: {$ref: '#/components/schemas/Profile'}}}}
        default: {description: refused}
    patch:
      operationId: changeProfile
      requestBody: {required: true, content: {application/merge-patch+json: {schema: {$ref: '#/components/schemas/Profile'}}}}
      responses:
        '200': {description: changed, content: {application/json: {schema: {$ref: '#/components/schemas/Profile'}}}}
        default: {description: refused}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  responses:
    Thing:
      description: a thing
      content:
        application/json:
          schema: {type: object, required: [id], properties: {id: {type: integer}, name: {type: string}, colour: {type: string}, made: {type: string, readOnly: true}}}
  schemas:
    Profile:
      type: object
      properties: {motto: {type: string, minLength: 4, maxLength: 30}, town: {type: string, minLength: 4, maxLength: 30}}
    Note: {type: object, required: [id], properties: {id: {type: integer}, name: {type: string}, colour: {type: string}}}
    Named:
      type: object
      required: [name]
      additionalProperties: false
      properties: {name: {type: string, minLength: 1, maxLength: 20}, colour: {type: string, enum: [red, blue]}, made: {type: string, readOnly: true}}
"#;

/// What a library does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Knows of nothing and answers as if everything were there.
    Parrot,
    Resurrects,
    Loses,
    /// Anybody's shelf is everybody's.
    Shared,
    /// Lists everybody's shelves to anybody.
    ListsAll,
    /// Lets anybody remove what they may not read.
    RemovedByAll,
    /// Lets anybody change what they may not read.
    ChangedByAll,
    /// What is removed stays in lists.
    ListsRemoved,
    /// The second part of a list begins with what the first one ends with.
    Overlaps,
    /// Lists in one order, whatever is asked for.
    Unsorted,
    /// 500 where what is gone is removed once more.
    RemovesTwice,
    /// 500 where a shelf of the same name is there.
    Twins,
    /// Answers that a shelf is changed, and leaves it as it was.
    KeepsOld,
    /// Answers that a shelf has its colour, and does not keep it.
    Fades,
    /// Takes what is the library's own to say.
    Forgeable,
    /// Says that a shelf is where nothing is.
    LeadsNowhere,
    /// Refuses to make a shelf, and makes it all the same.
    MakesRefused,
    /// Refuses a change, and gives the shelf its name all the same.
    AppliesRefused,
    /// Answers that a shelf is changed that is gone.
    ChangesGone,
    /// Takes away what a change of a profile does not name.
    Wipes,
    /// Puts books on a shelf that is gone.
    Orphans,
    /// Begins each part of the list of books with the last book of the one before.
    Rereads,
    /// The first page of notes, whichever is asked for.
    OnePage,
    /// Tells of whole pages of notes only.
    FewPages,
    /// Lists all shelves, however many are asked for.
    Limitless,
    /// Lists all shelves, whatever colour is asked for.
    ColourBlind,
    /// 500 where a page of a book is asked for.
    Pages,
    /// As `Pages`, every second time.
    PagesAtTimes,
}

struct Store {
    router: Router,
    /// Path to owner, name and whether it was removed.
    things: BTreeMap<String, (String, Value, bool)>,
    last: u64,
    /// The notes, each with the path of the shelf it is on.
    notes: Vec<(String, u64)>,
    /// Whose profile is what.
    profiles: BTreeMap<String, Value>,
    /// Requests for a page.
    pages: u64,
}

impl Store {
    fn answer(&mut self, request: &Request, fault: Fault) -> (u16, Value) {
        let key = request.headers.get("x-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
        if !["ada", "bob"].contains(&key) {
            return (401, json!({}));
        }
        let Route::Found(found) = self.router.find_request(request) else { return (404, json!({})) };
        let reading = validate::request(&found, request, &RequestRules::default());
        let is_taken = |violation: &counterfoil_openapi::Violation| {
            fault == Fault::Forgeable && violation.rule == "readOnly"
        };
        if !reading.violations.iter().all(is_taken) {
            let name = reading.values.body.as_ref().and_then(|body| body.payload.as_value()?.get("name"));
            let thing = self.things.get_mut(request.path()).filter(|_| fault == Fault::AppliesRefused);
            if let (&Method::PUT, Some(name), Some(thing)) = (&request.method, name, thing)
                && name.as_str().is_some_and(|name| (1..=20).contains(&name.len()))
            {
                thing.1["name"] = name.clone();
            }
            if fault == Fault::MakesRefused
                && request.method == Method::POST
                && request.target == "/shelves"
                && let Some(name) = name.filter(|name| name.as_str().is_some_and(|name| name.len() < 20))
            {
                self.last += 1;
                let thing = json!({"id": self.last, "name": name});
                self.things.insert(format!("/shelves/{}", self.last), (key.to_owned(), thing, false));
            }
            return (400, json!({}));
        }
        let path = request.path().to_owned();
        if fault == Fault::Parrot {
            let status = match request.method {
                Method::POST => 201,
                Method::DELETE => 204,
                _ => 200,
            };
            return (status, if path == "/shelves" && status == 200 { json!([]) } else { json!({"id": 1}) });
        }
        if path == "/profile" {
            let profile = self.profiles.entry(key.to_owned()).or_insert_with(|| json!({}));
            let sent = reading.values.body.as_ref().and_then(|body| body.payload.as_value());
            if let Some(Value::Object(sent)) = sent {
                if fault == Fault::Wipes {
                    *profile = json!({});
                }
                for (name, value) in sent {
                    profile[name] = value.clone();
                }
            }
            return (200, profile.clone());
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        let is_opened = matches!(
            (fault, &request.method),
            (Fault::RemovedByAll, &Method::DELETE) | (Fault::ChangedByAll, &Method::PUT)
        );
        let is_mine = |thing: &(String, Value, bool)| thing.0 == key || fault == Fault::Shared || is_opened;
        let is_there =
            |shelf: &(String, Value, bool)| is_mine(shelf) && (!shelf.2 || fault == Fault::Orphans);
        match request.method {
            Method::POST => {
                if path != "/shelves" && !self.things.get(&parent).is_some_and(is_there) {
                    return (404, json!({}));
                }
                let name = reading.values.body.as_ref().and_then(|body| body.payload.as_value()?.get("name"));
                let is_there = |(owner, thing, is_removed): &(String, Value, bool)| {
                    owner == key && !is_removed && thing.get("name") == name
                };
                if fault == Fault::Twins && self.things.values().any(is_there) {
                    return (500, json!({}));
                }
                self.last += 1;
                let id = self.last;
                let mut thing = reading
                    .values
                    .body
                    .as_ref()
                    .and_then(|body| body.payload.as_value())
                    .cloned()
                    .unwrap_or_default();
                thing["id"] = json!(id);
                let mut kept = thing.clone();
                if fault == Fault::Fades {
                    kept.as_object_mut().map(|kept| kept.remove("colour"));
                }
                if fault != Fault::Loses || path == "/shelves" {
                    let path = if path.ends_with("/notes") { "/notes" } else { &path };
                    if path == "/notes" {
                        self.notes.push((parent, id));
                    }
                    self.things.insert(format!("{path}/{id}"), (key.to_owned(), kept, false));
                }
                (201, thing)
            }
            Method::PUT => match self.things.get_mut(&path) {
                Some(thing) if is_mine(thing) && !thing.2 => {
                    let body = reading.values.body.as_ref().and_then(|body| body.payload.as_value());
                    let mut new = body.cloned().unwrap_or_default();
                    new["id"] = thing.1["id"].clone();
                    if fault != Fault::KeepsOld {
                        thing.1 = new.clone();
                    }
                    (200, new)
                }
                Some(thing) if is_mine(thing) && fault == Fault::ChangesGone => (200, thing.1.clone()),
                _ => (404, json!({})),
            },
            _ if path.ends_with("/books") => {
                if !self.things.get(&parent).is_some_and(is_there) {
                    return (404, json!({}));
                }
                let query = &reading.values.query;
                let least =
                    query.get("cursor").and_then(Value::as_str).map_or(Some(0), |said| said.parse().ok());
                let Some(least) = least else { return (400, json!({})) };
                let limit = query.get("limit").and_then(Value::as_u64).unwrap_or(9);
                let of_shelf = self.things.iter().filter(|(place, _)| place.starts_with(&format!("{path}/")));
                let mut books: Vec<Value> = of_shelf.map(|(_, thing)| thing.1.clone()).collect();
                books.sort_by_key(|book| book["id"].as_u64());
                books.retain(|book| book["id"].as_u64() >= Some(least));
                let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(books.len());
                let rest = books.split_off(limit);
                let next = if fault == Fault::Rereads { books.last() } else { rest.first() };
                let next = next.filter(|_| !rest.is_empty()).map(|book| book["id"].to_string());
                (
                    200,
                    match next {
                        Some(next) => json!({"books": books, "nextCursor": next}),
                        None => json!({"books": books}),
                    },
                )
            }
            _ if path.ends_with("/notes") => {
                if !self.things.get(&parent).is_some_and(is_there) {
                    return (404, json!({}));
                }
                let asked = |name: &str| {
                    let asked = reading.values.query.get(name).and_then(Value::as_u64);
                    asked.and_then(|asked| usize::try_from(asked).ok())
                };
                let size = asked("perPage").unwrap_or(25);
                let page = asked("page").filter(|_| fault != Fault::OnePage).unwrap_or(1);
                let of_shelf = self.notes.iter().filter(|(shelf, _)| *shelf == parent);
                let notes: Vec<Value> =
                    of_shelf.map(|(_, id)| self.things[&format!("/notes/{id}")].1.clone()).collect();
                let count = notes.len();
                let pages = if fault == Fault::FewPages { count / size } else { count.div_ceil(size) };
                let shown: Vec<Value> =
                    notes.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
                (200, json!({"totalPages": pages, "notes": shown}))
            }
            _ if path == "/shelves" => {
                let query = &reading.values.query;
                let colour = query.get("colour").filter(|_| fault != Fault::ColourBlind);
                let limit = query.get("limit").and_then(Value::as_u64).filter(|_| fault != Fault::Limitless);
                let shelves = self.things.iter().filter(|(path, thing)| {
                    let is_there = path.starts_with("/shelves/")
                        && path.split('/').count() == 3
                        && (is_mine(thing) || fault == Fault::ListsAll)
                        && (!thing.2 || fault == Fault::ListsRemoved);
                    is_there && colour.is_none_or(|colour| thing.1["colour"] == *colour)
                });
                let mut shelves: Vec<Value> = shelves.map(|(_, thing)| thing.1.clone()).collect();
                let down = query.get("sort").is_some_and(|sort| *sort == "-id");
                shelves.sort_by_key(|shelf| shelf["id"].as_u64());
                if down && fault != Fault::Unsorted {
                    shelves.reverse();
                }
                let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
                let offset = query.get("offset").and_then(Value::as_u64).unwrap_or_default();
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                let offset = offset.saturating_sub(usize::from(fault == Fault::Overlaps));
                (200, shelves.into_iter().skip(offset).take(limit).collect())
            }
            Method::DELETE => match self.things.get_mut(&path) {
                Some(thing) if is_mine(thing) && !thing.2 => {
                    thing.2 = fault != Fault::Resurrects;
                    (204, Value::Null)
                }
                Some(thing) if is_mine(thing) && fault == Fault::RemovesTwice => (500, json!({})),
                _ => (404, json!({})),
            },
            _ => match self.things.get(&path) {
                Some(thing) if is_mine(thing) && !thing.2 => {
                    let is_page = request.target.contains("page=");
                    self.pages += u64::from(is_page);
                    let is_at_fault = is_page
                        && (fault == Fault::Pages
                            || fault == Fault::PagesAtTimes && self.pages.is_multiple_of(2));
                    if is_at_fault { (500, json!({})) } else { (200, thing.1.clone()) }
                }
                _ => (404, json!({})),
            },
        }
    }
}

pub(crate) fn contract() -> Contract {
    Contract::load("library.yaml", DOCUMENT.as_bytes()).expect("the library's document is one")
}

pub(crate) struct Library {
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Library {
    pub(crate) async fn open(fault: Fault) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = Router::new(contract().operations(), BasePaths::Optional);
        let store = Arc::new(Mutex::new(Store {
            router,
            things: BTreeMap::new(),
            notes: Vec::new(),
            profiles: BTreeMap::new(),
            last: 0,
            pages: 0,
        }));
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&store), fault));
            }
        });
        Self { url, task }
    }

    pub(crate) async fn tested(&self, settings: &Settings) -> Outcome {
        let target = Target::new(&self.url).header("X-Key", "ada").other_header("X-Key", "bob");
        Outcome::of(&contract(), &target, settings).await
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, store: Arc<Mutex<Store>>, fault: Fault) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let (status, body) = store.lock().expect("nobody panics with the store").answer(&request, fault);
        let is_lost = matches!(fault, Fault::LeadsNowhere | Fault::Parrot)
            && status == 201
            && request.target == "/shelves";
        let location =
            if is_lost { format!("location: /shelf/{}?all\r\n", body["id"]) } else { String::new() };
        let body = if status == 204 { String::new() } else { body.to_string() };
        let head = format!(
            "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{location}\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}
