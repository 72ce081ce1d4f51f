//! What a reply tells of resources.

use counterfoil_openapi::{Occasion, Operation, Response};
use http::Method;
use http::header::LOCATION;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::links::{Links, Resource};
use super::naming::{self, Certainty};

/// The most resources learnt from one reply.
const MAX_LEARNT: usize = 8;

/// The names, in the singular, of members that hold what a reply is about, whatever that is.
const WRAPPERS: [&str; 8] = ["data", "result", "item", "content", "record", "entry", "value", "hit"];
/// Those that do so where there is no other member.
const LONE_WRAPPERS: [&str; 12] = [
    "response", "payload", "body", "object", "resource", "output", "new", "created", "added", "updated",
    "saved", "inserted",
];

/// A resource that a reply tells of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Learned {
    /// Its place among all resources.
    pub(crate) resource: usize,
    /// The values of its path's variables, from left to right.
    pub(crate) values: Vec<Value>,
    /// Where the last of them was found.
    pub(crate) source: Source,
    /// Whether the reply leaves no doubt that the value is the one that its path takes.
    pub(crate) certainty: Certainty,
}

/// Where the value of a resource's own variable was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the body of a reply that tells of one resource.
    Item,
    /// In the body of a reply that tells of several.
    List,
    /// In the `Location` of a reply.
    Location,
    /// In the request: its path, or the body it sent.
    Request,
    /// Where a link of the document says.
    Link,
}

/// What an answered request tells of resources; `index` is the operation's place in the plan.
pub(crate) fn learn(
    links: &Links,
    index: usize,
    operation: &Operation,
    response: &Response,
    occasion: &Occasion<'_>,
) -> Vec<Learned> {
    let (values, body) = (occasion.values, occasion.response_body);
    let Some(known) = links.operations.get(index) else { return Vec::new() };
    let mut learned = Vec::new();
    let own: Vec<Value> =
        operation.path().variables().map(|name| values.path.get(name).cloned().unwrap_or_default()).collect();
    if let Some(item) = known.item
        && *operation.method() != Method::DELETE
        && links.resources[item].variables == own.len()
        && own.iter().all(|value| !value.is_null())
    {
        let certainty = Certainty::Certain;
        learned.push(Learned { resource: item, values: own.clone(), source: Source::Request, certainty });
    }
    for step in known.steps.iter().filter(|step| step.status.covers(response.status)) {
        let resource = &links.resources[step.resource];
        let value = |value: &Value| match value.as_str() {
            Some(text) => counterfoil_openapi::expand(text, occasion).ok().map(|text| resource.read(&text)),
            None => Some(value.clone()),
        };
        let values: Option<Vec<Value>> = step.values.iter().map(value).collect();
        if let Some(values) = values.filter(|values| values.last().is_some_and(|own| resource.admits(own))) {
            let (resource, certainty) = (step.resource, Certainty::Certain);
            learned.push(Learned { resource, values, source: Source::Link, certainty });
        }
    }
    for tells in &known.tells {
        if learned.iter().any(|known: &Learned| known.resource == tells.resource) {
            // The document itself says where it is.
            continue;
        }
        let resource = &links.resources[tells.resource];
        let around = resource.variables - 1;
        if own.len() < around || own[..around].iter().any(Value::is_null) {
            continue;
        }
        let mut add = |value: Value, source, certainty| {
            let mut values = own[..around].to_vec();
            values.push(value);
            let is_new = !learned
                .iter()
                .any(|known: &Learned| known.resource == tells.resource && known.values == values);
            if is_new && learned.len() < MAX_LEARNT {
                learned.push(Learned { resource: tells.resource, values, source, certainty });
            }
        };
        if let Some(value) = located(resource, response) {
            add(value, Source::Location, Certainty::Certain);
            continue;
        }
        let told = body.map(|body| items(body, resource)).unwrap_or_default();
        let is_single = *operation.method() == Method::POST && tells.is_collection;
        for (item, source, is_whole) in told {
            if let Some((value, certainty)) = identity(resource, item) {
                let is_sure = is_single && is_whole && source == Source::Item;
                add(value, source, if is_sure { certainty } else { Certainty::Likely });
            }
        }
        // What a client names itself need not be in the reply.
        let sent = values.body.as_ref().and_then(|body| body.payload.as_value()).filter(|_| is_single);
        if learned.is_empty()
            && let Some((value, _)) = sent.and_then(|sent| identity(resource, sent))
        {
            learned.push(Learned {
                resource: tells.resource,
                values: own[..around].iter().cloned().chain([value]).collect(),
                source: Source::Request,
                certainty: Certainty::Likely,
            });
        }
    }
    learned
}

