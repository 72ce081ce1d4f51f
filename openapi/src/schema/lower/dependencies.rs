//! `dependencies` of the drafts before 2019-09, which 2020-12 splits in two and still knows (its appendix on changes).

use serde_json::{Map, Value};

use super::Lowering;
use crate::document::Place;

impl<'d> Lowering<'d> {
    /// Adds what `dependencies` asks for to `dependentRequired` and `dependentSchemas`, which go first.
    pub(super) fn dependencies(&mut self, place: &Place<'d>, lowered: &mut Map<String, Value>) {
        let Some(dependencies) = place.get("dependencies").filter(|_| self.has_siblings) else { return };
        for (name, dependency) in dependencies.members() {
            let (keyword, value) = match dependency.value {
                Value::Array(_) => ("dependentRequired", dependency.value.clone()),
                Value::Object(_) | Value::Bool(_) => ("dependentSchemas", self.schema(&dependency)),
                _ => continue,
            };
            let slot = lowered.entry(keyword).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(slot) = slot {
                slot.entry(name).or_insert(value);
            }
        }
    }
}
