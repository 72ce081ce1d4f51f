//! Numbers.

use serde_json::{Number, Value};

use crate::generate::Variety;
use crate::generate::grammar::{Bound, NumberRule};
use crate::generate::seed::Dice;

/// How often a fraction is drawn before its bounds count as too narrow.
const ATTEMPTS: usize = 16;

/// What plain numbers are drawn from where the bounds leave room: people's numbers are small.
const USUAL: i128 = 1_000;

/// Whole numbers beyond this are not exact in programs that hold every number as a double.
const EXACT: i128 = 1 << 53;

/// A number that a rule admits; the error says why there is none.
pub(super) fn draw(
    rule: &NumberRule,
    is_whole: bool,
    dice: &mut Dice,
    variety: Variety,
) -> Result<Value, String> {
    let none = || "no number lies between the bounds".to_owned();
    let steps: Option<Vec<Decimal>> = rule.steps.iter().map(Decimal::read).collect();
    let Some(steps) = steps else {
        let none = || "`multipleOf` is too small or too large to be met".to_owned();
        return rough(rule, is_whole, dice, variety).ok_or_else(none);
    };
    let exact = match (is_whole, Decimal::common(&steps)) {
        (true, None) => whole(rule, 1, dice, variety),
        (true, Some(step)) => step.whole_step().and_then(|step| whole(rule, step, dice, variety)),
        (false, Some(step)) => stepped(rule, step, dice, variety),
        (false, None) => fraction(rule, dice, variety),
    };
    exact.or_else(|| rough(rule, is_whole, dice, variety)).ok_or_else(none)
}

/// A number where bounds or steps are beyond what is exact here: a double that meets them as far as doubles tell.
fn rough(rule: &NumberRule, is_whole: bool, dice: &mut Dice, variety: Variety) -> Option<Value> {
    let steps: Vec<f64> = rule.steps.iter().filter_map(Number::as_f64).collect();
    let step = steps.iter().copied().fold(0.0, f64::max);
    let mut candidates = vec![0.0, step, -step];
    for end in rule.low.iter().chain(&rule.high).filter_map(|bound| bound.value.as_f64()) {
        candidates.extend([end, end.next_up(), end.next_down(), end + end / 2.0, end / 2.0, end * 2.0]);
        let count = end / step;
        let counts = [count.floor(), count.ceil(), count.floor() - 1.0, count.ceil() + 1.0];
        candidates.extend(counts.map(|count| count * step));
        // Doubling loses no digit, whatever the size.
        let doublings = count.abs().log2();
        let counts = [doublings.floor(), doublings.ceil(), doublings.ceil() + 1.0];
        candidates.extend(counts.map(|doublings| count.signum() * step * doublings.exp2()));
    }
    candidates.retain(|value| {
        value.is_finite()
            && admits(rule, *value)
            && (!is_whole || value.fract() == 0.0)
            && steps.iter().all(|step| (value / step).fract() == 0.0)
    });
    let drawn = match variety {
        Variety::Minimal => candidates.first(),
        _ => dice.pick(&candidates),
    };
    let drawn = *drawn?;
    let whole = Some(drawn).filter(|drawn| drawn.fract() == 0.0 && drawn.abs() < EXACT as f64);
    whole.and_then(|drawn| number_of(drawn as i128)).or_else(|| Number::from_f64(drawn).map(Value::Number))
}

/// Whether a number lies within the bounds of a rule.
fn admits(rule: &NumberRule, value: f64) -> bool {
    rule.low.iter().all(|bound| match (bound.value.as_f64(), bound.is_exclusive) {
        (Some(low), true) => value > low,
        (Some(low), false) => value >= low,
        (None, _) => true,
    }) && rule.high.iter().all(|bound| match (bound.value.as_f64(), bound.is_exclusive) {
        (Some(high), true) => value < high,
        (Some(high), false) => value <= high,
        (None, _) => true,
    })
}

/// A whole number that is a multiple of `step`.
fn whole(rule: &NumberRule, step: i128, dice: &mut Dice, variety: Variety) -> Option<Value> {
    // What a JSON number holds exactly here.
    let (widest_low, widest_high) = (i128::from(i64::MIN), i128::from(u64::MAX));
    let low = rule.low.iter().map(|bound| lowest(bound, 0)).max();
    let high = rule.high.iter().map(|bound| highest(bound, 0)).min();
    let per_step_up = |bound: i128| bound.div_euclid(step) + i128::from(bound.rem_euclid(step) != 0);
    let low = low.map(|low| per_step_up(low.max(widest_low)));
    let high = high.map(|high| high.min(widest_high).div_euclid(step));
    let count = pick(low, high, (per_step_up(widest_low), widest_high.div_euclid(step)), dice, variety)?;
    number_of(count.checked_mul(step)?)
}

