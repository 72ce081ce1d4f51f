//! Replies that do not arrive whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body;
use http::{Method, header};
use http_body::Frame;

use super::mutation::{Act, Deed, Mutation, Needs};
use super::scene::Scene;
use crate::fault::Fault;

/// What a body without an end is made of.
static ZEROS: [u8; 64 * 1024] = [b'0'; 64 * 1024];

macro_rules! breaks_off {
    ($fault:expr) => {
        Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds(),
            act: |scene| scene.is_success() && scene.mishap($fault),
        })
    };
}

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "close-connection",
        about: "the connection is closed without an answer",
        check: "server_crash",
        deed: breaks_off!(Fault::Empty),
    },
    Mutation {
        name: "reset-connection",
        about: "the connection is reset",
        check: "server_crash",
        deed: breaks_off!(Fault::Reset),
    },
    Mutation {
        name: "garbage",
        about: "what is answered is no HTTP",
        check: "server_crash",
        deed: breaks_off!(Fault::Garbage),
    },
    Mutation {
        name: "truncated-body",
        about: "the connection is closed in the middle of a body",
        check: "server_crash",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.has_body(),
            act: |scene| {
                let half = scene.reply.body.len() as u64 / 2;
                has_body(scene) && scene.mishap(Fault::Truncate(half))
            },
        }),
    },
    Mutation {
        name: "malformed-chunk",
        about: "a body ends in a chunk that is none",
        check: "server_crash",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.has_body(),
            act: |scene| has_body(scene) && scene.mishap(Fault::MalformedChunk),
        }),
    },
    Mutation {
        name: "stall",
        about: "nothing is ever answered, and the connection stays open",
        check: "response_timeout",
        deed: breaks_off!(Fault::Hang),
    },
    Mutation {
        name: "endless-body",
        about: "a body never ends",
        check: "response_timeout",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.has_body(),
            act: |scene| {
                let is_it = has_body(scene);
                if is_it {
                    scene.reply.headers.remove(header::CONTENT_LENGTH);
                    scene.reply.stream = Some(Body::wrap(Endless));
                }
                is_it
            },
        }),
    },
];

fn has_body(scene: &Scene<'_>) -> bool {
    scene.is_success() && scene.request.method != Method::HEAD && scene.reply.body.len() > 1
}

/// A body without an end; it is sent as fast as it is taken.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&ZEROS)))))
    }
}
