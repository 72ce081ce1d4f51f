//! Rules as they were said.

use std::collections::HashMap;

use counterfoil_openapi::Document;
use serde_json::{Map, Value};

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
