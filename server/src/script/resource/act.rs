//! What each operation does to the items, and what it answers.

use std::sync::Arc;

use http::{StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::super::decision::Refused;
use super::super::grammar::Role;
use super::super::scope::Scope;
use super::super::{AllowInvalid, Decision, ReplySpec};
use super::view::{Location, at};
use super::{ActiveResource, CompiledResource, ResourceOperation, key_text, tag};
use crate::call::Source;
use crate::session::{Collection, Effects, Listed, MAX_RESOURCE_BYTES, MAX_RESOURCE_ITEMS, Memory};

/// What a path segment holds as it stands (RFC 3986, section 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What became of a request.
#[derive(Debug)]
pub(in crate::script) enum Outcome {
    /// An item as it is now, or was until it was removed.
    Item { key: String, item: Arc<Value>, is_new: bool },
    /// All there are.
    Items(Vec<Listed>),
    /// The item is as whoever asks has it already.
    Unchanged { key: String, tag: String },
    /// It cannot be done.
    Refused(Refused),
    /// The stub cannot make an item.
    Unmade(&'static str),
}

impl ActiveResource {
    pub(super) fn of(&self) -> &ResourceOperation {
        &self.resource.operations[self.operation]
    }

    /// What it answers to a request; nothing to one that breaks the contract.
    ///
    /// What is done to the items is one step, since whoever asks holds the session's memory. What is shown of them is
    /// put together by [`ActiveResource::answer`], for which nobody need hold it.
    pub(in crate::script) fn act(&self, scope: &Scope<'_>, memory: &mut Memory) -> Outcome {
        let resource = &*self.resource;
        let within = resource.within(scope);
        let mut collection = memory.resources.of(&resource.name, &within, resource.initial.of(&within));
        let key = self.of().key.as_ref().and_then(|field| field.value(scope)).map(|key| key.into_owned());
        match (self.of().role, key) {
            (Role::List, _) => Outcome::Items(collection.all()),
            (Role::Create, key) => self.create(scope, key, &mut collection),
            (_, None) => missing(resource, ""),
            (role, Some(key)) => {
                let key = key_text(&key);
                let known = collection.get(&key);
                if let Some(decided) = known.as_ref().and_then(|item| self.by_condition(scope, &key, item)) {
                    return decided;
                }
                match known {
                    None => missing(resource, &key),
                    Some(item) if role == Role::Read => Outcome::Item { key, item, is_new: false },
                    Some(item) if role == Role::Delete => {
                        collection.remove(&key);
                        Outcome::Item { key, item, is_new: false }
                    }
                    Some(item) => self.change(scope, key, &item, &mut collection),
                }
            }
        }
    }

    fn create(&self, scope: &Scope<'_>, key: Option<Value>, collection: &mut Collection<'_>) -> Outcome {
        let resource = &*self.resource;
        let mut item = self.sent(scope);
        let is_put = key.is_some();
        if let Some(key) = key {
            if let Some(known) = collection.get(&key_text(&key)) {
                let key = key_text(&key);
                let decided = self.by_condition(scope, &key, &known);
                return decided.unwrap_or_else(|| self.change(scope, key, &known, collection));
            }
            item.insert(resource.key.clone(), key);
        }
        resource.fill(&mut item, Some(scope));
        let given = item.get(&resource.key).filter(|key| !key.is_null()).map(key_text);
        let (key, item) = match given {
            Some(given) => {
                if !is_put && collection.get(&given).is_some() {
                    return taken(resource, &given);
                }
                let settled = self.settled(Value::Object(item), &self.seed_of(&given, 0));
                (resource.key_of(&settled).unwrap_or(given), settled)
            }
            None => match self.with_new_key(item, collection) {
                Some(made) => made,
                None => return Outcome::Unmade("no key is found that is not taken and fits its schema"),
            },
        };
        if collection.get(&key).is_some() {
            return taken(resource, &key);
        }
        put(resource, collection, key, item, true)
    }

    fn change(
        &self,
        scope: &Scope<'_>,
        key: String,
        known: &Value,
        collection: &mut Collection<'_>,
    ) -> Outcome {
        let resource = &*self.resource;
        let Some(before) = known.as_object() else { return missing(resource, &key) };
        let mut item = match self.of().role {
            Role::Patch => match self.patched(scope, known) {
                Ok(patched) => patched,
                Err(refused) => return Outcome::Refused(refused),
            },
            _ => {
                let mut item = self.sent(scope);
                let settable = &self.of().settable;
                let is_kept = |name: &String| {
                    !settable.known.contains(name)
                        && (!settable.is_open
                            || resource.canon.members.known.contains(name)
                            || settable.refused.contains(name))
                };
                for (name, value) in before.iter().filter(|(name, _)| is_kept(name)) {
                    item.entry(name.clone()).or_insert_with(|| value.clone());
                }
                item
            }
        };
        if let Some(own) = before.get(&resource.key) {
            item.insert(resource.key.clone(), own.clone());
        }
        resource.fill(&mut item, Some(scope));
        let settled = self.settled(Value::Object(item), &self.seed_of(&key, 0));
        put(resource, collection, key, settled, false)
    }

    /// The item in the body of a request; an empty one where there is none.
    fn sent(&self, scope: &Scope<'_>) -> Map<String, Value> {
        let body = scope.subject.reading.values.body.as_ref().and_then(|body| body.payload.as_value());
        let item = body.and_then(|body| at(body, &self.of().intake)).or(body).and_then(Value::as_object);
        item.cloned().unwrap_or_default()
    }

    /// An item under the patch in a body: RFC 6902 where that is its media type, else RFC 7396.
    fn patched(&self, scope: &Scope<'_>, known: &Value) -> Result<Map<String, Value>, Refused> {
        let mut item = known.clone();
        let body = scope.subject.reading.values.body.as_ref();
        match body.and_then(|body| body.payload.as_value().map(|value| (&body.media_type, value))) {
            Some((media_type, Value::Array(steps))) if media_type.contains("json-patch") => {
                let steps = serde_json::from_value::<json_patch::Patch>(Value::Array(steps.clone()));
                let steps = steps.map_err(|error| unpatchable(error.to_string()))?;
                json_patch::patch(&mut item, &steps).map_err(|error| unpatchable(error.to_string()))?;
            }
            _ => json_patch::merge(&mut item, &Value::Object(self.sent(scope))),
        }
        match item {
            Value::Object(members) => Ok(members),
            _ => Err(unpatchable("it leaves no object".to_owned())),
        }
    }

    /// The reply that tells an outcome.
    pub(in crate::script) fn answer(&self, scope: &Scope<'_>, outcome: Outcome) -> Decision {
        let (of, resource) = (self.of(), &*self.resource);
        let told;
        let reply = match outcome {
            Outcome::Refused(refused) => {
                told = refused.detail.clone();
                self.refusal(scope, refused)
            }
            Outcome::Unmade(why) => {
                told = why.to_owned();
                ReplySpec { unmet: Some(why.to_owned()), ..ReplySpec::default() }
            }
            Outcome::Item { key, item, is_new } => {
                told = format!("the item `{key}`");
                let mut reply = self.usual();
                if let Some(status) = of.view.status_if_known.filter(|_| !is_new) {
                    reply.status = Some(status);
                }
                reply.body =
                    of.view.body.as_ref().map(|view| Arc::new(view.one(&item, &self.seed_of(&key, 0))));
                let location = of.view.location.as_ref().filter(|_| is_new);
                let location = location.and_then(|location| led_to(location, scope, &key));
                reply.headers.extend(location.map(|led| (header::LOCATION.to_string(), Some(led))));
                // What is removed has no state any more.
                if of.view.is_tagged && of.role != Role::Delete {
                    reply.headers.push((header::ETAG.to_string(), Some(tag::of(&item))));
                }
                reply
            }
            Outcome::Unchanged { key, tag } => {
                told = format!("the item `{key}` is still {tag}");
                let status = Some(StatusCode::NOT_MODIFIED.as_u16());
                let headers = vec![(header::ETAG.to_string(), Some(tag))];
                ReplySpec { status, headers, ..self.usual() }
            }
            Outcome::Items(items) => match self.page(scope, &items) {
                Ok(page) => {
                    told = format!("{} of {} items", page.shown, items.len());
                    ReplySpec { body: Some(Arc::new(page.body)), headers: page.headers, ..self.usual() }
                }
                Err(refused) => {
                    told = refused.detail.clone();
                    self.refusal(scope, refused)
                }
            },
        };
        Decision {
            source: Source::Resource,
            rule: format!("{}/{}", resource.name, of.role.as_str()),
            reply,
            trail: format!(
                "resource {} ({}) answers {}: {told}",
                resource.name,
                resource.place,
                of.role.as_str()
            ),
            effects: Effects::default(),
        }
    }

    /// The reply where all went well, without its body.
    fn usual(&self) -> ReplySpec {
        // What is wrong with it nobody has seen.
        let templated = AllowInvalid { body: true, headers: true, ..AllowInvalid::default() };
        ReplySpec { status: Some(self.of().view.status), templated, ..ReplySpec::default() }
    }

    /// The documented reply of a refusal's status, else a problem.
    fn refusal(&self, scope: &Scope<'_>, refused: Refused) -> ReplySpec {
        match scope.subject.operation.responses().documenting(refused.status) {
            Some(_) => ReplySpec { status: Some(refused.status.as_u16()), ..ReplySpec::default() },
            None => ReplySpec { refused: Some(Box::new(refused)), ..ReplySpec::default() },
        }
    }
}

fn put(
    resource: &CompiledResource,
    collection: &mut Collection<'_>,
    key: String,
    item: Value,
    is_new: bool,
) -> Outcome {
    let item = Arc::new(item);
    let is_put = match resource.keep.filter(|_| is_new) {
        Some(most) => collection.put_newest(&key, &item, most),
        None => collection.put(&key, Arc::clone(&item)),
    };
    match is_put {
        Ok(()) => Outcome::Item { key, item, is_new },
        Err(full) => Outcome::Refused(Refused {
            status: StatusCode::INSUFFICIENT_STORAGE,
            code: "resources-full",
            title: "There is no room for the item",
            detail: full.told(format_args!(
                "a session keeps {MAX_RESOURCE_ITEMS} items of resources and {MAX_RESOURCE_BYTES} bytes at the most"
            )),
        }),
    }
}

fn unpatchable(detail: String) -> Refused {
    Refused {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "patch-invalid",
        title: "The patch cannot be applied",
        detail,
    }
}

fn missing(resource: &CompiledResource, key: &str) -> Outcome {
    Outcome::Refused(Refused {
        status: StatusCode::NOT_FOUND,
        code: "item-unknown",
        title: "There is no such item",
        detail: format!("the resource `{}` has no item `{}`", resource.name, crate::refuse::legible(key)),
    })
}

fn taken(resource: &CompiledResource, key: &str) -> Outcome {
    Outcome::Refused(Refused {
        status: StatusCode::CONFLICT,
        code: "item-taken",
        title: "There is such an item already",
        detail: format!("the resource `{}` has an item `{}`", resource.name, crate::refuse::legible(key)),
    })
}

/// The path under which an item is found; nothing where the request does not say all that is in it.
fn led_to(location: &Location, scope: &Scope<'_>, key: &str) -> Option<String> {
    let path = scope.subject.request.path().trim_end_matches('/');
    let base = path.rsplitn(location.segments + 1, '/').nth(location.segments).unwrap_or_default();
    let values = &scope.subject.reading.values.path;
    let mut is_whole = true;
    let filled = location.path.fill(|variable| {
        if variable == location.variable {
            return utf8_percent_encode(key, SEGMENT).to_string();
        }
        let text = values.get(variable).map(key_text);
        is_whole &= text.is_some();
        utf8_percent_encode(&text.unwrap_or_default(), SEGMENT).to_string()
    });
    is_whole.then(|| format!("{base}{filled}"))
}
