//! From a judged case to what it takes to send it again.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use counterfoil_openapi::Response;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, ETAG, HeaderName, IF_NONE_MATCH, TRANSFER_ENCODING};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    Piece, Place, Purpose, Recipe, RecipeBody, RecipeRequest, RecipeStep, SecretForm, SecretPart, Template,
};
use crate::case::{Case, Intent, Probe, query};
use crate::check::Expectation;
use crate::config::Target;
use crate::resource::{Learned, Resource, Source, cursor, relearn};
use crate::runner::{Context, Judged};

/// Secrets shorter than this are not searched for in text, where they would hide ordinary words.
pub(crate) const MIN_SEARCHED: usize = 4;
/// The most values of a reply that are looked at for one that it told.
const MAX_LOOKED_AT: usize = 10_000;

/// How far the making of one resource may depend on that of another.
const MAX_NESTED: usize = 8;

/// What it takes to send a judged case again, which failed a check in one way.
pub(crate) fn recipe(context: &Context, check: &str, kind: &str, judged: &Judged) -> Recipe {
    let mut kitchen = Kitchen::new(context);
    if let Some(whole) = &judged.told {
        for (at, step) in whole.before.iter().enumerate() {
            kitchen.add(&step.case, step.expectation, step.status(), 0);
            let tag = step.response().and_then(|response| response.headers.get(ETAG));
            kitchen.tags.extend(tag.map(|tag| (kitchen.steps.len() - 1, tag.clone())));
            kitchen.cursors.extend(step.response().and_then(|list| next_in(kitchen.steps.len() - 1, list)));
            // Only the first one makes what the others are about.
            if at == 0 {
                kitchen.take_told(step, whole.story.earlier.as_ref(), whole.story.resource);
            }
        }
    }
    kitchen.add(&judged.case, judged.expectation, judged.status(), 0);
    let others = judged.failures().filter(|(failed, breach)| failed.name() == check && breach.kind != kind);
    let beside = others.map(|(_, breach)| context.redactor.text(&breach.kind)).collect();
    Recipe { steps: kitchen.steps, beside }
}

/// The steps so far, and what they told.
struct Kitchen<'c> {
    context: &'c Context,
    steps: Vec<RecipeStep>,
    told: Vec<Told>,
    /// The tags that replies showed, by their steps.
    tags: Vec<(usize, HeaderValue)>,
    /// What lists said of how they go on.
    cursors: Vec<Next>,
}

/// What a step's reply says of how the list in it goes on, and where it says so.
struct Next {
    step: usize,
    pointer: String,
    cursor: String,
}

/// A resource that a step made, and where its reply says so.
struct Told {
    made: Learned,
    step: usize,
    place: Place,
}

impl<'c> Kitchen<'c> {
    fn new(context: &'c Context) -> Self {
        Self { context, steps: Vec::new(), told: Vec::new(), tags: Vec::new(), cursors: Vec::new() }
    }

    /// Adds a request, after those that make what it is about.
    fn add(
        &mut self,
        case: &Arc<Case>,
        expectation: Option<Expectation>,
        answered: Option<u16>,
        depth: usize,
    ) {
        let maker = case.subject.as_ref().and_then(|subject| subject.maker.as_ref());
        if let Some(maker) = maker.filter(|_| depth < MAX_NESTED) {
            self.add(&maker.case, None, None, depth + 1);
            if let Some(place) = maker.place.clone() {
                self.told.push(Told { made: maker.made.clone(), step: self.steps.len() - 1, place });
            }
        }
        let step = self.cook(case, expectation, answered);
        self.steps.push(step);
    }

    /// Takes in what the last step told of the resource that it made.
    fn take_told(&mut self, step: &Judged, earlier: Option<&Learned>, resource: usize) {
        let made = match earlier {
            Some(earlier) => relearn(&step.learned, earlier),
            None => step.learned.iter().find(|learned| learned.resource == resource),
        };
        let Some(made) = made else { return };
        let known = self.context.links.resources.get(made.resource);
        if let (Some(resource), Some(response)) = (known, step.response())
            && let Some(place) = place_of(resource, response, made)
        {
            self.told.push(Told { made: made.clone(), step: self.steps.len() - 1, place });
        }
    }

