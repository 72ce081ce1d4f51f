//! The reply to a request that was read: status, media type, body and headers by the decision tables, then the
//! whole held to the operation.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{MediaType, Operation, Part, Request, Violation, codec, validate};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::builder::{OwnReplies, Settings};
use crate::call::Source;
use crate::dress;
use crate::edition::Edition;
use crate::fault::Fault;
use crate::head::Head;
use crate::negotiate::Strictness;
use crate::negotiate::media_type::{self, Choice as Media};
use crate::negotiate::payload::{self, Body};
use crate::negotiate::prefer::{PREFERENCE_APPLIED, Preferences};
use crate::negotiate::status::{self, Wrong};
use crate::pipeline::Notes;
use crate::plan::{self, MediaPlan, Plan};
use crate::refuse;
use crate::reply::Reply;
use crate::script::ReplySpec;
use crate::trail::{Line, Trail};
use crate::wish::Wish;

/// The header that names what a script broke on purpose.
pub(crate) const INVALID: HeaderName = HeaderName::from_static("counterfoil-invalid");

/// Room for the headers that come on top of the documented ones: `Content-Type`, ours, and those of CORS. A map that
/// grows later is hashed anew.
const OTHER_HEADERS: usize = 10;

/// A request to be answered, and all that has a say in it.
#[derive(Debug)]
pub(crate) struct Task<'t> {
    pub(crate) edition: &'t Edition,
    pub(crate) settings: &'t Settings,
    pub(crate) operation: &'t Arc<Operation>,
    pub(crate) plan: &'t Plan,
    pub(crate) request: &'t Request,
    pub(crate) preferences: &'t Preferences,
    /// What the scripts say of the reply.
    pub(crate) scripted: Option<&'t ReplySpec>,
    pub(crate) wish: Wish<'t>,
}

impl Task<'_> {
    /// Whether nobody has a say in the reply but the document.
    fn is_plain(&self) -> bool {
        self.scripted.is_none()
            && self.plan.callbacks.is_empty()
            && *self.preferences == Preferences::default()
    }
}

/// A status, and the place of the response that documents it.
#[derive(Debug, Clone, Copy)]
struct Target {
    status: StatusCode,
    response: Option<usize>,
}

/// A reply that only lacks what every reply gets.
struct Draft<'p> {
    status: StatusCode,
    headers: HeaderMap,
    /// The header fields in their stead.
    head: Option<&'p Arc<Head>>,
    body: Body<'p>,
    /// Whether a documented body is left out, since none that is accepted can be sent.
    is_withheld: bool,
}

/// Why a reply cannot be made as asked.
enum Unmet {
    /// Nothing documented satisfies `Accept`.
    Accept,
    /// Something else, which this reply tells.
    Told(Box<Reply>),
}

/// The reply to a request; what cannot be done as asked is the error.
pub(crate) fn reply(task: &Task<'_>, notes: &mut Notes) -> Result<Reply, Box<Reply>> {
    let is_faulty =
        task.scripted.is_some_and(|scripted| scripted.fault.is_some_and(Fault::replaces_the_reply));
    // A script that names no status leaves it to the document, be the request valid or not.
    let is_forced = is_faulty || task.wish.status.is_some();
    let wrong = if is_forced { None } else { Wrong::of(&notes.violations) };
    if let Some(wrong) = wrong {
        return error(task, wrong, notes);
    }
    if is_faulty {
        return Ok(Reply::new(StatusCode::OK, HeaderMap::new(), Bytes::new(), Source::Rule));
    }
    if let Some(why) = task.scripted.and_then(|scripted| scripted.unmet.as_deref()) {
        notes.trail.push(format!("reply: cannot be made: {why}"));
        return Err(refuse::unmade(task.operation, why));
    }
    if let Some(refused) = task.scripted.and_then(|scripted| scripted.refused.as_deref()) {
        return Err(refuse::resource(refused));
    }
    let target = target(task, &mut notes.trail)?;
    match draft(task, &task.wish, target, Strictness::Strict, &mut notes.trail) {
        Ok(mut draft) => {
            if let Some(applied) = task.preferences.applied() {
                draft.headers.insert(PREFERENCE_APPLIED, applied);
            }
            checked(task, draft, &mut notes.trail)
        }
        Err(Unmet::Accept) => {
            let message = "none of the documented media types is acceptable";
            notes.violations.push(Violation::new(Part::Accept, "not-acceptable", message));
            let documented: Vec<&MediaType> = target
                .response
                .map(|place| task.operation.responses().0[place].content.iter().collect())
                .unwrap_or_default();
            match status::invalid(task.operation.responses(), Wrong::Accept) {
                Some(_) => error(task, Wrong::Accept, notes),
                None => {
                    notes
                        .trail
                        .push("status 406: none is documented for `Accept` headers that cannot be met");
                    Err(refuse::not_acceptable(&documented))
                }
            }
        }
        Err(Unmet::Told(refusal)) => Err(refusal),
    }
}

