//! The objects of the OpenAPI Specification, and the members that each has in which edition.
//!
//! One table for all editions, so that what belongs to another one can be told from what belongs to none.

use crate::document::Version;
use crate::document::Version::{V2_0, V3_0, V3_1, V3_2};

/// A kind of object of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Root,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Components,
    Paths,
    PathItem,
    Operation,
    ExternalDocs,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Responses,
    Response,
    Callback,
    Example,
    Link,
    Header,
    Tag,
    Schema,
    Discriminator,
    Xml,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    SecurityRequirement,
    /// A map or list of objects, which is no object of the specification itself.
    Container,
}

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Data, or what another rule looks at.
    Any,
    Text,
    Flag,
    Number,
    Texts,
    One(Kind),
    List(Kind),
    Map(Kind),
    /// One, or a list of them: `items` of older drafts.
    OneOrList(Kind),
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// The first edition that has it.
    pub(super) since: Version,
    /// The last edition that has it.
    pub(super) until: Version,
    /// Whether the object must have it.
    pub(super) is_required: bool,
}

impl Member {
    pub(super) fn is_in(&self, version: Version) -> bool {
        self.since <= version && version <= self.until
    }

    const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

const fn between(since: Version, until: Version, name: &'static str, holds: Holds) -> Member {
    Member { name, holds, since, until, is_required: false }
}

const fn any(name: &'static str, holds: Holds) -> Member {
    between(V2_0, V3_2, name, holds)
}

const fn v2(name: &'static str, holds: Holds) -> Member {
    between(V2_0, V2_0, name, holds)
}

const fn v3(name: &'static str, holds: Holds) -> Member {
    between(V3_0, V3_2, name, holds)
}

const fn v31(name: &'static str, holds: Holds) -> Member {
    between(V3_1, V3_2, name, holds)
}

const fn v32(name: &'static str, holds: Holds) -> Member {
    between(V3_2, V3_2, name, holds)
}

use Holds::{Any, Flag, List, Map, Number, One, OneOrList, Text, Texts};

const ROOT: &[Member] = &[
    v2("swagger", Any).required(),
    v3("openapi", Any).required(),
    any("info", One(Kind::Info)).required(),
    v2("host", Text),
    v2("basePath", Text),
    v2("schemes", Texts),
    v2("consumes", Texts),
    v2("produces", Texts),
    v3("servers", List(Kind::Server)),
    between(V2_0, V3_0, "paths", One(Kind::Paths)).required(),
    v31("paths", One(Kind::Paths)),
    v31("webhooks", Map(Kind::PathItem)),
    v31("jsonSchemaDialect", Text),
    v32("$self", Text),
    v2("definitions", Map(Kind::Schema)),
    v2("parameters", Map(Kind::Parameter)),
    v2("responses", Map(Kind::Response)),
    v2("securityDefinitions", Map(Kind::SecurityScheme)),
    v3("components", One(Kind::Components)),
    any("security", List(Kind::SecurityRequirement)),
    any("tags", List(Kind::Tag)),
    any("externalDocs", One(Kind::ExternalDocs)),
];

const INFO: &[Member] = &[
    any("title", Text).required(),
    v31("summary", Text),
    any("description", Text),
    any("termsOfService", Text),
    any("contact", One(Kind::Contact)),
    any("license", One(Kind::License)),
    any("version", Text).required(),
];

const CONTACT: &[Member] = &[any("name", Text), any("url", Text), any("email", Text)];

const LICENSE: &[Member] = &[any("name", Text).required(), v31("identifier", Text), any("url", Text)];

const SERVER: &[Member] = &[
    v3("url", Text).required(),
    v3("description", Text),
    v32("name", Text),
    v3("variables", Map(Kind::ServerVariable)),
];

const SERVER_VARIABLE: &[Member] = &[v3("enum", Any), v3("default", Any).required(), v3("description", Text)];

const COMPONENTS: &[Member] = &[
    v3("schemas", Map(Kind::Schema)),
    v3("responses", Map(Kind::Response)),
    v3("parameters", Map(Kind::Parameter)),
    v3("examples", Map(Kind::Example)),
    v3("requestBodies", Map(Kind::RequestBody)),
    v3("headers", Map(Kind::Header)),
    v3("securitySchemes", Map(Kind::SecurityScheme)),
    v3("links", Map(Kind::Link)),
    v3("callbacks", Map(Kind::Callback)),
    v31("pathItems", Map(Kind::PathItem)),
    v32("mediaTypes", Map(Kind::MediaType)),
];

const PATH_ITEM: &[Member] = &[
    any("$ref", Text),
    v3("summary", Text),
    v3("description", Text),
    any("get", One(Kind::Operation)),
    any("put", One(Kind::Operation)),
    any("post", One(Kind::Operation)),
    any("delete", One(Kind::Operation)),
    any("options", One(Kind::Operation)),
    any("head", One(Kind::Operation)),
    any("patch", One(Kind::Operation)),
    v3("trace", One(Kind::Operation)),
    v32("query", One(Kind::Operation)),
    v32("additionalOperations", Map(Kind::Operation)),
    v3("servers", List(Kind::Server)),
    any("parameters", List(Kind::Parameter)),
];

const OPERATION: &[Member] = &[
    any("tags", Texts),
    any("summary", Text),
    any("description", Text),
    any("externalDocs", One(Kind::ExternalDocs)),
    any("operationId", Text),
    v2("consumes", Texts),
    v2("produces", Texts),
    v2("schemes", Texts),
    any("parameters", List(Kind::Parameter)),
    v3("requestBody", One(Kind::RequestBody)),
    any("responses", One(Kind::Responses)),
    v3("callbacks", Map(Kind::Callback)),
    any("deprecated", Flag),
    any("security", List(Kind::SecurityRequirement)),
    v3("servers", List(Kind::Server)),
];

const EXTERNAL_DOCS: &[Member] = &[any("description", Text), any("url", Text).required()];

/// What a parameter or header of 2.0 says of its value.
const PARAMETER: &[Member] = &[
    any("name", Text).required(),
    any("in", Text).required(),
    any("description", Text),
    any("required", Flag),
    v3("deprecated", Flag),
    any("allowEmptyValue", Flag),
    v3("style", Text),
    v3("explode", Flag),
    v3("allowReserved", Flag),
    any("schema", One(Kind::Schema)),
    v3("example", Any),
    v3("examples", Map(Kind::Example)),
    v3("content", Map(Kind::MediaType)),
    v2("collectionFormat", Text),
    v2("type", Any),
    v2("format", Text),
    v2("items", One(Kind::Schema)),
    v2("default", Any),
    v2("enum", Any),
    v2("pattern", Any),
    v2("multipleOf", Number),
    v2("maximum", Number),
    v2("minimum", Number),
    v2("exclusiveMaximum", Flag),
    v2("exclusiveMinimum", Flag),
    v2("maxLength", Number),
    v2("minLength", Number),
    v2("maxItems", Number),
    v2("minItems", Number),
    v2("uniqueItems", Flag),
];

const HEADER: &[Member] = &[
    any("description", Text),
    v3("required", Flag),
    v3("deprecated", Flag),
    v3("allowEmptyValue", Flag),
    v3("style", Text),
    v3("explode", Flag),
    v3("allowReserved", Flag),
    v3("schema", One(Kind::Schema)),
    v3("example", Any),
    v3("examples", Map(Kind::Example)),
    v3("content", Map(Kind::MediaType)),
    v2("collectionFormat", Text),
    v2("type", Any).required(),
    v2("format", Text),
    v2("items", One(Kind::Schema)),
    v2("default", Any),
    v2("enum", Any),
    v2("pattern", Any),
    v2("multipleOf", Number),
    v2("maximum", Number),
    v2("minimum", Number),
    v2("exclusiveMaximum", Flag),
    v2("exclusiveMinimum", Flag),
    v2("maxLength", Number),
    v2("minLength", Number),
    v2("maxItems", Number),
    v2("minItems", Number),
    v2("uniqueItems", Flag),
];

const REQUEST_BODY: &[Member] =
    &[v3("description", Text), v3("content", Map(Kind::MediaType)).required(), v3("required", Flag)];

const MEDIA_TYPE: &[Member] = &[
    v3("schema", One(Kind::Schema)),
    v32("itemSchema", One(Kind::Schema)),
    v3("example", Any),
    v3("examples", Map(Kind::Example)),
    v3("encoding", Map(Kind::Encoding)),
    v32("prefixEncoding", List(Kind::Encoding)),
    v32("itemEncoding", One(Kind::Encoding)),
];

const ENCODING: &[Member] = &[
    v3("contentType", Text),
    v3("headers", Map(Kind::Header)),
    v3("style", Text),
    v3("explode", Flag),
    v3("allowReserved", Flag),
    v32("encoding", Map(Kind::Encoding)),
    v32("prefixEncoding", List(Kind::Encoding)),
    v32("itemEncoding", One(Kind::Encoding)),
];

const RESPONSE: &[Member] = &[
    v32("summary", Text),
    between(V2_0, V3_1, "description", Text).required(),
    v32("description", Text),
    any("headers", Map(Kind::Header)),
    v2("schema", One(Kind::Schema)),
    v2("examples", Any),
    v3("content", Map(Kind::MediaType)),
    v3("links", Map(Kind::Link)),
];

const EXAMPLE: &[Member] = &[
    v3("summary", Text),
    v3("description", Text),
    v3("value", Any),
    v3("externalValue", Text),
    v32("dataValue", Any),
    v32("serializedValue", Text),
];

const LINK: &[Member] = &[
    v3("operationRef", Text),
    v3("operationId", Text),
    v3("parameters", Any),
    v3("requestBody", Any),
    v3("description", Text),
    v3("server", One(Kind::Server)),
];

const TAG: &[Member] = &[
    any("name", Text).required(),
    v32("summary", Text),
    any("description", Text),
    any("externalDocs", One(Kind::ExternalDocs)),
    v32("parent", Text),
    v32("kind", Text),
];

const SCHEMA: &[Member] = &[
    any("$ref", Text),
    any("title", Text),
    any("description", Text),
    any("type", Any),
    any("format", Text),
    any("default", Any),
    any("enum", Any),
    any("multipleOf", Number),
    any("maximum", Number),
    any("minimum", Number),
    between(V2_0, V3_0, "exclusiveMaximum", Flag),
    between(V2_0, V3_0, "exclusiveMinimum", Flag),
    v31("exclusiveMaximum", Number),
    v31("exclusiveMinimum", Number),
    any("maxLength", Number),
    any("minLength", Number),
    any("pattern", Text),
    any("maxItems", Number),
    any("minItems", Number),
    any("uniqueItems", Flag),
    any("maxProperties", Number),
    any("minProperties", Number),
    any("required", Texts),
    any("properties", Map(Kind::Schema)),
    any("additionalProperties", One(Kind::Schema)),
    any("items", OneOrList(Kind::Schema)),
    any("allOf", List(Kind::Schema)),
    any("readOnly", Flag),
    v2("discriminator", Text),
    v3("discriminator", One(Kind::Discriminator)),
    any("xml", One(Kind::Xml)),
    any("externalDocs", One(Kind::ExternalDocs)),
    any("example", Any),
    v3("oneOf", List(Kind::Schema)),
    v3("anyOf", List(Kind::Schema)),
    v3("not", One(Kind::Schema)),
    v3("writeOnly", Flag),
    v3("deprecated", Flag),
    between(V3_0, V3_0, "nullable", Flag),
    v31("examples", Any),
    v31("const", Any),
    v31("if", One(Kind::Schema)),
    v31("then", One(Kind::Schema)),
    v31("else", One(Kind::Schema)),
    v31("prefixItems", List(Kind::Schema)),
    v31("contains", One(Kind::Schema)),
    v31("minContains", Number),
    v31("maxContains", Number),
    v31("patternProperties", Map(Kind::Schema)),
    v31("propertyNames", One(Kind::Schema)),
    v31("dependentSchemas", Map(Kind::Schema)),
    v31("dependentRequired", Any),
    v31("unevaluatedItems", One(Kind::Schema)),
    v31("unevaluatedProperties", One(Kind::Schema)),
    v31("contentEncoding", Text),
    v31("contentMediaType", Text),
    v31("contentSchema", One(Kind::Schema)),
    v31("$schema", Text),
    v31("$id", Text),
    v31("$anchor", Text),
    v31("$dynamicRef", Text),
    v31("$dynamicAnchor", Text),
    v31("$vocabulary", Any),
    v31("$comment", Text),
    v31("$defs", Map(Kind::Schema)),
    v31("definitions", Map(Kind::Schema)),
];

const DISCRIMINATOR: &[Member] =
    &[v3("propertyName", Text).required(), v3("mapping", Any), v32("defaultMapping", Text)];

const XML: &[Member] = &[
    any("name", Text),
    any("namespace", Text),
    any("prefix", Text),
    any("attribute", Flag),
    any("wrapped", Flag),
    v32("nodeType", Text),
];

const SECURITY_SCHEME: &[Member] = &[
    any("type", Text).required(),
    any("description", Text),
    any("name", Text),
    any("in", Text),
    v2("flow", Text),
    v2("authorizationUrl", Text),
    v2("tokenUrl", Text),
    v2("scopes", Any),
    v3("scheme", Text),
    v3("bearerFormat", Text),
    v3("flows", One(Kind::OAuthFlows)),
    v3("openIdConnectUrl", Text),
    v32("oauth2MetadataUrl", Text),
    v32("deprecated", Flag),
];

const OAUTH_FLOWS: &[Member] = &[
    v3("implicit", One(Kind::OAuthFlow)),
    v3("password", One(Kind::OAuthFlow)),
    v3("clientCredentials", One(Kind::OAuthFlow)),
    v3("authorizationCode", One(Kind::OAuthFlow)),
    v32("deviceAuthorization", One(Kind::OAuthFlow)),
];

const OAUTH_FLOW: &[Member] = &[
    v3("authorizationUrl", Text),
    v3("tokenUrl", Text),
    v3("refreshUrl", Text),
    v3("scopes", Any),
    v32("deviceAuthorizationUrl", Text),
];

impl Kind {
    /// Its members in every edition.
    pub(super) fn members(self) -> &'static [Member] {
        match self {
            Self::Root => ROOT,
            Self::Info => INFO,
            Self::Contact => CONTACT,
            Self::License => LICENSE,
            Self::Server => SERVER,
            Self::ServerVariable => SERVER_VARIABLE,
            Self::Components => COMPONENTS,
            Self::PathItem => PATH_ITEM,
            Self::Operation => OPERATION,
            Self::ExternalDocs => EXTERNAL_DOCS,
            Self::Parameter => PARAMETER,
            Self::RequestBody => REQUEST_BODY,
            Self::MediaType => MEDIA_TYPE,
            Self::Encoding => ENCODING,
            Self::Response => RESPONSE,
            Self::Example => EXAMPLE,
            Self::Link => LINK,
            Self::Header => HEADER,
            Self::Tag => TAG,
            Self::Schema => SCHEMA,
            Self::Discriminator => DISCRIMINATOR,
            Self::Xml => XML,
            Self::SecurityScheme => SECURITY_SCHEME,
            Self::OAuthFlows => OAUTH_FLOWS,
            Self::OAuthFlow => OAUTH_FLOW,
            Self::Paths | Self::Responses | Self::Callback | Self::SecurityRequirement | Self::Container => {
                &[]
            }
        }
    }

