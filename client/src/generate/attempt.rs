//! The generator, whatever it does: what it panics on is found and left out, and nothing else.

use std::collections::{BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use progenitor_impl::{GenerationSettings, Generator, HooksMode};
use quote::quote;
use schemars::schema::{InstanceType, SchemaObject, SingleOrVec};
use serde_json::{Map, Value, json};

use super::plan::Method;
use super::skeleton;
use super::types::{FILE, Types};

/// The thread that the generator runs on.
pub(crate) const THREAD: &str = "counterfoil-generate";

/// Its stack: some documents nest, and so does the generator. Pages that nothing touches cost nothing.
pub(crate) const STACK_BYTES: usize = 512 << 20;

/// The most types and operations given up one by one.
const MAX_CULPRITS: usize = 256;

/// What the generator made.
pub(crate) struct Made {
    pub(crate) code: syn::File,
    /// The methods that are in it, by their number.
    pub(crate) methods: Vec<usize>,
}

/// Types and signatures of as many methods as the generator takes.
pub(crate) fn make(title: &str, methods: &[Method<'_>], types: &mut Types<'_>) -> Result<Made, String> {
    silence();
    let mut components = types.components().clone();
    let mut kept: Vec<usize> = (0..methods.len()).collect();
    for _ in 0..MAX_CULPRITS {
        let chosen: Vec<&Method<'_>> = kept.iter().map(|index| &methods[*index]).collect();
        let reason = match attempt(title, &chosen, &components) {
            Ok(code) => return Ok(Made { code, methods: kept }),
            Err(reason) => reason,
        };
        if let Err(reason) = attempt(title, &[], &components) {
            let order = dependencies_first(&components);
            let count = first_failing(order.len(), |count| {
                attempt(title, &[], &with_first(&components, &order, count)).is_err()
            });
            let Some(name) = order.get(count.wrapping_sub(1)) else { return Err(reason) };
            types.give_up(name, &reason);
            components.insert(name.clone(), json!({}));
            continue;
        }
        let count =
            first_failing(chosen.len(), |count| attempt(title, &chosen[..count], &components).is_err());
        let Some(index) = count.checked_sub(1).filter(|index| *index < kept.len()) else {
            return Err(reason);
        };
        let method = &methods[kept.remove(index)];
        let message = format!("the generator takes no such operation: {reason}");
        types.losses.left_out("operation-left-out", method.operation.pointer(), message);
    }
    Err(format!("the generator took none of {MAX_CULPRITS} attempts"))
}

/// The smallest count for which something fails, where it does for all.
fn first_failing(all: usize, fails: impl Fn(usize) -> bool) -> usize {
    let (mut passes, mut fail) = (0, all);
    while passes + 1 < fail {
        let middle = usize::midpoint(passes, fail);
        if fails(middle) {
            fail = middle;
        } else {
            passes = middle;
        }
    }
    fail
}

/// The components with all but the first of an order as any value.
fn with_first(components: &Map<String, Value>, order: &[String], count: usize) -> Map<String, Value> {
    let first: HashSet<&String> = order[..count].iter().collect();
    let of = |(name, schema): (&String, &Value)| {
        (name.clone(), if first.contains(name) { schema.clone() } else { json!({}) })
    };
    components.iter().map(of).collect()
}

/// The names of components, each after those that it refers to, but for circles.
fn dependencies_first(components: &Map<String, Value>) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    for start in components.keys() {
        // A name is on the stack twice: to be opened, and to be listed once all within it are.
        let mut stack = vec![(start.clone(), false)];
        while let Some((name, is_open)) = stack.pop() {
            if is_open {
                order.push(name);
                continue;
            }
            if !seen.insert(name.clone()) {
                continue;
            }
            let mut targets = BTreeSet::new();
            if let Some(schema) = components.get(&name) {
                references(schema, &mut targets);
            }
            stack.push((name, true));
            stack.extend(
                targets.into_iter().filter(|name| components.contains_key(name)).map(|name| (name, false)),
            );
        }
    }
    order
}

fn references(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            found.extend(super::types::referenced(schema).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// One run of the generator; the error is what it says, or what it panics with.
fn attempt(
    title: &str,
    methods: &[&Method<'_>],
    components: &Map<String, Value>,
) -> Result<syn::File, String> {
    let document = skeleton::document(title, methods, components);
    let run = || -> Result<syn::File, String> {
        let document = serde_json::from_value(document).map_err(|error| error.to_string())?;
        let tokens =
            Generator::new(&settings()).generate_tokens(&document).map_err(|error| error.to_string())?;
        syn::parse2(tokens).map_err(|error| error.to_string())
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panics");
        Err(text.lines().next().unwrap_or_default().chars().take(200).collect())
    })
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    let file = SchemaObject {
        instance_type: Some(SingleOrVec::Single(Box::new(InstanceType::String))),
        format: Some(FILE.to_owned()),
        ..SchemaObject::default()
    };
    settings
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Settings))
        .with_derive("PartialEq")
        .with_conversion(file, "crate::wire::File", std::iter::empty());
    settings
}

/// Keeps what the generator panics with from standard error: it is a finding.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD) {
                others(panic);
            }
        }));
    });
}
