//! A library: dropshot, which writes the document from the types, and refuses what its extractors cannot read.

use std::collections::BTreeMap;
use std::sync::Mutex;

use dropshot::{
    ApiDescription, Body, ConfigDropshot, HttpError, HttpResponseCreated, HttpResponseDeleted,
    HttpResponseOk, HttpResponseUpdatedNoContent, Path, Query, RequestContext, ServerBuilder, TypedBody,
    endpoint,
};
use http::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whether a defect is switched on.
fn has(defect: &str) -> bool {
    std::env::var("DEFECT").is_ok_and(|defects| defects.split(',').any(|name| name == defect))
}

/// What a book is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Subject {
    Novel,
    Travel,
    Cookery,
}

/// A book to add.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBook {
    /// Its title.
    #[schemars(length(min = 1, max = 30))]
    title: String,
    subject: Subject,
    /// Its pages.
    #[schemars(range(min = 1, max = 3000))]
    pages: u16,
    /// Who wrote it.
    #[schemars(length(min = 1, max = 4))]
    authors: Vec<String>,
    /// What it costs, in cents.
    price: Option<u32>,
}

/// A book.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Book {
    id: Uuid,
    #[serde(flatten)]
    book: NewBook,
    /// How many of it are lent.
    lent: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ById {
    id: Uuid,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Wanted {
    subject: Option<Subject>,
    /// The fewest pages.
    least: Option<u16>,
    /// Whether lent ones are left out.
    there: Option<bool>,
}

/// How many copies are lent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lending {
    #[schemars(range(min = 0, max = 9))]
    lent: u8,
}

type Shelf = Mutex<BTreeMap<Uuid, Book>>;
type Context = RequestContext<Shelf>;

fn bad(message: &str) -> HttpError {
    HttpError::for_bad_request(None, message.to_owned())
}

fn lost() -> HttpError {
    HttpError::for_not_found(None, "no such book".to_owned())
}

fn crash() -> HttpError {
    HttpError::for_internal_error("it broke".to_owned())
}

/// An answer as it stands.
fn raw(status: u16, media_type: &str, body: String) -> Result<Response<Body>, HttpError> {
    let answer = Response::builder().status(status).header("content-type", media_type);
    Ok(answer.body(body.into()).expect("a status and a media type make an answer"))
}

fn json(status: u16, value: &impl Serialize) -> Result<Response<Body>, HttpError> {
    raw(status, "application/json", serde_json::to_string(value).expect("books are JSON"))
}

/// Lists books.
#[endpoint { method = GET, path = "/books", operation_id = "list_books" }]
async fn list_books(context: Context, wanted: Query<Wanted>) -> Result<HttpResponseOk<Vec<Book>>, HttpError> {
    let wanted = wanted.into_inner();
    if has("cookery-crashes") && wanted.subject == Some(Subject::Cookery) {
        return Err(crash());
    }
    if has("no-pages-crash") && wanted.least == Some(0) {
        return Err(crash());
    }
    if has("there-crashes") && wanted.there == Some(false) {
        return Err(crash());
    }
    let shelf = context.context().lock().expect("nobody panics with it");
    let fits = |book: &&Book| {
        wanted.subject.is_none_or(|subject| book.book.subject == subject)
            && wanted.least.is_none_or(|least| book.book.pages >= least)
            && (wanted.there != Some(true) || book.lent == 0)
    };
    Ok(HttpResponseOk(shelf.values().filter(fits).take(20).cloned().collect()))
}

/// Adds a book.
#[endpoint { method = POST, path = "/books", operation_id = "add_book" }]
async fn add_book(
    context: Context,
    book: TypedBody<NewBook>,
) -> Result<HttpResponseCreated<Book>, HttpError> {
    let book = book.into_inner();
    let title = book.title.chars().count();
    let longest = if has("title-of-31-taken") { 31 } else { 30 };
    if !(usize::from(!has("empty-title-taken"))..=longest).contains(&title) {
        return Err(bad("title"));
    }
    if !(u16::from(!has("no-pages-taken"))..=3000 + u16::from(has("pages-3001-taken"))).contains(&book.pages)
    {
        return Err(bad("pages"));
    }
    if book.authors.len() > 4 + usize::from(has("five-authors-taken"))
        || (book.authors.is_empty() && !has("no-authors-taken"))
    {
        return Err(bad("authors"));
    }
    if has("free-books-crash") && book.price == Some(0) {
        return Err(crash());
    }
    if has("null-price-crashes") && book.price.is_none() {
        return Err(crash());
    }
    if has("astral-title-crashes") && book.title.chars().any(|character| u32::from(character) > 0xFFFF) {
        return Err(crash());
    }
    if has("longest-book-crashes") && book.pages == 3000 {
        return Err(crash());
    }
    let book = Book { id: Uuid::new_v4(), book, lent: 0 };
    let mut shelf = context.context().lock().expect("nobody panics with it");
    if shelf.len() > 300 {
        shelf.pop_first();
    }
    if !has("novels-lost") || book.book.subject != Subject::Novel {
        shelf.insert(book.id, book.clone());
    }
    Ok(HttpResponseCreated(book))
}

