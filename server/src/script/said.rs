//! Rules as they were said.

use std::collections::HashMap;

use counterfoil_openapi::Document;
use serde_json::{Map, Value, json};

use super::load::Script;
use super::rule::ActiveRule;

/// What a rule says, as a map, whatever the notation it was said in: `403` is `{"respond": 403}`.
pub(crate) type SaidRule = Map<String, Value>;

/// The rules of an entry of `rules`, one map each.
pub(super) fn rules_of(entry: &Value) -> Vec<SaidRule> {
    match entry {
        Value::Array(items) if items.iter().any(Value::is_object) => items.iter().map(rule_of).collect(),
        entry => vec![rule_of(entry)],
    }
}

/// One rule without its name, which stands beside it.
fn rule_of(said: &Value) -> SaidRule {
    let mut rule = match said {
        Value::Object(rule) => rule.clone(),
        short => Map::from_iter([("respond".to_owned(), short.clone())]),
    };
    rule.shift_remove("id");
    rule.shift_remove("op");
    rule
}

/// What a script says, from its own text and those of the files it includes, in order of precedence.
pub(super) fn script<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Value {
    let read = texts.filter_map(|(name, text)| Document::read_tree(name, text.as_bytes()).ok());
    let mut trees = read.map(|(document, _)| document.root().clone());
    let mut whole = trees.next().unwrap_or_default();
    for more in trees {
        if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
            add(whole, more);
        }
    }
    if let Value::Object(whole) = &mut whole {
        whole.shift_remove("include");
    }
    whole
}

/// Adds what an included file says to what those before it do.
fn add(whole: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (key.as_str(), whole.get_mut(&key), value) {
            ("include" | "document", ..) => {}
            (_, None, value) => drop(whole.insert(key, value)),
            ("rules", Some(Value::Object(rules)), Value::Object(more)) => {
                for (operation, entry) in more {
                    match rules.get_mut(&operation) {
                        None => drop(rules.insert(operation, entry)),
                        Some(before) => {
                            let both = items(before.take()).into_iter().chain(items(entry));
                            *before = both.collect();
                        }
                    }
                }
            }
            (
                "state" | "scenarios" | "resources" | "expect" | "defaults" | "sessions",
                Some(Value::Object(all)),
                Value::Object(more),
            ) => {
                for (name, value) in more {
                    all.entry(name).or_insert(value);
                }
            }
            // Of what is said once the first word counts.
            _ => {}
        }
    }
}

/// The rules of an entry.
fn items(entry: Value) -> Vec<Value> {
    match entry {
        Value::Array(items) if items.iter().any(Value::is_object) => items,
        entry @ Value::Object(_) => vec![entry],
        short => vec![json!({ "respond": short })],
    }
}

/// Looks up what the rules of scripts say; each file is read once.
#[derive(Debug)]
pub(crate) struct SaidRules<'s> {
    scripts: &'s [Script],
    files: HashMap<String, Option<Document>>,
}

impl<'s> SaidRules<'s> {
    pub(super) fn new(scripts: &'s [Script]) -> Self {
        Self { scripts, files: HashMap::new() }
    }

    /// What a rule of one of the scripts says.
    pub(crate) fn of(&mut self, rule: &ActiveRule) -> SaidRule {
        let file = rule.file();
        let document = self.files.entry(file.to_owned()).or_insert_with(|| {
            let texts = self.scripts.iter().flat_map(Script::texts);
            let text = texts.filter(|(name, _)| *name == file).map(|(_, text)| text).next()?;
            Document::read_tree(file, text.as_bytes()).ok().map(|(document, _)| document)
        });
        let said = document.as_ref().and_then(|document| document.root().pointer(rule.pointer().as_str()));
        said.map(rule_of).unwrap_or_default()
    }
}
