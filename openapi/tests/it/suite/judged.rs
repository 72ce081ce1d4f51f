//! The validator judges as the suite says.

use counterfoil_openapi::Schema;

use super::DRAFTS;
use super::exceptions::exception;
use super::source::{Group, Judged, groups};
use crate::generate::schemas::DIRECTION;

#[test]
fn the_validator_judges_as_the_suite_says() {
    let mut failures = Vec::new();
    for draft in &DRAFTS {
        let (mut held, mut excepted, mut foreign) = (0, Vec::new(), 0);
        for group in groups(draft.folder) {
            let Ok(schema) = (draft.placed)(&group.schema) else {
                foreign += 1;
                continue;
            };
            match (misjudged(&group, &schema), exception(&group)) {
                (None, _) => held += 1,
                (Some(_), Some(reason)) => excepted.push(format!("{} ({reason:?})", group.name())),
                (Some(test), None) => failures.push(format!("{}: {}", group.name(), test.description)),
            }
        }
        if held > 0 {
            println!(
                "{}: {held} groups judged as stated, {foreign} that {} cannot express, {} excepted:\n  {}",
                draft.folder,
                draft.version,
                excepted.len(),
                excepted.join("\n  ")
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A value of a group that is not judged as stated.
pub(super) fn misjudged<'g>(group: &'g Group, schema: &Schema) -> Option<&'g Judged> {
    group.tests.iter().find(|test| schema.is_valid(&test.data, DIRECTION) != test.valid)
}
