//! Alternatives that one of their properties tells apart.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::names::pascal;
use super::read::Merged;
use super::write::texts_of;
use super::{Lowered, Types, Usage, within};

impl<'d> Types<'d> {
    /// A choice of objects, each with a required property that is another single text, or nothing where they are told
    /// apart in no such way. The generator makes an enum with the properties of each as its variants' fields.
    pub(super) fn tagged(&mut self, merged: &[Merged<'d>], hint: &str, usage: Usage) -> Option<Value> {
        let tag = merged.first()?.properties.keys().copied().find(|name| self.tells_apart(name, merged))?;
        let mut alternatives = Vec::new();
        for alternative in merged {
            let text = self.only_text(alternative, tag)?;
            let mut rest = alternative.clone();
            rest.properties.shift_remove(tag);
            let named = within(hint, alternative.name.as_deref().unwrap_or(&text));
            let mut schema = match rest.properties.is_empty() {
                true => json!({ "type": "object", "properties": {} }),
                false => match self.object(&rest, &named, usage) {
                    Lowered::Named(definition) if definition.aliases.is_empty() => definition.schema,
                    _ => return None,
                },
            };
            schema["properties"][tag] = json!({ "type": "string", "enum": [text] });
            let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
            required.push(json!(tag));
            schema["required"] = Value::Array(required);
            alternatives.push(schema);
        }
        Some(json!({ "oneOf": alternatives }))
    }

    fn tells_apart(&mut self, name: &str, merged: &[Merged<'d>]) -> bool {
        let is_tame = |text: &str| {
            text.len() <= 60
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        };
        let texts: Option<Vec<String>> =
            merged.iter().map(|alternative| self.only_text(alternative, name)).collect();
        let Some(texts) = texts.filter(|texts| is_tame(name) && texts.iter().all(|text| is_tame(text)))
        else {
            return false;
        };
        let variants: BTreeSet<String> = texts.iter().map(|text| pascal(text, "Value")).collect();
        variants.len() == merged.len()
    }

    /// The one text that a required property is in an alternative.
    fn only_text(&mut self, alternative: &Merged<'d>, name: &str) -> Option<String> {
        if !alternative.required.contains(&name) {
            return None;
        }
        let places = alternative.properties.get(name)?;
        let [read] = self.read(places).try_into().ok()?;
        let texts = texts_of(&read)?;
        (texts.len() == 1).then(|| texts.into_iter().next())?
    }
}