    /// What its members hold whose names are the author's choice; nothing where there are none such.
    pub(super) fn others(self) -> Option<Holds> {
        match self {
            Self::Paths | Self::Callback => Some(One(Self::PathItem)),
            Self::Responses => Some(One(Self::Response)),
            Self::SecurityRequirement => Some(Any),
            _ => None,
        }
    }

    /// Its member of a name in an edition.
    pub(super) fn member(self, name: &str, version: Version) -> Option<&'static Member> {
        self.members().iter().find(|member| member.name == name && member.is_in(version))
    }

    /// What the specification calls it.
    pub(super) fn with_article(self) -> String {
        let name = self.name();
        let article = if name.starts_with(['A', 'E', 'I', 'O', 'X']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// What the specification calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Root => "OpenAPI Object",
            Self::Info => "Info Object",
            Self::Contact => "Contact Object",
            Self::License => "License Object",
            Self::Server => "Server Object",
            Self::ServerVariable => "Server Variable Object",
            Self::Components => "Components Object",
            Self::Paths => "Paths Object",
            Self::PathItem => "Path Item Object",
            Self::Operation => "Operation Object",
            Self::ExternalDocs => "External Documentation Object",
            Self::Parameter => "Parameter Object",
            Self::RequestBody => "Request Body Object",
            Self::MediaType => "Media Type Object",
            Self::Encoding => "Encoding Object",
            Self::Responses => "Responses Object",
            Self::Response => "Response Object",
            Self::Callback => "Callback Object",
            Self::Example => "Example Object",
            Self::Link => "Link Object",
            Self::Header => "Header Object",
            Self::Tag => "Tag Object",
            Self::Schema => "Schema Object",
            Self::Discriminator => "Discriminator Object",
            Self::Xml => "XML Object",
            Self::SecurityScheme => "Security Scheme Object",
            Self::OAuthFlows => "OAuth Flows Object",
            Self::OAuthFlow => "OAuth Flow Object",
            Self::SecurityRequirement => "Security Requirement Object",
            Self::Container => "map or list of objects",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_edition_has_a_member_twice() {
        for kind in [Kind::Root, Kind::Schema, Kind::Response, Kind::Operation, Kind::PathItem, Kind::Header]
        {
            for version in [V2_0, V3_0, V3_1, V3_2] {
                let mut names: Vec<&str> = kind
                    .members()
                    .iter()
                    .filter(|member| member.is_in(version))
                    .map(|member| member.name)
                    .collect();
                let count = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), count, "{kind:?} {version}");
            }
        }
    }

    #[test]
    fn members_come_and_go_with_editions() {
        let table = [
            ("nullable", [false, true, false, false]),
            ("const", [false, false, true, true]),
            ("oneOf", [false, true, true, true]),
            ("type", [true; 4]),
        ];
        for (name, expected) in table {
            let is_in = [V2_0, V3_0, V3_1, V3_2].map(|version| Kind::Schema.member(name, version).is_some());
            assert_eq!(is_in, expected, "{name}");
        }
    }
}