/// The documented reply to an invalid request, or a problem.
fn error(task: &Task<'_>, wrong: Wrong, notes: &mut Notes) -> Result<Reply, Box<Reply>> {
    // What a script says of one status it says of no other.
    let task = &Task { scripted: task.scripted.filter(|scripted| scripted.status.is_none()), ..*task };
    let challenges = match wrong {
        Wrong::Security | Wrong::Scope => {
            task.edition.gate.challenges(task.operation, task.request, &notes.violations)
        }
        _ => Vec::new(),
    };
    let Some(choice) = status::invalid(task.operation.responses(), wrong) else {
        notes
            .trail
            .push(format!("status {}: a problem, for want of a documented one", wrong.status().as_u16()));
        let told = task.edition.scrub(task.operation, task.request, &notes.violations);
        let mut refusal = refuse::invalid(task.operation, wrong, &told);
        notes.told = Some(told);
        for challenge in challenges {
            refusal.headers.append(header::WWW_AUTHENTICATE, challenge);
        }
        tell_codings(wrong, notes, &mut refusal.headers);
        return Err(refusal);
    };
    notes.trail.push(choice.line());
    let wish = Wish::error(task.settings, task.preferences, task.scripted);
    let target = Target { status: choice.status, response: Some(choice.response) };
    let mut draft = match draft(task, &wish, target, Strictness::Lenient, &mut notes.trail) {
        Ok(draft) => draft,
        Err(Unmet::Told(refusal)) => return Err(refusal),
        Err(Unmet::Accept) => {
            let scrubbed = task.edition.scrub(task.operation, task.request, &notes.violations);
            return Err(refuse::invalid(task.operation, wrong, &scrubbed));
        }
    };
    if draft.status == wrong.status() && !draft.headers.contains_key(header::WWW_AUTHENTICATE) {
        for challenge in challenges {
            draft.headers.append(header::WWW_AUTHENTICATE, challenge);
        }
    }
    tell_codings(wrong, notes, &mut draft.headers);
    let mut reply = checked(task, draft, &mut notes.trail)?;
    reply.source = Source::Validation;
    Ok(reply)
}

/// A request in a content coding that is not known is told those that are (RFC 9110, section 15.5.16).
fn tell_codings(wrong: Wrong, notes: &Notes, headers: &mut HeaderMap) {
    let is_unknown = |violation: &Violation| violation.part == Part::ContentEncoding;
    if wrong == Wrong::MediaType
        && notes.violations.iter().any(is_unknown)
        && !headers.contains_key(header::ACCEPT_ENCODING)
    {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(codec::KNOWN_CODINGS));
    }
}

/// The status of a reply that no violation stands in the way of.
fn target(task: &Task<'_>, trail: &mut Trail) -> Result<Target, Box<Reply>> {
    let responses = task.operation.responses();
    if let Some(code) = task.wish.status {
        let why = if task.preferences.code.is_some() {
            "the request asks for it"
        } else {
            "the script asks for it"
        };
        let status =
            StatusCode::from_u16(code).map_err(|_| refuse::status_undocumented(task.operation, code))?;
        if let Some(choice) = status::forced(responses, status, why) {
            trail.push(choice.line());
            return Ok(Target { status, response: Some(choice.response) });
        }
        if task.wish.allow_invalid.status {
            trail.push(format!("status {code}: the script asks for it, though it is not documented"));
            return Ok(Target { status, response: None });
        }
        return Err(refuse::status_undocumented(task.operation, code));
    }
    if let Some(name) = task.wish.example {
        let choice = status::with_example(responses, name)
            .ok_or_else(|| refuse::example_unknown(task.operation, None, name))?;
        trail.push(choice.line());
        return Ok(Target { status: choice.status, response: Some(choice.response) });
    }
    let usual = task.plan.usual.ok_or_else(|| refuse::no_response(task.operation))?;
    trail.push(&task.plan.usual_line);
    Ok(Target { status: usual.status, response: Some(usual.response) })
}

