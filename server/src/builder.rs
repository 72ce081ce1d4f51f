//! How a stub is set up and started.

mod outside;
mod thread;
mod watching;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counterfoil_openapi::generate::Variety;
use counterfoil_openapi::validate::{Enforcement, UnknownQuery};
use counterfoil_openapi::{BasePaths, Contract};
use tokio::task::JoinSet;

use crate::budget::{DEFAULT_JOURNAL_LIMIT, DEFAULT_KEPT_LIMIT};
use crate::call::Call;
use crate::callback::CallbackHost;
use crate::changes::Changes;
use crate::connection::ConnectionLimits;
use crate::control::{self, ControlToken};
use crate::cors::Cors;
use crate::credentials::Credentials;
use crate::journal::CallFilter;
use crate::mutate::Mutant;
use crate::plan::Rules;
use crate::record;
use crate::script::Script;
use crate::session::keep_room;
use crate::start_error::StartError;
use crate::startup;
use crate::state::State;
use crate::stub_plane;
use crate::tls::Tls;
use crate::upstream::{Forwarding, Upstream};

pub use self::thread::StubThread;

/// The largest request body read unless told otherwise, in bytes; a larger one is answered 413.
pub const DEFAULT_BODY_LIMIT: usize = 16 * 1024 * 1024;
/// How long [`StubServer::close`] waits for requests under way, so that a process is gone within five seconds.
pub const CLOSE_DEADLINE: Duration = Duration::from_millis(4_500);
/// How long a request body may take to arrive unless told otherwise; after that it is answered 408.
pub const DEFAULT_BODY_DEADLINE: Duration = Duration::from_secs(30);

/// What happens to a reply of our own that breaks the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnReplies {
    /// It is sent, with a warning in log and journal; but where a script's templates made what breaks it, a 500
    /// problem is sent instead.
    #[default]
    Warned,
    /// It is sent, with a warning in log and journal, whatever made it.
    Sent,
    /// A 500 problem is sent instead.
    Refused,
}

/// Where bodies come from when nobody asks for a certain one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bodies {
    /// From examples, and generated where there is none.
    #[default]
    Examples,
    /// Generated from the schema, and from examples where there is none.
    Generated,
}

/// What is done with an example that breaks its own schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Examples {
    /// The parts at fault are repaired, and the trail says which.
    #[default]
    Repaired,
    /// It is served as it stands, with a warning in log and trail.
    AsIs,
}

/// Whether replies tell of the stub in headers of its own: `counterfoil-source`, `counterfoil-call` and their like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Marks {
    /// They say where they come from, by which rule, and what was wrong.
    #[default]
    Sent,
    /// They have no header but those that the document and the scripts give them.
    LeftOut,
}

/// The resolved options of a stub.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) unix_socket: Option<PathBuf>,
    pub(crate) tls: Option<Tls>,
    pub(crate) connections: ConnectionLimits,
    pub(crate) control_port: Option<u16>,
    pub(crate) control_host: Option<IpAddr>,
    pub(crate) control_token: Option<ControlToken>,
    pub(crate) base_paths: BasePaths,
    pub(crate) seed: u64,
    pub(crate) security: Enforcement,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) validation: Enforcement,
    pub(crate) unknown_query: UnknownQuery,
    pub(crate) own_replies: OwnReplies,
    pub(crate) bodies: Bodies,
    pub(crate) examples: Examples,
    pub(crate) variety: Variety,
    pub(crate) body_limit: usize,
    pub(crate) journal_limit: usize,
    pub(crate) kept_limit: usize,
    pub(crate) body_deadline: Duration,
    pub(crate) cors: Cors,
    pub(crate) allowed: Vec<Upstream>,
    pub(crate) marks: Marks,
    /// What is broken on purpose, and how often it was.
    pub(crate) mutants: Vec<Mutant>,
    pub(crate) mutated: Arc<AtomicU64>,
}

impl Settings {
    /// Whether clients without a certificate are turned away before they have sent a request.
    pub(crate) fn asks_for_certificates(&self) -> bool {
        self.tls.as_ref().is_some_and(Tls::asks_clients)
    }

    /// What of them has a say in the plans of replies.
    pub(crate) fn plan_rules(&self) -> Rules {
        Rules { seed: self.seed, examples: self.examples, variety: self.variety }
    }
}

/// Sets up a [`StubServer`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct StubBuilder {
    contracts: Vec<Contract>,
    scripts: Vec<Script>,
    forwarding: Forwarding,
    recording: Option<PathBuf>,
    callbacks: Vec<CallbackHost>,
    settings: Settings,
}

