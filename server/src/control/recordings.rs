//! Recordings: begun, listed, shown and ended.

use std::collections::HashSet;

use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseOk};
use http::{Response, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::problem::{FindingBody, Problem};
use super::script::ScriptText;
use crate::record::{MAX_RECORDINGS, Recording};
use crate::script::nearest;
use crate::upstream::{SendError, Upstream};

/// Scripts are answered in the notation that people read.
const MEDIA_TYPE: &str = "application/yaml";

/// What to record, and from whom.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NewRecording {
    /// The URL of the server that answers meanwhile: one that the stub was started with, by `--upstream`, `--allow-proxy`
    /// or a script; absent for its upstream.
    pub(crate) target: Option<String>,
    /// The operations that are recorded, each by its operationId or as `METHOD /path/{template}`; absent for all, and
    /// then what no document describes is forwarded too.
    pub(crate) ops: Option<Vec<String>>,
}

/// A recording under way.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordingSummary {
    /// Its name.
    pub(crate) id: String,
    /// The server that answers.
    pub(crate) target: String,
    /// The operations that are recorded; absent where all are.
    pub(crate) ops: Option<Vec<String>>,
    /// How many replies were recorded, those not counted that are as the one before.
    pub(crate) replies: u32,
    /// How many were forwarded and cannot be recorded; the script says why.
    pub(crate) left_out: u32,
}

/// The recording a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RecordingPath {
    /// Its name.
    pub(crate) id: String,
}

/// What was recorded, as a script.
pub(crate) struct Recorded(String);

impl HttpResponse for Recorded {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        Ok(Response::builder().header(header::CONTENT_TYPE, MEDIA_TYPE).body(Body::from(self.0))?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseOk::<ScriptText>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// Begins to record.
pub(super) async fn begin(asked: &Asked<'_>, order: NewRecording) -> Result<RecordingSummary, Problem> {
    let upstream = target(asked, order.target.as_deref())?;
    let edition = asked.edition();
    let find = |(index, name): (usize, &String)| {
        edition.operation(name).map(|operation| (name.clone(), &**operation)).ok_or_else(|| {
            let ids = edition.operations().map(|operation| operation.id().as_str());
            let message = format!("no operation is called `{name}`");
            let mut found = FindingBody::at(&format!("/ops/{index}"), "operation-unknown", message);
            found.hint = nearest::hint(name, ids.collect::<Vec<_>>());
            found
        })
    };
    let (mut operations, mut wrong) = (Vec::new(), Vec::new());
    for named in order.ops.iter().flatten().enumerate().map(find) {
        match named {
            Ok(named) => operations.push(named),
            Err(found) => wrong.push(found),
        }
    }
    if order.ops.as_ref().is_some_and(Vec::is_empty) {
        let message = "it names no operation; leave it out to record all".to_owned();
        wrong.push(FindingBody::at("/ops", "value-invalid", message));
    }
    if !wrong.is_empty() {
        return Err(Problem::with("nothing is recorded", wrong));
    }
    let forwarder = &asked.state.forwarder;
    forwarder.reaches(&upstream).await.map_err(|error| unreachable(&upstream, error))?;
    let recordings = &forwarder.recordings;
    // Those of sessions that are gone are nobody's.
    let sessions = asked.state.sessions.all();
    let there: HashSet<Option<&str>> = sessions.iter().map(|session| session.name()).collect();
    recordings.forget(|session| !there.contains(&session));
    let operations = order.ops.is_some().then_some(operations);
    let begun = recordings.begin(asked.session.name(), upstream, operations).ok_or_else(|| {
        let detail = format!("{MAX_RECORDINGS} recordings are under way, as many as may be; end one of them");
        Problem::too_many("recordings-exhausted", detail)
    })?;
    Ok(summary(&begun))
}

/// Those under way, the oldest first.
pub(super) fn list(asked: &Asked<'_>) -> Vec<RecordingSummary> {
    let all = asked.state.forwarder.recordings.list(asked.session.name());
    all.iter().map(|recording| summary(recording)).collect()
}

/// What one has recorded so far.
pub(super) fn show(asked: &Asked<'_>, id: &str) -> Result<Recorded, Problem> {
    let recordings = asked.state.forwarder.recordings.list(asked.session.name());
    let found = recordings.iter().find(|recording| recording.id == id).ok_or_else(|| {
        let names = recordings.iter().map(|recording| recording.id.as_str());
        let hint = nearest::hint(id, names.collect::<Vec<_>>());
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("recording-unknown", format!("nothing is recorded as `{id}`{hint}"))
    })?;
    Ok(Recorded(found.script(&asked.edition().contracts)))
}

/// Ends one, and gives what it has recorded.
pub(super) fn end(asked: &Asked<'_>, id: &str) -> Result<Recorded, Problem> {
    let recorded = show(asked, id)?;
    asked.state.forwarder.recordings.end(id);
    Ok(recorded)
}

/// Who is to answer.
fn target(asked: &Asked<'_>, named: Option<&str>) -> Result<Upstream, Problem> {
    let refused = |code: &str, message: String, hint: Option<String>| {
        let mut found = FindingBody::at("/target", code, message);
        found.hint = hint;
        Problem::with("nothing is recorded", vec![found])
    };
    let Some(named) = named else {
        return asked.state.forwarder.upstream().cloned().ok_or_else(|| {
            let message = "the stub was started without an upstream, and no `target` is named".to_owned();
            refused(
                "upstream-missing",
                message,
                Some("name one that it was started to forward to".to_owned()),
            )
        });
    };
    let upstream: Upstream =
        named.parse().map_err(|error| refused("value-invalid", format!("{error}"), None))?;
    match asked.edition().engine.reach().refusal(&upstream) {
        None => Ok(upstream),
        Some((message, hint)) => Err(refused("proxy-refused", message, Some(hint))),
    }
}

fn unreachable(upstream: &Upstream, error: SendError) -> Problem {
    let (kind, why) = match error {
        SendError::Refused(why) => ("upstream-refused", why),
        SendError::Unreachable(why) | SendError::Broken(why) => ("upstream-unreachable", why),
    };
    Problem::bad_gateway(kind, format!("{upstream} cannot be reached: {why}"))
}

fn summary(recording: &Recording) -> RecordingSummary {
    let (replies, left_out) = recording.tape.size();
    RecordingSummary {
        id: recording.id.clone(),
        target: recording.upstream.to_string(),
        ops: recording.operations.clone(),
        replies: u32::try_from(replies).unwrap_or(u32::MAX),
        left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
    }
}