/// Media type, body and headers for a status.
fn draft<'t>(
    task: &Task<'t>,
    wish: &Wish<'_>,
    target: Target,
    strictness: Strictness,
    trail: &mut Trail,
) -> Result<Draft<'t>, Unmet> {
    let planned = target.response.map(|place| (place, &task.plan.responses[place]));
    let media = match planned {
        Some((place, plan)) => {
            let content = &task.operation.responses().0[place].content;
            let accept = accept(&task.request.headers);
            media_type::choose(target.status, content, plan, wish, accept.as_deref(), strictness)
                .map_err(|unmet| unmet_media(task, target, unmet))?
        }
        None => media_type::undocumented(target.status, wish),
    };
    let is_withheld = media == Media::Withheld;
    let (body, content_type) = body(task, wish, target, media, strictness, trail)?;
    let documented = planned.map(|(_, plan)| &plan.headers);
    let own = || {
        let mut headers = HeaderMap::with_capacity(documented.map_or(0, HeaderMap::len) + OTHER_HEADERS);
        for (name, value) in documented.into_iter().flatten() {
            headers.append(name, value.clone());
        }
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        headers
    };
    let (head, headers) = match body.example.filter(|_| strictness == Strictness::Strict && task.is_plain()) {
        Some(example) => (Some(example.head(|| Head::new(own(), &task.settings.cors))), HeaderMap::new()),
        None => (None, own()),
    };
    trail.push(body.line.clone());
    body.repaired.iter().for_each(|line| trail.push(line.clone()));
    planned.iter().flat_map(|(_, plan)| &plan.header_lines).for_each(|line| trail.push(line));
    Ok(Draft { status: target.status, headers, head, body, is_withheld })
}

/// What the request accepts, the lines of a repeated `Accept` joined (RFC 9110, section 5.3).
fn accept(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let first = Cow::Borrowed(lines.next()?);
    Some(lines.fold(first, |joined, line| Cow::Owned(format!("{joined}, {line}"))))
}

/// The body of a chosen media type, and the media type as it is sent.
fn body<'t>(
    task: &Task<'t>,
    wish: &Wish<'_>,
    target: Target,
    media: Media,
    strictness: Strictness,
    trail: &mut Trail,
) -> Result<(Body<'t>, Option<HeaderValue>), Unmet> {
    let seed = |media: &str| seed(task, wish, target.status, media);
    let planned = |place: usize| {
        let response = target.response.expect("only a documented response has documented media types");
        (
            &task.operation.responses().0[response].content.0[place],
            &task.plan.responses[response].media[place],
        )
    };
    let (chosen, content_type) = match &media {
        Media::NoBody(line) => {
            return Ok((Body::none(Line::from(*line)), None));
        }
        Media::Withheld => {
            let line = "media type: none that is accepted can be sent, and `*/*` leaves it open";
            return Ok((Body::none(Line::from(line)), None));
        }
        Media::Documented(place) => {
            let (_, plan) = planned(*place);
            let chosen = payload::choose(plan, wish, strictness, &|| seed(&plan.media.name));
            (chosen, Some(plan.content_type.clone()))
        }
        Media::Covered(place, name) => {
            let plan = MediaPlan::under(planned(*place).0, name, task.settings.plan_rules());
            let chosen = payload::choose(&plan, wish, strictness, &|| seed(name)).map(Body::forget_example);
            (chosen, Some(plan.content_type))
        }
        Media::Undocumented(name) => (payload::undocumented(name, wish), HeaderValue::from_str(name).ok()),
    };
    match chosen {
        Ok(body) => {
            let content_type = content_type.map(|content_type| with_boundary(content_type, &body.bytes));
            Ok((body, content_type))
        }
        Err(payload::Unmet::Example(name)) => {
            Err(Unmet::Told(refuse::example_unknown(task.operation, target.response, &name)))
        }
        Err(payload::Unmet::Patch(why)) => Err(Unmet::Told(refuse::unmade(task.operation, &why))),
        Err(payload::Unmet::Unwritable(why)) => {
            trail.push(format!("body: empty, for nothing can be written: {why}"));
            Ok((Body::none(Line::from("media type: sent without a body")), content_type))
        }
    }
}

/// The `Content-Type` of a body; that of a multipart one names its boundary.
fn with_boundary(content_type: HeaderValue, body: &[u8]) -> HeaderValue {
    let named = content_type.to_str().map(|media_type| codec::content_type(media_type, body));
    match named {
        Ok(Cow::Owned(named)) => HeaderValue::from_str(&named).unwrap_or(content_type),
        _ => content_type,
    }
}

fn unmet_media(task: &Task<'_>, target: Target, unmet: media_type::Unmet) -> Unmet {
    match unmet {
        media_type::Unmet::Accept => Unmet::Accept,
        media_type::Unmet::Named(name) => Unmet::Told(refuse::media_type_undocumented(task.operation, &name)),
        media_type::Unmet::Example(name) => {
            Unmet::Told(refuse::example_unknown(task.operation, target.response, &name))
        }
    }
}

/// What a generated body is drawn by: the same seed, operation, reply and request give the same body.
fn seed(task: &Task<'_>, wish: &Wish<'_>, status: StatusCode, media: &str) -> Seed {
    let target = crate::negotiate::prefer::without_keys(&task.request.target);
    let parts = [
        task.operation.id().as_str(),
        status.as_str(),
        media,
        task.request.method.as_str(),
        &target,
        &String::from_utf8_lossy(&task.request.body),
    ];
    Seed::derive(wish.seed, &parts, 0)
}