/// Of what a reply tells, what an earlier reply to a request like its own told, found where that one's was.
pub(crate) fn relearn<'l>(told: &'l [Learned], earlier: &Learned) -> Option<&'l Learned> {
    let of_kind = || told.iter().filter(|new| new.resource == earlier.resource);
    of_kind().find(|new| new.source == earlier.source).or_else(|| of_kind().next())
}

/// What stands in the place of a resource's own variable in `Location`.
fn located(resource: &Resource, response: &Response) -> Option<Value> {
    let location = response.headers.get(LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let mut path = path.rsplit('/').filter(|segment| !segment.is_empty());
    let mut shape = resource.shape.rsplit('/').filter(|segment| !segment.is_empty());
    if shape.next()? != "{}" {
        return None;
    }
    let own = percent_decode_str(path.next()?).decode_utf8().ok()?.into_owned();
    // The literal before it has to be there, so that it is no place of another kind.
    let before = path.next()?;
    let is_place = shape.next().is_some_and(|literal| literal.contains("{}") || literal == before);
    (is_place && !own.is_empty()).then(|| resource.read(&own))
}

/// The objects of a body that may each be a resource: the body itself, those in its list, those in what it wraps. With
/// each, whether it is what the whole body is about, and not just something that belongs to that.
fn items<'v>(body: &'v Value, resource: &Resource) -> Vec<(&'v Value, Source, bool)> {
    match body {
        Value::Array(items) => listed(items),
        Value::Object(members) => {
            if let Some((_, Certainty::Certain)) = identity(resource, body) {
                return vec![(body, Source::Item, true)];
            }
            // Another name is that of another thing: `{"job": {"id": 9}}` is no export, whatever was asked to make one.
            let wraps = |name: &str| {
                let name = naming::noun(name);
                let is_only = members.len() == 1;
                name == resource.noun
                    || WRAPPERS.contains(&name.as_str())
                    || is_only && (LONE_WRAPPERS.contains(&name.as_str()) || name.ends_with(&resource.noun))
            };
            let wrapped = members.iter().filter(|(name, _)| wraps(name)).chain(members.iter());
            for (name, member) in wrapped {
                match member {
                    Value::Array(items) if items.iter().any(Value::is_object) => return listed(items),
                    Value::Object(_)
                        if wraps(name)
                            && matches!(identity(resource, member), Some((_, Certainty::Certain))) =>
                    {
                        return vec![(member, Source::Item, true)];
                    }
                    _ => {}
                }
            }
            // What is made of something may be known by that, as a template is by its file.
            let mut within = members.values().filter(|member| identity(resource, member).is_some());
            match (identity(resource, body), within.next(), within.next()) {
                (None, Some(only), None) => vec![(only, Source::Item, false)],
                _ => vec![(body, Source::Item, true)],
            }
        }
        _ => Vec::new(),
    }
}

fn listed(items: &[Value]) -> Vec<(&Value, Source, bool)> {
    items.iter().take(MAX_LEARNT).map(|item| (item, Source::List, false)).collect()
}

/// The value of a resource's own variable in what may be one.
fn identity(resource: &Resource, item: &Value) -> Option<(Value, Certainty)> {
    let members = item.as_object()?;
    resource.fields.iter().find_map(|(field, certainty)| {
        let (_, value) = members.iter().find(|(name, _)| counterfoil_openapi::folded(name) == *field)?;
        resource.admits(value).then(|| (value.clone(), *certainty))
    })
}

/// Whether an operation's replies are worth reading for resources.
pub(crate) fn is_telling(links: &Links, index: usize) -> bool {
    links
        .operations
        .get(index)
        .is_some_and(|known| known.item.is_some() || !known.tells.is_empty() || !known.hands.is_empty())
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use counterfoil_openapi::codec::RequestValues;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use serde_json::json;

    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /owners/{owner}/pets:
    post: {operationId: add, responses: {'201': {description: ok}}}
    get: {operationId: list, responses: {'200': {description: ok}}}
  /owners/{owner}/adopt:
    post:
      operationId: adopt
      responses:
        '200':
          description: ok
          links:
            read:
              operationId: read
              parameters: {owner: $request.path.owner, path.petId: '$response.body#/adopted/0'}
  /owners/{owner}/pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: read, responses: {'200': {description: ok}}}
