//! Stands in for `counterfoil_openapi::validate::Reading` until that is there, with the same fields.

use counterfoil_openapi::Violation;
use indexmap::IndexMap;
use serde_json::Value;

/// The decoded values of a request, by parameter name.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestValues {
    pub(crate) path: IndexMap<String, Value>,
    pub(crate) query: IndexMap<String, Value>,
    pub(crate) header: IndexMap<String, Value>,
    pub(crate) cookie: IndexMap<String, Value>,
}

/// What a request holds and how it breaks the contract.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub(crate) values: RequestValues,
    pub(crate) violations: Vec<Violation>,
}
