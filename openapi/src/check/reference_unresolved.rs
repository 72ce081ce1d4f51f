//! `reference-unresolved`

use serde_json::Value;

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, nearest};
use crate::document::resolve;

declare! {
    /// Found when a `$ref` leads nowhere: to a place that is not there, or in a form that is not read.
    ///
    /// Why it matters: what should stand there is unknown. A schema accepts every value instead; a parameter, body or
    /// response is left out.
    ///
    /// Example: `$ref: "#/components/schemas/Pet"` in a document whose schema is called `Pets`.
    ///
    /// What to do: mend the reference, or add what it names. The finding suggests the nearest name there is.
    REFERENCE_UNRESOLVED = "reference-unresolved", Error, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for reference in &scene.walk.references {
        let at = reference.holder.pointer.join("$ref");
        let pointer = match resolve(reference.text) {
            Ok(pointer) => pointer,
            // What is in another file or on another host was told when it was not read.
            Err(_) if !reference.text.starts_with('#') => continue,
            Err(message) => {
                findings.add(&REFERENCE_UNRESOLVED, &at, message);
                continue;
            }
        };
        if pointer.find(scene.document.root()).is_some() {
            continue;
        }
        let message = format!("`{}` leads nowhere: nothing stands there", scene.name(&pointer));
        findings.add(&REFERENCE_UNRESOLVED, &at, message);
        match near(scene, pointer.as_str()) {
            Some(near) => findings.hint(format!("did you mean `{}`?", scene.name(&near))),
            None => findings.hint("add what it names, or mend the reference"),
        }
    }
}

/// The place of the first component of a name, of whatever kind.
fn component(scene: &Scene<'_>, name: &str) -> Option<crate::document::Pointer> {
    let root = crate::document::Place::root(scene.document);
    let maps = ["definitions", "parameters", "responses"].into_iter().filter_map(|map| root.get(map));
    let components = root.get("components");
    let components = components.iter().flat_map(|components| components.members().map(|(_, map)| map));
    maps.chain(components).find_map(|map| map.get(name)).map(|place| place.pointer)
}

/// What stands beside the missing place under the nearest name, or under that name among other components.
fn near(scene: &Scene<'_>, pointer: &str) -> Option<crate::document::Pointer> {
    use crate::document::Pointer;
    let (parent, _) = pointer.rsplit_once('/')?;
    let parent = Pointer::from_escaped(parent);
    let name = Pointer::from_escaped(pointer).tokens().last()?;
    if let Some(Value::Object(beside)) = parent.find(scene.document.root())
        && let Some(near) = nearest(&name, beside.keys().map(String::as_str))
    {
        return Some(parent.join(near));
    }
    component(scene, &name)
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, with_schema};

    #[test]
    fn each_form_of_a_lost_reference_is_told() {
        let table = [
            (
                "#/components/schemas/s",
                "`#/components/schemas/s` leads nowhere: nothing stands there",
                "did you mean `#/components/schemas/S`?",
            ),
            (
                "#/definitions/S",
                "`#/definitions/S` leads nowhere: nothing stands there",
                "did you mean `#/components/schemas/S`?",
            ),
            (
                "#/x/y",
                "`#/x/y` leads nowhere: nothing stands there",
                "add what it names, or mend the reference",
            ),
        ];
        for (reference, message, hint) in table {
            let text = with_schema("3.0.3", &format!("{{properties: {{a: {{$ref: '{reference}'}}}}}}"));
            let found = findings(&text)
                .into_iter()
                .find(|finding| finding.code == "reference-unresolved")
                .expect(reference);
            assert_eq!((found.message.as_str(), found.hint.as_deref()), (message, Some(hint)));
            assert_eq!(found.pointer.as_str(), "/components/schemas/S/properties/a/$ref");
        }
    }
}
