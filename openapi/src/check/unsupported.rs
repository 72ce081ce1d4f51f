//! `construct-unsupported`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when the document uses what is read and then not acted upon.
    ///
    /// Why it matters: neither the stub nor the conformance suite holds anyone to it, so that what passes here is not
    /// proven in this respect.
    ///
    /// Example: `callbacks`, which are requests of the server that the suite does not wait for; `contentSchema`, which is an annotation.
    ///
    /// What to do: nothing; test it by other means where it matters.
    CONSTRUCT_UNSUPPORTED = "construct-unsupported", Note, Judge::Object(
        &[
            Kind::Root, Kind::Operation, Kind::Schema, Kind::Response,
            Kind::SecurityScheme,
        ],
        judge,
    )
}

/// Members that are read and not acted upon, and what that means.
const MEMBERS: [(Kind, &str, &str); 5] = [
    (
        Kind::Root,
        "webhooks",
        "the stub sends the requests that webhooks describe when it is told to; the suite does not wait for them",
    ),
    (Kind::Root, "jsonSchemaDialect", ""),
    (
        Kind::Operation,
        "callbacks",
        "the stub sends the requests that callbacks describe to hosts allowed; the suite does not wait for them",
    ),
    (Kind::Response, "links", "links are not followed"),
    (Kind::Schema, "contentSchema", "what a text holds is not held to `contentSchema`"),
];

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    for (kind, member, message) in MEMBERS {
        let Some(place) = site.place.get(member).filter(|_| kind == site.kind) else { continue };
        if place.value.as_object().is_some_and(serde_json::Map::is_empty) {
            continue;
        }
        if member == "jsonSchemaDialect" {
            if let Some(dialect) = place.value.as_str().filter(|dialect| !is_known_dialect(dialect)) {
                let message = format!("the dialect `{dialect}` is judged as JSON Schema 2020-12");
                findings.add(&CONSTRUCT_UNSUPPORTED, &place.pointer, message);
            }
            continue;
        }
        findings.add(&CONSTRUCT_UNSUPPORTED, &place.pointer, message);
    }
    if site.kind == Kind::SecurityScheme && site.place.text("type") == Some("mutualTLS") {
        let message = "client certificates are not asked for";
        findings.add(&CONSTRUCT_UNSUPPORTED, &site.place.pointer, message);
    }
}

fn is_known_dialect(dialect: &str) -> bool {
    dialect.contains("json-schema.org/draft") || dialect.contains("spec.openapis.org/oas/3.")
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn what_is_not_acted_upon_is_said() {
        let callbacks = "callbacks: {done: {'{$request.body#/url}': {post: {responses: {}}}}}";
        assert!(
            found("construct-unsupported", &with_operation("3.0.3", callbacks, "")).contains("callbacks")
        );
        assert_eq!(found("construct-unsupported", &with_operation("3.0.3", "callbacks: {}", "")), "");
        let whole = "parameters: [{name: q, in: querystring, content: {application/json: {schema: {type: integer}}}}]";
        assert_eq!(found("construct-unsupported", &with_operation("3.2.0", whole, "")), "");
    }
}
