//! `json_patch`: a list of operations (RFC 6902) over the documented example, whose values may be templates.

use counterfoil_openapi::Pointer;
use serde_json::{Map, Value, json};

use super::template::{Template, Turn, Unfilled};

/// The most operations of one patch.
pub(crate) const MAX_OPERATIONS: usize = 1_000;

/// The operations, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JsonPatch(pub(super) Vec<PatchStep>);

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PatchStep {
    pub(super) kind: PatchKind,
    /// Where in the body.
    pub(super) path: Pointer,
    /// Where in the script.
    pub(super) at: Pointer,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PatchKind {
    Add(Template),
    Replace(Template),
    Test(Template),
    Remove,
    Move(Pointer),
    Copy(Pointer),
}

impl JsonPatch {
    /// Whether requests fill a part of it.
    pub(super) fn has_holes(&self) -> bool {
        self.0.iter().any(|step| step.kind.value().is_some_and(|value| value.as_literal().is_none()))
    }

    /// The patch, filled; an operation whose value is only a hole that nothing fills is left out.
    pub(super) fn render(&self, turn: &mut Turn<'_>) -> Result<json_patch::Patch, Unfilled> {
        let mut steps = Vec::with_capacity(self.0.len());
        for step in &self.0 {
            match step.kind.value() {
                None => steps.push(step.as_value(None)),
                Some(template) => {
                    if let Some(value) = template.render(turn)? {
                        steps.push(step.as_value(Some(value)));
                    }
                }
            }
        }
        Ok(patch_of(steps))
    }

    /// The patch with a value for each operation that has one; where none is given, the operation is left out.
    pub(super) fn with(
        &self,
        mut value: impl FnMut(&PatchStep, &Template) -> Option<Value>,
    ) -> json_patch::Patch {
        let steps = self.0.iter().filter_map(|step| match step.kind.value() {
            None => Some(step.as_value(None)),
            Some(template) => Some(step.as_value(Some(value(step, template)?))),
        });
        patch_of(steps.collect())
    }
}

/// What was read has the form of a patch.
fn patch_of(steps: Vec<Value>) -> json_patch::Patch {
    serde_json::from_value(Value::Array(steps)).unwrap_or_default()
}

impl PatchStep {
    fn as_value(&self, value: Option<Value>) -> Value {
        let mut step = Map::new();
        step.insert("op".to_owned(), json!(self.kind.as_str()));
        step.insert("path".to_owned(), json!(self.path.as_str()));
        if let PatchKind::Move(from) | PatchKind::Copy(from) = &self.kind {
            step.insert("from".to_owned(), json!(from.as_str()));
        }
        if let Some(value) = value {
            step.insert("value".to_owned(), value);
        }
        Value::Object(step)
    }
}

impl PatchKind {
    /// The word of RFC 6902.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Replace(_) => "replace",
            Self::Test(_) => "test",
            Self::Remove => "remove",
            Self::Move(_) => "move",
            Self::Copy(_) => "copy",
        }
    }

    fn value(&self) -> Option<&Template> {
        match self {
            Self::Add(value) | Self::Replace(value) | Self::Test(value) => Some(value),
            Self::Remove | Self::Move(_) | Self::Copy(_) => None,
        }
    }
}