impl StubBuilder {
    pub(crate) fn new(contract: Contract) -> Self {
        Self {
            contracts: vec![contract],
            scripts: Vec::new(),
            forwarding: Forwarding::default(),
            recording: None,
            callbacks: Vec::new(),
            settings: Settings {
                host: IpAddr::V4(Ipv4Addr::LOCALHOST),
                port: 0,
                unix_socket: None,
                tls: None,
                connections: ConnectionLimits::default(),
                control_port: None,
                control_host: None,
                control_token: None,
                base_paths: BasePaths::Optional,
                seed: 0,
                security: Enforcement::default(),
                credentials: None,
                validation: Enforcement::default(),
                unknown_query: UnknownQuery::default(),
                own_replies: OwnReplies::default(),
                bodies: Bodies::default(),
                examples: Examples::default(),
                variety: Variety::Plain,
                body_limit: DEFAULT_BODY_LIMIT,
                journal_limit: DEFAULT_JOURNAL_LIMIT,
                kept_limit: DEFAULT_KEPT_LIMIT,
                body_deadline: DEFAULT_BODY_DEADLINE,
                cors: Cors::default(),
                allowed: Vec::new(),
                marks: Marks::default(),
                mutants: Vec::new(),
                mutated: Arc::default(),
            },
        }
    }

    /// Serves one more contract on the same stub. Where two claim a request, the first given has it, and a warning of
    /// every operation that no request reaches is logged; [`Contract::mounted`] puts one under a path of its own.
    pub fn contract(mut self, contract: Contract) -> Self {
        self.contracts.push(contract);
        self
    }

    /// Adds a script; the first added is asked first.
    pub fn script(mut self, script: Script) -> Self {
        self.scripts.push(script);
        self
    }

    /// The address to listen on, loopback unless told otherwise; the control plane has one of its own.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.settings.host = host;
        self
    }

    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// Listens on a Unix socket instead, which only this user can connect to. A socket file that no server listens on
    /// any more is replaced; the file is removed at the end.
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.unix_socket = Some(path.into());
        self
    }

    /// Speaks TLS, with HTTP/2 where clients offer it; the control plane does not.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.settings.tls = Some(tls);
        self
    }

    /// How long connections may keep the stub waiting, and how many there may be.
    pub fn connections(mut self, limits: ConnectionLimits) -> Self {
        self.settings.connections = limits;
        self
    }

    /// The port of the control plane; 0 takes a free one, none, the default, starts none.
    pub fn control_port(mut self, port: Option<u16>) -> Self {
        self.settings.control_port = port;
        self
    }

    /// The address that the control plane listens on; that of the loopback interface unless told otherwise. Any other
    /// is refused at the start without a [token](Self::control_token).
    pub fn control_host(mut self, host: IpAddr) -> Self {
        self.settings.control_host = Some(host);
        self
    }

    /// The token that requests to the control plane have to present; none unless told otherwise.
    pub fn control_token(mut self, token: ControlToken) -> Self {
        self.settings.control_token = Some(token);
        self
    }

    /// Which base paths requests may come under.
    pub fn base_paths(mut self, base_paths: BasePaths) -> Self {
        self.settings.base_paths = base_paths;
        self
    }

    /// The seed of everything generated and of everything scripts leave to chance; 0 unless told otherwise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Whether credentials are asked for as the document says.
    pub fn security(mut self, security: Enforcement) -> Self {
        self.settings.security = security;
        self
    }

    /// The credentials that are accepted; without any, whatever is well-formed.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.settings.credentials = Some(credentials);
        self
    }

    /// Whether requests are held to the contract; where not, every request with good credentials is valid.
    pub fn validation(mut self, validation: Enforcement) -> Self {
        self.settings.validation = validation;
        self
    }

    /// What query parameters mean that the document does not name; nothing unless told otherwise.
    pub fn unknown_query(mut self, unknown_query: UnknownQuery) -> Self {
        self.settings.unknown_query = unknown_query;
        self
    }

    /// What happens to a reply of our own that breaks the contract.
    pub fn own_replies(mut self, own_replies: OwnReplies) -> Self {
        self.settings.own_replies = own_replies;
        self
    }

    /// Where bodies come from when nobody asks for a certain one.
    pub fn bodies(mut self, bodies: Bodies) -> Self {
        self.settings.bodies = bodies;
        self
    }

    /// What is done with examples that break their own schema; they are repaired unless told otherwise.
    pub fn examples(mut self, examples: Examples) -> Self {
        self.settings.examples = examples;
        self
    }

    /// How generated values read: [`Variety::Plain`] unless told otherwise.
    pub fn variety(mut self, variety: Variety) -> Self {
        self.settings.variety = variety;
        self
    }

    /// The most bytes that the journals of all sessions hold together, 256 MiB unless it is called; those of one hold
    /// 16 MiB in any case. Beyond it the calls of the sessions go that were not asked for the longest.
    pub fn journal_limit(mut self, bytes: usize) -> Self {
        self.settings.journal_limit = bytes;
        self
    }

    /// The most bytes that all sessions keep together, 512 MiB unless it is called: values, the states of scenarios, the
    /// items of resources and the rules set at run time. What there is no room for is refused.
    pub fn kept_limit(mut self, bytes: usize) -> Self {
        self.settings.kept_limit = bytes;
        self
    }

    /// The largest request body read, in bytes; [`DEFAULT_BODY_LIMIT`] unless told otherwise.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes;
        self
    }

    /// How long a request body may take to arrive; [`DEFAULT_BODY_DEADLINE`] unless told otherwise.
    pub fn body_deadline(mut self, deadline: Duration) -> Self {
        self.settings.body_deadline = deadline;
        self
    }

    /// Whether replies tell of the stub in headers of its own; they do unless told otherwise.
    pub fn marks(mut self, marks: Marks) -> Self {
        self.settings.marks = marks;
        self
    }

    /// Which pages may read replies; [`Cors::Everyone`] unless told otherwise.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.settings.cors = cors;
        self
    }

    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// When an address cannot be listened on.
    pub async fn start(self) -> Result<StubServer, StartError> {
        let state = Arc::new(self.try_into_state()?);
        startup::warn(&state.edition(), &state.settings);
        let plane = stub_plane::start(&state)?;
        record::keep(&state);
        let scheme = if state.settings.tls.is_some() { "https" } else { "http" };
        let url = match state.settings.unix_socket {
            Some(_) => format!("{scheme}://localhost"),
            None => url_of(scheme, plane.local_addr()),
        };
        let _ = state.url.set(url.clone());
        let control = match state.settings.control_port {
            Some(port) => Some(control::start(&state, port)?),
            None => None,
        };
        let mut watching =
            watching::watch(&state, plane.local_addr(), control.as_ref().map(control::Server::local_addr));
        watching.spawn(keep_room(Arc::clone(&state)));
        let control_url = control.as_ref().map(|control| url_of("http", control.local_addr()));
        Ok(StubServer { state: Serving(state), url, control_url, plane, control, _watching: watching })
    }
}

