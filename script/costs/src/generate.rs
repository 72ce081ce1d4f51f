//! Generating values of one schema after the other, by one of three crates.
//!
//! A crate may run away on a schema, so the caller watches: a schema's line is printed as soon as it is done.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use counterfoil_openapi::generate::{Seed, positive, sample};
use counterfoil_openapi::{Contract, Direction};
use json_schema_ast::SchemaDocument;
use json_schema_fuzz::{GenerationConfig, ValueGenerator};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::cpu_time;
use crate::message::validator;

/// After this long a schema gets no further value.
const PATIENCE: Duration = Duration::from_secs(1);

/// Draws a value by its number; nothing where the crate gives up.
type Draw = Box<dyn FnMut(u64) -> Option<Value>>;

/// Prints, for each schema from line `from` of `file`, the values made, those valid, and the CPU seconds for making
/// the generator and for drawing.
pub fn run(tool: &str, file: &str, from: usize, count: usize) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    for (index, line) in text.lines().enumerate().skip(from) {
        let schema: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        print_line(&json!({ "schema": index, "begun": true }))?;
        let start = cpu_time();
        let draw = generator(tool, &schema)?;
        let set_up = cpu_time() - start;
        let mut line = json!({
            "schema": index, "values": 0, "valid": 0, "set_up_s": set_up.as_secs_f64(), "draw_s": 0.0,
        });
        if let Some(mut draw) = draw {
            let (start, clock) = (cpu_time(), Instant::now());
            let values: Vec<Value> =
                (0..count as u64).take_while(|_| clock.elapsed() < PATIENCE).filter_map(&mut draw).collect();
            let spent = cpu_time() - start;
            let judge = validator(&schema)?;
            line["values"] = json!(values.len());
            line["valid"] = json!(values.iter().filter(|value| judge.is_valid(value)).count());
            line["draw_s"] = json!(spent.as_secs_f64());
        }
        print_line(&line)?;
    }
    Ok(())
}

fn print_line(line: &Value) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

/// What draws values of a schema, all that can be made beforehand being made; nothing where the crate refuses.
fn generator(tool: &str, schema: &Value) -> Result<Option<Draw>, String> {
    match tool {
        "counterfoil" => Ok(ours(schema)),
        "json_schema_fuzz" => {
            let Ok(document) = SchemaDocument::from_json(schema) else { return Ok(None) };
            let mut random = StdRng::seed_from_u64(1);
            Ok(Some(Box::new(move |_| {
                ValueGenerator::generate(&document, GenerationConfig::default(), &mut random).ok()
            })))
        }
        "noson" => {
            let (schema, mut random) = (schema.clone(), StdRng::seed_from_u64(1));
            Ok(Some(Box::new(move |_| noson::generate(&schema, &mut random).ok())))
        }
        _ => Err(format!("no generator is called {tool}")),
    }
}

/// Ours, over a document that holds the schema and nothing else.
fn ours(schema: &Value) -> Option<Draw> {
    let mut root = schema.clone();
    let definitions = root.as_object_mut().and_then(|root| root.remove("$defs")).unwrap_or_else(|| json!({}));
    let text = json!({
        "openapi": "3.1.0", "info": { "title": "costs", "version": "1" },
        "paths": { "/": { "get": { "responses": { "200": {
            "description": "", "content": { "application/json": { "schema": root } } } } } } },
        "components": { "schemas": definitions },
    });
    let text = text.to_string().replace("\"#/$defs/", "\"#/components/schemas/");
    let contract = Contract::load("costs.json", text.as_bytes()).ok()?;
    let response = contract.operations().first()?.responses().iter().next()?;
    let schema = response.content.iter().next()?.schema.clone()?;
    let strategy = positive(&schema, Direction::Response).ok()?;
    Some(Box::new(move |index| {
        let _document = &contract;
        sample(&strategy, &Seed::derive(1, &[], index))
    }))
}
