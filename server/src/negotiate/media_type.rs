//! Which media type.
//!
//! | case | answer |
//! |---|---|
//! | the status has no body (1xx, 204, 205, 304) | no body |
//! | a script names a media type | the documented one it falls under; 406 where there is none |
//! | the response documents no content | no body, no `Content-Type`, `Accept` ignored |
//! | no `Accept` | JSON if there, else the first documented |
//! | `Accept` with q-values, wildcards, suffixes | the best documented match |
//! | no match, and `Accept` lists `*/*` | that status, no body |
//! | no match | 406 |
//! | a documented range | the first accepted media type it covers that can carry what there is to send; where there is none, that status, no body |
//!
//! Where an example is asked for by name, only the media types that have one of that name count. The reply to an
//! invalid request is never refused for its media type: what cannot be met falls back to the usual one.

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{Content, MediaType};
use http::StatusCode;
use serde_json::Value;

use super::Strictness;
use crate::plan::ResponsePlan;
use crate::wish::Wish;

/// The media type of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// No body at all, and why.
    NoBody(&'static str),
    /// No body, though one is documented: none that is accepted can be sent.
    Withheld,
    /// A documented one, by its place among the response's, under the name it is usually sent as.
    Documented(usize),
    /// A documented range, by its place, under another name that it covers.
    Covered(usize, String),
    /// One that the response does not document.
    Undocumented(String),
}

/// Why there is no media type to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// Nothing documented satisfies `Accept`.
    Accept,
    /// The media type a script names is not documented.
    Named(String),
    /// No media type has an example of the name asked for.
    Example(String),
}

/// The media type of a reply with a documented response.
pub(crate) fn choose(
    status: StatusCode,
    content: &Content,
    plan: &ResponsePlan,
    wish: &Wish<'_>,
    accept: Option<&str>,
    strictness: Strictness,
) -> Result<Choice, Unmet> {
    if is_bodiless(status) {
        return Ok(Choice::NoBody("media type: none, this status has no body"));
    }
    if let Some(name) = wish.media_type {
        match named(content, plan, name, wish) {
            Err(_) if strictness == Strictness::Lenient => {}
            chosen => return chosen,
        }
    }
    if content.is_empty() {
        let none = Choice::NoBody("media type: none, no content is documented");
        return Ok(wish.body.map_or(none, by_value));
    }
    // Any will do, which is what most clients say.
    let accept = accept.filter(|accept| accept.trim() != "*/*");
    let found = match wish.example {
        Some(name) if wish.body.is_none() => match with_example(content, name, accept) {
            Ok(place) => Some(place),
            Err(_) if strictness == Strictness::Lenient => negotiate(content, accept),
            Err(unmet) => return Err(unmet),
        },
        _ if accept.is_none() || is_usual(content, plan, accept) => plan.usual_media,
        _ => negotiate(content, accept),
    };
    match (found, strictness) {
        (Some(place), _) => Ok(covered(content, plan, place, wish, accept, strictness)),
        (None, Strictness::Lenient) => plan.usual_media.map(Choice::Documented).ok_or(Unmet::Accept),
        (None, Strictness::Strict) if accept.is_some_and(lists_any) => Ok(Choice::Withheld),
        (None, Strictness::Strict) => Err(Unmet::Accept),
    }
}

/// The media type of a reply whose status is not documented, so that only a script can give it a body.
pub(crate) fn undocumented(status: StatusCode, wish: &Wish<'_>) -> Choice {
    match (wish.media_type, wish.body) {
        _ if is_bodiless(status) => Choice::NoBody("media type: none, this status has no body"),
        (_, None) => Choice::NoBody("media type: none, the script gives no body"),
        (Some(name), Some(_)) => Choice::Undocumented(name.to_owned()),
        (None, Some(body)) => by_value(body),
    }
}

