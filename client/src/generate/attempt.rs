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
    /// The types, as far as the generator takes them.
    pub(crate) components: Map<String, Value>,
}

/// What the generator is to make.
pub(crate) struct Target {
    /// The document for some methods and types.
    pub(crate) document: fn(&str, &[&Method<'_>], &Map<String, Value>) -> Value,
    pub(crate) settings: fn() -> GenerationSettings,
}

/// Types and signatures of as many methods as the generator takes.
pub(crate) fn make(title: &str, methods: &[Method<'_>], types: &mut Types<'_>) -> Result<Made, String> {
    let target = Target { document: skeleton::document, settings };
    let methods: Vec<&Method<'_>> = methods.iter().collect();
    let components = types.components().clone();
    make_for(&target, title, &methods, components, types)
}

/// The same with types that derive their schemas as well.
pub(crate) fn make_documented(
    title: &str,
    methods: &[Method<'_>],
    types: &mut Types<'_>,
) -> Result<Made, String> {
    let target = Target { document: skeleton::document, settings: documented_settings };
    let methods: Vec<&Method<'_>> = methods.iter().collect();
    let components = types.components().clone();
    make_for(&target, title, &methods, components, types)
}

/// The same for any target.
pub(crate) fn make_for(
    target: &Target,
    title: &str,
    methods: &[&Method<'_>],
    mut components: Map<String, Value>,
    types: &mut Types<'_>,
) -> Result<Made, String> {
    silence();
    let attempt = |methods: &[&Method<'_>], components: &Map<String, Value>| {
        attempt(target, title, methods, components)
    };
    let mut kept: Vec<usize> = (0..methods.len()).collect();
    for _ in 0..MAX_CULPRITS {
        let chosen: Vec<&Method<'_>> = kept.iter().map(|index| methods[*index]).collect();
        let reason = match attempt(&chosen, &components) {
            Ok(code) => return Ok(Made { code, methods: kept, components }),
            Err(reason) => reason,
        };
        if let Err(reason) = attempt(&[], &components) {
            let order = dependencies_first(&components);
            let count = first_failing(order.len(), |count| {
                attempt(&[], &with_first(&components, &order, count)).is_err()
            });
            let Some(name) = order.get(count.wrapping_sub(1)) else { return Err(reason) };
            types.give_up(name, &reason);
            components.insert(name.clone(), json!({}));
            continue;
        }
        let count = first_failing(chosen.len(), |count| attempt(&chosen[..count], &components).is_err());
        let Some(index) = count.checked_sub(1).filter(|index| *index < kept.len()) else {
            return Err(reason);
        };
        let method = methods[kept.remove(index)];
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

/// The components that a part of a document leads to.
pub(crate) fn reached(part: &Value, components: &Map<String, Value>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut queue = vec![part];
    while let Some(part) = queue.pop() {
        let mut found = BTreeSet::new();
        references(part, &mut found);
        for name in found {
            if let Some(schema) = components.get(&name)
                && all.insert(name)
            {
                queue.push(schema);
            }
        }
    }
    all
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
    target: &Target,
    title: &str,
    methods: &[&Method<'_>],
    components: &Map<String, Value>,
) -> Result<syn::File, String> {
    let document = (target.document)(title, methods, components);
    let run = || -> Result<syn::File, String> {
        let document = serde_json::from_value(document).map_err(|error| error.to_string())?;
        let tokens = Generator::new(&(target.settings)())
            .generate_tokens(&document)
            .map_err(|error| error.to_string())?;
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
    settings.with_hooks(HooksMode::Expected).with_inner_type(quote!(crate::Settings)).with_conversion(
        file,
        "crate::wire::File",
        std::iter::empty(),
    );
    settings.with_derive("PartialEq");
    settings
}

/// Settings for types that a server documents by their schemas.
fn documented_settings() -> GenerationSettings {
    let mut settings = settings();
    settings.with_derive("::schemars::JsonSchema");
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

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::super::losses::Losses;
    use super::super::plan;
    use super::*;

    const DOCUMENT: &str = r"
openapi: 3.0.3
info: {title: Sample, version: '1'}
components:
  schemas:
    Odd: {type: object, properties: {a: {type: string}}}
    Even: {type: object, properties: {odd: {$ref: '#/components/schemas/Odd'}}}
    Other: {type: object, properties: {b: {type: string}}}
paths:
  /a: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Even'}}}}}}}
  /b: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Other'}}}}}}}
  /c: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}
";

    /// What the generator panics on.
    fn refused() -> Value {
        json!({ "not": { "type": "string" } })
    }

    /// What is made of the document once some of it was changed: the methods that are kept, and the findings.
    fn made(change: impl FnOnce(&mut Vec<Method<'_>>, &mut Types<'_>) + Send) -> (Vec<usize>, Vec<String>) {
        let contract = Contract::load("sample.yaml", DOCUMENT.as_bytes()).expect("a document");
        std::thread::scope(|scope| {
            // Panics are kept from standard error on this thread only.
            let thread = std::thread::Builder::new().name(THREAD.to_owned());
            let made = thread.spawn_scoped(scope, || {
                let mut types = Types::new(&contract, Losses::new(contract.document()));
                let mut methods = plan::methods(contract.operations().iter(), &mut types);
                change(&mut methods, &mut types);
                let made = make("sample", &methods, &mut types).expect("the rest is made");
                let told = types.losses.into_findings();
                let told = told.iter().map(|finding| format!("{} at {}", finding.code, finding.pointer));
                (made.methods, told.collect())
            });
            made.expect("a thread").join().expect("no panic")
        })
    }

    #[test]
    fn an_operation_that_the_generator_refuses_is_left_out_alone() {
        let (kept, told) = made(|methods, _| methods[1].inputs[0].schema = refused());
        assert_eq!((kept, told), (vec![0, 2], vec!["operation-left-out at /paths/~1b/get".to_owned()]));
        let (kept, told) = made(|methods, _| {
            for index in [0, 2] {
                methods[index].inputs[0].schema = refused();
            }
        });
        assert_eq!((kept, told.len()), (vec![1], 2));
    }

    #[test]
    fn a_type_that_the_generator_refuses_is_any_value_and_nothing_else_is() {
        let (kept, told) = made(|_, types| types.replace("Odd", refused()));
        assert_eq!(kept, [0, 1, 2]);
        assert_eq!(told, ["type-untyped at /components/schemas/Odd"]);
    }
}
