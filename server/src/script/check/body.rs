//! The body of a reply against its response: its own, a patched example, a file, or what templates may make of it.

use bytes::Bytes;
use counterfoil_openapi::generate::Variety;
use counterfoil_openapi::{Direction, MediaType, Pointer, ResponseObject, Schema, SchemaViolation, codec};
use serde_json::Value;

use super::super::grammar::BodySource;
use super::super::shape::Shape;
use super::reply::Check;
use super::template::{Sample, Sampled};
use crate::builder::Examples;
use crate::plan::{MediaPlan, Ready, Rules};

impl<'c> Check<'c, '_> {
    /// What may come of the body's templates, all of which are held to the schema's types; nothing where it has
    /// none of its own.
    pub(super) fn sample(&mut self, schema: Option<&Schema>) -> Option<Sample> {
        let shape = || schema.map(|schema| Shape::of(schema.bundle(Direction::Response)));
        let reply = self.reply;
        let mut templates = self.templates(schema.is_none() || self.allowed.body);
        let root = Pointer::root();
        Some(match &reply.body {
            BodySource::Documented | BodySource::Generated(_) | BodySource::File(..) => return None,
            BodySource::Given(template, at) => Sample::Whole(templates.sample(template, at, &root, shape())),
            BodySource::Patched(template, at) => {
                Sample::Merge(templates.sample(template, at, &root, shape()))
            }
            BodySource::JsonPatched(steps, _) => {
                let (patch, sampled) = templates.sample_steps(steps, shape());
                Sample::Steps(patch, sampled)
            }
        })
    }

    pub(super) fn body(&mut self, response: &ResponseObject, media: Option<&MediaType>) {
        let at = match &self.reply.body {
            BodySource::Documented => return,
            BodySource::Generated(at)
            | BodySource::Given(_, at)
            | BodySource::Patched(_, at)
            | BodySource::JsonPatched(_, at)
            | BodySource::File(_, at) => at,
        };
        if response.content.is_empty() {
            self.body_undocumented(response, at);
        }
        let schema = media.and_then(|media| media.schema.as_ref());
        if let BodySource::File(bytes, _) = &self.reply.body {
            return self.file(bytes, at, media.zip(schema));
        }
        let Some(sample) = self.sample(schema) else { return };
        let sampled = sample.sampled();
        self.used.body |= sampled.iter().any(|sampled| sampled.misfits);
        // What only a request decides is held to the schema then.
        self.is_proven &= !sampled.iter().any(Sampled::is_open);
        let (Some(media), Some(schema)) = (media, schema) else { return };
        let base = match &sample {
            Sample::Whole(_) => None,
            Sample::Merge(_) | Sample::Steps(..) => {
                let Some(base) = self.base(media) else {
                    // What is generated is only there once a request is.
                    self.is_proven = false;
                    return;
                };
                Some(base)
            }
        };
        let value = match sample.over(base.as_ref()) {
            Ok(value) => value,
            Err(error) => {
                let message = format!("the patch cannot be applied to the example: {}", error.kind);
                let step = match &self.reply.body {
                    BodySource::JsonPatched(steps, _) => steps.0.get(error.operation),
                    _ => None,
                };
                self.reader.error("body-invalid", step.map_or(at, |step| &step.at), message, None);
                return;
            }
        };
        let written = codec::written_payload(media, &value);
        let Ok(Some(value)) = codec::payload_value(media, &written, Direction::Response) else {
            // What cannot be read is sent as it stands, and told of then.
            self.is_proven = false;
            return;
        };
        let violations = schema.violations(&value, Direction::Response);
        if violations.is_empty() {
            return;
        }
        self.used.body = true;
        if self.allowed.body {
            return;
        }
        // What is wrong with the document's own example is not the script's doing.
        let inherited = base.map_or_else(Vec::new, |base| schema.violations(&base, Direction::Response));
        for violation in violations.iter().filter(|violation| !inherited.contains(violation)) {
            if sampled.iter().all(|sampled| sampled.is_certain(violation)) {
                self.body_invalid(violation, at);
            }
        }
    }

    /// Holds a file to the schema of the media type that it is sent as.
    fn file(&mut self, bytes: &Bytes, at: &Pointer, documented: Option<(&MediaType, &Schema)>) {
        let Some((media, schema)) = documented else { return };
        let payload = codec::Payload::Bytes(bytes.clone());
        let faults = match codec::payload_value(media, &payload, Direction::Response) {
            Err(error) => vec![format!("the file cannot be read as `{}`: {error}", media.name)],
            Ok(None) => Vec::new(),
            Ok(Some(value)) => {
                let violations = schema.violations(&value, Direction::Response);
                let told = violations.iter().map(|violation| {
                    let place = &violation.instance_pointer;
                    format!(
                        "the file breaks its schema at `{place}`: {} [{}]",
                        violation.message, violation.keyword
                    )
                });
                told.collect()
            }
        };
        self.used.body |= !faults.is_empty();
        for message in faults {
            if !self.allowed.body {
                let hint = "to send it all the same, say `allow_invalid: [body]`".to_owned();
                self.reader.error("body-invalid", at, message, Some(hint));
            }
        }
    }

    /// The example that a patch goes over.
    fn base(&self, media: &MediaType) -> Option<Value> {
        let wanted = self.reply.example.as_ref().map(|example| example.name.as_str());
        // What a repair makes up is valid whatever the seed is.
        let plan = MediaPlan::under(
            media,
            &media.name,
            Rules { seed: 0, examples: Examples::Repaired, variety: Variety::Plain },
        );
        let named = |ready: &&Ready| wanted.is_none() || ready.name.as_deref() == wanted;
        plan.examples.iter().find(named).map(|ready| ready.served(&plan).value.clone())
    }

    fn body_invalid(&mut self, violation: &SchemaViolation, at: &Pointer) {
        let place = Pointer::from_escaped(format!("{at}{}", violation.instance_pointer));
        let message = format!("the body breaks its schema: {} [{}]", violation.message, violation.keyword);
        let hint = format!(
            "the schema is at {} of the document; to send it all the same, say `allow_invalid: [body]`",
            violation.document_pointer
        );
        self.reader.error("body-invalid", &place, message, Some(hint));
    }

    fn body_undocumented(&mut self, response: &ResponseObject, at: &Pointer) {
        self.used.body = true;
        if self.allowed.body {
            return;
        }
        let message = format!("the {} of `{}` documents no body", response.status, self.operation.id());
        let hint = "leave it out, or say `allow_invalid: [body]`".to_owned();
        self.reader.error("body-undocumented", at, message, Some(hint));
    }
}
