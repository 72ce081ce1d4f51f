//! The templates of a reply against the operation: whether there is what fills them, and whether that can fit.

use counterfoil_openapi::{Operation, Pointer, SchemaViolation};
use serde_json::{Map, Value, json};

use super::super::grammar::Validity;
use super::super::json_patch::{JsonPatch, PatchKind};
use super::super::read::Reader;
use super::super::shape::{Member, Shape};
use super::super::template::{Hole, Piece, Template, Text};
use super::field;

/// A value that may come of a template, and the places that only a request decides.
#[derive(Debug)]
pub(super) struct Sampled {
    pub(super) value: Value,
    /// Whether a template cannot fit where it stands.
    pub(super) misfits: bool,
    doubts: Vec<Doubt>,
}

/// A place of a value that a request fills.
#[derive(Debug)]
struct Doubt {
    /// The place.
    hole: Pointer,
    /// The place around it where which of several schemas holds may depend on what fills it.
    around: Pointer,
}

/// Checks the templates of one reply.
#[derive(Debug)]
pub(super) struct Templates<'c, 'd> {
    pub(super) reader: &'c mut Reader<'d>,
    pub(super) operation: &'c Operation,
    pub(super) validity: Validity,
    /// Whether what cannot fit is so on purpose.
    pub(super) may_misfit: bool,
}

/// Where a template stands.
#[derive(Debug, Clone)]
struct Place<'s> {
    /// In the script.
    at: Pointer,
    /// In the value.
    path: Pointer,
    /// What the schema says of it, where it says anything.
    shape: Option<Shape<'s>>,
    /// The outermost place on the way here where several schemas may hold.
    around: Option<Pointer>,
}

impl<'s> Place<'s> {
    fn new(at: Pointer, path: Pointer, shape: Option<Shape<'s>>, around: Option<Pointer>) -> Self {
        let is_composed = shape.as_ref().is_some_and(Shape::is_composed);
        let around = around.or_else(|| is_composed.then(|| path.clone()));
        Self { at, path, shape, around }
    }

    fn member(&self, name: &str) -> Self {
        let shape = self.shape.as_ref().and_then(|shape| match shape.member(name) {
            Member::Known(shape) => Some(shape),
            Member::Open | Member::Unknown(_) => None,
        });
        Self::new(self.at.join(name), self.path.join(name), shape, self.around.clone())
    }
}

impl Templates<'_, '_> {
    /// A value that may come of a template at a place of the script, held to what its schema says of types; `path`
    /// is where in the body it goes.
    pub(super) fn sample(
        &mut self,
        template: &Template,
        at: &Pointer,
        path: &Pointer,
        shape: Option<Shape<'_>>,
    ) -> Sampled {
        let place = Place::new(at.clone(), path.clone(), shape, None);
        let mut sampled = Sampled { value: Value::Null, misfits: false, doubts: Vec::new() };
        sampled.value = self.walk(template, &place, &mut sampled);
        sampled
    }

    /// The operations of a patch with values that may come of their templates.
    pub(super) fn sample_steps(
        &mut self,
        steps: &JsonPatch,
        shape: Option<Shape<'_>>,
    ) -> (json_patch::Patch, Vec<Sampled>) {
        let mut all = Vec::new();
        let patch = steps.with(|step, template| {
            let mut shape = shape.clone();
            let mut is_composed = false;
            for token in step.path.tokens() {
                // The end of a list is described as any of its items.
                let token = if token == "-" { "0".to_owned() } else { token };
                is_composed |= shape.as_ref().is_some_and(Shape::is_composed);
                shape = shape.and_then(|shape| match shape.member(&token) {
                    Member::Known(shape) => Some(shape),
                    Member::Open | Member::Unknown(_) => None,
                });
            }
            // What goes to the end of a list, or moves what is behind it, leaves the whole list in doubt.
            let path = step.path.as_str();
            let is_item =
                path.rsplit('/').next().is_some_and(|last| last == "-" || last.parse::<usize>().is_ok());
            let list = path.rsplit_once('/').map_or("", |(list, _)| list);
            let place = Pointer::from_escaped(if is_item { list } else { path });
            let is_open = template.as_literal().is_none();
            let mut sampled = self.sample(template, &step.at.join("value"), &place, shape);
            if is_composed {
                // Which of several schemas holds around it may depend on it.
                sampled.doubts.iter_mut().for_each(|doubt| doubt.around = Pointer::root());
            }
            let value = sampled.value.clone();
            all.push(sampled);
            // What a request is compared with says nothing of what is sent.
            let is_test = matches!(step.kind, PatchKind::Test(_));
            (!is_test || !is_open).then_some(value)
        });
        (patch, all)
    }

