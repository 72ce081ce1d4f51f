//! Methods that a path does not have.

use http::{HeaderValue, Method, StatusCode, header};

use super::mutation::{Act, Deed, Mutation, Needs};
use super::scene::Scene;
use super::subject::Subject;
use crate::call::Source;
use crate::reply::Reply;

/// The methods that a path may lack and whose lack shows: HEAD and OPTIONS servers answer by themselves, TRACE and
/// CONNECT are for those in between.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

macro_rules! undeclared {
    ($act:expr) => {
        Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: lacks_a_method,
            act: |scene| is_undeclared(scene) && $act(scene),
        })
    };
}

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "forget-allow",
        about: "a 405 comes without the header Allow",
        check: "unsupported_method",
        deed: undeclared!(|scene: &mut Scene<'_>| scene.reply.headers.remove(header::ALLOW).is_some()),
    },
    Mutation {
        name: "wrong-allow",
        about: "the Allow of a 405 names a method that the path does not have",
        check: "allow_header_conformance",
        deed: undeclared!(|scene: &mut Scene<'_>| {
            let named = scene
                .reply
                .headers
                .get(header::ALLOW)
                .and_then(|named| named.to_str().ok())
                .unwrap_or_default();
            let is_named = |method: &Method| named.split(", ").any(|known| known == method.as_str());
            let other = METHODS.iter().find(|method| !is_named(method));
            let wrong = other.and_then(|method| HeaderValue::from_str(&format!("{named}, {method}")).ok());
            match wrong {
                Some(wrong) => scene.reply.headers.insert(header::ALLOW, wrong).is_some(),
                None => false,
            }
        }),
    },
    Mutation {
        name: "answer-undeclared-methods",
        about: "methods that the path does not have are answered with 200",
        check: "unsupported_method",
        deed: undeclared!(|scene: &mut Scene<'_>| {
            *scene.reply =
                Reply::new(StatusCode::OK, http::HeaderMap::new(), bytes::Bytes::new(), Source::Routing);
            true
        }),
    },
];

/// Whether a request was for a method that its path does not have.
fn is_undeclared(scene: &Scene<'_>) -> bool {
    scene.reply.source == Source::Routing
        && scene.reply.status == StatusCode::METHOD_NOT_ALLOWED
        && METHODS.contains(&scene.request.method)
}

fn lacks_a_method(subject: &Subject<'_>) -> bool {
    let path = subject.operation.path().as_str();
    let of_path = subject.contract.operations().iter().filter(|known| known.path().as_str() == path);
    let declared: Vec<&Method> = of_path.map(|known| known.method()).collect();
    METHODS.iter().any(|method| !declared.contains(&method))
}
