//! What operations are called.

use std::collections::{HashMap, HashSet};

use http::Method;
use sha2::{Digest, Sha256};

use super::OperationId;
use crate::document::{Document, Finding, Pointer, Severity};

/// An operation that is to have a name.
pub(super) trait Named {
    fn method(&self) -> &Method;
    fn path(&self) -> &str;
    /// The `operationId` it has, and where that stands.
    fn given(&self) -> Option<(&str, &Pointer)>;
}

/// The ids of operations, each once: given ones first, then made ones (see [`OperationId::synthesise`]).
///
/// A given id that is taken gets a number, by document order, and a finding.
pub(super) fn assign(
    document: &Document,
    named: &[impl Named],
    findings: &mut Vec<Finding>,
) -> Vec<OperationId> {
    let mut taken: HashSet<OperationId> = HashSet::with_capacity(named.len());
    let all_given: HashSet<&str> = named.iter().filter_map(|one| Some(one.given()?.0)).collect();
    // How far each repeated id is counted.
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut ids: Vec<Option<OperationId>> = named
        .iter()
        .map(|one| {
            let (given, pointer) = one.given()?;
            let wanted = OperationId::new(given);
            if taken.insert(wanted.clone()) {
                return Some(wanted);
            }
            let number = numbers.entry(given).or_insert(1);
            let id = loop {
                *number += 1;
                let numbered = format!("{wanted}{number}");
                if !all_given.contains(numbered.as_str()) && taken.insert(OperationId::new(&*numbered)) {
                    break OperationId::new(numbered);
                }
            };
            let message =
                format!("the operationId `{wanted}` is taken already; this one is called `{id}` here");
            let finding = document.finding("operation-id-repeated", Severity::Warning, pointer, message);
            findings.push(finding.with_hint("give each operation an id of its own"));
            Some(id)
        })
        .collect();
    let mut nameless: Vec<usize> = (0..named.len()).filter(|index| ids[*index].is_none()).collect();
    nameless.sort_by_key(|index| (named[*index].path(), named[*index].method().as_str()));
    for index in nameless {
        let one = &named[index];
        let wanted = OperationId::synthesise(one.method(), one.path());
        let mut id = wanted.clone();
        // More than one round takes two paths with one name, a webhook's among them, or a given id like a made one.
        let mut salt = String::new();
        while !taken.insert(id.clone()) {
            let digest = Sha256::digest(format!("{} {}{salt}", one.method(), one.path()));
            let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            id = OperationId::new(format!("{wanted}_{digits}"));
            salt.push(' ');
        }
        ids[index] = Some(id);
    }
    ids.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use crate::Contract;

    fn ids(paths: &str) -> Vec<String> {
        let text = format!("openapi: 3.1.0\npaths:\n{paths}");
        let contract = Contract::load("names.yaml", text.as_bytes()).expect("a document");
        contract
            .operations()
            .iter()
            .chain(contract.webhooks())
            .map(|operation| operation.id().to_string())
            .collect()
    }

    #[test]
    fn a_made_id_depends_only_on_those_that_would_share_it() {
        let get = "{get: {responses: {}}}";
        let alone = ids(&format!("  /pets/{{id}}: {get}\n"));
        assert_eq!(alone, ["getPetsId"]);
        let first = ids(&format!("  /zoo: {get}\n  /pets/{{id}}: {get}\n  /pets-id: {get}\n  /a: {get}\n"));
        assert_eq!(first, ["getZoo", "getPetsId_895c8d92", "getPetsId", "getA"]);
        let moved = ids(&format!("  /pets-id: {get}\n  /pets/{{id}}: {get}\n"));
        assert_eq!(moved, ["getPetsId", "getPetsId_895c8d92"]);
    }

    #[test]
    fn a_given_id_is_never_taken_by_a_made_one() {
        let paths = "  /a: {get: {}}\n  /b: {get: {operationId: getA}, put: {operationId: getA}}\n  /c: {get: {operationId: getA2}}\n";
        assert_eq!(ids(paths), ["getA_f302dfbc", "getA", "getA3", "getA2"]);
    }

    #[test]
    fn webhooks_are_named_after_the_operations() {
        let paths = "  /sale: {post: {}}\nwebhooks:\n  sale: {post: {}}\n  newPet: {post: {}}\n";
        let ids = ids(paths);
        assert_eq!((ids[0].as_str(), ids[2].as_str()), ("postSale", "postNewPet"));
        assert!(ids[1].starts_with("postSale_"));
    }
}
