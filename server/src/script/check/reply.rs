//! A reply against the operation it answers for.

use std::sync::Arc;

use counterfoil_openapi::{
    Content, Direction, MediaType, Operation, Pointer, ResponseObject, Severity, StatusPattern, codec,
};
use http::StatusCode;
use serde_json::Value;

use super::super::grammar::{BodySource, HeaderLine, Named, Reply, Validity};
use super::super::read::Reader;
use super::super::rule::ReplyTemplates;
use super::super::shape::Shape;
use super::super::template::Template;
use super::super::{AllowInvalid, ReplySpec, nearest};
use super::template::Templates;
use crate::fault::Fault;
use crate::negotiate::status;

/// Checks a reply and makes it ready to send; its delay is the caller's.
///
/// `validity` says which requests it answers: a reply that names no status and answers invalid ones takes the
/// status of the error that the operation documents, so that nothing can be said of its body here.
pub(super) fn check(
    reader: &mut Reader<'_>,
    operation: &Operation,
    validity: Validity,
    reply: &Reply,
) -> (ReplySpec, Option<Box<ReplyTemplates>>) {
    let (allowed, _) = reply.allow_invalid.clone().unwrap_or_default();
    let used = AllowInvalid::default();
    let mut check = Check { reader, operation, reply, validity, allowed, used, is_proven: true };
    let spec = check.run();
    check.needless();
    (spec, templates(reply))
}

/// What of a reply is made anew for each request.
fn templates(reply: &Reply) -> Option<Box<ReplyTemplates>> {
    let with_holes = |template: &Template| template.as_literal().is_none().then(|| template.clone());
    let (mut body, mut patch, mut json_patch) = (None, None, None);
    match &reply.body {
        BodySource::Given(template, _) => body = with_holes(template),
        BodySource::Patched(template, _) => patch = with_holes(template),
        BodySource::JsonPatched(steps, _) => json_patch = steps.has_holes().then(|| steps.clone()),
        BodySource::Documented | BodySource::File(..) | BodySource::Generated(_) => {}
    }
    let headers = reply.headers.iter().any(HeaderLine::has_holes).then(|| reply.headers.clone());
    let is_literal = body.is_none() && patch.is_none() && json_patch.is_none() && headers.is_none();
    (!is_literal).then(|| Box::new(ReplyTemplates { body, patch, json_patch, headers }))
}

/// A reply while it is checked.
pub(super) struct Check<'c, 'd> {
    pub(super) reader: &'c mut Reader<'d>,
    pub(super) operation: &'c Operation,
    pub(super) reply: &'c Reply,
    /// Which requests it answers.
    pub(super) validity: Validity,
    /// What may be invalid.
    pub(super) allowed: AllowInvalid,
    /// What is.
    pub(super) used: AllowInvalid,
    /// Whether everything that can be invalid was looked at.
    pub(super) is_proven: bool,
}

impl<'c, 'd> Check<'c, 'd> {
    fn run(&mut self) -> ReplySpec {
        let reply = self.reply;
        let mut spec = ReplySpec {
            status: reply.status.as_ref().map(|(status, _)| *status),
            example: reply.example.as_ref().map(|example| example.name.clone()),
            media_type: reply.media_type.as_ref().map(|media_type| media_type.name.clone()),
            headers: reply.headers.iter().map(literal_line).collect(),
            fault: reply.fault,
            drip: reply.drip,
            allow_invalid: self.allowed,
            ..ReplySpec::default()
        };
        match &reply.body {
            BodySource::Documented => {}
            BodySource::Given(value, _) => spec.body = value.as_literal().cloned().map(Arc::new),
            BodySource::Patched(value, _) => spec.patch = value.as_literal().cloned().map(Arc::new),
            BodySource::JsonPatched(steps, _) if steps.has_holes() => {}
            BodySource::JsonPatched(steps, _) => {
                let patch = steps.with(|_, value| value.as_literal().cloned());
                spec.json_patch = Some(Arc::new(patch));
            }
            BodySource::File(bytes, _) => spec.file = Some(bytes.clone()),
            BodySource::Generated(_) => spec.generate = true,
        }
        spec.proxy.clone_from(&reply.proxy);
        if reply.fault.is_some_and(Fault::replaces_the_reply) || reply.proxy.is_some() {
            self.is_proven = false;
            self.header_holes();
            return spec;
        }
        let response = self.response(&mut spec);
        match response {
            Some(response) => self.against(response),
            None => self.unchecked(),
        }
        spec
    }

