//! Sessions as the control API shows them.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::NamesSession;
use super::problem::{FindingBody, Problem};
use super::rules;
use super::script::{self, ScriptText};
use crate::script::parse_duration;
use crate::session::{MAX_SESSION_NAME, NotOpened, Session, is_session_name};
use crate::state::State;

/// Which session is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SessionQuery {
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

impl NamesSession for SessionQuery {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// A session to make.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NewSession {
    /// Its name; one is made up where absent.
    pub(crate) id: Option<String>,
    /// How long it is kept after its last request, as scripts write durations: `90s`, `10m`, `1h`.
    pub(crate) ttl: Option<String>,
    /// A script for it alone: its rules, as if each was set there by itself, and its state.
    pub(crate) script: Option<ScriptText>,
}

/// A session that was made, and how requests name it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionMade {
    /// Its name.
    pub(crate) id: String,
    /// The header that names it, as a line.
    pub(crate) header: String,
    /// The base URL of the stub below which every request is in it.
    pub(crate) base_url: String,
}

/// A session there is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionSummary {
    /// Its name.
    pub(crate) id: String,
    /// How many calls it has had.
    pub(crate) calls: u64,
    /// How long ago it was asked for last, in milliseconds.
    pub(crate) idle_ms: u64,
    /// How long it is kept after that, in milliseconds.
    pub(crate) ttl_ms: u64,
}

/// The session a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SessionPath {
    /// Its name.
    pub(crate) id: String,
}

/// The session that `?session=` names, made where it is the first to; the unnamed one where nothing does.
pub(super) fn named(state: &State, name: Option<&str>) -> Result<Arc<Session>, Problem> {
    let Some(name) = name else { return Ok(Arc::clone(state.sessions.unnamed())) };
    check_name(name, "/session")?;
    let edition = state.edition();
    state.sessions.open(name, edition.engine.session_rules()).map_err(not_opened)
}

/// Makes a session.
pub(super) fn make(state: &State, order: NewSession) -> Result<SessionMade, Problem> {
    let ttl = order.ttl.as_deref().map(|text| duration(text, "/ttl")).transpose()?;
    if let Some(id) = &order.id {
        check_name(id, "/id")?;
    }
    let edition = state.edition();
    let named_by = edition.engine.session_rules();
    let script = order.script.as_ref().map(|script| script::for_session(&edition, script)).transpose()?;
    let session = state.sessions.make(order.id.as_deref(), ttl, named_by).map_err(not_opened)?;
    let id = session.name().unwrap_or_default().to_owned();
    if let Some(script) = script {
        session.adopt(&edition.engine, &script).map_err(|why| {
            state.sessions.drop_named(&id);
            rules::not_set("script", why)
        })?;
    }
    let base_url = format!("{}/~{id}", state.url.get().map_or("", String::as_str));
    Ok(SessionMade { header: format!("{}: {id}", named_by.header), base_url, id })
}

/// The sessions there are, by name.
pub(super) fn list(state: &State) -> Vec<SessionSummary> {
    let edition = state.edition();
    let rules = edition.engine.session_rules();
    let mut all: Vec<SessionSummary> = state
        .sessions
        .named(rules)
        .iter()
        .map(|(session, idle)| SessionSummary {
            id: session.name().unwrap_or_default().to_owned(),
            calls: session.journal.last_id(),
            idle_ms: u64::try_from(idle.as_millis()).unwrap_or(u64::MAX),
            ttl_ms: u64::try_from(session.ttl(rules).as_millis()).unwrap_or(u64::MAX),
        })
        .collect();
    all.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    all
}

/// Drops a session with everything in it.
pub(super) fn drop_named(state: &State, name: &str) -> Result<(), Problem> {
    match state.sessions.drop_named(name) {
        true => {
            state.forwarder.recordings.end_all(Some(name));
            Ok(())
        }
        false => Err(Problem::unknown("session-unknown", format!("there is no session `{name}`"))),
    }
}

/// A duration as scripts write it.
pub(super) fn duration(text: &str, pointer: &str) -> Result<Duration, Problem> {
    parse_duration(text).ok_or_else(|| {
        let message = format!("`{text}` is no duration with its unit: 250us, 80ms, 1.5s, 2m or 1h");
        Problem::with("a duration cannot be read", vec![FindingBody::at(pointer, "value-invalid", message)])
    })
}

fn check_name(name: &str, pointer: &str) -> Result<(), Problem> {
    if is_session_name(name) {
        return Ok(());
    }
    let message =
        format!("a session is named by at most {MAX_SESSION_NAME} letters, digits, `-`, `_` and `.`");
    Err(Problem::with(
        "no session can have this name",
        vec![FindingBody::at(pointer, "session-invalid", message)],
    ))
}

fn not_opened(why: NotOpened) -> Problem {
    match why {
        NotOpened::TooMany { max } => {
            let detail = format!("there are {max} sessions, as many as there may be");
            Problem::too_many("sessions-exhausted", detail)
        }
        NotOpened::Taken => Problem::conflict("id-taken", "there is a session of this name"),
    }
}
