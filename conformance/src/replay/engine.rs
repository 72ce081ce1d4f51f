//! Sending cases again and saying what came of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::validate::Reading;
use counterfoil_openapi::{Contract, Request, Response};
use http::header::{ETAG, LOCATION};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::cook::plain;
use super::{CaseFile, Piece, Place, Purpose, RecipeBody, RecipeStep, Template};
use crate::case::{Case, Intent, Origin, Probe, Sent};
use crate::check::{self, Check, Expectation, Judgement, Outcome};
use crate::config::{Settings, Target, UnsafeMethods};
use crate::event::Phase;
use crate::plan::{Filter, Plan};
use crate::resource::location;
use crate::runner::{Context, Judged};

/// How often a case is sent before it is said whether it still fails.
pub const TRIES: u32 = 3;
/// The longest value of a reply that is put into a later request, in bytes.
const MAX_TOLD: usize = 1024;
/// What stands as it is in a segment of a path (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What came of sending a case again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replayed {
    /// It did not fail, however often it was sent.
    Fixed,
    /// It failed every time.
    StillFailing {
        /// What was found and what was expected, the last time.
        message: String,
    },
    /// It failed some of the times.
    Flaky {
        /// How often it failed.
        failed: u32,
        /// What was found and what was expected, the last time it failed.
        message: String,
    },
    /// It could not be judged.
    Error(ReplayError),
}

/// Why a case could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayError {
    /// The target could not be reached.
    Unreachable(String),
    /// It cannot be sent: a secret is not given, an operation is not there, a part of it is no HTTP.
    Unusable(String),
    /// It was sent, and what came back before the end says nothing of the failure.
    Otherwise(String),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(reason) | Self::Unusable(reason) | Self::Otherwise(reason) => {
                f.write_str(reason)
            }
        }
    }
}

/// Where cases are sent, and with what.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The base URL, and the headers and query parameters that the secrets of cases are taken from. They are sent only
    /// where a case names them.
    pub target: Target,
    /// Secrets by the variable that cases name; those that the target gives come before these.
    pub secrets: BTreeMap<String, String>,
    /// The total time a response may take.
    pub timeout: Duration,
}

impl Replay {
    /// Sends a case [`TRIES`] times and says what came of it, judged by a contract.
    ///
    /// - It is fixed only where the server answers; and where an answer is 401, 429, or one that the check has nothing
    ///   to say of, that it is so says nothing of the failure.
    /// - The steps before the last have to go as they went where something depends on them: a value taken from the
    ///   reply, or what the last step's answer is expected to be.
    pub async fn send(&self, case: &CaseFile, contract: &Contract) -> Replayed {
        match self.prepare(case, contract) {
            Ok(prepared) => prepared.tries().await,
            Err(error) => Replayed::Error(error),
        }
    }

    fn prepare<'c>(&self, case: &'c CaseFile, contract: &Contract) -> Result<Prepared<'c>, ReplayError> {
        let mut secrets = self.secrets.clone();
        let own = self.target.headers.iter().map(|header| ("", header));
        for (prefix, (name, value)) in
            own.chain(self.target.other_headers.iter().map(|header| ("OTHER_", header)))
        {
            secrets.insert(format!("{prefix}{}", crate::header_variable(name)), value.trim().to_owned());
        }
        for (name, value) in &self.target.query {
            secrets.insert(crate::query_variable(name), value.clone());
        }
        let missing: Vec<String> =
            case.secrets().into_iter().filter(|name| !secrets.contains_key(name)).collect();
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(|name| format!("${name}")).collect();
            return Err(ReplayError::Unusable(format!(
                "it needs {}: set the variable, or give it with --header or --query",
                missing.join(", ")
            )));
        }
        let check = check::checks().iter().copied().find(|check| check.name() == case.check);
        let check =
            check.ok_or_else(|| ReplayError::Unusable(format!("there is no check `{}`", case.check)))?;
        for step in &case.recipe.steps {
            if contract.operation(&step.operation).is_none() {
                let reason = format!("the document has no operation `{}`", step.operation);
                return Err(ReplayError::Unusable(reason));
            }
        }
        // What the environment gives is hidden as well.
        let mut target = self.target.clone();
        target.headers.extend(self.secrets.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
        target.headers.retain(|(name, _)| HeaderName::from_str(name.trim()).is_ok());
        let settings = Settings {
            checks: vec![check],
            timeout: self.timeout,
            filter: Filter::default(),
            // Who replays a case has said that it may be sent.
            unsafe_methods: UnsafeMethods::Everywhere,
            ..Settings::default()
        };
        let plan = Plan::of_target(contract, &settings, &target.base_url);
        let context = Context::new(contract, &target, &settings, &plan).map_err(ReplayError::Unusable)?;
        Ok(Prepared { case, check, context, contract: contract.clone(), secrets })
    }
}

