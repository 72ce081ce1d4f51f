//! Link Object (OpenAPI 3.0.3, section 4.7.20).

use serde_json::Value;

use super::{Operation, StatusPattern};
use crate::document::Version;

/// What a response says can be done next.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its name in the document.
    pub name: String,
    /// The responses that it goes with.
    pub status: StatusPattern,
    /// The operation it leads to.
    pub target: LinkTarget,
    /// Values for that operation's parameters, by name, perhaps with the location before it (`path.id`); texts may be
    /// runtime expressions, for [`expand`](crate::expand).
    pub parameters: Vec<(String, Value)>,
    /// The body of that operation's request, or what of it is known; texts may be runtime expressions, for
    /// [`evaluate`](crate::evaluate).
    pub body: Option<Value>,
}

/// How a link names the operation it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// By its `operationId`.
    Id(String),
    /// By where it stands in the same document, as a JSON Pointer.
    Pointer(String),
}

impl LinkTarget {
    /// Whether it names an operation.
    pub fn is(&self, operation: &Operation) -> bool {
        match self {
            Self::Id(id) => operation.id().as_str() == id,
            Self::Pointer(pointer) => operation.pointer().as_str() == pointer,
        }
    }
}

/// The links of an operation's responses, in document order; what cannot be read, or leads to another document, is left
/// out. Swagger 2.0 has none.
pub(super) fn read(operation: &Operation) -> Vec<Link> {
    let document = operation.document();
    let object = operation.object();
    let responses = object.get("responses").filter(|_| document.version() != Version::V2_0);
    let mut found = Vec::new();
    for (key, place) in responses.iter().flat_map(|responses| responses.members()) {
        let (Some(status), Ok(response)) = (StatusPattern::of(key), place.follow(document)) else { continue };
        let Some(links) = response.get("links") else { continue };
        for (name, place) in links.members().filter(|(name, _)| !name.starts_with("x-")) {
            let Ok(link) = place.follow(document) else { continue };
            let reference = || link.text("operationRef")?.strip_prefix('#');
            let target = match (link.text("operationId"), reference()) {
                (Some(id), _) => LinkTarget::Id(id.to_owned()),
                (None, Some(pointer)) => LinkTarget::Pointer(pointer.to_owned()),
                (None, None) => continue,
            };
            let parameters = link.get("parameters");
            let parameters = parameters.iter().flat_map(|parameters| parameters.members());
            let parameters = parameters.map(|(name, place)| (name.to_owned(), place.value.clone())).collect();
            let body = link.get("requestBody").map(|place| place.value.clone());
            found.push(Link { name: name.to_owned(), status, target, parameters, body });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Contract;

    #[test]
    fn links_name_operations_by_id_or_place() {
        let text = r##"
openapi: 3.0.3
paths:
  /pets:
    post:
      operationId: addPet
      responses:
        '201':
          description: made
          links:
            read: {operationId: readPet, parameters: {path.id: '$response.body#/id', page: 2}}
            away: {operationRef: 'https://example.com/other.yaml#/paths/~1pets/get'}
            there: {operationRef: '#/paths/~1pets~1{id}/get'}
            shared: {$ref: '#/components/links/Shared'}
            nothing: {description: no target}
  /pets/{id}: {get: {operationId: readPet, responses: {}}}
components: {links: {Shared: {operationId: addPet}}}
"##;
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let links = contract.operation("addPet").unwrap().links();
        let named: Vec<(&str, Option<&str>)> = links
            .iter()
            .map(|link| {
                let target = contract.operations().iter().find(|operation| link.target.is(operation));
                (link.name.as_str(), target.map(|operation| operation.id().as_str()))
            })
            .collect();
        assert_eq!(
            named,
            [("read", Some("readPet")), ("there", Some("readPet")), ("shared", Some("addPet"))]
        );
        let parameters = [("path.id".to_owned(), json!("$response.body#/id")), ("page".to_owned(), json!(2))];
        assert_eq!(links[0].parameters, parameters);
        assert_eq!(links[0].status, StatusPattern::Exact(201));
        assert!(contract.operation("readPet").unwrap().links().is_empty());
    }
}
