//! Which operations are tested.

use std::sync::Arc;

use counterfoil_openapi::Operation;

/// Chooses operations by operationId, `METHOD /path`, path, method in capitals, tag, or `deprecated`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Filter {
    /// A filter that lets through what `include` names (everything, where it is empty) and `exclude` does not.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Self {
        Self { include, exclude }
    }

    /// The names that are those of no operation, in the order given.
    pub(crate) fn unmatched<'f>(&'f self, operations: &[Arc<Operation>]) -> Vec<&'f str> {
        let names = self.include.iter().chain(&self.exclude).map(String::as_str);
        names.filter(|name| !operations.iter().any(|operation| is_named(operation, name))).collect()
    }

    /// Whether an operation is among those that are tested and no others.
    pub(crate) fn includes(&self, operation: &Operation) -> bool {
        self.include.iter().any(|name| is_named(operation, name))
    }

    /// Whether an operation is tested.
    pub fn admits(&self, operation: &Operation) -> bool {
        let names = |list: &[String]| list.iter().any(|name| is_named(operation, name));
        (self.include.is_empty() || names(&self.include)) && !names(&self.exclude)
    }
}

fn is_named(operation: &Operation, name: &str) -> bool {
    let by_label = || match name.split_once(' ') {
        Some((method, path)) => {
            operation.method().as_str().eq_ignore_ascii_case(method)
                && operation.path().as_str() == path.trim()
        }
        None => operation.path().as_str() == name,
    };
    operation.id().as_str() == name
        || by_label()
        || operation.tags().contains(&name)
        || operation.method().as_str() == name
        || (name == "deprecated" && operation.is_deprecated())
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    #[test]
    fn operations_are_named_by_id_label_path_method_tag_and_deprecation() {
        let text = "openapi: 3.0.3\npaths:\n  /pets:\n    get: {operationId: list, tags: [read], responses: {}}\n    post: {operationId: add, tags: [write], responses: {}}\n  /owners:\n    get: {operationId: owners, tags: [read], deprecated: true, responses: {}}\n";
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let admitted = |include: &[&str], exclude: &[&str]| {
            let own = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let filter = Filter::new(own(include), own(exclude));
            contract
                .operations()
                .iter()
                .filter(|operation| filter.admits(operation))
                .map(|operation| operation.id().as_str().to_owned())
                .collect::<Vec<_>>()
        };
        let table: [(&[&str], &[&str], &[&str]); 10] = [
            (&[], &[], &["list", "add", "owners"]),
            (&["add"], &[], &["add"]),
            (&["get /pets"], &[], &["list"]),
            (&["/pets"], &[], &["list", "add"]),
            (&["read"], &[], &["list", "owners"]),
            (&["read"], &["/pets"], &["owners"]),
            (&["nothing"], &[], &[]),
            (&["POST"], &[], &["add"]),
            (&[], &["deprecated"], &["list", "add"]),
            (&["GET"], &["deprecated"], &["list"]),
        ];
        for (include, exclude, expected) in table {
            assert_eq!(admitted(include, exclude), expected, "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn names_of_nothing_are_told() {
        let text = "openapi: 3.0.3\npaths:\n  /pets: {get: {operationId: list, responses: {}}}\n";
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let own = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let filter = Filter::new(own(&["list", "lst"]), own(&["POST /pets", "/pets"]));
        assert_eq!(filter.unmatched(contract.operations()), ["lst", "POST /pets"]);
    }
}
