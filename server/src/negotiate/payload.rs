//! Which body, once status and media type stand.
//!
//! | asked for | answer |
//! |---|---|
//! | a script's body | that |
//! | a script's file | its bytes |
//! | a script's patch | merged (RFC 7396) over what there would be without it; so are operations (RFC 6902) applied |
//! | an example by name | that; 404 `example-unknown` where there is none |
//! | `dynamic` | generated; an example where nothing can be generated |
//! | nothing | `example` > first of `examples` > the schema's `example`, `examples`, `default` > generated |
//! | an example that the media type cannot express | generated instead |
//! | nothing, and the schema admits nothing | what has its shape at least; trail and `counterfoil-reason` say what is wrong |
//! | nothing, and there is neither example nor schema | an empty object, where the media type has no empty body; else nothing |

use std::borrow::Cow;

use bytes::Bytes;
use counterfoil_openapi::MediaType;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::generate::Seed;
use serde_json::{Map, Value};

use super::Strictness;
use crate::builder::Bodies;
use crate::call::Source;
use crate::plan::{self, MediaPlan, Ready};
use crate::trail::Line;
use crate::wish::Wish;

/// A body, and where it comes from.
#[derive(Debug)]
pub(crate) struct Body<'p> {
    pub(crate) bytes: Bytes,
    /// The value that the bytes were written from, where that was done for this reply.
    pub(crate) value: Option<Value>,
    pub(crate) source: Source,
    /// Why it was chosen.
    pub(crate) line: Line,
    /// What was repaired about the example that it is.
    pub(crate) repaired: Option<Line>,
    /// The example that it is to the letter, whose verdict is known.
    pub(crate) example: Option<&'p Ready>,
}

impl Body<'_> {
    /// No body at all.
    pub(crate) fn none(line: Line) -> Self {
        let bytes = Bytes::new();
        Self { bytes, value: None, source: Source::Document, line, repaired: None, example: None }
    }

    /// The same body, whose verdict is not known.
    pub(crate) fn forget_example<'any>(self) -> Body<'any> {
        Body {
            bytes: self.bytes,
            value: self.value,
            source: self.source,
            line: self.line,
            repaired: self.repaired,
            example: None,
        }
    }
}

/// Why there is no body to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// There is no example of this name.
    Example(String),
    /// A patch that cannot be applied to what there is.
    Patch(String),
    /// No codec writes what there is to send.
    Unwritable(String),
}

/// The body of a documented media type; `seed` is asked for only where something is generated.
pub(crate) fn choose<'p>(
    plan: &'p MediaPlan,
    wish: &Wish<'_>,
    strictness: Strictness,
    seed: &dyn Fn() -> Seed,
) -> Result<Body<'p>, Unmet> {
    if let Some(value) = wish.body {
        return scripted(&plan.media, value, "body: the script's");
    }
    if let Some(file) = wish.file {
        return Ok(sent(file));
    }
    let named = match wish.example {
        None => None,
        Some(name) => {
            let found = plan.examples.iter().find(|ready| ready.name.as_deref() == Some(name));
            if found.is_none() && strictness == Strictness::Strict {
                return Err(Unmet::Example(name.to_owned()));
            }
            found
        }
    };
    let documented =
        |ready: &'p Ready| (Cow::Borrowed(&ready.served(plan).value), Some(ready), Line::from(&ready.line));
    let generated = || {
        let value = plan.generate(&seed())?;
        Some((Cow::Owned(value), None, Line::from("body: generated from the schema")))
    };
    let usual = || plan.examples.first().map(documented);
    let chosen = match (named, wish.bodies) {
        (Some(ready), _) => Some(documented(ready)),
        (None, Bodies::Examples) => usual().or_else(generated),
        (None, Bodies::Generated) => generated().or_else(usual),
    };
    let Some((value, example, line)) =
        chosen.or_else(|| sketched(plan)).or_else(|| empty_object(&plan.media))
    else {
        return Ok(nothing());
    };
    if let Some(patch) = wish.patch {
        let mut value = value.into_owned();
        json_patch::merge(&mut value, patch);
        return scripted(&plan.media, &value, "body: the script's patch over the documented one");
    }
    if let Some(patch) = wish.json_patch {
        let mut value = value.into_owned();
        json_patch::patch(&mut value, patch).map_err(|error| Unmet::Patch(error.to_string()))?;
        return scripted(&plan.media, &value, "body: the script's patch over the documented one");
    }
    let source = if example.is_some() { Source::Example } else { Source::Generated };
    let served = example.map(|ready| ready.served(plan));
    let (bytes, value) = match served.and_then(|served| served.body.clone()) {
        Some(bytes) => (bytes, None),
        None if example.is_some() => match write_as_given(&plan.media, &value) {
            Ok(bytes) => (bytes, None),
            Err(unmet) => return made_up_instead(plan, seed).ok_or(unmet),
        },
        None => written(&plan.media, value.into_owned()).map_err(unwritable)?,
    };
    let repaired = served.and_then(|served| served.repaired.as_ref().map(Line::from));
    Ok(Body { bytes, value, source, line, repaired, example })
}

