//! What is known of each operation of an edition.

use std::collections::HashMap;
use std::sync::Arc;

use counterfoil_openapi::Operation;

use crate::spread::Spread;

/// Something for each of some operations, found by where the operation is in memory: no name is hashed or compared.
///
/// The operations must live as long as this is asked for them.
#[derive(Debug)]
pub(crate) struct ByOperation<T>(HashMap<usize, T, Spread>);

impl<T> ByOperation<T> {
    /// What `make` gives for each operation.
    pub(crate) fn new<'o>(
        operations: impl Iterator<Item = &'o Arc<Operation>>,
        make: impl Fn(&Arc<Operation>) -> T,
    ) -> Self {
        Self(operations.map(|operation| (address(operation), make(operation))).collect())
    }

    /// What is known of an operation, where it is one of them.
    pub(crate) fn of(&self, operation: &Arc<Operation>) -> Option<&T> {
        self.0.get(&address(operation))
    }
}

fn address(operation: &Arc<Operation>) -> usize {
    Arc::as_ptr(operation).addr()
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::{Bundled, Contract, bundled};

    use super::*;

    #[test]
    fn each_operation_has_its_own_and_others_have_none() {
        let load =
            |Bundled { file, document, .. }: &Bundled| Contract::load(*file, document.as_bytes()).unwrap();
        let (known, other) = (load(&bundled()[0]), load(&bundled()[1]));
        let names = ByOperation::new(known.operations().iter(), |operation| operation.id().to_string());
        assert!(!known.operations().is_empty() && !other.operations().is_empty());
        for operation in known.operations() {
            assert_eq!(names.of(operation).map(String::as_str), Some(operation.id().as_str()));
        }
        assert!(other.operations().iter().all(|operation| names.of(operation).is_none()));
    }
}
