//! Stories of things that are made like one that a list shows.

use counterfoil_openapi::codec::{Payload, RequestValues};
use counterfoil_openapi::folded;
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

/// Whether a member may be a way to somebody, or to another host: such a one is never sent again.
fn leads_out(name: &str, value: &Value) -> bool {
    const WAYS: [&str; 16] = [
        "mail",
        "phone",
        "mobile",
        "fax",
        "url",
        "uri",
        "link",
        "hook",
        "callback",
        "host",
        "endpoint",
        "address",
        "account",
        "iban",
        "recipient",
        "contact",
    ];
    let name = folded(name);
    let text = value.to_string();
    WAYS.iter().any(|way| name.contains(way)) || name == "to" || text.contains('@') || text.contains("://")
}

/// What makes a thing with the values of another one, as far as the document lets a client set them.
fn like(made: &Case, item: &Map<String, Value>) -> Option<RequestValues> {
    let body = made.values.body.as_ref()?;
    let media = made.operation.request_body()?.content.iter().find(|media| media.name == body.media_type)?;
    let set = media.schema.as_ref()?.members();
    let is_set = |name: &str| set.iter().any(|(known, _)| known == name);
    let members = item.iter().filter(|(name, value)| is_set(name) && !leads_out(name, value));
    let mut members: Map<String, Value> =
        members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let drawn = body.payload.as_value().and_then(Value::as_object).into_iter().flatten();
    members.extend(
        drawn
            .filter(|(name, _)| item.get(*name).is_some_and(|value| leads_out(name, value)))
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    let mut values = made.values.clone();
    values.body.as_mut()?.payload = Payload::Value(Value::Object(members));
    Some(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn what_may_lead_to_somebody_is_not_sent_again() {
        for (name, value, leads) in [
            ("email", json!("a"), true),
            ("Mobile-Phone", json!(7), true),
            ("webhookUrl", json!(null), true),
            ("to", json!("a"), true),
            ("note", json!("write to a@b.test"), true),
            ("where", json!({"at": ["https://b.test/"]}), true),
            ("total", json!(7), false),
            ("note", json!("a: b"), false),
        ] {
            assert_eq!(super::leads_out(name, &value), leads, "{name} {value}");
        }
    }
}
