//! What discriminators say, as rules that values are drawn by.

use serde_json::{Map, Value, json};

use super::{Form, LINK, Lowering};
use crate::document::{Place, Pointer, resolve};
use crate::schema::discriminator::{self, Discriminator, Kind};

impl<'d> Lowering<'d> {
    /// Has a reference to a schema stand for one of its kinds.
    pub(super) fn guide_reference(&self, target: &Pointer, lowered: &mut Map<String, Value>) {
        let kinds = discriminator::kinds(self.document, target);
        let kinds: Vec<Value> = kinds.into_iter().map(|kind| self.kind(kind)).collect();
        if !kinds.is_empty() {
            require(json!({ "anyOf": kinds }), lowered);
        }
    }

    fn kind(&self, kind: Kind) -> Value {
        let mut schema = kind.pin.into_schema();
        if let (Some(target), Some(members)) = (kind.schema, schema.as_object_mut()) {
            members.insert(LINK.to_owned(), json!(target.as_str()));
        }
        schema
    }

    /// Gives the branches of `oneOf` and `anyOf` the names that the discriminator beside them gives them.
    pub(super) fn guide_branches(&mut self, place: &Place<'d>, lowered: &mut Map<String, Value>) {
        if self.form != Form::Guided {
            return;
        }
        let Some(discriminator) = Discriminator::of(self.document, place) else { return };
        for keyword in ["oneOf", "anyOf"] {
            let Some(Value::Array(lowered)) = lowered.get_mut(keyword) else { continue };
            let branches: Vec<Place<'d>> =
                place.get(keyword).map(|member| member.items().collect()).unwrap_or_default();
            for (branch, lowered) in branches.iter().zip(lowered) {
                if let Some(guided) = self.guided_branch(&discriminator, &branches, branch) {
                    *lowered = guided;
                }
            }
        }
    }

    /// A branch as the discriminator beside it has it; nothing where that says nothing of it.
    fn guided_branch(
        &mut self,
        discriminator: &Discriminator<'d>,
        branches: &[Place<'d>],
        branch: &Place<'d>,
    ) -> Option<Value> {
        let target = resolve(branch.text("$ref")?).ok()?;
        let kinds = discriminator::kinds(self.document, &target);
        let is_told_apart = kinds.iter().any(|kind| kind.pin.property() == discriminator.property());
        // A branch that has kinds of its own is told apart by them, unless it is given a name here.
        if is_told_apart && !discriminator.names_branch(branch) {
            return None;
        }
        let pin = discriminator.pin(branches, branch)?;
        self.is_bare = is_told_apart;
        let mut guided = self.schema(branch);
        require(pin.into_schema(), guided.as_object_mut()?);
        Some(guided)
    }
}

/// Adds a schema that has to hold as well.
fn require(schema: Value, lowered: &mut Map<String, Value>) {
    match lowered.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(parts) => parts.push(schema),
        other => *other = Value::Array(vec![schema]),
    }
}
