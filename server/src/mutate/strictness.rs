//! What is valid and refused all the same.

use counterfoil_openapi::codec;
use counterfoil_openapi::generate;
use counterfoil_openapi::{Location, Operation};
use serde_json::{Map, Value};

use super::failing::{is_bound, reaches_bound};
use super::mutation::{Act, Deed, Mutation, Needs};
use super::places::Seen;
use super::scene::Scene;
use super::subject::Subject;
use super::{places, witness};

const CHECK: &str = "positive_data_acceptance";

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "refuse-valid",
        about: "every valid request is refused",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds(),
            act: |scene| scene.is_success() && scene.refuse("every request is refused"),
        }),
    },
    Mutation {
        name: "refuse-optional-parameter",
        about: "valid requests are refused that have an optional parameter",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| {
                let mut parameters = subject.operation.parameters().iter();
                subject.succeeds() && parameters.any(|parameter| !parameter.required)
            },
            act: |scene| {
                scene.is_success() && has_optional(scene) && scene.refuse("a parameter is not wanted")
            },
        }),
    },
    Mutation {
        name: "refuse-optional-property",
        about: "valid requests are refused whose body has an optional property",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds() && may_have_optional_property(subject),
            act: |scene| {
                let reading = scene.reading();
                scene.is_success()
                    && places::body(scene.operation, &reading.values).is_some_and(|(_, body)| {
                        has_optional_property(scene.operation, body, media_type(&reading.values))
                    })
                    && scene.refuse("a property is not wanted")
            },
        }),
    },
    Mutation {
        name: "refuse-bound",
        about: "valid requests are refused where a number is as small or as large as it may be",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds() && reaches_bound(subject),
            act: |scene| {
                scene.is_success()
                    && places::any_value(scene.operation, &scene.reading().values, &|_, seen| is_bound(seen))
                    && scene.refuse("a number is at its bound")
            },
        }),
    },
    Mutation {
        name: "refuse-enum-member",
        about: "valid requests are refused that have the last member of an enumeration",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| {
                let last =
                    |_, schema: &Map<String, Value>| last_member(schema).cloned().into_iter().collect();
                subject.succeeds() && witness::is_met(subject, &last, &|_, seen| is_last(seen))
            },
            act: |scene| {
                scene.is_success()
                    && places::any_value(scene.operation, &scene.reading().values, &|_, seen| is_last(seen))
                    && scene.refuse("a member of an enumeration is not known")
            },
        }),
    },
    Mutation {
        name: "refuse-example",
        about: "the document's own examples of requests are refused",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds() && subject.has_valid_example(),
            act: |scene| scene.is_success() && is_example(scene) && scene.refuse("examples are refused"),
        }),
    },
];

/// Whether a value is the last member of its enumeration.
fn is_last((schema, value): Seen<'_>) -> bool {
    last_member(schema) == Some(value)
}

/// The last member of an enumeration that has others.
fn last_member(schema: &Map<String, Value>) -> Option<&Value> {
    match schema.get("enum")?.as_array()?.as_slice() {
        [_, .., last] => Some(last),
        _ => None,
    }
}

fn has_optional(scene: &Scene<'_>) -> bool {
    let values = scene.reading().values;
    let mut optional = scene.operation.parameters().iter().filter(|parameter| !parameter.required);
    optional.any(|parameter| places::value_of(&values, parameter.location, &parameter.name).is_some())
}

fn media_type(values: &codec::RequestValues) -> &str {
    values.body.as_ref().map_or("", |body| body.media_type.as_str())
}

/// Whether a body has a property that it may as well lack.
fn has_optional_property(operation: &Operation, body: &Value, media_type: &str) -> bool {
    let media = operation.request_body().and_then(|body| body.content.matching(media_type));
    let (Some(schema), Value::Object(members)) = (media.and_then(|media| media.schema.as_ref()), body) else {
        return false;
    };
    members.keys().any(|name| {
        let mut without = members.clone();
        without.shift_remove(name);
        schema.is_valid(&Value::Object(without), counterfoil_openapi::Direction::Request)
    })
}

fn may_have_optional_property(subject: &Subject<'_>) -> bool {
    subject.requests().iter().any(|values| {
        places::body(subject.operation, values)
            .is_some_and(|(_, body)| has_optional_property(subject.operation, body, media_type(values)))
    })
}

/// Whether a request is as an example of the document says, but for its headers.
fn is_example(scene: &Scene<'_>) -> bool {
    let sent = scene.reading().values;
    // What an example gives as the text of a body is a value where it is read.
    let is_written_so = |values: &codec::RequestValues| {
        let encoded = codec::encode_request(scene.operation, values);
        encoded.is_ok_and(|encoded| encoded.body == scene.request.body)
    };
    let is_it = |values: &codec::RequestValues| {
        // What an example leaves open is filled in, and what carries credentials comes on top of it.
        let has_all = |location: Location, named: &indexmap::IndexMap<String, Value>| {
            named.iter().all(|(name, value)| {
                places::value_of(&sent, location, name).is_some_and(|sent| is_same(sent, value))
            })
        };
        let body = |values: &codec::RequestValues| values.body.as_ref().map(|body| body.payload.clone());
        has_all(Location::Path, &values.path)
            && has_all(Location::Query, &values.query)
            && (body(values) == body(&sent) || is_written_so(values))
    };
    generate::example_requests(scene.operation).iter().any(|example| is_it(&example.values))
}

/// Whether two values are the same as far as text can carry them.
fn is_same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text(one) == text(other)
}