    /// The response that the reply is one of; nothing where it is none, or where only the request decides.
    fn response(&mut self, spec: &mut ReplySpec) -> Option<&'c ResponseObject> {
        let responses = self.operation.responses();
        match (&self.reply.status, &self.reply.example) {
            (Some((status, at)), example) => {
                let found =
                    StatusCode::from_u16(*status).ok().and_then(|status| responses.documenting(status));
                if found.is_none() {
                    self.used.status = true;
                    if !self.allowed.status {
                        self.status_undocumented(*status, at);
                    } else if let Some(example) = example {
                        self.example_unknown(example, responses.iter());
                    }
                }
                found
            }
            (None, Some(example)) => {
                let response = self.named(example)?;
                spec.status = self.status_of(response);
                Some(response)
            }
            (None, None) if self.validity == Validity::Valid => valid_response(self.operation),
            (None, None) => None,
        }
    }

    /// The one response with an example of a name.
    fn named(&mut self, example: &Named) -> Option<&'c ResponseObject> {
        let responses = self.operation.responses();
        let having: Vec<&ResponseObject> =
            responses.iter().filter(|response| has_example(response, &example.name)).collect();
        match having.as_slice() {
            [one] => Some(one),
            [] => {
                self.example_unknown(example, responses.iter());
                None
            }
            several => {
                let shorts: Vec<String> =
                    several.iter().map(|response| format!("{}/{}", response.status, example.name)).collect();
                let message = format!(
                    "{} responses have an example `{}`, so the name alone is not enough",
                    several.len(),
                    example.name
                );
                let hint = Some(format!("write one of {}", shorts.join(", ")));
                self.reader.error("example-ambiguous", &example.pointer, message, hint);
                None
            }
        }
    }

    /// The status that a response stands for: its own, the first of its range, or one that nothing else documents.
    fn status_of(&self, response: &ResponseObject) -> Option<u16> {
        let responses = self.operation.responses();
        match response.status {
            StatusPattern::Exact(status) => Some(status),
            StatusPattern::Range(digit) => Some(u16::from(digit) * 100),
            StatusPattern::Default => {
                let has_success = responses.iter().any(is_success);
                let candidates: &[u16] = if has_success { &[500, 400, 503, 422] } else { &[200] };
                candidates.iter().copied().find(|status| {
                    StatusCode::from_u16(*status).is_ok_and(|status| responses.specific(status).is_none())
                })
            }
        }
    }

    fn status_undocumented(&mut self, status: u16, at: &Pointer) {
        let documented: Vec<String> =
            self.operation.responses().iter().map(|response| response.status.to_string()).collect();
        let message = format!("`{}` documents no {status}", self.operation.id());
        let hint = format!(
            "documented: {}; to answer {status} all the same, say `allow_invalid: [status]`",
            documented.join(", ")
        );
        self.reader.error("status-undocumented", at, message, Some(hint));
    }

    fn example_unknown<'r>(&mut self, example: &Named, among: impl Iterator<Item = &'r ResponseObject>) {
        let mut names: Vec<&str> = among.flat_map(example_names).collect();
        names.sort_unstable();
        names.dedup();
        let message = match &self.reply.status {
            Some((status, _)) => {
                format!("the {status} of `{}` has no example `{}`", self.operation.id(), example.name)
            }
            None => format!("no response of `{}` has an example `{}`", self.operation.id(), example.name),
        };
        let hint = nearest::hint(&example.name, names.iter().copied())
            .or_else(|| Some("no example there has a name; a status alone takes what there is".to_owned()));
        self.reader.error("example-unknown", &example.pointer, message, hint);
    }

    /// Checks what needs to know the response.
    fn against(&mut self, response: &'c ResponseObject) {
        if let (Some(_), Some(example)) = (&self.reply.status, &self.reply.example)
            && !has_example(response, &example.name)
        {
            self.example_unknown(example, std::iter::once(response));
        }
        let media = self.media(&response.content);
        if let (Some(media), Some(example)) = (media, &self.reply.example)
            && self.reply.media_type.is_some()
            && has_example(response, &example.name)
            && !media.examples.iter().any(|one| one.name.as_deref() == Some(&example.name))
        {
            let message = format!("`{}` has no example `{}`", media.name, example.name);
            let names: Vec<&str> = media.examples.iter().filter_map(|one| one.name.as_deref()).collect();
            let hint = nearest::hint(&example.name, names);
            self.reader.error("example-unknown", &example.pointer, message, hint);
        }
        self.body(response, media);
        for line in &self.reply.headers {
            self.header(response, line);
        }
    }

    /// Checks what can be said although the response is not known.
    fn unchecked(&mut self) {
        let response_has = |media_type: &str| {
            self.operation.responses().iter().any(|response| response.content.matching(media_type).is_some())
        };
        if let Some(media_type) = &self.reply.media_type
            && !response_has(&media_type.name)
        {
            let all: Vec<&Content> =
                self.operation.responses().iter().map(|response| &response.content).collect();
            self.media_type_undocumented(media_type, &all);
        }
        self.sample(None);
        self.header_holes();
        self.is_proven = false;
    }

    pub(super) fn templates(&mut self, may_misfit: bool) -> Templates<'_, 'd> {
        Templates { reader: self.reader, operation: self.operation, validity: self.validity, may_misfit }
    }

    /// Checks that there is what fills the headers.
    fn header_holes(&mut self) {
        for line in &self.reply.headers {
            if let Some(text) = &line.value {
                self.templates(true).text_holes(text, &line.pointer);
            }
        }
    }

    /// The media type the body is sent as: the reply's own, else JSON, else the first documented.
    fn media(&mut self, content: &'c Content) -> Option<&'c MediaType> {
        let Some(media_type) = &self.reply.media_type else { return codec::media::negotiate(content, None) };
        let found = content.matching(&media_type.name);
        if found.is_none() {
            self.media_type_undocumented(media_type, &[content]);
        }
        found
    }

    fn media_type_undocumented(&mut self, media_type: &Named, contents: &[&Content]) {
        self.used.media_type = true;
        if self.allowed.media_type {
            return;
        }
        let mut names: Vec<&str> =
            contents.iter().flat_map(|content| content.iter()).map(|media| media.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let message = format!("`{}` documents no `{}` here", self.operation.id(), media_type.name);
        let hint = match names.is_empty() {
            true => "the response has no body".to_owned(),
            false => format!("documented: {}", names.join(", ")),
        };
        self.reader.error("media-type-undocumented", &media_type.pointer, message, Some(hint));
    }

    fn header(&mut self, response: &ResponseObject, line: &HeaderLine) {
        if line.is_content_type() {
            self.used.media_type = true;
            return;
        }
        let known = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(&line.name));
        if let Some(text) = line.value.as_ref().filter(|text| text.as_literal().is_none()) {
            let schema = known.and_then(|known| known.schema.as_ref());
            let shape = schema.map(|schema| Shape::of(schema.bundle(Direction::Response)));
            self.templates(self.allowed.headers).header(&line.name, text, &line.pointer, shape.as_ref());
            // What fills it is held to the schema then.
            self.is_proven = false;
        }
        let Some(known) = known else {
            if line.value.is_some() {
                let message = format!(
                    "the {} of `{}` documents no header `{}`",
                    response.status,
                    self.operation.id(),
                    line.name
                );
                let names = response.headers.iter().map(|header| header.name.as_str());
                let hint = nearest::nearest(&line.name, names).map(|near| format!("did you mean `{near}`?"));
                self.reader.tell(Severity::Note, "header-undocumented", &line.pointer, message, hint);
            }
            return;
        };
        let fault = match &line.value {
            None if known.required => Some(format!("`{}` is required and cannot be removed", known.name)),
            None => None,
            Some(text) => known.schema.as_ref().zip(text.as_literal()).and_then(|(schema, text)| {
                // A list or an object is written in ways that only the codec reads; the reply is checked again then.
                let shape = Shape::of(schema.bundle(Direction::Response));
                let is_scalar = !shape.admits_type_of(&Value::Array(Vec::new()))
                    && !shape.admits_type_of(&Value::Object(serde_json::Map::new()));
                let is_valid = readings(text).any(|value| schema.is_valid(&value, Direction::Response));
                (is_scalar && !is_valid)
                    .then(|| format!("`{text}` is no value of `{}` by its schema", known.name))
            }),
        };
        let Some(message) = fault else { return };
        self.used.headers = true;
        if !self.allowed.headers {
            let hint = "to send it all the same, say `allow_invalid: [headers]`".to_owned();
            self.reader.error("header-invalid", &line.pointer, message, Some(hint));
        }
    }

    /// Says so where nothing is invalid that may be.
    fn needless(&mut self) {
        let Some((allowed, at)) = &self.reply.allow_invalid else { return };
        let pairs = [
            ("status", allowed.status, self.used.status),
            ("body", allowed.body, self.used.body),
            ("headers", allowed.headers, self.used.headers),
            ("media_type", allowed.media_type, self.used.media_type),
        ];
        let is_any_used = pairs.iter().any(|(_, _, used)| *used);
        let is_all = *allowed == AllowInvalid::ALL;
        if !self.is_proven || (is_all && is_any_used) {
            return;
        }
        let idle: Vec<&str> =
            pairs.iter().filter(|(_, allowed, used)| *allowed && !used).map(|(part, ..)| *part).collect();
        if idle.is_empty() {
            return;
        }
        let message = match is_all {
            true => "nothing of this reply is invalid".to_owned(),
            false => format!("nothing is invalid in its {}", idle.join(", ")),
        };
        let hint = Some("leave it out".to_owned());
        self.reader.tell(Severity::Warning, "allow-invalid-needless", at, message, hint);
    }
}