/// A multiple of a step that may be a fraction.
fn stepped(rule: &NumberRule, step: Decimal, dice: &mut Dice, variety: Variety) -> Option<Value> {
    let scaled = |bound: &Bound, up: bool| {
        let scaled = if up { lowest(bound, step.scale) } else { highest(bound, step.scale) };
        let rest = i128::from(scaled.rem_euclid(step.mantissa) != 0);
        scaled.div_euclid(step.mantissa) + if up { rest } else { 0 }
    };
    let low = rule.low.iter().map(|bound| scaled(bound, true)).max();
    let high = rule.high.iter().map(|bound| scaled(bound, false)).min();
    let count = pick(low, high, (-EXACT, EXACT), dice, variety)?;
    decimal(count.checked_mul(step.mantissa)?, step.scale)
}

fn fraction(rule: &NumberRule, dice: &mut Dice, variety: Variety) -> Option<Value> {
    let low = rule.low.iter().filter_map(|bound| bound.value.as_f64()).fold(f64::NEG_INFINITY, f64::max);
    let high = rule.high.iter().filter_map(|bound| bound.value.as_f64()).fold(f64::INFINITY, f64::min);
    for _ in 0..ATTEMPTS {
        let is_tame = variety != Variety::Wild || dice.chance(60);
        // Two decimals read well; whole numbers are numbers too.
        let scale = if variety == Variety::Minimal || (!is_tame && dice.chance(30)) { 0 } else { 2 };
        let drawn = if is_tame {
            let hundredths_low = rule.low.iter().map(|bound| lowest(bound, scale)).max();
            let hundredths_high = rule.high.iter().map(|bound| highest(bound, scale)).min();
            pick(hundredths_low, hundredths_high, (-EXACT, EXACT), dice, variety)
                .and_then(|hundredths| decimal(hundredths, scale))
        } else {
            let ends = (low.max(-1e15), high.min(1e15));
            let value = match dice.below(4) {
                0 => low,
                1 => high,
                2 => ends.0 + (ends.1 - ends.0) * dice.fraction(),
                _ => (dice.fraction() - 0.5) * 10_f64.powi(dice.between(-9, 18) as i32),
            };
            Number::from_f64(value).map(Value::Number)
        };
        if let Some(value) = drawn.filter(|value| value.as_f64().is_some_and(|value| admits(rule, value))) {
            return Some(value);
        }
    }
    // The bounds leave no two decimals between them.
    let between = [low, high, low + (high - low) / 2.0, low + (high - low) * dice.fraction()];
    between
        .into_iter()
        .filter(|value| admits(rule, *value))
        .find_map(|value| Number::from_f64(value).map(Value::Number))
}

/// A whole number within bounds: `widest` where there are none.
fn pick(
    low: Option<i128>,
    high: Option<i128>,
    widest: (i128, i128),
    dice: &mut Dice,
    variety: Variety,
) -> Option<i128> {
    let (least, most) = (low.unwrap_or(widest.0).max(widest.0), high.unwrap_or(widest.1).min(widest.1));
    if least > most {
        return None;
    }
    let nearest_zero = 0_i128.clamp(least, most);
    // Positive numbers near zero, where the bounds are so wide that they only name a machine type.
    let usual = match (least, most) {
        (least, most) if most - least <= USUAL => (least, most),
        (least, most) if least <= 1 && most >= 1 => (1, most.min(USUAL)),
        (least, most) if least > 1 => (least, most.min(least + USUAL)),
        (least, most) => (least.max(most - USUAL), most),
    };
    Some(match variety {
        Variety::Minimal => nearest_zero,
        Variety::Plain | Variety::Realistic => dice.between(usual.0, usual.1),
        Variety::Wild => match dice.below(20) {
            0..=9 => dice.between(usual.0, usual.1),
            10..=12 => dice.between(nearest_zero - 10, nearest_zero + 10).clamp(least, most),
            13 => least.max(-EXACT),
            14 => most.min(EXACT).max(least),
            15 if low.is_some() => least,
            16 if high.is_some() => most,
            17 => dice.between(-(1 << 31), 1 << 31).clamp(least, most),
            _ => dice.between(least.max(-EXACT).min(most), most.min(EXACT).max(least)),
        },
    })
}

/// The least whole number of `10^-scale` that a lower bound admits.
fn lowest(bound: &Bound, scale: u32) -> i128 {
    let (floor, is_exact) = scaled(&bound.value, scale);
    match (is_exact, bound.is_exclusive) {
        (true, false) => floor,
        _ => floor.saturating_add(1),
    }
}

/// The greatest whole number of `10^-scale` that an upper bound admits.
fn highest(bound: &Bound, scale: u32) -> i128 {
    let (floor, is_exact) = scaled(&bound.value, scale);
    match (is_exact, bound.is_exclusive) {
        (true, true) => floor.saturating_sub(1),
        _ => floor,
    }
}

/// A number in units of `10^-scale`, rounded down, and whether it is exactly that.
fn scaled(number: &Number, scale: u32) -> (i128, bool) {
    if let Some(decimal) = Decimal::read(number)
        && decimal.scale <= scale
        && let Some(exact) = decimal.mantissa.checked_mul(10_i128.pow(scale - decimal.scale))
    {
        return (exact, true);
    }
    if let Some(decimal) = Decimal::read(number)
        && decimal.scale > scale
    {
        let unit = 10_i128.pow(decimal.scale - scale);
        return (decimal.mantissa.div_euclid(unit), decimal.mantissa.rem_euclid(unit) == 0);
    }
    // Beyond what is exact: the cast saturates.
    let float = number.as_f64().unwrap_or(0.0) * 10_f64.powi(scale as i32);
    (float.floor() as i128, float.fract() == 0.0)
}