/// The reply, once it was held to the operation.
fn checked(task: &Task<'_>, mut draft: Draft<'_>, trail: &mut Trail) -> Result<Reply, Box<Reply>> {
    let is_changed = change_headers(task.scripted, &mut draft.headers, trail);
    let respond = |draft: &Draft<'_>| {
        let headers = draft.head.map_or(&draft.headers, |head| head.own());
        plan::as_response(draft.status, headers, draft.body.bytes.clone())
    };
    let fresh;
    let violations = match draft.body.example {
        Some(example) if !is_changed => example.verdict(task.operation, || respond(&draft)),
        _ => {
            let response = respond(&draft);
            let mut found = match &draft.body.value {
                Some(value) => validate::response_holding(task.operation, &response, value).violations,
                None => validate::response(task.operation, &response).violations,
            };
            found.retain(|violation| !(draft.is_withheld && violation.part == Part::Body));
            fresh = found;
            &fresh
        }
    };
    if !violations.is_empty() {
        if let Some(head) = draft.head.take() {
            draft.headers = head.own().clone();
        }
        judge(task, violations, &mut draft.headers, trail)?;
    }
    let Draft { status, headers, head, body, .. } = draft;
    Ok(Reply { head: head.cloned(), ..Reply::new(status, headers, body.bytes, body.source) })
}

/// Says what is wrong with our own reply: on purpose, or a warning, or a refusal.
fn judge(
    task: &Task<'_>,
    violations: &[Violation],
    headers: &mut HeaderMap,
    trail: &mut Trail,
) -> Result<(), Box<Reply>> {
    let (wanted, unwanted): (Vec<&Violation>, Vec<&Violation>) =
        violations.iter().partition(|violation| task.wish.allow_invalid.permits(&violation.part));
    let mut parts: Vec<String> = wanted.iter().map(|violation| violation.part.to_string()).collect();
    parts.dedup();
    if !parts.is_empty() {
        trail.push(format!("reply: breaks the contract on purpose: {}", parts.join(", ")));
        if let Ok(parts) = HeaderValue::from_str(&parts.join(", ")) {
            headers.insert(INVALID, parts);
        }
    }
    for violation in &unwanted {
        tracing::warn!(operation = %task.operation.id(), %violation, "the stub's own reply breaks the contract");
        trail.push(format!("reply: breaks the contract: {violation}"));
    }
    if !unwanted.is_empty() {
        let unwanted: Vec<Violation> = unwanted.iter().map(|violation| (*violation).clone()).collect();
        let told = task.edition.scrub(task.operation, task.request, &unwanted);
        let reason = dress::reason(&told, "the reply breaks the contract");
        if let Ok(reason) = HeaderValue::from_str(&reason) {
            headers.insert(dress::REASON, reason);
        }
    }
    let made = task.scripted.map(|scripted| scripted.templated).unwrap_or_default();
    let is_refused = |violation: &&&Violation| match task.settings.own_replies {
        OwnReplies::Refused => true,
        // What a template made could not be held to the document before, and nobody has seen it.
        OwnReplies::Warned => made.permits(&violation.part),
        OwnReplies::Sent => false,
    };
    if unwanted.iter().any(|violation| is_refused(&violation)) {
        let unwanted: Vec<Violation> = unwanted.into_iter().cloned().collect();
        return Err(refuse::own_reply(task.operation, &unwanted));
    }
    Ok(())
}

/// Sets and removes the headers that a script says; whether it says any.
pub(crate) fn change_headers(
    scripted: Option<&ReplySpec>,
    headers: &mut HeaderMap,
    trail: &mut Trail,
) -> bool {
    let changes = scripted.map(|scripted| scripted.headers.as_slice()).unwrap_or_default();
    for (index, (name, value)) in changes.iter().enumerate() {
        let is_further = changes[..index].iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        change_header(headers, name, value.as_deref(), is_further, trail);
    }
    !changes.is_empty()
}

/// Sets or removes a header; a further line of one that is set already goes below it.
fn change_header(
    headers: &mut HeaderMap,
    name: &str,
    value: Option<&str>,
    is_further: bool,
    trail: &mut Trail,
) {
    let Ok(field) = HeaderName::try_from(name) else {
        trail.push(format!("header: `{name}` is no name of a header, so it is left out"));
        return;
    };
    match value.map(HeaderValue::from_str) {
        None => drop(headers.remove(field)),
        Some(Ok(value)) if is_further => drop(headers.append(field, value)),
        Some(Ok(value)) => drop(headers.insert(field, value)),
        Some(Err(_)) => {
            trail.push(format!("header: no field can hold the value of `{name}`, so it is left out"))
        }
    }
}
