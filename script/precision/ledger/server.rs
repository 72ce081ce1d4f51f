//! A ledger: axum, validated by hand; entries belong to whoever's key made them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{LazyLock, Mutex};

use axum::body::Bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, Request};
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Map, Value, json};

static DEFECTS: LazyLock<HashSet<String>> =
    LazyLock::new(|| std::env::var("DEFECT").unwrap_or_default().split(',').map(str::to_owned).collect());

/// Whether a defect is switched on.
fn has(defect: &str) -> bool {
    DEFECTS.contains(defect)
}

/// A refusal, as a problem document.
struct Problem(u16, &'static str);

type Answer = Result<Response, Problem>;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, title) = self;
        let code = StatusCode::from_u16(status).expect("statuses are written here");
        if has("refusals-as-text") && status == 422 {
            return (code, title).into_response();
        }
        let shown = if has("refusal-status-as-text") { json!(status.to_string()) } else { json!(status) };
        let body = match has("refusals-lack-title") && status == 404 {
            true => json!({"status": shown}),
            false => json!({"title": title, "status": shown}),
        };
        (code, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}

const BROKEN: Problem = Problem(500, "it broke");
const LOST: Problem = Problem(404, "no such entry");

/// An entry and whose it is.
#[derive(Clone)]
struct Kept {
    owner: Owner,
    entry: Map<String, Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner(u8);

#[derive(Default)]
struct Book {
    entries: BTreeMap<i64, Kept>,
    last: i64,
}

static BOOK: LazyLock<Mutex<Book>> = LazyLock::new(Mutex::default);

/// Who asks.
async fn known(mut request: Request, next: Next) -> Answer {
    let key = request.headers().get("x-ledger-key").map(|key| key.as_bytes().to_vec());
    let (method, is_list) = (request.method().clone(), request.uri().path() == "/entries");
    let owner = match key.as_deref() {
        Some(b"first-key") => Owner(1),
        Some(b"second-key") => Owner(2),
        Some(_) if has("any-key-reads") && method == Method::GET => Owner(1),
        _ if has("removal-without-key") && method == Method::DELETE => Owner(1),
        _ if has("change-without-key") && method == Method::PATCH => Owner(1),
        _ if has("list-without-key") && method == Method::GET && is_list => Owner(1),
        _ => return Err(Problem(401, "no key")),
    };
    request.extensions_mut().insert(owner);
    Ok(next.run(request).await)
}

fn refuse_unless(holds: bool, title: &'static str) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(Problem(422, title)) }
}

fn text(value: &Value, least: usize, most: usize, title: &'static str) -> Result<(), Problem> {
    let length = value.as_str().map(|text| text.chars().count());
    refuse_unless(length.is_some_and(|length| (least..=most).contains(&length)), title)
}

/// The whole number that a value is, however it is written.
fn whole(value: &Value) -> Option<i64> {
    let written = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    value.as_i64().or(written.map(|number| number as i64))
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else { return false };
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(year), number(month), number(day));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) && !has("leap-days-refused");
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_mail(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && !host.is_empty() && !host.contains("..") && !text.contains(' ')
}

