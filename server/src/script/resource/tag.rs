//! Entity tags of items, and what requests make of them (RFC 9110, sections 8.8.3 and 13.1).

use counterfoil_openapi::Schema;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::Value;

use super::super::decision::Refused;
use super::super::grammar::Role;
use super::super::scope::Scope;
use super::ActiveResource;
use super::act::Outcome;

/// The tag of an item: another one for each that is otherwise, and the same in every run.
pub(super) fn of(item: &Value) -> String {
    // FNV-1a: what it is made of is no secret.
    let hash = item.to_string().bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("\"{hash:016x}\"")
}

/// Whether a documented header can hold such a tag.
pub(in crate::script) fn is_possible(schema: Option<&Schema>) -> bool {
    let tag = Value::from(of(&Value::Null));
    schema.is_none_or(|schema| schema.is_valid(&tag, counterfoil_openapi::Direction::Response))
}

impl ActiveResource {
    /// What becomes of a request by its conditions: one that asks for what it has already, where the document has a 304,
    /// and one that means what is no more, where it has a 412. Nothing where it may go on, and where nobody is ever told
    /// of a tag.
    pub(super) fn by_condition(&self, scope: &Scope<'_>, key: &str, item: &Value) -> Option<Outcome> {
        let reader = self.resource.operations.iter().find(|of| of.role == Role::Read);
        if !reader.is_some_and(|reader| reader.view.is_tagged) {
            return None;
        }
        let headers = &scope.subject.request.headers;
        let is_documented = |status| scope.subject.operation.responses().specific(status).is_some();
        let tag = of(item);
        if self.of().role == Role::Read {
            let is_had = named(headers, &header::IF_NONE_MATCH)?
                .any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag);
            return (is_had && is_documented(StatusCode::NOT_MODIFIED))
                .then(|| Outcome::Unchanged { key: key.to_owned(), tag });
        }
        let is_meant = named(headers, &header::IF_MATCH)?.any(|named| named == "*" || named == tag);
        (!is_meant && is_documented(StatusCode::PRECONDITION_FAILED)).then(|| {
            Outcome::Refused(Refused {
                status: StatusCode::PRECONDITION_FAILED,
                code: "item-changed",
                title: "The item is not the one that is meant",
                detail: format!(
                    "the item `{}` of the resource `{}` has the tag {tag}",
                    crate::refuse::legible(key),
                    self.resource.name
                ),
            })
        })
    }
}

/// The tags that a condition names; nothing where there is none.
fn named<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<impl Iterator<Item = &'h str> + use<'h>> {
    let fields = headers.get_all(name);
    headers.contains_key(name).then(|| {
        let texts = fields.into_iter().filter_map(|field| field.to_str().ok());
        texts.flat_map(|text| text.split(',')).map(str::trim)
    })
}