struct Prepared<'c> {
    case: &'c CaseFile,
    check: &'static dyn Check,
    context: Context,
    contract: Contract,
    secrets: BTreeMap<String, String>,
}

/// What came of one try.
enum Try {
    Passed,
    Failed(String),
}

impl Prepared<'_> {
    async fn tries(&self) -> Replayed {
        let (mut failed, mut message) = (0, String::new());
        for _ in 0..TRIES {
            match self.send().await {
                Ok(Try::Passed) => {}
                Ok(Try::Failed(found)) => {
                    failed += 1;
                    message = found;
                }
                Err(error) => return Replayed::Error(error),
            }
        }
        match failed {
            0 => Replayed::Fixed,
            TRIES => Replayed::StillFailing { message },
            _ => Replayed::Flaky { failed, message },
        }
    }

    /// Sends every step once, and judges the last.
    async fn send(&self) -> Result<Try, ReplayError> {
        let steps = &self.case.recipe.steps;
        let mut replies: Vec<Judged> = Vec::with_capacity(steps.len());
        for step in steps {
            let case = self.case_of(step, &replies)?;
            // Of lists and of what others do, the reading before it is one of another operation.
            let is_of_another = matches!(
                step.expectation,
                Some(
                    Expectation::Unlisted
                        | Expectation::Enlisted
                        | Expectation::Undisclosed
                        | Expectation::Protected
                        | Expectation::Unmatched
                        | Expectation::Absent
                        | Expectation::Listed
                )
            );
            let is_reading = |earlier: &&Judged| {
                let is_same = earlier.case.operation.id() == case.operation.id();
                let is_own = earlier.case.intent == Intent::Positive
                    && *earlier.case.operation.method() == Method::GET;
                (if is_of_another { is_own && !is_same } else { is_same })
                    && earlier.response().is_some_and(|response| response.status.is_success())
            };
            let before = replies.iter().rev().find(is_reading);
            let earlier = replies.iter().filter_map(Judged::answered).collect();
            let judged =
                self.context.execute_expecting(Arc::new(case), step.expectation, before, earlier).await;
            if let Outcome::Refused { reason } = &judged.outcome {
                return Err(ReplayError::Unreachable(format!("{}: {reason}", self.context.target.base_url)));
            }
            if let Outcome::Unsent { reason } = &judged.outcome {
                return Err(ReplayError::Unusable(format!("it cannot be sent: {reason}")));
            }
            replies.push(judged);
        }
        let last = replies.pop().ok_or_else(|| ReplayError::Unusable("it has no request".to_owned()))?;
        if steps.last().is_some_and(|step| step.expectation.is_some()) {
            self.as_before(&replies)?;
        }
        self.verdict(&last)
    }

    /// Whether the steps before the last were answered as they were: what is expected of the last depends on it.
    fn as_before(&self, replies: &[Judged]) -> Result<(), ReplayError> {
        for (at, (step, judged)) in self.case.recipe.steps.iter().zip(replies).enumerate() {
            let now = judged.status();
            if let Some(before) = step.answered
                && now.map(|status| status / 100) != Some(before / 100)
            {
                let now = now.map_or_else(|| "not at all".to_owned(), |status| status.to_string());
                return Err(ReplayError::Otherwise(format!(
                    "request {} ({}) was answered {now}, and {before} when the failure was found",
                    at + 1,
                    step.operation
                )));
            }
        }
        Ok(())
    }

    fn verdict(&self, judged: &Judged) -> Result<Try, ReplayError> {
        let context = &self.context;
        let breaches = judged.failures().map(|(_, breach)| breach);
        let mut breaches: Vec<(String, &str)> =
            breaches.map(|breach| (context.redactor.text(&breach.kind), breach.message.as_str())).collect();
        // What failed beside it is a case of its own.
        breaches.retain(|(kind, _)| *kind == self.case.kind || !self.case.recipe.beside.contains(kind));
        if let Some((_, message)) =
            breaches.iter().find(|(kind, _)| *kind == self.case.kind).or_else(|| breaches.first())
        {
            return Ok(Try::Failed(context.message(judged, message)));
        }
        let Some(status) = judged.status() else {
            let reason = context.exchange(judged).transport_error.unwrap_or_default();
            return Err(ReplayError::Otherwise(format!("it was not answered: {reason}")));
        };
        let step = self.case.recipe.steps.last();
        let is_new = step.is_some_and(|step| step.answered != Some(status));
        let is_about_credentials = step.is_some_and(|step| {
            matches!(
                step.purpose,
                Purpose::NoCredentials
                    | Purpose::InvalidCredential { .. }
                    | Purpose::EmptyCredential { .. }
                    | Purpose::OtherScheme { .. }
                    | Purpose::BasicForBearer { .. }
                    | Purpose::OtherIdentity
            )
        });
        let says_nothing = judged
            .judgements
            .iter()
            .any(|said| said.check.name() == self.check.name() && said.judgement == Judgement::NotApplicable);
        if is_new && !is_about_credentials && matches!(status, 401 | 429) {
            return Err(ReplayError::Otherwise(format!(
                "it was answered {status}, before anything was looked at"
            )));
        }
        if is_new && says_nothing && (status == 403 || status >= 500) {
            return Err(ReplayError::Otherwise(format!(
                "it was answered {status}, of which {} has nothing to say",
                self.check.name()
            )));
        }
        Ok(Try::Passed)
    }

    /// A step as a case, its holes filled.
    fn case_of(&self, step: &RecipeStep, replies: &[Judged]) -> Result<Case, ReplayError> {
        let unusable = |reason: String| ReplayError::Unusable(reason);
        let operation = self
            .contract
            .operation(&step.operation)
            .ok_or_else(|| unusable(format!("the document has no operation `{}`", step.operation)))?;
        let method = Method::from_str(&step.request.method)
            .map_err(|_| unusable(format!("`{}` is no method", step.request.method)))?;
        let target = self.fill(&step.request.target, replies, escaped_segment)?;
        if !target.starts_with('/') {
            return Err(unusable(format!("`{target}` is no path")));
        }
        let mut request = Request::new(method.clone(), target);
        for (name, value) in &step.request.headers {
            let value = self.fill(value, replies, str::to_owned)?;
            let name = HeaderName::from_str(name).map_err(|_| unusable(format!("`{name}` is no header")))?;
            let value = HeaderValue::from_str(&value)
                .map_err(|_| unusable(format!("the value of `{name}` is none of a header")))?;
            request.headers.append(name, value);
        }
        request.body = match &step.request.body {
            None => request.body,
            Some(RecipeBody::Text(text)) => self.fill(text, replies, str::to_owned)?.into(),
            Some(RecipeBody::Hex(digits)) => {
                unhex(digits).ok_or_else(|| unusable("the body is not hexadecimal".to_owned()))?.into()
            }
        };
        let intent = intent(&step.purpose, method);
        let reading = match intent {
            Intent::Probe(Probe::Location) => {
                // Where it leads now.
                let all: Vec<(&Request, &Response)> = replies.iter().filter_map(Judged::answered).collect();
                let told = all.iter().rev().find_map(|step| location::told(*step));
                let read = all.last().map(|(read, _)| *read);
                request.target = told
                    .zip(read)
                    .and_then(|((maker, told), read)| {
                        location::elsewhere(&self.context.target.base_url, maker, &told, read)
                    })
                    .unwrap_or(request.target);
                Reading::default()
            }
            Intent::Probe(Probe::UndeclaredMethod { .. }) => Reading::default(),
            _ => self.context.factory.read(operation, &request).ok_or_else(|| {
                ReplayError::Otherwise(format!(
                    "the document leads `{}` to another operation",
                    request.target
                ))
            })?,
        };
        let place = |known: &Arc<counterfoil_openapi::Operation>| known.id() == operation.id();
        Ok(Case {
            id: self.case.found_by.clone(),
            operation: Arc::clone(operation),
            index: self.contract.operations().iter().position(place).unwrap_or_default(),
            phase: Phase::Examples,
            intent,
            origin: Origin::Fixed,
            values: reading.values.clone(),
            subject: None,
            sent: Sent { request, reading, fixed: None },
        })
    }

    fn fill(
        &self,
        template: &Template,
        replies: &[Judged],
        write: impl Fn(&str) -> String,
    ) -> Result<String, ReplayError> {
        template.fill(|piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Secret { variable, part, form } => {
                let whole = self.secrets.get(variable).map(String::as_str).unwrap_or_default();
                let value = part.of(whole).ok_or_else(|| {
                    ReplayError::Otherwise(format!(
                        "{variable} has no user with a password of the Basic scheme"
                    ))
                })?;
                Ok(form.write(&value))
            }
            Piece::Reply { step, place } => {
                let reply = replies.get(*step).and_then(Judged::response);
                let value = reply.and_then(|reply| told_at(reply, place)).ok_or_else(|| {
                    let status = reply
                        .map_or_else(|| "not at all".to_owned(), |reply| reply.status.as_u16().to_string());
                    let place = match place {
                        Place::Body(pointer) => format!("nothing at `{pointer}` of its body"),
                        Place::Location => "nothing in its Location".to_owned(),
                        Place::ETag => "no ETag".to_owned(),
                    };
                    ReplayError::Otherwise(format!(
                        "request {} was answered {status}, with {place}",
                        step + 1
                    ))
                })?;
                Ok(write(&value))
            }
        })
    }
}