    fn walk(&mut self, template: &Template, place: &Place<'_>, sampled: &mut Sampled) -> Value {
        match template {
            Template::Literal(value) => return value.clone(),
            Template::List(items) => {
                let each = items.iter().enumerate();
                let member = |index: usize| place.member(&index.to_string());
                return each.map(|(index, item)| self.walk(item, &member(index), sampled)).collect();
            }
            Template::Map(members) => {
                let each = members.iter();
                let filled =
                    each.map(|(key, member)| (key.clone(), self.walk(member, &place.member(key), sampled)));
                return Value::Object(filled.collect::<Map<_, _>>());
            }
            Template::Hole(_) | Template::Text(_) => {}
        }
        let around = place.around.clone().unwrap_or_else(|| place.path.clone());
        sampled.doubts.push(Doubt { hole: place.path.clone(), around });
        match template {
            Template::Hole(hole) => self.hole(hole, place, sampled),
            Template::Text(text) => self.text(text, place, sampled),
            _ => Value::Null,
        }
    }

    /// A value that may fill a hole that stands alone.
    fn hole(&mut self, hole: &Hole, place: &Place<'_>, sampled: &mut Sampled) -> Value {
        // Where it is wrong, what would fit stands for it, so that nothing follows from the error.
        let wanted = wanted(place.shape.as_ref());
        let instead = wanted.first().cloned().unwrap_or_else(|| json!("text"));
        let Some(types) = self.types(hole, &place.at) else { return instead };
        if let Some(fitting) = types.iter().find(|sample| wanted.contains(sample)) {
            return fitting.clone();
        }
        sampled.misfits = true;
        if self.may_misfit {
            return types.into_iter().next().unwrap_or_default();
        }
        let message =
            format!("`${{{}}}` gives {}, and here goes {}", hole.label(), names(&types), names(&wanted));
        let is_text_wanted = types.iter().all(is_scalar) && wanted.iter().any(Value::is_string);
        let hint = "a value that is only a template keeps its type; inside other text it is text";
        self.reader.error("template-type", &place.at, message, is_text_wanted.then(|| hint.to_owned()));
        instead
    }

    /// A text that may come of one with holes.
    fn text(&mut self, text: &Text, place: &Place<'_>, sampled: &mut Sampled) -> Value {
        self.text_holes(text, &place.at);
        let sample = json!("text");
        let wanted = wanted(place.shape.as_ref());
        if wanted.contains(&sample) {
            return sample;
        }
        sampled.misfits = true;
        if self.may_misfit {
            return sample;
        }
        let message = format!("a template inside other text gives text, and here goes {}", names(&wanted));
        let hint = Some("a value that is only a template keeps its type".to_owned());
        self.reader.error("template-type", &place.at, message, hint);
        wanted.into_iter().next().unwrap_or(sample)
    }

    /// What can fill the holes of a text, by hole; what nothing fills is told.
    pub(super) fn text_holes(&mut self, text: &Text, at: &Pointer) -> Vec<Vec<Value>> {
        let mut each = Vec::new();
        for hole in text.holes() {
            let Some(types) = self.types(hole, at) else { continue };
            if !types.is_empty() && !types.iter().any(is_scalar) {
                let message = format!(
                    "`${{{}}}` gives {}, and inside text goes a text or a number",
                    hole.label(),
                    names(&types)
                );
                self.reader.error("template-type", at, message, None);
            }
            each.push(types);
        }
        each
    }

