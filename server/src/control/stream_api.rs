//! The stream of calls, described by itself.
//!
//! dropshot's router holds no `/calls/stream` beside `/calls/{id}`. So the row of the latter answers for both, and what
//! the document says of the stream is written from here.

use dropshot::{Body, Query, RequestContext};
use http::Response;

use super::answer::Refusal;
use super::stream::StreamFilter;

/// The rows that the router cannot hold.
#[dropshot::api_description]
pub(crate) trait StreamApi {
    /// What the handlers would act on.
    type Context;

    /// Tell of calls as they come, as server-sent events
    ///
    /// Each event `call` has the number of the call as its id and the call as `GET /calls` lists it as its data; an
    /// event `missed` tells a slow reader how many it missed, and an event `end` that no call follows. A comment comes
    /// every 15 seconds. `Last-Event-ID` goes on where a reader was.
    #[endpoint { method = GET, path = "/calls/stream" }]
    async fn stream_calls(
        rqctx: RequestContext<Self::Context>,
        query: Query<StreamFilter>,
    ) -> Result<Response<Body>, Refusal>;
}