/// Holds what is sent of an entry to its rules.
fn hold(sent: &Map<String, Value>, is_change: bool) -> Result<(), Problem> {
    if is_change && has("changes-unchecked") {
        return Ok(());
    }
    for (name, value) in sent {
        match name.as_str() {
            "memo" => {
                text(
                    value,
                    usize::from(!has("empty-memo-taken")),
                    80 + usize::from(has("long-memo-taken")),
                    "memo",
                )?;
                let memo = value.as_str().unwrap_or_default();
                let trips = (has("nul-crashes") && memo.contains('\0'))
                    || (has("emoji-crash") && memo.chars().any(|character| u32::from(character) > 0xFFFF))
                    || (has("longest-memo-crashes") && memo.chars().count() == 80);
                if trips {
                    return Err(BROKEN);
                }
            }
            "account" => {
                let account = value.as_str().unwrap_or_default();
                let account = if has("account-in-capitals-taken") {
                    account.to_lowercase()
                } else {
                    account.to_owned()
                };
                let is_known = ["cash", "bank", "card"].contains(&account.as_str());
                refuse_unless(is_known || (has("any-account-taken") && value.is_string()), "account")?;
            }
            "amount" => {
                let most = 1_000_000_000 + i64::from(has("amount-over-limit-taken"));
                let amount = whole(value).filter(|amount| (-1_000_000_000..=most).contains(amount));
                refuse_unless(
                    amount.is_some() || (has("amount-as-text-taken") && value.is_string()),
                    "amount",
                )?;
                if has("no-amount-crashes") && amount == Some(0)
                    || has("great-amount-crashes") && amount > Some(999_999_999)
                {
                    return Err(BROKEN);
                }
            }
            "booked" => {
                let is_any = has("any-date-taken") && value.is_string();
                refuse_unless(value.as_str().is_some_and(is_date) || is_any, "booked")?;
            }
            "cleared" => refuse_unless(
                value.is_boolean() || (has("cleared-as-number-taken") && value.is_i64()),
                "cleared",
            )?,
            "note" if value.is_null() && has("null-note-refused") => return Err(Problem(422, "note")),
            "note" if value.is_null() && has("null-note-crashes") => return Err(BROKEN),
            "note" => value.is_null().then_some(()).map_or_else(|| text(value, 0, 200, "note"), Ok)?,
            "tags" => {
                let tags = value.as_array().ok_or(Problem(422, "tags"))?;
                if has("no-tags-crash") && tags.is_empty() {
                    return Err(BROKEN);
                }
                let distinct: HashSet<&str> = tags.iter().filter_map(Value::as_str).collect();
                refuse_unless(distinct.len() == tags.len() || has("tags-twice-taken"), "tags")?;
                refuse_unless(tags.len() <= 3 + usize::from(has("four-tags-taken")), "tags")?;
                tags.iter().try_for_each(|tag| text(tag, 1, 12, "tag"))?;
            }
            "party" => {
                let party = value.as_object().ok_or(Problem(422, "party"))?;
                if !(has("party-without-name-taken") && !party.contains_key("name")) {
                    text(party.get("name").unwrap_or_default(), 1, 30, "party")?;
                }
                if let Some(mail) = party.get("mail") {
                    let is_any = has("any-mail-taken") && mail.is_string();
                    refuse_unless(mail.as_str().is_some_and(is_mail) || is_any, "mail")?;
                }
            }
            _ => refuse_unless(has("unknown-member-taken"), "unknown member")?,
        }
    }
    Ok(())
}

