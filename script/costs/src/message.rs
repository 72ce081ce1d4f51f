//! Decoding and validating the Tyk request, beside what `jsonschema` needs for its parsed body alone.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{Contract, Direction, Request, RouteMatch, bundled};
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::cpu_time;

/// How often each side runs a round.
const REPEATS: u32 = 20_000;

/// Prints the medians of paired rounds, in microseconds of CPU.
pub fn compare(rounds: usize) -> Result<(), String> {
    let tyk = bundled().first().ok_or("no bundled document")?;
    let contract = Contract::load(tyk.name, tyk.document.as_bytes()).map_err(|error| error.to_string())?;
    let operation = contract.operations().first().ok_or("no operation")?;
    let content = &operation.request_body().ok_or("no body")?.content;
    let media = content.iter().next().ok_or("no media type")?;
    let schema = media.schema.as_ref().ok_or("no schema")?;
    let body = media.examples.first().map(|example| example.value.clone()).ok_or("no example")?;

    let mut request = Request::new(Method::POST, operation.path().as_str());
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers.insert("admin-auth", HeaderValue::from_static("secret"));
    request.body = Bytes::from(body.to_string());
    let found = RouteMatch::of(operation, request.path()).ok_or("not routed")?;
    let rules = RequestRules::default();
    let reading = validate::request(&found, &request, &rules);
    if !reading.violations.is_empty() {
        return Err(format!("the example is refused: {:?}", reading.violations));
    }
    let alone = validator(schema.bundle(Direction::Request))?;
    if !alone.is_valid(&body) {
        return Err("jsonschema refuses the example".to_owned());
    }

    let (mut ours, mut theirs, mut parsing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(time(|| validate::request(&found, black_box(&request), &rules).violations.is_empty()));
        theirs.push(time(|| alone.is_valid(black_box(&body))));
        parsing.push(time(|| serde_json::from_slice::<Value>(black_box(&request.body)).is_ok()));
    }
    let line = json!({
        "ours_us": median(ours), "jsonschema_us": median(theirs), "serde_json_us": median(parsing),
    });
    println!("{line}");
    Ok(())
}

/// The microseconds of CPU that one call takes.
fn time(call: impl Fn() -> bool) -> f64 {
    let start = cpu_time();
    for _ in 0..REPEATS {
        black_box(call());
    }
    let spent: Duration = cpu_time() - start;
    spent.as_secs_f64() * 1e6 / f64::from(REPEATS)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A validator that shares nothing with ours but the lowered schema.
pub fn validator(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(false)
        .build(schema)
        .map_err(|error| error.to_string())
}
