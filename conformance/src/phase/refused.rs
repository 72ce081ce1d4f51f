//! Changes that are wrong in one property, and would show in another one had they been made all the same.

use std::collections::HashSet;

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Part, Pointer, Schema};
use serde_json::{Map, Value};

use super::draw;
use super::stateful::Author;
use crate::case::{Intent, Sent};
use crate::check::is_telling;
use crate::event::Phase;
use crate::plan::OperationPlan;

/// How many requests are drawn to find one.
const MAX_DRAWS: u64 = 24;

/// A change whose body breaks the document, and nothing else in it, which has a valid value besides that nobody shows
/// by chance.
pub(super) fn refusable(author: &Author<'_>, updater: &OperationPlan, number: u64) -> Option<RequestValues> {
    let parts = [updater.operation.id().as_str(), Phase::Stateful.as_str(), "refused"];
    let drawn = |intent: &Intent, draw_number: u64| {
        let seed = Seed::derive(author.seed, &parts, number * MAX_DRAWS + draw_number);
        draw(updater, intent, &seed)
    };
    let names = free(updater);
    let is_free = |(name, value): &(&String, &Value)| is_telling(value) && names.contains(*name);
    // Whether it is wrong in its body and nowhere else, and right in a property that says enough.
    let shows = |values: &RequestValues| {
        let sent = author.factory.build(&updater.operation, &Intent::Negative, values);
        let (Some(sent), Some(members)) = (sent, members(values)) else { return false };
        sent.data_violations().all(|violation| violation.part == Part::Body)
            && members.iter().filter(is_free).any(|(name, _)| !is_broken(&sent, name))
    };
    (0..MAX_DRAWS).find_map(|draw_number| {
        let mut broken = drawn(&Intent::Negative, draw_number)?;
        // What is optional may ask for other things, as to change it only where it is as it was (`If-Match`).
        let is_required = |name: &String| {
            updater.operation.parameters().iter().any(|known| known.required && known.name == *name)
        };
        for optional in [&mut broken.query, &mut broken.header, &mut broken.cookie] {
            optional.retain(|name, _| is_required(name));
        }
        if shows(&broken) {
            return Some(broken);
        }
        // What is valid may as well be that of a valid request.
        let valid = drawn(&Intent::Positive, draw_number)?;
        let mut telling = members(&valid)?.iter().filter(is_free);
        telling.find_map(|(name, value)| {
            let mut filled = broken.clone();
            let Payload::Value(Value::Object(members)) = &mut filled.body.as_mut()?.payload else {
                return None;
            };
            members.insert(name.clone(), value.clone());
            shows(&filled).then_some(filled)
        })
    })
}

/// The properties of an operation's bodies of which the document does not list the values.
fn free(operation: &OperationPlan) -> HashSet<String> {
    let content = operation.operation.request_body().map(|body| body.content.iter());
    let schemas = content.into_iter().flatten().filter_map(|media| media.schema.as_ref());
    let is_free = |(_, schema): &(String, Schema)| {
        let schema = schema.resolved();
        schema.get("enum").is_none() && schema.get("const").is_none()
    };
    schemas.flat_map(Schema::members).filter(is_free).map(|(name, _)| name).collect()
}

/// Whether what is wrong with a body is wrong with one of its properties.
fn is_broken(sent: &Sent, name: &str) -> bool {
    let first = |pointer: &str| Pointer::from_escaped(pointer).tokens().next();
    sent.data_violations().any(|violation| first(&violation.pointer).as_deref() == Some(name))
}

fn members(values: &RequestValues) -> Option<&Map<String, Value>> {
    values.body.as_ref()?.payload.as_value()?.as_object()
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;
    use crate::case::{Factory, Signer};
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;
    use crate::resource::Known;

    /// The changes of a document's only operation whose body has some properties, with what is wrong in each.
    fn refusables(properties: &str) -> Vec<(RequestValues, Vec<String>)> {
        let text = format!(
            r#"
openapi: 3.0.3
paths:
  /pets/{{id}}:
    put:
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: integer}}}}
        - {{name: If-Match, in: header, schema: {{type: string}}}}
      requestBody:
        required: true
        content: {{application/json: {{schema: {{type: object, required: [name], properties: {properties}}}}}}}
      responses: {{}}
"#
        );
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
            may_break: true,
        };
        let updater = &plan.operations[0];
        let all = (0..8).filter_map(|number| refusable(&author, updater, number));
        all.map(|values| {
            let sent = factory.build(&updater.operation, &Intent::Negative, &values).unwrap();
            let wrong = sent.data_violations().map(|violation| violation.pointer.clone()).collect();
            (values, wrong)
        })
        .collect()
    }

    #[test]
    fn what_is_wrong_in_one_property_tells_of_another_one() {
        let found = refusables("{name: {type: string, minLength: 6}, age: {type: integer, minimum: 0}}");
        assert!(found.len() > 4);
        for (values, wrong) in found {
            let members = members(&values).unwrap();
            let is_right = |name: &str| !wrong.contains(&format!("/{name}"));
            assert!(!wrong.is_empty() && values.header.is_empty());
            assert!(members.iter().any(|(name, value)| is_telling(value) && is_right(name)), "{members:?}");
        }
    }

    #[test]
    fn what_says_nothing_besides_makes_no_request() {
        assert_eq!(
            refusables("{name: {type: string, maxLength: 3}, coat: {type: string, enum: [short, longer]}}"),
            []
        );
    }
}
