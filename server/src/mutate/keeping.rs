//! Resources that are kept otherwise than they should be; a script keeps them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use counterfoil_openapi::Operation;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::mutation::{Act, Deed, Mutation, Needs};
use super::scene::Scene;
use super::subject::Subject;
use crate::call::Source;
use crate::reply::Reply;

/// The most items that are remembered; of what comes then nothing is.
const MAX_ITEMS: usize = 1_000;
/// The largest body that is remembered, in bytes.
const MAX_BODY: usize = 64 * 1024;

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "resurrect-removed",
        about: "what was removed can still be read",
        check: "use_after_free",
        deed: Deed::Act(Act {
            needs: Needs::Resources,
            accepts: None,
            applies: |subject| is_reader(subject) && has_method(subject, &Method::DELETE),
            act: |scene| {
                remember(scene);
                let path = scene.request.path();
                let known = scene.memory.items().get(path).filter(|item| item.is_removed).cloned();
                is_missed(scene) && known.is_some_and(|item| show(scene, item))
            },
        }),
    },
    Mutation {
        name: "list-removed",
        about: "what was removed is still in the list",
        check: "use_after_free",
        deed: Deed::Act(Act {
            needs: Needs::Resources,
            accepts: None,
            applies: |subject| {
                is_reader(subject) && has_method(subject, &Method::DELETE) && is_listed(subject)
            },
            act: |scene| {
                remember(scene);
                list_removed(scene)
            },
        }),
    },
    Mutation {
        name: "lose-created",
        about: "what was created is not there",
        check: "ensure_resource_availability",
        deed: Deed::Act(Act {
            needs: Needs::Resources,
            accepts: None,
            applies: is_reader,
            act: |scene| is_item_read(scene) && scene.is_success() && scene.deny(),
        }),
    },
    Mutation {
        name: "broken-location",
        about: "the Location of what was created leads to something else",
        check: "ensure_resource_availability",
        deed: Deed::Act(Act {
            needs: Needs::Resources,
            accepts: None,
            applies: |subject| is_reader(subject) && is_located(subject),
            act: misplace,
        }),
    },
    Mutation {
        name: "show-to-others",
        about: "what one client created another one can read",
        check: "object_level_authorization",
        deed: Deed::Act(Act {
            needs: Needs::Identities,
            accepts: None,
            applies: is_reader,
            act: |scene| {
                remember(scene);
                let known =
                    scene.memory.items().get(scene.request.path()).filter(|item| !item.is_removed).cloned();
                is_missed(scene) && known.is_some_and(|item| show(scene, item))
            },
        }),
    },
];

/// What was shown of items, by their paths.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Item>>);

/// An item as it was shown last.
#[derive(Debug, Clone)]
struct Item {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    is_removed: bool,
}

