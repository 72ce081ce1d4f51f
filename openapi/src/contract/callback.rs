//! Callback Object (OpenAPI 3.0.3, section 4.7.18).

use std::sync::{Arc, OnceLock};

use super::load::Reader;
use super::{Operation, OperationId};
use crate::route::PathTemplate;

/// A request that the API sends because of a request to it.
#[derive(Debug, Clone)]
pub struct Callback {
    /// Its name in the document.
    pub name: String,
    /// Where it is sent to: a URL with runtime expressions, for [`expand`](crate::expand).
    pub expression: String,
    /// What is sent, whose path means nothing.
    pub operation: Arc<Operation>,
}

/// The callbacks of an operation, in document order; what cannot be read is left out.
pub(super) fn read(operation: &Operation) -> Vec<Callback> {
    let document = &operation.document;
    let Some(callbacks) = operation.object().get("callbacks") else { return Vec::new() };
    let mut found = Vec::new();
    for (name, place) in callbacks.members().filter(|(name, _)| !name.starts_with("x-")) {
        let Ok(object) = place.follow(document) else { continue };
        for draft in Reader::drafts_of(document, &object) {
            let id = match draft.id {
                Some((id, _)) => OperationId::new(id),
                None => OperationId::new(format!("{}.{name}", operation.id)),
            };
            let expression = draft.path.as_str().to_owned();
            let operation = Operation {
                document: Arc::clone(document),
                schemes: Arc::clone(&operation.schemes),
                id,
                method: draft.method,
                path: PathTemplate::parse("/"),
                pointer: draft.pointer,
                path_items: draft.path_items,
                mount: operation.mount.clone(),
                servers: OnceLock::new(),
                parts: OnceLock::new(),
            };
            found.push(Callback { name: name.to_owned(), expression, operation: Arc::new(operation) });
        }
    }
    found
}