    /// Whether a header's text can be a value of its schema: that it can never be is told.
    pub(super) fn header(&mut self, name: &str, text: &Text, at: &Pointer, shape: Option<&Shape<'_>>) {
        let types = self.text_holes(text, at);
        let Some(shape) = shape.filter(|shape| !shape.admits_type_of(&Value::from("text"))) else { return };
        // A list or an object is written in ways that only the codec reads.
        if shape.admits_type_of(&json!([])) || shape.admits_type_of(&json!({})) {
            return;
        }
        let can_fit = match text.0.as_slice() {
            // What a request says as text may be a number all the same.
            [Piece::Hole(Hole::Field(_))] => {
                types.iter().flatten().any(|one| one.is_string() || shape.admits_type_of(one))
            }
            [Piece::Hole(_)] => types.iter().flatten().any(|one| shape.admits_type_of(one)),
            pieces => pieces.iter().all(|piece| match piece {
                Piece::Literal(text) => {
                    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
                }
                Piece::Hole(_) => true,
            }),
        };
        if !can_fit && !self.may_misfit {
            let message =
                format!("`{name}` takes {}, which this template never gives", names(&wanted(Some(shape))));
            self.reader.error("template-type", at, message, None);
        }
    }

    /// One value of each type that can fill a hole; nothing where nothing can, which is told.
    fn types(&mut self, hole: &Hole, at: &Pointer) -> Option<Vec<Value>> {
        Some(match hole {
            Hole::Sequence | Hole::Random(..) => vec![json!(1)],
            Hole::Uuid | Hole::Now(_) => vec![json!("text")],
            Hole::Field(field) => {
                field::admitted(self.reader, self.operation, self.validity, field, at, &samples())?
            }
        })
    }
}

/// A body that may come of a reply.
#[derive(Debug)]
pub(super) enum Sample {
    /// The whole of it.
    Whole(Sampled),
    /// What is merged over an example.
    Merge(Sampled),
    /// What is done to an example.
    Steps(json_patch::Patch, Vec<Sampled>),
}

impl Sample {
    /// What came of its templates.
    pub(super) fn sampled(&self) -> &[Sampled] {
        match self {
            Self::Whole(sampled) | Self::Merge(sampled) => std::slice::from_ref(sampled),
            Self::Steps(_, each) => each,
        }
    }

    /// The body, over an example where it needs one.
    pub(super) fn over(&self, base: Option<&Value>) -> Result<Value, json_patch::PatchError> {
        let mut value = base.cloned().unwrap_or_default();
        match self {
            Self::Whole(sampled) => value = sampled.value.clone(),
            Self::Merge(sampled) => json_patch::merge(&mut value, &sampled.value),
            Self::Steps(patch, _) => json_patch::patch(&mut value, patch)?,
        }
        Ok(value)
    }
}

impl Sampled {
    /// Whether a violation is there whatever the request says.
    pub(super) fn is_certain(&self, violation: &SchemaViolation) -> bool {
        /// What an object or a list is held to that does not depend on what its members hold.
        const OF_ITSELF: [&str; 7] = [
            "required",
            "type",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "minItems",
            "maxItems",
        ];
        let place = violation.instance_pointer.as_str();
        self.doubts.iter().all(|doubt| {
            let is_inside = is_below(place, doubt.around.as_str());
            let is_around = is_below(doubt.hole.as_str(), place);
            !is_inside && (!is_around || OF_ITSELF.contains(&violation.keyword.as_str()))
        })
    }

    /// Whether a request decides any of it.
    pub(super) fn is_open(&self) -> bool {
        !self.doubts.is_empty()
    }
}

/// Whether a JSON Pointer is another one, or leads on from it.
fn is_below(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One value of each type.
fn samples() -> [Value; 7] {
    [json!("text"), json!(1), json!(0.5), json!(true), json!({}), json!([]), Value::Null]
}

/// One value of each type that a schema admits.
fn wanted(shape: Option<&Shape<'_>>) -> Vec<Value> {
    let is_wanted = |sample: &Value| shape.is_none_or(|shape| shape.admits_type_of(sample));
    samples().into_iter().filter(is_wanted).collect()
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array() && !value.is_null()
}

/// The types of values, as messages name them.
fn names(samples: &[Value]) -> String {
    let has_whole = samples.contains(&json!(1));
    let has_broken = samples.contains(&json!(0.5));
    let each: Vec<&str> = samples
        .iter()
        .filter_map(|sample| match sample {
            Value::Null => Some("null"),
            Value::Bool(_) => Some("true or false"),
            Value::Number(_) if *sample == json!(0.5) => Some("a number"),
            Value::Number(_) => (has_whole && !has_broken).then_some("a whole number"),
            Value::String(_) => Some("text"),
            Value::Array(_) => Some("a list"),
            Value::Object(_) => Some("a map"),
        })
        .collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(" or ") }
}