/// The URL under which an address is reached from this machine.
fn url_of(scheme: &str, mut address: SocketAddr) -> String {
    // Nobody can be asked to connect to "every address".
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    format!("{scheme}://{address}")
}

/// The state of a stub that is served; hanging and delayed requests end when this goes.
struct Serving(Arc<State>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// A running stub; it stops when dropped.
pub struct StubServer {
    state: Serving,
    url: String,
    control_url: Option<String>,
    plane: stub_plane::Plane,
    control: Option<control::Server>,
    /// Watches over the connections and the room of the journals.
    _watching: JoinSet<()>,
}

impl StubServer {
    /// Sets up a stub of a contract.
    pub fn builder(contract: Contract) -> StubBuilder {
        StubBuilder::new(contract)
    }

    /// The base URL of the stub, without a trailing slash: `http://127.0.0.1:4010`; `http://localhost` where it
    /// listens on a Unix socket. The scheme is `https` where it speaks TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The Unix socket that the stub listens on, where one was asked for.
    pub fn unix_socket(&self) -> Option<&Path> {
        self.state.0.settings.unix_socket.as_deref()
    }

    /// The base URL of the control plane, where one was asked for.
    pub fn control_url(&self) -> Option<&str> {
        self.control_url.as_deref()
    }

    /// How many replies were broken on purpose; see [`StubBuilder::mutate`].
    pub fn mutated(&self) -> u64 {
        self.state.0.settings.mutated.load(Ordering::Relaxed)
    }

    /// The calls that named no session, by id.
    pub fn calls(&self) -> Vec<Call> {
        self.state.0.sessions.make_room();
        self.state.0.sessions.unnamed().journal.list(&CallFilter::default())
    }

    /// The call of an id, as the header `counterfoil-call` of its reply has it, unless it has gone; of those that named no session.
    pub fn call(&self, id: u64) -> Option<Call> {
        self.state.0.sessions.unnamed().journal.get(id)
    }

    /// Serves other contracts and scripts from now on, without a gap: requests under way end with what they began with.
    ///
    /// * The journal goes on, and so do its numbers.
    /// * A rule goes on counting where one has its id, or without an id says the same.
    /// * What the control API set for an operation stays, as long as the operation admits it.
    /// * Ports, seed, accepted credentials and all other settings stay as they are.
    ///
    /// The scripts must have been loaded for these contracts. Without any contract every path is unknown.
    pub fn reload(&self, contracts: Vec<Contract>, scripts: Vec<Script>) -> Changes {
        self.state.0.reload(contracts, scripts, None)
    }

    /// As [`reload`](Self::reload), with other accepted credentials, which must have been loaded for these contracts.
    pub fn reload_with(
        &self,
        contracts: Vec<Contract>,
        scripts: Vec<Script>,
        credentials: Credentials,
    ) -> Changes {
        self.state.0.reload(contracts, scripts, Some(credentials))
    }

    /// Stops to listen, and waits [`CLOSE_DEADLINE`] at most for requests under way.
    pub async fn close(self) {
        let Self { state, plane, control, .. } = self;
        let shared = Arc::clone(&state.0);
        drop(state);
        let closing = async {
            let control = async {
                match control {
                    Some(control) => control.close().await,
                    None => Ok(()),
                }
            };
            // An error says that the server had stopped already.
            let _ = tokio::join!(plane.close(), control);
        };
        // What is left after the deadline ends with the runtime.
        let _ = tokio::time::timeout(CLOSE_DEADLINE, closing).await;
        record::save(&shared).await;
    }
}

impl fmt::Debug for StubServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StubServer").field("url", &self.url).finish_non_exhaustive()
    }
}
