//! All rules held against one document.

use std::collections::HashSet;

use super::findings::Findings;
use super::registry::rules;
use super::rule::Judge;
use super::scene::Scene;
use crate::contract::Contract;
use crate::document::Finding;

/// Everything the rules find, and what loading found, in document order.
///
/// Costs time linear in the document's size, and compiles the schemas that have examples or defaults.
pub(crate) fn inspect(contract: &Contract, loading: Vec<Finding>) -> Vec<Finding> {
    let scene = Scene::of(contract);
    let mut findings = Findings::new(scene.document);
    let mut by_kind = std::collections::HashMap::new();
    for rule in rules() {
        match rule.judge {
            Judge::Object(kinds, judge) => {
                for kind in kinds {
                    by_kind.entry(*kind).or_insert_with(Vec::new).push(judge);
                }
            }
            Judge::Operation(judge) => {
                for operation in contract.operations() {
                    judge(&scene, operation, &mut findings);
                }
            }
            Judge::Document(judge) => judge(&scene, &mut findings),
            Judge::Loading => {}
        }
    }
    for site in &scene.walk.sites {
        for judge in by_kind.get(&site.kind).into_iter().flatten() {
            judge(&scene, site, &mut findings);
        }
    }
    let mut findings = findings.into_vec();
    // What a rule says of a place is more than what loading says of it in passing.
    let told: HashSet<_> = findings.iter().map(|finding| place(finding, finding.code)).collect();
    let is_told = |finding: &Finding| {
        let by_reference = |code| told.contains(&(finding.file.clone(), finding.pointer.join("$ref"), code));
        told.contains(&place(finding, finding.code))
            || by_reference("reference-unresolved")
            || by_reference("reference-circular")
    };
    let untold: Vec<Finding> = loading.into_iter().filter(|finding| !is_told(finding)).collect();
    findings.extend(untold);
    findings.sort_by(|left, right| {
        (&left.file, left.position, left.code, &left.pointer).cmp(&(
            &right.file,
            right.position,
            right.code,
            &right.pointer,
        ))
    });
    let files: Vec<&str> =
        std::iter::once(scene.document).chain(scene.document.parts()).map(|file| file.name()).collect();
    findings.sort_by_key(|finding| files.iter().position(|name| *name == finding.file));
    findings.dedup();
    findings
}

fn place(finding: &Finding, code: &'static str) -> (String, crate::document::Pointer, &'static str) {
    (finding.file.clone(), finding.pointer.clone(), code)
}
