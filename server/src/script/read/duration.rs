//! Durations and delays.

use std::time::Duration;

use super::super::delay::Delay;
use super::super::grammar::MAX_DELAY;
use super::cursor::{Keys, Node, Reader};

const EXPECTED: &str = "a duration with its unit: 250us, 80ms, 1.5s, 2m or 1h";

/// Reads a delay: a duration or a distribution.
pub(super) fn delay<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Delay> {
    if !node.value.is_object() {
        return duration(reader, node).map(Delay::Fixed);
    }
    let keys = Keys { of: "a delay", known: &["uniform", "lognormal", "normal"], later: &[] };
    let members = reader.members(node, &keys)?;
    let [(kind, inner)] = members.as_slice() else {
        // A key that is none was told already.
        if members.len() != 1 && node.value.as_object().is_some_and(|object| object.len() == members.len()) {
            let message = "a delay is one of uniform, lognormal, normal";
            reader.error("value-invalid", &node.pointer, message, None);
        }
        return None;
    };
    match *kind {
        "uniform" => uniform(reader, inner),
        "normal" => normal(reader, inner),
        _ => log_normal(reader, inner),
    }
}

fn uniform<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Delay> {
    let items = reader.items(node, "a list of two durations")?;
    let [from, to] = items.as_slice() else {
        reader.unexpected(node, "a list of two durations");
        return None;
    };
    let (from, to) = (duration(reader, from), duration(reader, to));
    let (from, to) = (from?, to?);
    if from > to {
        let message = "the first duration is longer than the second";
        reader.error("value-invalid", &node.pointer, message, Some("swap them".to_owned()));
        return None;
    }
    Some(Delay::Uniform { from, to })
}

fn normal<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Delay> {
    let keys = Keys { of: "a normal distribution", known: &["mean", "sd"], later: &[] };
    let (mut mean, mut deviation) = (None, None);
    for (key, member) in reader.members(node, &keys)? {
        let slot = if key == "mean" { &mut mean } else { &mut deviation };
        *slot = Some(duration(reader, &member)?);
    }
    let (Some(mean), Some(deviation)) = (mean, deviation) else {
        reader.error("value-invalid", &node.pointer, "a normal distribution needs `mean` and `sd`", None);
        return None;
    };
    Some(Delay::Normal { mean, deviation })
}

fn log_normal<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Delay> {
    let keys = Keys { of: "a log-normal distribution", known: &["p50", "p99", "sigma", "max"], later: &[] };
    let (mut median, mut p99, mut sigma, mut max) = (None, None, None, MAX_DELAY);
    for (key, member) in reader.members(node, &keys)? {
        match key {
            "p50" => median = Some(duration(reader, &member)?),
            "p99" => p99 = Some(duration(reader, &member)?),
            "max" => max = duration(reader, &member)?,
            _ => {
                let number = member.value.as_f64().filter(|number| (0.0..=10.0).contains(number));
                if number.is_none() {
                    reader.unexpected(&member, "a number from 0 to 10");
                    return None;
                }
                sigma = number;
            }
        }
    }
    let fault = match (median, p99, sigma) {
        (None, _, _) => "a log-normal distribution needs `p50`",
        (_, None, None) | (_, Some(_), Some(_)) => "a log-normal distribution needs one of `p99` and `sigma`",
        (Some(median), _, _) if median.is_zero() => "`p50` must be longer than 0",
        (Some(median), Some(p99), _) if p99 < median => "`p99` is shorter than `p50`",
        (Some(median), Some(p99), _) => return Some(Delay::by_percentiles(median, p99, max)),
        (Some(median), _, Some(sigma)) => return Some(Delay::LogNormal { median, sigma, max }),
    };
    reader.error("value-invalid", &node.pointer, fault, None);
    None
}

/// The longest that a rule can be in force and expire all the same: a year.
pub(super) const MAX_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads a duration of any length.
pub(super) fn span<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Duration> {
    let span = node.value.as_str().and_then(parse);
    if span.is_none() {
        reader.unexpected(node, EXPECTED);
    }
    span
}

/// Reads a duration of at most [`MAX_DELAY`].
pub(super) fn duration<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Duration> {
    within(reader, node, MAX_DELAY)
}

/// Reads a duration of at most `most`.
pub(super) fn within<'d>(reader: &mut Reader<'d>, node: &Node<'d>, most: Duration) -> Option<Duration> {
    let duration = span(reader, node)?;
    if duration > most {
        let message = format!("longer than {} s, the longest there is", most.as_secs());
        reader.error("value-invalid", &node.pointer, message, None);
        return None;
    }
    Some(duration)
}

/// A number with its unit; nothing where it is none, or longer than a hundred years.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
    let unit_at = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let duration = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()?;
    (duration <= LONGEST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_its_unit() {
        let table = [
            ("250us", Some(Duration::from_micros(250))),
            ("80ms", Some(Duration::from_millis(80))),
            ("1.5s", Some(Duration::from_millis(1500))),
            ("2m", Some(Duration::from_secs(120))),
            ("1h", Some(Duration::from_secs(3600))),
            ("80", None),
            ("ms", None),
            ("-1s", None),
            ("1.2.3s", None),
            ("900000h", None),
            ("1 s", None),
            ("1d", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