/// A text as a segment of a path.
pub(crate) fn escaped_segment(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// What a reply tells at a place; only what may be the name of something, and is no longer than one.
pub(crate) fn told_at(reply: &Response, place: &Place) -> Option<String> {
    let told = match place {
        Place::Body(pointer) => {
            let body: Value = serde_json::from_slice(&reply.body).ok()?;
            let value = body.pointer(pointer)?;
            (value.is_string() || value.is_number()).then(|| plain(value))
        }
        Place::ETag => Some(reply.headers.get(ETAG)?.to_str().ok()?.to_owned()),
        Place::Location => {
            let location = reply.headers.get(LOCATION)?.to_str().ok()?;
            let path = location.split(['?', '#']).next()?;
            let last = path.rsplit('/').find(|segment| !segment.is_empty())?;
            Some(percent_decode_str(last).decode_utf8().ok()?.into_owned())
        }
    };
    told.filter(|told| told.len() <= MAX_TOLD)
}

/// What a request is meant to find out.
pub(crate) fn intent(purpose: &Purpose, method: Method) -> Intent {
    Intent::Probe(match purpose {
        Purpose::Positive => return Intent::Positive,
        Purpose::Example => return Intent::Example,
        Purpose::Negative => return Intent::Negative,
        Purpose::UndeclaredMethod { declared } => Probe::UndeclaredMethod {
            method,
            declared: declared.iter().filter_map(|name| Method::from_str(name).ok()).collect(),
        },
        Purpose::NoCredentials => Probe::NoCredentials,
        Purpose::InvalidCredential { scheme } => Probe::InvalidCredential { scheme: scheme.clone() },
        Purpose::EmptyCredential { scheme } => Probe::EmptyCredential { scheme: scheme.clone() },
        Purpose::OtherScheme { scheme } => Probe::OtherScheme { scheme: scheme.clone() },
        Purpose::BasicForBearer { scheme } => Probe::BasicForBearer { scheme: scheme.clone() },
        Purpose::OtherIdentity => Probe::OtherIdentity,
        Purpose::Again => Probe::Again,
        Purpose::ReadOnly => Probe::ReadOnly,
        Purpose::MissingHeader { name } => Probe::MissingHeader { name: name.clone() },
        Purpose::RepeatedQuery { name } => Probe::RepeatedQuery { name: name.clone() },
        Purpose::UnknownQuery => Probe::UnknownQuery,
        Purpose::Unusual { what } => Probe::Unusual { what: what.clone() },
        Purpose::Accept { media_type } => Probe::Accept { media_type: media_type.clone() },
        Purpose::UnknownAccept { media_type } => Probe::UnknownAccept { media_type: media_type.clone() },
        Purpose::UnknownTag => Probe::UnknownTag,
        // The request says which one.
        Purpose::KnownTag => Probe::KnownTag { tag: String::new() },
        Purpose::Stale => Probe::Stale,
        Purpose::BesideGet => Probe::BesideGet,
        Purpose::Location => Probe::Location,
    })
}

/// The bytes of hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok()
        })
        .collect()
}