fn named(content: &Content, plan: &ResponsePlan, name: &str, wish: &Wish<'_>) -> Result<Choice, Unmet> {
    match content.matching(name).and_then(|found| place(content, found)) {
        Some(place) if plan.media[place].media.name == name => Ok(Choice::Documented(place)),
        Some(place) => Ok(Choice::Covered(place, name.to_owned())),
        None if wish.allow_invalid.media_type || wish.allow_invalid.body => {
            Ok(Choice::Undocumented(name.to_owned()))
        }
        None => Err(Unmet::Named(name.to_owned())),
    }
}

/// Whether `Accept` names the usual media type to the letter: what else is documented fits no better.
fn is_usual(content: &Content, plan: &ResponsePlan, accept: Option<&str>) -> bool {
    let usual = plan.usual_media.map(|place| content.0[place].name.as_str());
    usual == accept && usual.is_some_and(|usual| !usual.contains(['*', ';', ',']))
}

fn negotiate(content: &Content, accept: Option<&str>) -> Option<usize> {
    place(content, media::negotiate(content, accept)?)
}

/// The place of the best media type among those with an example of a name.
fn with_example(content: &Content, name: &str, accept: Option<&str>) -> Result<usize, Unmet> {
    let has = |media: &MediaType| media.examples.iter().any(|example| example.name.as_deref() == Some(name));
    let places: Vec<usize> =
        content.iter().enumerate().filter(|(_, media)| has(media)).map(|(place, _)| place).collect();
    if places.is_empty() {
        return Err(Unmet::Example(name.to_owned()));
    }
    let narrowed = Content(places.iter().map(|place| content.0[*place].clone()).collect());
    negotiate(&narrowed, accept).map(|found| places[found]).ok_or(Unmet::Accept)
}

/// A documented range under the media type that `Accept` asks for: the first that can carry what there is to send.
fn covered(
    content: &Content,
    plan: &ResponsePlan,
    place: usize,
    wish: &Wish<'_>,
    accept: Option<&str>,
    strictness: Strictness,
) -> Choice {
    let documented = &content.0[place].name;
    let is_range = documented.contains('*') && media::essence(documented).contains('*');
    let Some(accept) = accept.filter(|_| is_range) else {
        return Choice::Documented(place);
    };
    let usual = &plan.media[place];
    let is_structured = wish.body.map_or(usual.is_structured, |body| !body.is_string());
    let carries = |name: &str| !is_structured || carries_structure(name) || usual.media.name == name;
    let fitting = media::acceptable(accept).into_iter().find_map(|range| {
        let asked = media::essence(range);
        if asked.contains('*') || asked.eq_ignore_ascii_case(&usual.media.name) {
            return media::specificity(asked, &usual.media.name).map(|_| Choice::Documented(place));
        }
        let is_covered = asked.contains('/') && media::specificity(documented, asked).is_some();
        (is_covered && carries(asked)).then(|| Choice::Covered(place, asked.to_owned()))
    });
    match (fitting, strictness) {
        (Some(fitting), _) => fitting,
        (None, Strictness::Lenient) => Choice::Documented(place),
        (None, Strictness::Strict) => Choice::Withheld,
    }
}

/// Whether values with members or items can be written in a media type; pages and pictures in XML are no such values.
fn carries_structure(name: &str) -> bool {
    let is_picture = name.starts_with("image/") || name.eq_ignore_ascii_case("application/xhtml+xml");
    !is_picture && matches!(media::kind(name), Kind::Json | Kind::Xml | Kind::Yaml | Kind::Form)
}

/// Whether an `Accept` header lists `*/*`, and does not refuse it.
fn lists_any(accept: &str) -> bool {
    media::acceptable(accept).iter().any(|range| matches!(media::essence(range), "*/*" | "*"))
}

fn by_value(body: &Value) -> Choice {
    let name = if body.is_string() { "text/plain; charset=utf-8" } else { "application/json" };
    Choice::Undocumented(name.to_owned())
}

fn place(content: &Content, media: &MediaType) -> Option<usize> {
    content.iter().position(|known| std::ptr::eq(known, media))
}

fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}
