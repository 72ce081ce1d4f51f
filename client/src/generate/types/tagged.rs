//! Alternatives that one of their properties tells apart.

use std::collections::BTreeSet;

use counterfoil_openapi::Pointer;
use serde_json::{Value, json};

use super::super::names::pascal;
use super::super::place::Place;
use super::read::Merged;
use super::write::texts_of;
use super::{Lowered, Tag, Types, Usage, referenced, within};

impl<'d> Types<'d> {
    /// What a `discriminator` says of alternatives that are all references: the component of each value. Where it says
    /// nothing of one, its name is the value.
    pub(super) fn tag(&mut self, place: &Place<'d>, alternatives: &[Place<'d>], usage: Usage) -> Option<Tag> {
        let discriminator = place.get("discriminator")?;
        let property = discriminator.text("propertyName")?.to_owned();
        let mapping = discriminator.members("mapping");
        let mut values = Vec::new();
        for alternative in alternatives {
            let target = self.target(alternative)?;
            let lowered = self.lower(vec![alternative.clone()], "Option", usage);
            let component = referenced(&lowered)?.to_owned();
            let name = target.name()?;
            let is_meant = |mapped: &str| {
                mapped == name
                    || alternative.text("$ref") == Some(mapped)
                    || mapped.rsplit('/').next() == Some(&name)
            };
            let count = values.len();
            for (value, mapped) in &mapping {
                if mapped.value.as_str().is_some_and(is_meant) {
                    values.push(((*value).to_owned(), component.clone()));
                }
            }
            if values.len() == count {
                values.push((name, component));
            }
        }
        Some(Tag { property, values })
    }

    /// A choice of objects, each with a required property that is another single text, or nothing where they are told
    /// apart in no such way. The generator makes an enum with the properties of each as its variants' fields.
    pub(super) fn tagged(&mut self, merged: &[Merged<'d>], hint: &str, usage: Usage) -> Option<Value> {
        let tag = merged.first()?.properties.keys().copied().find(|name| self.tells_apart(name, merged))?;
        // What all have in common is named after the choice, not after the first alternative.
        for (name, places) in &merged[0].properties {
            let pointers = |alternative: &Merged<'d>| -> Option<Vec<Pointer>> {
                let places = alternative.properties.get(name)?;
                Some(places.iter().map(|place| place.pointer.clone()).collect())
            };
            if merged.iter().all(|alternative| pointers(alternative) == pointers(&merged[0])) {
                self.lower(places.clone(), &within(hint, name), usage);
            }
        }
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
