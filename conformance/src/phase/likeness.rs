//! Stories of things that are made like one that a list shows.

use counterfoil_openapi::codec::{Payload, RequestValues};
use serde_json::{Map, Value};

use super::stateful::{Role, Story};
use crate::case::{Case, Factory};
use crate::check::Missing;

/// How many items of a list are looked at for one that can be made as well.
const MAX_ITEMS: usize = 16;

/// A story of a thing that was made, read, and is missing in its list, told about another one: its values are those of
/// an item which the list has, as far as a client may set them. What keeps the first one from being seen cannot be in
/// those. Nothing where the list has another like the first one already.
pub(crate) fn likeness(factory: &Factory, story: &Story, missing: &Missing) -> Option<Story> {
    let made = &story.steps.first()?.case;
    let at = story.steps.iter().position(|step| step.role == Role::ListMade)?;
    let mut told = story.clone();
    told.steps.truncate(at + 1);
    told.steps.retain(|step| matches!(step.role, Role::Make | Role::Read | Role::Other | Role::ListMade));
    for step in &mut told.steps {
        step.case.id.push_str(", like another");
    }
    let mut items = missing.items().take(MAX_ITEMS).filter_map(|item| like(made, item));
    let (values, sent) = items.find_map(|values| {
        let sent = factory.build(&made.operation, &made.intent, &values)?;
        Some((values, sent))
    })?;
    let first = told.steps.first_mut()?;
    (first.case.values, first.case.sent) = (values, sent);
    missing.like().is_none().then_some(told)
}

/// What makes a thing with the values of another one, as far as the document lets a client set them.
fn like(made: &Case, item: &Map<String, Value>) -> Option<RequestValues> {
    let body = made.values.body.as_ref()?;
    let media = made.operation.request_body()?.content.iter().find(|media| media.name == body.media_type)?;
    let set = media.schema.as_ref()?.members();
    let is_set = |name: &str| set.iter().any(|(known, _)| known == name);
    let members = item.iter().filter(|(name, _)| is_set(name));
    let members: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut values = made.values.clone();
    values.body.as_mut()?.payload = Payload::Value(Value::Object(members));
    Some(values)
}
