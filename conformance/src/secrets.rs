//! Which fields of an operation's messages are secret, as the document says it.

use std::collections::BTreeSet;

use counterfoil_openapi::{MediaType, Operation};

/// The names of the properties and parameters of an operation that are `writeOnly` or of `format: password`, at any
/// depth, in requests and responses. Reads every schema of the operation.
pub(crate) fn names(operation: &Operation) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for parameter in operation.parameters() {
        let Some(schema) = parameter.value_schema() else { continue };
        if schema.is_secret() {
            names.insert(parameter.name.clone());
        }
        names.extend(schema.secret_members());
    }
    let responses = operation.responses().iter().flat_map(|response| response.content.iter());
    let schemas = request_media(operation).chain(responses).filter_map(|media| media.schema.as_ref());
    names.extend(schemas.flat_map(|schema| schema.secret_members()));
    names
}

/// Whether an operation asks for a secret that cannot be guessed: a password, or an OAuth 2.0 grant (RFC 6749).
pub(crate) fn takes_credentials(operation: &Operation) -> bool {
    request_media(operation).filter_map(|media| media.schema.as_ref()).any(|schema| {
        let properties = schema.resolved().get("properties");
        properties.is_some_and(|properties| properties.get("grant_type").is_some())
            || !schema.secret_members().is_empty()
    })
}

fn request_media(operation: &Operation) -> impl Iterator<Item = &MediaType> {
    operation.request_body().into_iter().flat_map(|body| body.content.iter())
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    const LOGIN: &str = r#"
openapi: 3.0.3
paths:
  /login:
    post:
      operationId: login
      parameters: [{name: pin, in: query, schema: {type: string, format: password}}]
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Login'}}
      responses: {}
  /pets:
    post:
      operationId: addPet
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {name: {type: string}}}}
      responses: {}
components:
  schemas:
    Login:
      allOf:
        - {type: object, properties: {user: {type: string}, again: {$ref: '#/components/schemas/Login'}}}
        - {type: object, properties: {deep: {type: array, items: {type: object, properties: {secret: {$ref: '#/components/schemas/Secret'}}}}}}
    Secret: {type: string, writeOnly: true}
"#;

    #[test]
    fn secrets_are_found_at_any_depth_through_references_and_cycles() {
        let contract = Contract::load("login.yaml", LOGIN.as_bytes()).unwrap();
        let found: Vec<String> = names(contract.operation("login").unwrap()).into_iter().collect();
        assert_eq!(found, ["pin", "secret"]);
        assert!(names(contract.operation("addPet").unwrap()).is_empty());
    }

    #[test]
    fn an_operation_that_takes_a_password_takes_credentials() {
        let contract = Contract::load("login.yaml", LOGIN.as_bytes()).unwrap();
        assert!(takes_credentials(contract.operation("login").unwrap()));
        assert!(!takes_credentials(contract.operation("addPet").unwrap()));
    }
}
