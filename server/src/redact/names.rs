//! What the messages of one operation call secret.

use std::collections::{BTreeSet, HashSet};

use counterfoil_openapi::codec::media;
use counterfoil_openapi::{Content, Location, Operation, Parameter, Schema, Style};

/// The names of what is secret in the messages of one operation.
#[derive(Debug, Default)]
pub(super) struct OperationSecrets {
    pub(super) headers: HashSet<String>,
    pub(super) query: HashSet<String>,
    /// Members of query parameters that have pairs of their own.
    pub(super) query_members: BTreeSet<String>,
    /// Whether the query string cannot be taken apart and holds something secret.
    pub(super) is_query_secret: bool,
    pub(super) request: BTreeSet<String>,
    pub(super) response: BTreeSet<String>,
}

impl OperationSecrets {
    pub(super) fn of(operation: &Operation) -> Self {
        let mut secrets = Self::default();
        let is_secret = |schema: Option<&Schema>| schema.is_some_and(Schema::is_secret);
        for parameter in operation.parameters() {
            secrets.add_parameter(parameter);
        }
        if let Some(body) = operation.request_body() {
            secrets.request = members(&body.content);
        }
        for response in operation.responses().iter() {
            secrets.response.extend(members(&response.content));
            let hidden = response.headers.iter().filter(|header| is_secret(header.schema.as_ref()));
            secrets.headers.extend(hidden.map(|header| header.name.to_ascii_lowercase()));
        }
        secrets
    }

    /// Whether nothing in a query string is secret.
    pub(super) fn has_open_query(&self) -> bool {
        self.query.is_empty() && self.query_members.is_empty() && !self.is_query_secret
    }

    fn add_parameter(&mut self, parameter: &Parameter) {
        let Some(schema) = parameter.value_schema() else { return };
        let members = schema.secret_members();
        if !schema.is_secret() && members.is_empty() {
            return;
        }
        match parameter.location {
            Location::Header => drop(self.headers.insert(parameter.name.to_ascii_lowercase())),
            Location::Query => {
                let has_pairs = parameter.content.is_none()
                    && (parameter.explode || parameter.style == Style::DeepObject);
                if schema.is_secret() || !has_pairs {
                    self.query.insert(parameter.name.clone());
                }
                self.query_members.extend(members);
            }
            Location::QueryString => {
                let media = parameter.content.as_ref().and_then(|content| content.iter().next());
                let has_pairs = media.is_some_and(|media| media::kind(&media.name) == media::Kind::Form);
                self.is_query_secret |= schema.is_secret() || !has_pairs;
                self.query_members.extend(members);
            }
            _ => {}
        }
    }
}

fn members(content: &Content) -> BTreeSet<String> {
    content
        .iter()
        .filter_map(|media| media.schema.as_ref())
        .flat_map(|schema| schema.secret_members())
        .collect()
}