/// The line of a header that has no holes.
fn literal_line(line: &HeaderLine) -> (String, Option<String>) {
    let value = line.value.as_ref().and_then(|text| text.as_literal()).map(str::to_owned);
    (line.name.clone(), value)
}

/// The response a valid request gets when nothing else is asked.
pub(in crate::script) fn valid_response(operation: &Operation) -> Option<&ResponseObject> {
    let responses = operation.responses();
    status::valid(responses).map(|choice| &responses.0[choice.response])
}

fn is_success(response: &ResponseObject) -> bool {
    match response.status {
        StatusPattern::Exact(status) => (200..300).contains(&status),
        StatusPattern::Range(digit) => digit == 2,
        StatusPattern::Default => false,
    }
}

fn example_names(response: &ResponseObject) -> impl Iterator<Item = &str> {
    response.content.iter().flat_map(|media| &media.examples).filter_map(|example| example.name.as_deref())
}

fn has_example(response: &ResponseObject, name: &str) -> bool {
    example_names(response).any(|known| known == name)
}

/// What the text of a header may stand for.
fn readings(text: &str) -> impl Iterator<Item = Value> + '_ {
    let scalar =
        serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_object() && !value.is_array());
    std::iter::once(Value::String(text.to_owned())).chain(scalar)
}