    fn cook(&self, case: &Case, expectation: Option<Expectation>, answered: Option<u16>) -> RecipeStep {
        let (request, target) = (&case.sent.request, &self.context.target);
        let headers =
            request.headers.iter().filter(|(name, _)| !matches!(*name, &CONTENT_LENGTH | &TRANSFER_ENCODING));
        let headers = headers.map(|(name, value)| {
            if let Some(shown) = self.shown(case, name, value) {
                return (name.as_str().to_owned(), Template { pieces: vec![shown] });
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            let is_for_it = |header: &&(String, String)| name.as_str().eq_ignore_ascii_case(header.0.trim());
            let is_given =
                target.headers.iter().chain(&target.other_headers).any(|header| is_for_it(&header));
            let whole = self.context.secrets.iter().find(|(secret, _)| is_given && *secret == value);
            let template = match whole {
                Some((_, hole)) => Template { pieces: vec![hole.clone()] },
                None => self.hide(&value),
            };
            (name.as_str().to_owned(), template)
        });
        let body = (!request.body.is_empty()).then(|| match std::str::from_utf8(&request.body) {
            Ok(text) => RecipeBody::Text(self.hide(text)),
            Err(_) => RecipeBody::Hex(hex(&self.blotted(&request.body))),
        });
        RecipeStep {
            operation: case.operation.id().as_str().to_owned(),
            purpose: Purpose::of(&case.intent),
            request: RecipeRequest {
                method: request.method.as_str().to_owned(),
                target: self.target(case),
                headers: headers.collect(),
                body,
            },
            expectation,
            answered,
        }
    }

    /// The tag that a header field is about, where a reply showed it: that of another run is another one.
    fn shown(&self, case: &Case, name: &HeaderName, value: &HeaderValue) -> Option<Piece> {
        let is_about_tag =
            matches!(case.intent, Intent::Probe(Probe::KnownTag { .. })) && name == IF_NONE_MATCH;
        let (step, _) = self.tags.iter().rev().find(|(_, tag)| is_about_tag && tag == value)?;
        Some(Piece::Reply { step: *step, place: Place::ETag })
    }

    /// Bytes that are no text, with every secret in them written over: a hole is for text only.
    fn blotted(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for (secret, _) in self.context.secrets.iter().filter(|(secret, _)| secret.len() >= MIN_SEARCHED) {
            let mut at = 0;
            while let Some(found) =
                bytes[at..].windows(secret.len()).position(|part| part == secret.as_bytes())
            {
                at += found + secret.len();
                bytes[at - secret.len()..at].fill(b'*');
            }
        }
        bytes
    }

    fn hide(&self, text: &str) -> Template {
        let long = self.context.secrets.partition_point(|(secret, _)| secret.len() >= MIN_SEARCHED);
        Template::hiding(text, &self.context.secrets[..long])
    }

    /// Where a list goes on by what its part before said: that of another run says something else.
    fn gone_on(&self, case: &Case) -> Option<(Range<usize>, Piece)> {
        let name = &cursor::parameter(&case.operation)?.name;
        let asked = case.values.query.get(name)?.as_str()?;
        // The whole list came again after the first part, and may say the same.
        let after_whole = self.cursors.iter().rev().filter(|next| next.step + 2 == self.steps.len());
        let next = after_whole.chain(self.cursors.iter().rev()).find(|next| next.cursor == asked)?;
        let given = [(name.clone(), asked.to_owned())];
        let (range, _) = query::values(&case.sent.request.target, &given).into_iter().next()?;
        Some((range, Piece::Reply { step: next.step, place: Place::Body(next.pointer.clone()) }))
    }

    /// The target of a request, in which the resources that steps before it made are holes.
    fn target(&self, case: &Case) -> Template {
        let whole = case.sent.request.target.as_str();
        let mut holes: Vec<(usize, usize, &Told)> = self
            .told
            .iter()
            .filter_map(|told| named(case, &told.made).map(|(start, end)| (start, end, told)))
            .collect();
        // Of two that made the same thing the later one did it last.
        holes.sort_by_key(|(start, _, told)| (*start, std::cmp::Reverse(told.step)));
        holes.dedup_by_key(|(start, _, _)| *start);
        let told = holes.into_iter().map(|(start, end, told)| {
            (start..end, Piece::Reply { step: told.step, place: told.place.clone() })
        });
        // Another value of the variable may need the escapes that this one does without.
        let given = &self.context.target.query;
        let given = query::values(whole, given).into_iter().map(|(range, index)| {
            let variable = crate::query_variable(&given[index].0);
            (range, Piece::Secret { variable, part: SecretPart::Whole, form: SecretForm::Percent })
        });
        let mut holes: Vec<_> = told.chain(given).chain(self.gone_on(case)).collect();
        holes.sort_by_key(|(range, _)| range.start);
        let (mut pieces, mut done) = (Vec::new(), 0);
        for (range, hole) in holes {
            pieces.extend(self.hide(&whole[done..range.start]).pieces);
            pieces.push(hole);
            done = range.end;
        }
        pieces.extend(self.hide(&whole[done..]).pieces);
        if pieces.len() > 1 {
            pieces.retain(|piece| *piece != Piece::Text(String::new()));
        }
        Template { pieces }
    }
}

/// Where in a reply the value of a resource's own variable stands; nothing where it is not from there.
pub(crate) fn place_of(resource: &Resource, response: &Response, made: &Learned) -> Option<Place> {
    match made.source {
        Source::Request => None,
        Source::Location => Some(Place::Location),
        Source::Item | Source::List | Source::Link => {
            let body = serde_json::from_slice(&response.body).ok()?;
            pointer_to(&body, made.values.last()?, |name| resource.is_named(name)).map(Place::Body)
        }
    }
}

/// What a step's reply says of how the list in it goes on.
fn next_in(step: usize, reply: &Response) -> Option<Next> {
    let body = serde_json::from_slice(&reply.body).ok()?;
    let cursor = cursor::next(&body)?.to_owned();
    let pointer = pointer_to(&body, &Value::from(cursor.as_str()), cursor::is_next)?;
    Some(Next { step, pointer, cursor })
}

/// The place of a value in a body: under one of the names that it may have before all others, then the outermost.
fn pointer_to(body: &Value, wanted: &Value, is_named: impl Fn(&str) -> bool) -> Option<String> {
    let mut next = vec![(String::new(), None, body)];
    let mut looked_at = 0;
    let mut other = None;
    while !next.is_empty() {
        for (pointer, name, value) in std::mem::take(&mut next) {
            looked_at += 1;
            if looked_at > MAX_LOOKED_AT {
                return other;
            }
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        let escaped = name.replace('~', "~0").replace('/', "~1");
                        next.push((format!("{pointer}/{escaped}"), Some(name.as_str()), member));
                    }
                }
                Value::Array(items) => {
                    let items = items.iter().enumerate();
                    next.extend(items.map(|(at, item)| (format!("{pointer}/{at}"), name, item)));
                }
                scalar if plain(scalar) == plain(wanted) => {
                    if name.is_some_and(&is_named) {
                        return Some(pointer);
                    }
                    other = other.or(Some(pointer));
                }
                _ => {}
            }
        }
    }
    other
}

