//! The stub: answers requests as an OpenAPI document says they are answered, and can be told otherwise.
//!
//! [`StubServer::builder`] sets one up over a [`Contract`](counterfoil_openapi::Contract); a [`Script`] says what
//! it answers beyond its document; the journal keeps what it received, what it replied and why.
//!
//! ```no_run
#![doc = include_str!("../examples/answer.rs")]
//! ```
//!
//! It forwards only what it is told to ([`Forwarding`]), keeps nothing on disk, and answers as a server would only as far as its document and
//! scripts say: there is no business logic behind it.

mod admit;
mod answer;
mod budget;
mod builder;
mod by_operation;
mod call;
mod callback;
mod changes;
mod compose;
mod connection;
mod control;
mod cors;
mod credentials;
mod difference;
mod dress;
mod dropped;
mod edition;
mod fault;
mod head;
mod held;
mod journal;
mod kept;
pub mod limits;
mod metrics;
mod mutate;
mod negotiate;
mod pipeline;
mod plan;
mod problem;
mod receive;
mod record;
mod redact;
mod refuse;
mod reply;
mod ring;
mod script;
mod session;
mod spread;
mod start_error;
mod startup;
mod state;
mod strict_text;
mod stub_plane;
mod tls;
mod trail;
mod upstream;
mod verify;
mod wish;

pub use budget::{DEFAULT_JOURNAL_LIMIT, DEFAULT_KEPT_LIMIT};
pub use builder::{
    Bodies, CLOSE_DEADLINE, DEFAULT_BODY_DEADLINE, DEFAULT_BODY_LIMIT, Examples, Marks, OwnReplies,
    StubBuilder, StubServer, StubThread,
};
pub use call::{Call, Message, Source};
pub use callback::{CALLBACK_DEADLINE, CallbackHost, CallbackHostError, MAX_CALLBACKS};
pub use changes::{Changes, Difference};
pub use connection::{ConnectionLimits, DEFAULT_CONNECTIONS};
pub use control::{ControlToken, ControlTokenError, control_document};
pub use cors::{Cors, Origin, OriginError};
pub use credentials::{Credentials, CredentialsError, MAX_CREDENTIALS, MAX_CREDENTIALS_BYTES};
pub use dress::REQUEST_TARGET;
pub use journal::{CallFilter, MAX_BYTES, MAX_CALLS, Validity};
pub use kept::MAX_BODY;
pub use metrics::MAX_COUNTED_OPERATIONS;
pub use mutate::{
    DerivedResource, Mutant, MutantError, Mutation, Needs, Subject, derive_resources, mutations,
};
pub use record::{MAX_RECORDED_BYTES, MAX_RECORDED_REPLIES, MAX_RECORDINGS};
pub use script::{
    MAX_SCRIPT_BYTES, MAX_SCRIPT_FILE_BYTES, MAX_SCRIPT_FILES, Script, ScriptError, script_schema,
};
pub use session::{
    DEFAULT_SESSION_TTL, MAX_PER_VALUES, MAX_RESOURCE_BYTES, MAX_RESOURCE_ITEMS, MAX_SESSION_NAME,
    MAX_SESSIONS, MAX_SET_BYTES, MAX_SET_RULES, MAX_STATE_BYTES,
};
pub use start_error::StartError;
pub use state::{MAX_STREAMS, MAX_WAITS};
pub use tls::{LocalAuthority, Tls, TlsError};
pub use upstream::{
    DEFAULT_REPLY_LIMIT, DEFAULT_UPSTREAM_DEADLINE, Forwarding, Invalid, Missing, Operations, Upstream,
    UpstreamError,
};