/// A generated body in the place of an example that its media type cannot express: an empty list in XML, say.
fn made_up_instead<'p>(plan: &MediaPlan, seed: &dyn Fn() -> Seed) -> Option<Body<'p>> {
    let value = plan.generate(&seed())?;
    let (bytes, value) = written(&plan.media, value).ok()?;
    let line = Line::from("body: generated from the schema, for the media type cannot express the example");
    Some(Body { bytes, value, source: Source::Generated, line, repaired: None, example: None })
}

/// A value as it is sent, beside the value itself.
fn written(media: &MediaType, value: Value) -> Result<(Bytes, Option<Value>), codec::EncodeError> {
    let payload = Payload::Value(value);
    let bytes = codec::encode_body(media, &payload)?;
    let Payload::Value(value) = payload else { return Ok((bytes, None)) };
    Ok((bytes, Some(value)))
}

/// The body of a media type that is not documented, which only a script can give.
pub(crate) fn undocumented(name: &str, wish: &Wish<'_>) -> Result<Body<'static>, Unmet> {
    match wish.body {
        None if wish.file.is_some() => Ok(wish.file.map_or_else(nothing, sent)),
        Some(value) => scripted(&MediaType::undocumented(name), value, "body: the script's"),
        None => Ok(nothing()),
    }
}

/// What has the shape of a schema that admits nothing.
fn sketched(plan: &MediaPlan) -> Option<(Cow<'_, Value>, Option<&Ready>, Line)> {
    let line = "body: the shape of the schema, for no valid value is found";
    Some((Cow::Borrowed(plan.sketch()?), None, Line::from(line)))
}

/// What a media type without a schema says anything with: no bytes at all are no JSON, XML or multipart body.
fn empty_object<'p>(media: &MediaType) -> Option<(Cow<'p, Value>, Option<&'p Ready>, Line)> {
    let has_no_empty_body = matches!(media::kind(&media.name), Kind::Json | Kind::Xml | Kind::Multipart);
    let line = || Line::from("body: an empty object, for want of an example or a schema");
    let is_any = media.schema.is_none() && has_no_empty_body;
    is_any.then(|| (Cow::Owned(Value::Object(Map::new())), None, line()))
}

/// A file as it is.
fn sent(file: &Bytes) -> Body<'static> {
    let line = Line::from("body: the script's file");
    Body { bytes: file.clone(), value: None, source: Source::Rule, line, repaired: None, example: None }
}

fn nothing() -> Body<'static> {
    Body::none(Line::from("body: empty, for want of an example or a schema"))
}

fn scripted(media: &MediaType, value: &Value, line: &'static str) -> Result<Body<'static>, Unmet> {
    let bytes = write_as_given(media, value)?;
    let (source, line) = (Source::Rule, Line::from(line));
    Ok(Body { bytes, value: None, source, line, repaired: None, example: None })
}

fn write_as_given(media: &MediaType, value: &Value) -> Result<Bytes, Unmet> {
    plan::write_as_given(media, value).map_err(unwritable)
}

fn unwritable(error: codec::EncodeError) -> Unmet {
    Unmet::Unwritable(error.to_string())
}
