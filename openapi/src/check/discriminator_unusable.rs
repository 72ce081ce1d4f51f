//! `discriminator-unusable`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, nearest};
use super::walk::Site;
use crate::document::{Place, Pointer, Version};

declare! {
    /// Found when a `discriminator` cannot tell schemas apart: the property it names is declared by none of them, or a
    /// value of its `mapping` names no schema.
    ///
    /// Why it matters: readers choose the schema of a message by this property. A value that leads nowhere makes them
    /// fail on messages that are valid.
    ///
    /// Example: `discriminator: {propertyName: kind}` beside schemas whose property is `type`.
    ///
    /// What to do: name a property that every alternative declares and requires, and schemas that are there.
    DISCRIMINATOR_UNUSABLE = "discriminator-unusable", Warning, Judge::Object(&[Kind::Schema], judge)
}

/// The most schemas looked at for the property of one discriminator.
const MAX_VISITS: usize = 256;

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(discriminator) = site.place.get("discriminator") else { return };
    if site.place.text("$ref").is_some() {
        return;
    }
    let property = match scene.version() {
        Version::V2_0 => discriminator.value.as_str(),
        _ => discriminator.text("propertyName"),
    };
    if let Some(property) = property
        && lacks(scene, &site.place, property)
    {
        let at = if discriminator.value.is_object() {
            discriminator.pointer.join("propertyName")
        } else {
            discriminator.pointer.clone()
        };
        let message = format!("neither this schema nor its alternatives declare the property `{property}`");
        findings.add_with_hint(
            &DISCRIMINATOR_UNUSABLE,
            &at,
            message,
            format!("declare and require `{property}` in each alternative"),
        );
    }
    let Some(mapping) = discriminator.get("mapping") else { return };
    for (value, place) in mapping.members() {
        let Some(target) = place.value.as_str() else { continue };
        let schemas = schemas(scene);
        let is_there = match target.starts_with('#') {
            true => scene.target(target).is_some(),
            // A bare name is a schema's; what looks like a file is not judged.
            false => {
                schemas.is_some_and(|schemas| schemas.get(target).is_some())
                    || target.contains(['/', '.', '#'])
            }
        };
        if !is_there {
            let message = format!("the value `{value}` is mapped to `{target}`, and no schema is there");
            findings.add(&DISCRIMINATOR_UNUSABLE, &place.pointer, message);
            let names = schemas.and_then(Value::as_object).into_iter().flat_map(|schemas| schemas.keys());
            let last = Pointer::from_escaped(target).tokens().last().unwrap_or_else(|| target.to_owned());
            if let Some(near) = nearest(&last, names.map(String::as_str)) {
                findings.hint(format!("did you mean `{near}`?"));
            } else {
                findings.hint("map it to a schema that is there, or add the schema");
            }
        }
    }
}

fn schemas<'d>(scene: &Scene<'d>) -> Option<&'d Value> {
    match scene.version() {
        Version::V2_0 => scene.document.root().get("definitions"),
        _ => scene.document.root().get("components")?.get("schemas"),
    }
}

/// Whether no schema that a discriminator speaks of declares its property, as far as that is known.
fn lacks(scene: &Scene<'_>, owner: &Place<'_>, property: &str) -> bool {
    let mut queue = vec![owner.pointer.clone()];
    let mut seen = std::collections::HashSet::new();
    while let Some(pointer) = queue.pop() {
        if !seen.insert(pointer.clone()) {
            continue;
        }
        if seen.len() > MAX_VISITS {
            return false;
        }
        let Some(value) = pointer.find(scene.document.root()) else { return false };
        let place = Place { pointer, value };
        if let Some(reference) = place.text("$ref") {
            match scene.target(reference) {
                Some(target) => queue.push(target.pointer),
                None => return false,
            }
        }
        if place.get("properties").is_some_and(|properties| properties.value.get(property).is_some()) {
            return false;
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            queue.extend(
                place
                    .get(keyword)
                    .iter()
                    .flat_map(|parts| parts.items().map(|part| part.pointer).collect::<Vec<_>>()),
            );
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn property_and_mapping_are_looked_up() {
        let schemas = "schemas: {
            Good: {oneOf: [{$ref: '#/components/schemas/Cat'}], discriminator: {propertyName: kind, mapping: {cat: Cat, other: '#/components/schemas/Cat'}}},
            Bad: {oneOf: [{$ref: '#/components/schemas/Cat'}], discriminator: {propertyName: type, mapping: {cat: '#/components/schemas/Cats', dog: Dog}}},
            Cat: {properties: {kind: {type: string}}}}";
        let text = with_operation("3.0.3", "responses: {'200': {description: ''}}", schemas);
        insta::assert_snapshot!(found("discriminator-unusable", &text), @r"
        /components/schemas/Bad/discriminator/propertyName neither this schema nor its alternatives declare the property `type`
        /components/schemas/Bad/discriminator/mapping/cat the value `cat` is mapped to `#/components/schemas/Cats`, and no schema is there
        /components/schemas/Bad/discriminator/mapping/dog the value `dog` is mapped to `Dog`, and no schema is there
        ");
    }
}