/// A value as it stands in a path.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The texts that are secret, longest first, each with the hole that stands for it.
///
/// `fixed` are those that the user fixed, each after the variable that it is read from.
pub(crate) fn secrets(target: &Target, fixed: &[(String, String)]) -> Vec<(String, Piece)> {
    let own = target.headers.iter().map(|header| (header, ""));
    let other = target.other_headers.iter().map(|header| (header, "OTHER_"));
    let query = target.query.iter().map(|(name, value)| (crate::query_variable(name), value.clone()));
    let whole = |(variable, value): (String, String)| {
        (value, Piece::Secret { variable, part: SecretPart::Whole, form: SecretForm::Plain })
    };
    let mut secrets: Vec<(String, Piece)> = fixed.iter().cloned().map(whole).collect();
    for ((name, value), prefix) in own.chain(other) {
        let variable = format!("{prefix}{}", crate::header_variable(name));
        let hole = |part| Piece::Secret { variable: variable.clone(), part, form: SecretForm::Plain };
        let value = value.trim();
        secrets.push((value.to_owned(), hole(SecretPart::Whole)));
        if let Some((scheme, credential)) = value.split_once(' ') {
            secrets.push((credential.trim().to_owned(), hole(SecretPart::Credential)));
            // The user may be the secret.
            let wrong = SecretPart::WrongPassword.of(value).filter(|_| scheme.eq_ignore_ascii_case("basic"));
            secrets.extend(wrong.map(|wrong| (wrong.into_owned(), hole(SecretPart::WrongPassword))));
        }
    }
    secrets.extend(query.map(whole));
    secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    secrets
}

/// Where in the target the resource's own variable stands, where it is a segment of its own.
fn named(case: &Case, made: &Learned) -> Option<(usize, usize)> {
    let at = made.values.len().checked_sub(1)?;
    let variable = case.operation.path().variables().nth(at)?;
    let wanted = plain(made.values.last()?);
    if case.values.path.get(variable).map(plain).as_ref() != Some(&wanted) {
        return None;
    }
    let template = case.operation.path().as_str();
    let place = template.split('/').position(|segment| segment == format!("{{{variable}}}"))?;
    let path = case.sent.request.path();
    let start = path.split('/').take(place).map(|segment| segment.len() + 1).sum::<usize>();
    let segment = path.split('/').nth(place)?;
    let read = percent_decode_str(segment).decode_utf8().ok()?;
    (read == wanted).then_some((start, start + segment.len()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