impl Memory {
    fn items(&self) -> MutexGuard<'_, HashMap<String, Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request reads one item of a resource.
fn is_item_read(scene: &Scene<'_>) -> bool {
    scene.request.method == Method::GET && scene.reply.source == Source::Resource && is_item(scene.operation)
}

/// Whether a request reads an item that is not there.
fn is_missed(scene: &Scene<'_>) -> bool {
    is_item_read(scene) && scene.reply.status == StatusCode::NOT_FOUND
}

/// Notes what is shown of an item, and when it goes.
fn remember(scene: &Scene<'_>) {
    if !scene.is_success() || scene.reply.source != Source::Resource {
        return;
    }
    let mut items = scene.memory.items();
    let path = scene.request.path();
    if scene.request.method == Method::DELETE {
        items.entry(path.to_owned()).and_modify(|item| item.is_removed = true);
    } else if is_item_read(scene) && items.len() < MAX_ITEMS && scene.reply.body.len() <= MAX_BODY {
        let Reply { status, headers, body, .. } = &*scene.reply;
        let item = Item { status: *status, headers: headers.clone(), body: body.clone(), is_removed: false };
        items.insert(path.to_owned(), item);
    }
}

/// Puts what was removed from a collection back into its list; false where there is nothing to put, or no place for it.
fn list_removed(scene: &mut Scene<'_>) -> bool {
    let is_list = scene.is_success()
        && scene.request.method == Method::GET
        && scene.reply.source == Source::Resource
        && !is_item(scene.operation);
    if !is_list {
        return false;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&scene.reply.body) else { return false };
    let within = format!("{}/", scene.request.path().trim_end_matches('/'));
    let items = scene.memory.items();
    let removed = items.iter().filter(|(path, item)| {
        item.is_removed && path.strip_prefix(&within).is_some_and(|own| !own.contains('/'))
    });
    let removed: Vec<Value> =
        removed.filter_map(|(_, item)| serde_json::from_slice(&item.body).ok()).collect();
    drop(items);
    let list = match &mut body {
        Value::Array(list) => Some(list),
        Value::Object(members) => members.values_mut().find_map(Value::as_array_mut),
        _ => None,
    };
    let Some(list) = list.filter(|_| !removed.is_empty()) else { return false };
    list.splice(..0, removed);
    scene.reply.body = Bytes::from(body.to_string());
    true
}

fn show(scene: &mut Scene<'_>, item: Item) -> bool {
    let Item { status, headers, body, .. } = item;
    *scene.reply = Reply::new(status, headers, body, Source::Resource);
    true
}

/// Leads to another item than the one that was created.
fn misplace(scene: &mut Scene<'_>) -> bool {
    let is_created =
        scene.is_success() && scene.request.method == Method::POST && scene.reply.source == Source::Resource;
    let location = scene.reply.headers.get(header::LOCATION).and_then(|known| known.to_str().ok());
    let Some((around, own)) = location.and_then(|location| location.rsplit_once('/')).filter(|_| is_created)
    else {
        return false;
    };
    let next = |letter: char| match letter {
        '0'..='8' | 'a'..='e' | 'A'..='E' => char::from_u32(u32::from(letter) + 1).unwrap_or(letter),
        '9' => '1',
        'f' => 'a',
        'F' => 'A',
        other => other,
    };
    let other: String = own.chars().map(next).collect();
    match HeaderValue::from_str(&format!("{around}/{other}")) {
        Ok(wrong) if other != own => scene.reply.headers.insert(header::LOCATION, wrong).is_some(),
        _ => false,
    }
}

/// Whether the path of an operation names one item, with its last segment.
fn is_item(operation: &Operation) -> bool {
    let last = operation.path().as_str().rsplit('/').next().unwrap_or_default();
    last.starts_with('{') && last.ends_with('}')
}

/// Whether an operation reads one item of those that another operation creates.
fn is_reader(subject: &Subject<'_>) -> bool {
    *subject.operation.method() == Method::GET && is_item(subject.operation) && maker(subject).is_some()
}

/// The operation that creates items which another one reads.
fn maker<'c>(subject: &Subject<'c>) -> Option<&'c Arc<Operation>> {
    let (base, _) = subject.operation.path().as_str().rsplit_once('/')?;
    let mut operations = subject.contract.operations().iter();
    operations
        .find(|known| *known.method() == Method::POST && known.path().as_str().trim_end_matches('/') == base)
}

/// Whether there is a list of the items that an operation reads.
fn is_listed(subject: &Subject<'_>) -> bool {
    let Some((base, _)) = subject.operation.path().as_str().rsplit_once('/') else { return false };
    let mut operations = subject.contract.operations().iter();
    operations
        .any(|known| *known.method() == Method::GET && known.path().as_str().trim_end_matches('/') == base)
}

fn has_method(subject: &Subject<'_>, method: &Method) -> bool {
    let path = subject.operation.path().as_str();
    let mut operations = subject.contract.operations().iter();
    operations.any(|known| known.method() == method && known.path().as_str() == path)
}

/// Whether creating answers with a `Location`.
fn is_located(subject: &Subject<'_>) -> bool {
    let maker = maker(subject);
    let mut responses = maker.into_iter().flat_map(|maker| maker.responses().iter());
    responses.any(|response| {
        response.status.to_string().starts_with('2')
            && response.headers.iter().any(|header| header.name.eq_ignore_ascii_case("location"))
    })
}
