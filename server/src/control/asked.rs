//! What every handler begins with: whether the request is let in, and which session it is about.

use std::ops::Deref;
use std::sync::Arc;

use dropshot::RequestContext;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::guard::{self, Asks};
use super::problem::Problem;
use super::said::SaidQuery;
use super::sessions;
use crate::connection::{Traffic, UnderWay};
use crate::edition::Edition;
use crate::session::Session;
use crate::state::State;

/// A request that was let in: the stub, and the session that it is about.
pub(super) struct Asked<'r> {
    pub(super) state: Admitted<'r>,
    pub(super) session: Arc<Session>,
}

/// The stub, for a request that was let in; its connection is not idle as long as this lives.
pub(super) struct Admitted<'r> {
    state: &'r State,
    _under_way: UnderWay<&'r Traffic>,
}

impl Deref for Admitted<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.state
    }
}

/// A query that may name a session.
pub(super) trait NamesSession {
    /// The name.
    fn session(&self) -> Option<&str>;
}

impl<'r> Asked<'r> {
    /// A request, and its query, which names the session; it is made where this is the first request to name it.
    ///
    /// # Errors
    ///
    /// Where the request is not let in, or there can be no session of this name.
    pub(super) fn with<Q>(
        rqctx: &'r RequestContext<Arc<State>>,
        query: SaidQuery<Q>,
    ) -> Result<(Self, Q), Problem>
    where
        Q: NamesSession + DeserializeOwned + JsonSchema + Send + Sync,
    {
        let state = admitted(rqctx)?;
        let query = query.read()?;
        let session = sessions::named(&state, query.session())?;
        Ok((Self { state, session }, query))
    }

    /// As [`with`](Self::with), where the query says nothing else.
    pub(super) fn of<Q>(rqctx: &'r RequestContext<Arc<State>>, query: SaidQuery<Q>) -> Result<Self, Problem>
    where
        Q: NamesSession + DeserializeOwned + JsonSchema + Send + Sync,
    {
        Ok(Self::with(rqctx, query)?.0)
    }

    /// What is served now.
    pub(super) fn edition(&self) -> Arc<Edition> {
        self.state.edition()
    }
}

/// The stub, once the request is let in.
///
/// # Errors
///
/// Where it is not.
pub(super) fn admitted(rqctx: &RequestContext<Arc<State>>) -> Result<Admitted<'_>, Problem> {
    let state: &State = rqctx.context();
    let under_way = UnderWay::new(&*state.traffic, rqctx.request.remote_addr().port());
    let_in(rqctx)?;
    // Who looks at journals finds them as they are to be, though room is made beside the requests.
    state.sessions.make_room();
    Ok(Admitted { state, _under_way: under_way })
}

/// Whether the request is let in: known by its head, and told before anything else of it is read.
///
/// # Errors
///
/// Where it is not.
pub(super) fn let_in(rqctx: &RequestContext<Arc<State>>) -> Result<(), Problem> {
    let settings = &rqctx.context().settings;
    let is_remote = settings.control_token.is_some() && !rqctx.server.local_addr.ip().is_loopback();
    let asks = Asks { token: settings.control_token.as_ref(), is_remote };
    guard::admit(asks, rqctx.request.uri(), rqctx.request.headers())
}