"#;

    /// What a reply of an operation tells of pets, the last value only.
    fn told(id: &str, body: &Value, location: Option<&str>) -> Vec<(String, Source, Certainty)> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let links = Links::new(contract.operations().iter().map(AsRef::as_ref));
        let index = contract.operations().iter().position(|known| known.id().as_str() == id).unwrap();
        let mut values = RequestValues::default();
        values.path.insert("owner".to_owned(), json!("ada"));
        values.path.insert("petId".to_owned(), json!(1));
        let mut response = Response::new(StatusCode::OK);
        if let Some(location) = location {
            response.headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        }
        let operation = &contract.operations()[index];
        let occasion = Occasion {
            url: "/",
            method: operation.method(),
            values: &values,
            query: "",
            request_headers: &HeaderMap::new(),
            status: response.status,
            response_headers: &response.headers,
            response_body: Some(body),
        };
        let learned = learn(&links, index, operation, &response, &occasion);
        learned
            .into_iter()
            .map(|learned| {
                assert_eq!(learned.values[0], json!("ada"));
                (learned.values[1].to_string(), learned.source, learned.certainty)
            })
            .collect()
    }

    #[test]
    fn what_is_made_listed_and_read_is_learnt() {
        use Certainty::{Certain, Likely};
        let one = |value: &str, source, certainty| vec![(value.to_owned(), source, certainty)];
        assert_eq!(told("add", &json!({"id": 7, "name": "Rex"}), None), one("7", Source::Item, Certain));
        assert_eq!(told("add", &json!({"pet_id": 7}), None), one("7", Source::Item, Certain));
        assert_eq!(told("add", &json!({"data": {"id": 7}}), None), one("7", Source::Item, Certain));
        let within = |body: Value| told("add", &body, None);
        assert_eq!(within(json!({"file": {"uuid": 7}, "at": {"x": 1}})), one("7", Source::Item, Likely));
        assert_eq!(within(json!({"owner": {"id": 7}, "name": "Rex"})), one("7", Source::Item, Likely));
        assert_eq!(within(json!({"uuid": 9, "owner": {"id": 8}})), one("9", Source::Item, Likely));
        for wrapper in ["added", "data", "pet", "Pets", "newPet", "response"] {
            assert_eq!(within(json!({wrapper: {"id": 7}})), one("7", Source::Item, Certain), "{wrapper}");
        }
        // The job that adds the pet some day has an id of its own.
        for wrapper in ["job", "task", "owner", "petition"] {
            assert_eq!(within(json!({wrapper: {"id": 7}})), one("7", Source::Item, Likely), "{wrapper}");
        }
        assert_eq!(within(json!({"pet": {"id": 7}, "owner": {"id": 8}})), one("7", Source::Item, Certain));
        assert_eq!(within(json!({"file": {"uuid": 7}, "vet": {"uuid": 8}})), []);
        assert_eq!(within(json!({"uuid": 9, "file": {"uuid": 8}})), one("9", Source::Item, Likely));
        // No such value may stand in the path.
        assert_eq!(told("add", &json!({"id": "seven"}), None), []);
        assert_eq!(told("add", &json!({"uuid": 7}), None), one("7", Source::Item, Likely));
        let list = json!([{"id": 1}, {"id": 2}]);
        let two = [("1".to_owned(), Source::List, Likely), ("2".to_owned(), Source::List, Likely)];
        assert_eq!(told("list", &list, None), two);
        assert_eq!(told("list", &json!({"total": 2, "items": list}), None), two);
        assert_eq!(told("list", &json!({"pets": list, "tags": [{"id": 9}]}), None), two);
        let of_location = one("9", Source::Location, Certain);
        assert_eq!(told("add", &Value::Null, Some("/owners/ada/pets/9")), of_location);
        assert_eq!(told("add", &Value::Null, Some("http://x/v1/owners/ada/pets/9?a=b")), of_location);
        assert_eq!(told("add", &Value::Null, Some("/jobs/9")), []);
        assert_eq!(told("adopt", &json!({"adopted": [8], "id": 9}), None), one("8", Source::Link, Certain));
        // Where the link leads nowhere, names are all there is to go by.
        assert_eq!(told("adopt", &json!({"id": 9}), None), one("9", Source::Item, Likely));
        assert_eq!(told("read", &Value::Null, None), one("1", Source::Request, Certain));
    }
}
