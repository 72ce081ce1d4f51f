//! `schema-unusable`

use std::collections::HashSet;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::schema::Schema;

declare! {
    /// Found when a schema cannot be compiled, though each of its keywords was read.
    ///
    /// Why it matters: such a schema judges nothing, so that every value counts as valid for it.
    ///
    /// Example: a regular expression that takes more memory than it may once its repetitions are spelt out.
    ///
    /// What to do: simplify the part that the message names.
    SCHEMA_UNUSABLE = "schema-unusable", Error, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut told = HashSet::new();
    for operation in scene.contract.operations() {
        let parameters = operation.parameters().iter().filter_map(|parameter| parameter.value_schema());
        let request = operation.request_body().into_iter().flat_map(|body| body.content.iter());
        let responses = operation.responses().iter().flat_map(|response| response.content.iter());
        let bodies = request.chain(responses).filter_map(|media| media.schema.as_ref());
        let headers = operation.responses().iter().flat_map(|response| &response.headers);
        let headers = headers.filter_map(|header| header.schema.as_ref());
        for schema in parameters.chain(bodies).chain(headers) {
            if told.insert(schema.pointer().clone()) {
                tell(schema, findings);
            }
        }
    }
    for reference in scene.walk.references.iter().filter(|reference| reference.wanted == Kind::Schema) {
        if let Some(target) = scene.target(reference.text)
            && told.insert(target.pointer.clone())
        {
            tell(&Schema::new(scene.contract.document(), target.pointer), findings);
        }
    }
}

fn tell(schema: &Schema, findings: &mut Findings<'_>) {
    if let Some(defect) = schema.own_defect() {
        let message = format!("this schema cannot be used, so it accepts every value: {defect}");
        findings.add(&SCHEMA_UNUSABLE, schema.pointer(), message);
    }
}