/// Reads a book.
#[endpoint { method = GET, path = "/books/{id}", operation_id = "get_book" }]
async fn get_book(context: Context, path: Path<ById>) -> Result<HttpResponseOk<Book>, HttpError> {
    let shelf = context.context().lock().expect("nobody panics with it");
    match shelf.get(&path.into_inner().id) {
        Some(book) => Ok(HttpResponseOk(book.clone())),
        None if has("unknown-book-crashes") => Err(crash()),
        None => Err(lost()),
    }
}

/// Says how many copies of a book are lent.
#[endpoint { method = PUT, path = "/books/{id}/lent", operation_id = "lend_book" }]
async fn lend_book(
    context: Context,
    path: Path<ById>,
    lending: TypedBody<Lending>,
) -> Result<HttpResponseUpdatedNoContent, HttpError> {
    let lent = lending.into_inner().lent;
    if lent > 9 + u8::from(has("ten-lent-taken")) {
        return Err(bad("lent"));
    }
    if has("nine-lent-crash") && lent == 9 {
        return Err(crash());
    }
    let mut shelf = context.context().lock().expect("nobody panics with it");
    let book = shelf.get_mut(&path.into_inner().id).ok_or_else(lost)?;
    book.lent = lent;
    Ok(HttpResponseUpdatedNoContent())
}

/// Removes a book.
#[endpoint { method = DELETE, path = "/books/{id}", operation_id = "remove_book" }]
async fn remove_book(context: Context, path: Path<ById>) -> Result<HttpResponseDeleted, HttpError> {
    let mut shelf = context.context().lock().expect("nobody panics with it");
    let id = path.into_inner().id;
    if !shelf.contains_key(&id) {
        return Err(if has("second-removal-crashes") { crash() } else { lost() });
    }
    if !has("removed-stays") {
        shelf.remove(&id);
    }
    Ok(HttpResponseDeleted())
}

/// The title page of a book.
#[endpoint { method = GET, path = "/books/{id}/title", operation_id = "title_page" }]
async fn title_page(context: Context, path: Path<ById>) -> Result<HttpResponseOk<String>, HttpError> {
    let shelf = context.context().lock().expect("nobody panics with it");
    shelf.get(&path.into_inner().id).map(|book| HttpResponseOk(book.book.title.clone())).ok_or_else(lost)
}

/// Reads a book, with what is wrong with the answer.
#[endpoint { method = GET, path = "/books/{id}", operation_id = "get_book" }]
async fn get_book_badly(context: Context, path: Path<ById>) -> Result<Response<Body>, HttpError> {
    let shelf = context.context().lock().expect("nobody panics with it");
    let book = shelf.get(&path.into_inner().id).ok_or_else(lost)?;
    let mut value = serde_json::to_value(book).expect("books are JSON");
    if has("pages-as-text") {
        value["pages"] = book.book.pages.to_string().into();
    }
    if has("subject-in-capitals") {
        value["subject"] = "NOVEL".into();
    }
    if has("lent-left-out") {
        value.as_object_mut().expect("a book is an object").remove("lent");
    }
    if has("lent-negative") {
        value["lent"] = (-1).into();
    }
    if has("read-as-xml") {
        return raw(200, "application/xml", "<book/>".to_owned());
    }
    if has("read-cut") {
        return raw(200, "application/json", "{\"id\":".to_owned());
    }
    json(if has("read-with-203") { 203 } else { 200 }, &value)
}

/// The defects that `get_book_badly` shows.
const BAD_READINGS: [&str; 7] = [
    "pages-as-text",
    "subject-in-capitals",
    "lent-left-out",
    "lent-negative",
    "read-as-xml",
    "read-cut",
    "read-with-203",
];

/// The document.
#[endpoint { method = GET, path = "/document.json", unpublished = true }]
async fn document(_context: Context) -> Result<Response<Body>, HttpError> {
    let api = description(false).map_err(|error| HttpError::for_internal_error(error.to_string()))?;
    let written = api.openapi("Library", semver::Version::new(1, 0, 0)).json();
    json(200, &written.map_err(|error| HttpError::for_internal_error(error.to_string()))?)
}

fn description(is_bad: bool) -> Result<ApiDescription<Shelf>, dropshot::ApiDescriptionRegisterError> {
    let mut api = ApiDescription::new();
    api.register(list_books)?;
    api.register(add_book)?;
    if is_bad {
        api.register(get_book_badly)?
    } else {
        api.register(get_book)?
    }
    api.register(lend_book)?;
    api.register(remove_book)?;
    api.register(title_page)?;
    api.register(document)?;
    Ok(api)
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).ok_or("no port is given")?;
    let api =
        description(BAD_READINGS.iter().any(|defect| has(defect))).map_err(|error| error.to_string())?;
    let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], port).into(), ..ConfigDropshot::default() };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    ServerBuilder::new(api, Shelf::default(), log)
        .config(config)
        .start()
        .map_err(|error| error.to_string())?
        .await
}
