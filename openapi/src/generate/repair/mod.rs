//! Values that break their schema, made valid by changing as little of them as possible.
//!
//! A value is held to the grammar of its schema from the root down. What is valid stays as it is. Where something is
//! not, the forms that the schema leaves are tried, nearest first, and of the ways that lead to a valid value the one
//! that loses least is taken. A value of the wrong type is read as what it plainly means (`"42"` as 42, the text of
//! JSON as what it holds); what means nothing is replaced by an example of its own schema, or a generated value.
//!
//! The validator has the last word: where it does not admit what comes out, the value is generated as a whole.

mod array;
mod change;
mod convert;
mod mender;
mod moment;
mod near;
mod object;

use serde_json::Value;

use super::generator::{Generator, grounds};
use super::no_instance::NoInstance;
use super::seed::{Dice, Seed, runner};
use super::variety::Variety;
use crate::schema::{Direction, Schema};

pub use change::{Change, Remedy};
use mender::Mender;

/// A value that its schema admits, made from one that it perhaps refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    /// The valid value.
    pub value: Value,
    /// What was changed, in the order of the places; nothing where the value was valid.
    pub changes: Vec<Change>,
}

/// A valid value that differs from the given one only where that breaks its schema.
///
/// - A valid value comes back as it is, with no changes; what no change tells of is as it was.
/// - What has to be made up depends on the seed and nothing else.
/// - The work is bounded: a value that cannot be mended place by place, or only with too much work, is generated as a
///   whole.
///
/// # Errors
///
/// When the value is invalid, cannot be mended, and nothing can be generated for the schema.
pub fn repair(
    schema: &Schema,
    direction: Direction,
    value: &Value,
    seed: &Seed,
) -> Result<Repaired, NoInstance> {
    if schema.is_valid(value, direction) {
        return Ok(Repaired { value: value.clone(), changes: Vec::new() });
    }
    let mut runner = runner(seed);
    let ways = grounds(schema, direction).into_iter().filter_map(|(grammar, root)| {
        let mut mender = Mender::new(&grammar, Dice::of(&mut runner));
        let mended = mender.mend_root(grammar.node_of(&[root]), value)?;
        let cost = mender.cost();
        let repaired = || Repaired { value: mended.clone(), changes: mender.into_changes() };
        schema.is_valid(&mended, direction).then(|| (cost, repaired()))
    });
    // Discriminators are hints: nothing is changed for their sake alone.
    let cheapest = ways.min_by_key(|(cost, _)| *cost);
    let mut repaired = match cheapest {
        Some((_, mended)) => mended,
        None => {
            let generator = Generator::of(schema, direction)?;
            let judge = |value: &Value| schema.is_valid(value, direction);
            let generated = generator.value(&mut runner, Variety::Plain, &judge);
            let whole = Change::new(String::new(), Remedy::Replaced, Some(generated.clone()));
            Repaired { value: generated, changes: vec![whole] }
        }
    };
    let violations = schema.violations(value, direction);
    repaired.changes.iter_mut().for_each(|change| change.explain(&violations));
    Ok(repaired)
}