fn media_type(headers: &HeaderMap) -> String {
    let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn sent(headers: &HeaderMap, body: &Bytes, is_change: bool) -> Result<Map<String, Value>, Problem> {
    if media_type(headers) != "application/json" && !has("any-media-type-taken") {
        return Err(Problem(415, "media type"));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| if has("broken-json-crashes") { BROKEN } else { Problem(400, "no JSON") })?;
    let Value::Object(mut sent) = value else {
        return Err(if has("list-crashes") && value.is_array() { BROKEN } else { Problem(422, "no object") });
    };
    let required: &[&str] =
        if has("amount-not-required") { &["memo", "account"] } else { &["memo", "account", "amount"] };
    if is_change {
        refuse_unless(!sent.is_empty() || has("empty-change-taken"), "nothing")?;
    } else {
        refuse_unless(required.iter().all(|name| sent.contains_key(*name)), "missing")?;
    }
    hold(&sent, is_change)?;
    if let Some(amount) = sent.get("amount").and_then(whole) {
        sent.insert("amount".to_owned(), amount.into());
    }
    Ok(sent)
}

/// An entry as it is shown.
fn shown(entry: &Map<String, Value>) -> Value {
    let mut entry = entry.clone();
    if has("amount-shown-as-text") {
        entry["amount"] = entry["amount"].to_string().into();
    }
    if has("note-left-as-empty-list") && entry.get("note").is_some_and(Value::is_null) {
        entry["note"] = json!([]);
    }
    if has("cleared-left-out") && entry["cleared"] == false {
        entry.remove("cleared");
    }
    if has("made-without-zone") {
        entry["made"] = "2024-05-01 10:00:00".into();
    }
    Value::Object(entry)
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("statuses are written here");
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn list(Extension(owner): Extension<Owner>, Query(query): Query<Vec<(String, String)>>) -> Answer {
    let bad = |title| Problem(400, title);
    let given = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let number = |name: &str, least: u64, most: u64, usual: u64| match given(name) {
        None => Ok(usual),
        // Numbers may be written with a fraction of nothing.
        Some(text) => {
            let text = text.strip_suffix(".0").unwrap_or(text);
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let read = text.parse().unwrap_or(u64::MAX);
            if is_plain && (least..=most).contains(&read) { Ok(read) } else { Err(bad("number")) }
        }
    };
    let limit =
        number("limit", u64::from(!has("limit-zero-taken")), 50 + u64::from(has("limit-51-taken")), 20)?;
    let offset = match number("offset", 0, u64::MAX, 0) {
        Err(_)
            if has("negative-offset-crashes")
                && given("offset").is_some_and(|text| text.starts_with('-')) =>
        {
            return Err(BROKEN);
        }
        Ok(offset) if has("great-offset-crashes") && offset > i32::MAX as u64 => return Err(BROKEN),
        offset => offset?,
    };
    let account = given("account");
    if account.is_some_and(|account| !["cash", "bank", "card"].contains(&account))
        && !has("any-account-listed")
    {
        return Err(bad("account"));
    }
    let cleared = match given("cleared") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(bad("cleared")),
    };
    let sort = given("sort");
    if sort.is_some_and(|sort| !["booked", "amount"].contains(&sort)) && !has("any-sort-taken") {
        return Err(bad("sort"));
    }
    if has("sorting-by-date-crashes") && sort == Some("booked") {
        return Err(BROKEN);
    }
    let book = BOOK.lock().expect("nobody panics with it");
    let mut found: Vec<&Map<String, Value>> = book
        .entries
        .values()
        .filter(|kept| kept.owner == owner || has("list-of-all"))
        .map(|kept| &kept.entry)
        .filter(|entry| account.is_none_or(|account| entry["account"] == account || has("account-ignored")))
        .filter(|entry| cleared.is_none_or(|cleared| entry["cleared"] == cleared || has("cleared-ignored")))
        .collect();
    found.reverse();
    if sort == Some("amount") {
        found.sort_by_key(|entry| entry["amount"].as_i64());
    }
    let limit = if has("limit-ignored") { 50 } else { limit };
    let chosen = found.iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(limit as usize);
    let page: Value = chosen.map(|entry| shown(entry)).collect();
    if has("empty-list-is-null") && page == json!([]) {
        return Ok(([("x-total-count", "0")], answer(200, &Value::Null)).into_response());
    }
    if has("total-left-out") {
        return Ok(answer(200, &page));
    }
    Ok(([("x-total-count", found.len().to_string())], answer(200, &page)).into_response())
}

async fn add(Extension(owner): Extension<Owner>, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = sent(&headers, &body, false)?;
    let mut book = BOOK.lock().expect("nobody panics with it");
    book.last += 1;
    let id = book.last;
    let mut entry = Map::new();
    entry.extend([("id".to_owned(), json!(id)), ("cleared".to_owned(), json!(false))]);
    entry.insert("made".to_owned(), "2024-05-01T10:00:00Z".into());
    entry.extend(sent);
    let shown = shown(&entry);
    if has("note-not-kept") {
        entry.remove("note");
    }
    if has("memo-cut-when-kept") {
        let cut: String = entry["memo"].as_str().unwrap_or_default().chars().take(8).collect();
        entry.insert("memo".to_owned(), cut.into());
    }
    if book.entries.len() > 400 {
        book.entries.pop_first();
    }
    if !has("card-entries-lost") || entry["account"] != "card" {
        book.entries.insert(id, Kept { owner, entry });
    }
    let status = if has("made-with-200") { 200 } else { 201 };
    if has("location-left-out") {
        return Ok(answer(status, &shown));
    }
    let location = if has("location-is-a-name") { format!("entry-{id}") } else { format!("/entries/{id}") };
    Ok(([(LOCATION, location)], answer(status, &shown)).into_response())
}

fn number(id: &str) -> Result<i64, Problem> {
    let id = id.strip_suffix(".0").unwrap_or(id);
    let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match id.parse() {
        Ok(number) if is_plain && number >= 1 => Ok(number),
        _ if is_plain && id.len() > 15 && has("great-number-crashes") => Err(BROKEN),
        _ => Err(Problem(400, "number")),
    }
}

async fn read(Extension(owner): Extension<Owner>, method: Method, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let book = BOOK.lock().expect("nobody panics with it");
    if has("head-crashes") && method == Method::HEAD {
        return Err(BROKEN);
    }
    match book.entries.get(&id).filter(|kept| kept.owner == owner || has("others-shown")) {
        Some(kept) => Ok(answer(200, &shown(&kept.entry))),
        None if has("unknown-entry-crashes") => Err(BROKEN),
        None if has("unknown-entry-is-null") => Ok(answer(200, &Value::Null)),
        None => Err(LOST),
    }
}

async fn replace(
    Extension(owner): Extension<Owner>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, sent) = (number(&id)?, sent(&headers, &body, has("replacement-unchecked"))?);
    let mut book = BOOK.lock().expect("nobody panics with it");
    let Some(kept) = book.entries.get_mut(&id).filter(|kept| kept.owner == owner) else {
        return if has("unknown-replaced-crashes") { Err(BROKEN) } else { Err(LOST) };
    };
    let mut entry = Map::new();
    entry.extend([("id".to_owned(), json!(id)), ("cleared".to_owned(), json!(false))]);
    entry.insert("made".to_owned(), kept.entry["made"].clone());
    entry.extend(sent);
    let shown = shown(&entry);
    if has("replacement-keeps-memo") {
        entry.insert("memo".to_owned(), kept.entry["memo"].clone());
    }
    if !has("replacement-lost") {
        kept.entry = entry;
    }
    if has("replaced-shows-old") {
        return Ok(answer(200, &json!({"id": id, "state": "old"})));
    }
    Ok(answer(if has("replaced-with-202") { 202 } else { 200 }, &shown))
}

