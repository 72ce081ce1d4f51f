//! `default-invalid`

use super::anatomy::Kind;
use super::findings::Findings;
use super::judged::refusal_either_way;
use super::rule::{Judge, declare};
use super::scene::{Scene, brief};
use super::walk::Site;
use crate::document::{Pointer, Version};
use crate::schema::Schema;

declare! {
    /// Found when the `default` of a schema breaks that schema.
    ///
    /// Why it matters: a server that fills in the default then holds a value that the document says it never holds,
    /// and generated code often does not compile with it.
    ///
    /// Example: `type: integer` with `default: "10"`; or an `enum` that does not list the default.
    ///
    /// What to do: mend the default, or the schema where the default is what the server really uses.
    DEFAULT_INVALID = "default-invalid", Warning, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    if site.kind != Kind::Schema && scene.version() != Version::V2_0 {
        return;
    }
    let Some(default) = site.place.get("default") else { return };
    let schema = Schema::new(scene.contract.document(), site.place.pointer.clone());
    let Some(refused) = refusal_either_way(&schema, default.value) else { return };
    let at = Pointer::from_escaped(format!("{}{}", default.pointer, refused.place()));
    let message = format!("the default {} breaks its own schema: {}", brief(default.value), refused.tell());
    let hint = format!("mend the default, or {}", scene.name(&Pointer::from_escaped(refused.keyword())));
    findings.add_with_hint(&DEFAULT_INVALID, &at, message, hint);
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn a_default_is_held_to_its_schema() {
        let table = [
            ("{type: integer, default: 1}", false),
            ("{type: integer, default: '1'}", true),
            ("{type: string, enum: [a, b], default: c}", true),
            ("{type: string, nullable: true, default: null}", false),
            ("{properties: {a: {type: array, items: {type: integer}, default: [1, x]}}}", true),
        ];
        for (schema, is_found) in table {
            assert_eq!(
                !found("default-invalid", &with_schema("3.0.3", schema)).is_empty(),
                is_found,
                "{schema}"
            );
        }
    }
}
