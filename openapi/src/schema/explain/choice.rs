//! Which of several refused alternatives to tell of.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// The most values of an enumeration that a message names.
const MAX_CHOICES: usize = 12;

/// What to tell of a value that fits no alternative.
pub(super) enum Nearest<'e> {
    /// One alternative is nearer than all others: its errors.
    Branch(&'e [ValidationError<'static>]),
    /// Every alternative wants another constant or type at the same place: those errors.
    Choice(Vec<&'e ValidationError<'static>>),
    /// Several are as near.
    Several(Vec<&'e [ValidationError<'static>]>),
}

/// Chooses what to tell: the alternative the value was meant for has the least against it, and above all not its
/// type and not its constants.
pub(super) fn nearest<'e>(branches: &'e [Vec<ValidationError<'static>>], path: &str) -> Nearest<'e> {
    if branches.len() > 1
        && let Some(choice) = common_choice(branches)
    {
        return Nearest::Choice(choice);
    }
    let score = |errors: &[ValidationError<'static>]| {
        let is_wrong_type = |error: &&ValidationError<'static>| {
            matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == path
        };
        let types = errors.iter().filter(is_wrong_type).count();
        let constants = errors.iter().filter(|error| is_constant(error)).count();
        (types, constants, errors.len())
    };
    let best = branches.iter().map(|errors| score(errors)).min();
    let nearest: Vec<&[ValidationError<'static>]> = branches
        .iter()
        .map(Vec::as_slice)
        .filter(|errors| !errors.is_empty() && Some(score(errors)) == best)
        .collect();
    match nearest.as_slice() {
        [errors] => Nearest::Branch(errors),
        _ => Nearest::Several(nearest),
    }
}

fn is_constant(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Enum { .. } | Kind::Constant { .. })
}

/// For each alternative an error about a constant, or for each one about a type, all at one place; nothing where
/// some alternative has none.
pub(super) fn common_choice<'e>(
    branches: &'e [Vec<ValidationError<'static>>],
) -> Option<Vec<&'e ValidationError<'static>>> {
    let is_type = |error: &ValidationError<'static>| matches!(error.kind(), Kind::Type { .. });
    let by = |is_wanted: &dyn Fn(&ValidationError<'static>) -> bool| {
        let first = branches.first()?.iter().find(|error| is_wanted(error))?;
        branches
            .iter()
            .map(|errors| {
                let same = |error: &&ValidationError<'static>| {
                    is_wanted(error) && error.instance_path() == first.instance_path()
                };
                errors.iter().find(same)
            })
            .collect::<Option<Vec<_>>>()
    };
    by(&|error| is_constant(error)).or_else(|| by(&is_type))
}

/// What is wrong by errors about constants or types: `none of "a", "b"`, `not of type "integer"`.
pub(super) fn choices(errors: &[&ValidationError<'_>]) -> String {
    let mut wanted: Vec<String> = Vec::new();
    let mut are_types = false;
    for error in errors {
        let found = match error.kind() {
            Kind::Enum { options } => {
                options.as_array().into_iter().flatten().map(Value::to_string).collect()
            }
            Kind::Constant { expected_value } => vec![expected_value.to_string()],
            Kind::Type { kind } => {
                are_types = true;
                match kind {
                    TypeKind::Single(name) => vec![format!("\"{name}\"")],
                    TypeKind::Multiple(names) => names.iter().map(|name| format!("\"{name}\"")).collect(),
                }
            }
            _ => Vec::new(),
        };
        for choice in found {
            if !wanted.contains(&choice) {
                wanted.push(choice);
            }
        }
    }
    match (are_types, wanted.as_slice()) {
        (true, [one]) => format!("not of type {one}"),
        (true, _) => format!("not of types {}", wanted.join(", ")),
        (false, _) => none_of(wanted),
    }
}

/// `none of "a", "b"`.
pub(super) fn none_of(mut wanted: Vec<String>) -> String {
    let rest = wanted.len().saturating_sub(MAX_CHOICES);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    wanted.truncate(MAX_CHOICES);
    match wanted.as_slice() {
        [one] => format!("not {one}"),
        _ => format!("none of {}{more}", wanted.join(", ")),
    }
}
