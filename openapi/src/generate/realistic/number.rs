//! Numbers that a property of a name might hold.

use serde_json::{Value, json};

use super::meaning::{Meaning, meaning};
use crate::generate::seed::Dice;

/// The first second of 2020 since 1970, from which moments are counted.
const START: i128 = 1_577_836_800;

/// The seconds of six years.
const SPAN: i128 = 6 * 365 * 24 * 3_600;

/// A number for a property, the innermost of `names`; nothing where its name says nothing about numbers.
pub(in crate::generate) fn number(names: &[String], is_whole: bool, dice: &mut Dice) -> Option<Value> {
    let mut whole = |low: i128, high: i128| dice.between(low, high) as i64;
    let (whole, digits) = match meaning(names)? {
        Meaning::Money if is_whole => (whole(1, 500) * 100 - 1, 0),
        Meaning::Money => (whole(99, 49_999), 2),
        Meaning::Percentage => (whole(1, 20) * 5, 0),
        Meaning::Rating => (whole(1, 5), 0),
        Meaning::Count => (whole(1, 50), 0),
        Meaning::Age => (whole(18, 80), 0),
        Meaning::Year => (whole(2015, 2025), 0),
        Meaning::Month => (whole(1, 12), 0),
        Meaning::Day => (whole(1, 28), 0),
        Meaning::Moment | Meaning::Date | Meaning::Time => (whole(START, START + SPAN), 0),
        Meaning::Seconds => (whole(1, 3_600), 0),
        Meaning::Bytes => (whole(512, 4 << 20), 0),
        Meaning::Pixels => (whole(1, 40) * 40, 0),
        Meaning::Port => ([80, 443, 3000, 5432, 8080, 8443][whole(0, 5) as usize], 0),
        Meaning::Identifier => (whole(1_000, 99_999), 0),
        Meaning::Latitude if !is_whole => (whole(-600_000, 700_000), 4),
        Meaning::Longitude if !is_whole => (whole(-1_800_000, 1_800_000), 4),
        Meaning::Version => (whole(1, 9), 0),
        _ => return None,
    };
    Some(match digits {
        0 => json!(whole),
        digits => json!(whole as f64 / 10_f64.powi(digits)),
    })
}