async fn change(
    Extension(owner): Extension<Owner>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, sent) = (number(&id)?, sent(&headers, &body, true)?);
    if has("null-change-crashes") && sent.values().any(Value::is_null) {
        return Err(BROKEN);
    }
    let mut book = BOOK.lock().expect("nobody panics with it");
    let Some(kept) = book.entries.get_mut(&id).filter(|kept| kept.owner == owner) else { return Err(LOST) };
    let mut entry = kept.entry.clone();
    if has("change-replaces-all") {
        entry.retain(|name, _| {
            ["id", "memo", "account", "amount", "cleared", "made"].contains(&name.as_str())
        });
    }
    entry.extend(sent.into_iter().filter(|(name, _)| !has("change-keeps-amount") || name != "amount"));
    let shown = shown(&entry);
    if !has("change-lost") {
        kept.entry = entry;
    }
    Ok(answer(200, &shown))
}

async fn remove(Extension(owner): Extension<Owner>, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let mut book = BOOK.lock().expect("nobody panics with it");
    if book.entries.get(&id).is_none_or(|kept| kept.owner != owner && !has("others-removed")) {
        return Err(if has("second-removal-crashes") { BROKEN } else { LOST });
    }
    if !has("removed-stays") {
        book.entries.remove(&id);
    }
    if has("removed-with-body") {
        return Ok(answer(200, &json!({"removed": true})));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn statement(headers: HeaderMap, body: Bytes) -> Answer {
    if !["application/xml", "text/xml"].contains(&media_type(&headers).as_str())
        || media_type(&headers) == "text/xml"
    {
        return Err(Problem(415, "media type"));
    }
    let written = std::str::from_utf8(&body).map_err(|_| Problem(400, "no text"))?;
    let read = roxmltree::Document::parse(written)
        .map_err(|_| if has("broken-xml-crashes") { BROKEN } else { Problem(400, "no XML") })?;
    let root = read.root_element();
    refuse_unless(root.has_tag_name("statement"), "statement")?;
    let member = |name: &str| {
        root.children().find(|child| child.has_tag_name(name)).map(|child| child.text().unwrap_or_default())
    };
    let bank = member("bank");
    let is_code = |bank: &str| bank.len() == 4 && bank.bytes().all(|byte| byte.is_ascii_uppercase());
    refuse_unless(bank.is_some_and(|bank| is_code(bank) || has("any-bank-taken")), "bank")?;
    let balance = member("balance").map(str::trim);
    if balance.is_none() && has("no-balance-crashes") {
        return Err(BROKEN);
    }
    let most = 1_000_000 + i64::from(has("balance-over-limit-taken"));
    let plain = |text: &str| text.strip_suffix(".0").unwrap_or(text).parse::<i64>().ok();
    let balance = balance.and_then(plain).filter(|balance| (-1_000_000..=most).contains(balance));
    let state = match balance.ok_or(Problem(422, "balance"))? {
        0 => "even",
        1.. => "over",
        _ if has("overdraft-misspelt") => "below",
        _ => "under",
    };
    Ok(answer(200, &json!({"bank": bank, "state": state})))
}

async fn receipt(parts: Result<Multipart, MultipartRejection>) -> Answer {
    let mut parts = parts.map_err(|_| Problem(415, "media type"))?;
    let (mut bytes, mut entry) = (None, None);
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(_) => return Err(Problem(400, "parts")),
        };
        let name = part.name().unwrap_or_default().to_owned();
        let is_png = part.content_type() == Some("image/png");
        let content = part.bytes().await.map_err(|_| Problem(400, "part"))?;
        match name.as_str() {
            "image" => {
                if has("empty-image-crashes") && content.is_empty() {
                    return Err(BROKEN);
                }
                refuse_unless(is_png || has("any-image-taken"), "image")?;
                bytes = Some(content.len());
            }
            "entry" => {
                let written = std::str::from_utf8(&content).map_err(|_| Problem(400, "entry"))?;
                let written = written.strip_suffix(".0").unwrap_or(written);
                let most = 1000 + i64::from(has("entry-1001-taken"));
                entry = written.parse().ok().filter(|number: &i64| (1..=most).contains(number));
                refuse_unless(entry.is_some(), "entry")?;
            }
            "remark" => {
                let remark = std::str::from_utf8(&content).map_err(|_| Problem(400, "remark"))?;
                refuse_unless(remark.chars().count() <= 20 || has("long-remark-taken"), "remark")?;
            }
            _ => {}
        }
    }
    let entry = if has("receipt-without-entry-taken") { entry.or(Some(1)) } else { entry };
    let (Some(bytes), Some(entry)) = (bytes, entry) else { return Err(Problem(422, "missing")) };
    Ok(answer(
        201,
        &json!({"bytes": if has("bytes-as-text") { json!(bytes.to_string()) } else { json!(bytes) }, "entry": entry}),
    ))
}

async fn unknown_method() -> Response {
    let mut answer = Problem(405, "method").into_response();
    if has("allow-of-another") {
        answer.headers_mut().insert(ALLOW, "GET, PURGE".parse().expect("it is a list of methods"));
    }
    answer
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).ok_or("no port is given")?;
    let app = Router::new()
        .route("/entries", get(list).post(add))
        .route("/entries/{id}", get(read).put(replace).patch(change).delete(remove))
        .route("/statements", post(statement))
        .route("/receipts", post(receipt))
        .method_not_allowed_fallback(unknown_method)
        .route_layer(from_fn(known))
        .fallback(async || Problem(404, "no such path"))
        .layer(DefaultBodyLimit::max(4 << 20));
    let listener =
        tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
    axum::serve(listener, app).await.map_err(|error| error.to_string())
}
