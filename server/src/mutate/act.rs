//! Where mutants act: on a reply that is made, before it gets what every reply gets.

use std::sync::Arc;

use counterfoil_openapi::{Operation, Request, Route};
use http::{HeaderValue, Method, StatusCode, header};

use super::mutant::{Mutants, Placed};
use super::scene::{self, Scene};
use crate::answer::Context;
use crate::dress::REASON;
use crate::edition::Edition;
use crate::pipeline::Notes;
use crate::reply::Reply;

/// Breaks a reply, where a mutant has something to break about it; the first that has.
pub(crate) fn act(
    mutants: &Mutants,
    context: Context<'_>,
    request: &Request,
    notes: &mut Notes,
    reply: &mut Reply,
) {
    let Some(operation) = concerned(context.edition, request, notes, reply) else { return };
    scene::open(reply);
    let is_meant = |placed: &&Placed| match &placed.operation {
        None => true,
        Some(only) => {
            Arc::ptr_eq(only, &operation)
                || (notes.operation.is_none() && is_beside(only, &operation))
                || (placed.mutation.is_of_resources() && is_of_kind(only, &operation))
        }
    };
    let mut meant = mutants.all.iter().filter(is_meant);
    let mutation = meant.find_map(|placed| {
        let mut scene = Scene {
            context,
            request,
            operation: &operation,
            violations: &notes.violations,
            reply: &mut *reply,
            memory: &mutants.memory,
            spares: &mutants.spares,
        };
        placed.mutation.act(&mut scene).then_some(placed.mutation)
    });
    let Some(mutation) = mutation else { return };
    mutants.count();
    notes.callbacks = None;
    notes.trail.push(format!("mutated: {}: {}", mutation.name, mutation.about));
    if let Ok(reason) = HeaderValue::from_str(&format!("mutated: {}", mutation.name)) {
        reply.headers.insert(REASON, reason);
    }
}

/// The operation that a request means; where it is for a method that its path does not have, one that it has.
fn concerned(edition: &Edition, request: &Request, notes: &Notes, reply: &Reply) -> Option<Arc<Operation>> {
    if let Some(operation) = &notes.operation {
        return Some(Arc::clone(operation));
    }
    if reply.status != StatusCode::METHOD_NOT_ALLOWED {
        return None;
    }
    let allowed = reply.headers.get(header::ALLOW)?.to_str().ok()?;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    allowed.split(", ").filter_map(|name| name.parse::<Method>().ok()).find_map(|method| {
        match edition.router.find_with(&method, path, query, &request.headers) {
            Route::Found(found) => Some(Arc::clone(found.operation)),
            _ => None,
        }
    })
}

/// Whether two operations are of items of one kind: of one of them, or of all.
fn is_of_kind(one: &Operation, other: &Operation) -> bool {
    fn all(operation: &Operation) -> &str {
        match operation.path().as_str().rsplit_once('/') {
            Some((base, last)) if last.starts_with('{') => base,
            _ => operation.path().as_str(),
        }
    }
    all(one) == all(other) && Arc::ptr_eq(one.document(), other.document())
}

/// Whether two operations are of one path.
fn is_beside(one: &Operation, other: &Operation) -> bool {
    one.path().as_str() == other.path().as_str() && Arc::ptr_eq(one.document(), other.document())
}
