//! Changes of a part of what was made, that show what becomes of what they do not name, of null and of lists.

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Direction, Schema};
use serde_json::{Map, Value};

use super::draw;
use super::stateful::Author;
use crate::case::Intent;
use crate::event::Phase;
use crate::plan::OperationPlan;

/// How many requests are drawn to find another list than the one that is there.
const MAX_DRAWS: u64 = 8;

/// Requests of a PATCH that name one property of what was made each: null in the place of something, and a list in the
/// place of another one, as far as valid requests have them.
pub(super) fn changes(
    author: &Author<'_>,
    updater: &OperationPlan,
    made: &RequestValues,
    number: u64,
) -> Vec<RequestValues> {
    let parts = [updater.operation.id().as_str(), Phase::Stateful.as_str(), "partial"];
    let drawn = |draw_number: u64| {
        let seed = Seed::derive(author.seed, &parts, number * MAX_DRAWS + draw_number);
        draw(updater, &Intent::Positive, &seed)
    };
    let Some(mut base) = drawn(0) else { return Vec::new() };
    // What is optional may ask for other things, as to change it only where it is as it was (`If-Match`).
    let is_required = |name: &String| {
        updater.operation.parameters().iter().any(|known| known.required && known.name == *name)
    };
    for optional in [&mut base.query, &mut base.header, &mut base.cookie] {
        optional.retain(|name, _| is_required(name));
    }
    let body = made.body.as_ref().and_then(|body| body.payload.as_value()?.as_object());
    let media = base.body.as_ref().and_then(|body| {
        let content = &updater.operation.request_body()?.content;
        content.iter().find(|media| media.name == body.media_type)
    });
    let (Some(made), Some(schema)) = (body, media.and_then(|media| media.schema.as_ref())) else {
        return Vec::new();
    };
    let members = schema.members();
    let with = |name: &str, value: Value| {
        let mut values = base.clone();
        if let Some(BodyValue { payload, .. }) = &mut values.body {
            *payload = Payload::Value(Value::Object(Map::from_iter([(name.to_owned(), value)])));
        }
        author.factory.build(&updater.operation, &Intent::Positive, &values).map(|_| values)
    };
    let is_set = |name: &String| made.get(name).is_some_and(|value| !value.is_null());
    let admits_null = |schema: &Schema| schema.is_valid(&Value::Null, Direction::Request);
    let of_name = |wanted: &dyn Fn(&String, &Schema) -> bool| {
        let mut names: Vec<&String> =
            members.iter().filter(|(name, schema)| wanted(name, schema)).map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        names
    };
    let null = of_name(&|name, schema| is_set(name) && admits_null(schema))
        .into_iter()
        .find_map(|name| with(name, Value::Null));
    let other_list = |name: &String| {
        let there = made.get(name)?.as_array().filter(|items| !items.is_empty())?;
        let lists = (0..MAX_DRAWS).filter_map(&drawn).filter_map(|values| {
            let list = values.body?.payload.as_value()?.get(name)?.as_array()?.clone();
            let is_other = !list.is_empty() && !list.iter().any(|item| there.contains(item));
            // One item leaves room for those that were there.
            is_other.then(|| Value::Array(list.into_iter().take(1).collect()))
        });
        lists.into_iter().find_map(|list| with(name, list))
    };
    let list =
        of_name(&|name, _| made.get(name).is_some_and(Value::is_array)).into_iter().find_map(other_list);
    null.into_iter().chain(list).collect()
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;
    use crate::case::{Factory, Signer};
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;
    use crate::resource::Known;

    #[test]
    fn null_and_another_list_take_the_place_of_what_is_there() {
        let text = r#"
openapi: 3.0.3
paths:
  /pets/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody:
        required: true
        content:
          application/merge-patch+json:
            schema:
              type: object
              additionalProperties: false
              properties:
                name: {type: string}
                born: {type: string, nullable: true}
                died: {type: string, nullable: true}
                tags: {type: array, minItems: 1, items: {type: string, minLength: 1}}
      responses: {}
"#;
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let (plan, factory) = (Plan::new(&contract, &Settings::default()), Factory::new(&contract, signer));
        let known = |_: &OperationPlan| Known::default();
        let author = Author {
            factory: &factory,
            plan: &plan,
            known: &known,
            seed: 1,
            has_other_identity: false,
            may_break: false,
        };
        let changes = |made: Value| -> Vec<Value> {
            let payload = Payload::Value(made);
            let made = RequestValues {
                body: Some(BodyValue { media_type: "application/json".to_owned(), payload }),
                ..RequestValues::default()
            };
            let changes = changes(&author, &plan.operations[0], &made, 1);
            changes.into_iter().filter_map(|values| values.body?.payload.as_value().cloned()).collect()
        };
        let found = changes(json!({"name": "Rex", "born": "May", "died": null, "tags": ["old"]}));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], json!({"born": null}));
        let tags = found[1]["tags"].as_array().unwrap();
        assert!(tags.len() == 1 && tags[0] != "old", "{tags:?}");
        assert_eq!(changes(json!({"name": "Rex", "tags": []})), Vec::<Value>::new());
    }
}