fn number_of(whole: i128) -> Option<Value> {
    let unsigned = u64::try_from(whole).map(Number::from);
    unsigned.or_else(|_| i64::try_from(whole).map(Number::from)).ok().map(Value::Number)
}

/// A number as `mantissa × 10^-scale`; nothing where it has more digits than that can hold.
pub(crate) fn exact(number: &Number) -> Option<(i128, u32)> {
    Decimal::read(number).map(|decimal| (decimal.mantissa, decimal.scale))
}

/// `mantissa × 10^-scale` as JSON; whole where it is.
pub(crate) fn decimal(mantissa: i128, scale: u32) -> Option<Value> {
    let unit = 10_i128.checked_pow(scale)?;
    if mantissa % unit == 0 {
        return number_of(mantissa / unit);
    }
    // Read from its digits, the nearest double to the decimal number is found.
    format!("{mantissa}e-{scale}").parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}

/// A decimal number: `mantissa × 10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// The largest scale and power of ten that is read; it keeps all arithmetic here within 128 bits.
    const MAX_SCALE: i32 = 18;

    fn read(number: &Number) -> Option<Self> {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        if let Some(mantissa) = whole {
            return Some(Self { mantissa, scale: 0 });
        }
        let text = number.to_string();
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
        let after = after.trim_end_matches('0');
        let mantissa: i128 = format!("{before}{after}").parse().ok()?;
        let scale = i32::try_from(after.len()).ok()? - exponent;
        if !(-Self::MAX_SCALE..=Self::MAX_SCALE).contains(&scale) {
            return None;
        }
        match u32::try_from(scale) {
            Ok(scale) => Some(Self { mantissa, scale }),
            Err(_) => {
                Some(Self { mantissa: mantissa.checked_mul(10_i128.pow(scale.unsigned_abs()))?, scale: 0 })
            }
        }
    }

    /// The least number that is a multiple of all; nothing where there are none.
    fn common(steps: &[Self]) -> Option<Self> {
        let scale = steps.iter().map(|step| step.scale).max()?;
        let mut mantissa = 1_i128;
        for step in steps {
            let own = step.mantissa.checked_mul(10_i128.pow(scale - step.scale))?;
            mantissa = (mantissa / gcd(mantissa, own)).checked_mul(own)?;
        }
        Some(Self { mantissa, scale })
    }

    /// The least whole number that is a multiple of it.
    fn whole_step(self) -> Option<i128> {
        let unit = 10_i128.pow(self.scale);
        Some(self.mantissa / gcd(self.mantissa, unit)).filter(|step| *step > 0)
    }
}

fn gcd(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.abs().max(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decimal_of(value: Value) -> Option<Decimal> {
        value.as_number().and_then(Decimal::read)
    }

    #[test]
    fn numbers_are_read_as_decimals() {
        let rows = [
            (json!(0.01), Some(Decimal { mantissa: 1, scale: 2 })),
            (json!(-12.50), Some(Decimal { mantissa: -125, scale: 1 })),
            (json!(1e3), Some(Decimal { mantissa: 1000, scale: 0 })),
            (json!(1e-7), Some(Decimal { mantissa: 1, scale: 7 })),
            (json!(1e-40), None),
            (json!(u64::MAX), Some(Decimal { mantissa: i128::from(u64::MAX), scale: 0 })),
        ];
        for (value, expected) in rows {
            assert_eq!(decimal_of(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn the_common_multiple_of_steps_is_exact() {
        let steps: Vec<Decimal> = [json!(0.6), json!(0.4)].into_iter().filter_map(decimal_of).collect();
        assert_eq!(Decimal::common(&steps), Some(Decimal { mantissa: 12, scale: 1 }));
        assert_eq!(Decimal { mantissa: 5, scale: 1 }.whole_step(), Some(1));
        assert_eq!(Decimal { mantissa: 15, scale: 1 }.whole_step(), Some(3));
    }

    #[test]
    fn bounds_are_rounded_inwards() {
        let bound = |value: Value, is_exclusive| Bound {
            value: value.as_number().expect("a number").clone(),
            is_exclusive,
        };
        let rows = [
            (json!(1.5), false, 2, 1),
            (json!(1.5), true, 2, 1),
            (json!(2), false, 2, 2),
            (json!(2), true, 3, 1),
            (json!(-1.5), false, -1, -2),
            (json!(2.0), true, 3, 1),
        ];
        for (value, is_exclusive, low, high) in rows {
            let bound = bound(value.clone(), is_exclusive);
            assert_eq!((lowest(&bound, 0), highest(&bound, 0)), (low, high), "{value} {is_exclusive}");
        }
    }
}
