//! Strings by `format`: those the validator asserts, and those of the OpenAPI registry that say what to expect.

use super::free::word;
use crate::generate::Variety;
use crate::generate::grammar::TextRule;
use crate::generate::seed::Dice;

/// A string of a format; nothing for formats that say nothing we know.
pub(super) fn draw(format: &str, rule: &TextRule, dice: &mut Dice, variety: Variety) -> Option<String> {
    let is_wild = variety == Variety::Wild;
    Some(match format {
        "date" => date(dice, is_wild),
        "time" => time(dice, is_wild),
        "date-time" => format!("{}T{}", date(dice, is_wild), time(dice, is_wild)),
        "duration" => duration(dice),
        "email" | "idn-email" => format!("{}.{}@example.com", word(dice), word(dice)),
        "hostname" | "idn-hostname" => hostname(dice),
        "ipv4" | "ip" => ipv4(dice),
        "ipv6" => ipv6(dice, is_wild),
        "uri" | "url" | "iri" => uri(dice, is_wild),
        "uri-reference" | "iri-reference" => uri_reference(dice, is_wild),
        "uri-template" => format!("https://example.com/{}/{{{}}}", word(dice), word(dice)),
        "uuid" | "guid" => uuid(dice),
        "json-pointer" => format!("/{}/{}", word(dice), dice.below(10)),
        "relative-json-pointer" => format!("{}/{}", dice.below(4), word(dice)),
        "regex" => format!("^{}[0-9]+$", word(dice)),
        "byte" | "base64" | "base64url" => base64(rule, dice),
        "password" => format!("{}-{}-{}", word(dice), word(dice), dice.below(1000)),
        "int32" | "int64" | "integer" | "uint32" | "uint64" => dice.below(100_000).to_string(),
        "number" | "float" | "double" | "decimal" => format!("{}.{:02}", dice.below(1000), dice.below(100)),
        _ => return None,
    })
}

/// The shortest string of a format that is as long as a rule asks for; nothing for formats whose strings are all of about
/// one length.
pub(super) fn sized(format: &str, rule: &TextRule) -> Option<String> {
    let (start, end) = match format {
        "email" | "idn-email" => ("a", "@b.co"),
        "hostname" | "idn-hostname" => ("a", ".co"),
        "uri" | "url" | "iri" => ("http://b.co/a", ""),
        "uri-reference" | "iri-reference" | "uri-template" | "json-pointer" => ("/a", ""),
        _ => return None,
    };
    let missing = usize::try_from(rule.min).ok()?.saturating_sub(start.len() + end.len());
    Some(format!("{start}{}{end}", "a".repeat(missing)))
}

fn date(dice: &mut Dice, is_wild: bool) -> String {
    const EDGES: [&str; 5] = ["2024-02-29", "1970-01-01", "1999-12-31", "2038-01-19", "9999-12-31"];
    if is_wild && dice.chance(20) {
        return (*dice.pick(&EDGES).unwrap_or(&EDGES[0])).to_owned();
    }
    format!("{:04}-{:02}-{:02}", 2000 + dice.below(36), 1 + dice.below(12), 1 + dice.below(28))
}

fn time(dice: &mut Dice, is_wild: bool) -> String {
    let mut time = format!("{:02}:{:02}:{:02}", dice.below(24), dice.below(60), dice.below(60));
    if is_wild && dice.chance(30) {
        time.push_str(&format!(".{:03}", dice.below(1000)));
    }
    match is_wild && dice.chance(30) {
        true => {
            time.push_str(&format!("{}{:02}:30", if dice.chance(50) { '+' } else { '-' }, dice.below(12)))
        }
        false => time.push('Z'),
    }
    time
}

fn duration(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("P{}D", 1 + dice.below(30)),
        1 => format!("PT{}H{}M", 1 + dice.below(23), dice.below(60)),
        2 => format!("P{}W", 1 + dice.below(8)),
        _ => format!(
            "P{}Y{}M{}DT{}H",
            1 + dice.below(9),
            1 + dice.below(11),
            1 + dice.below(28),
            1 + dice.below(23)
        ),
    }
}

fn hostname(dice: &mut Dice) -> String {
    format!("{}.example.com", word(dice))
}

/// An address of the blocks kept for documentation (RFC 5737), or any at all.
fn ipv4(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("192.0.2.{}", dice.below(256)),
        1 => format!("198.51.100.{}", dice.below(256)),
        2 => format!("203.0.113.{}", dice.below(256)),
        _ => format!("10.{}.{}.{}", dice.below(256), dice.below(256), dice.below(256)),
    }
}

/// An address of the block kept for documentation (RFC 3849).
fn ipv6(dice: &mut Dice, is_wild: bool) -> String {
    const EDGES: [&str; 4] = ["::", "::1", "::ffff:192.0.2.1", "fe80::1"];
    if is_wild && dice.chance(25) {
        return (*dice.pick(&EDGES).unwrap_or(&EDGES[0])).to_owned();
    }
    format!("2001:db8::{:x}:{:x}", 1 + dice.below(0xFFFF), 1 + dice.below(0xFFFF))
}

fn uri(dice: &mut Dice, is_wild: bool) -> String {
    let mut uri = format!("https://{}/{}", hostname(dice), word(dice));
    if is_wild && dice.chance(40) {
        uri.push_str(&format!("?{}={}%20b#{}", word(dice), dice.below(100), word(dice)));
    }
    uri
}

fn uri_reference(dice: &mut Dice, is_wild: bool) -> String {
    if is_wild && dice.chance(50) { uri(dice, true) } else { format!("/{}/{}", word(dice), dice.below(100)) }
}

/// A random UUID of version 4 (RFC 9562).
fn uuid(dice: &mut Dice) -> String {
    let mut digits =
        |count: usize| -> String { (0..count).map(|_| format!("{:x}", dice.below(16))).collect() };
    let (start, second, third, last) = (digits(8), digits(4), digits(3), digits(12));
    let variant = ['8', '9', 'a', 'b'][dice.below(4)];
    let fourth: String = (0..3).map(|_| format!("{:x}", dice.below(16))).collect();
    format!("{start}-{second}-4{third}-{variant}{fourth}-{last}")
}

/// Base64 of a length that the rule admits, where groups of four characters can have it.
fn base64(rule: &TextRule, dice: &mut Dice) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let shortest = usize::try_from(rule.min).unwrap_or(usize::MAX / 8).div_ceil(4);
    let longest = usize::try_from(rule.max.unwrap_or(u64::MAX)).unwrap_or(usize::MAX) / 4;
    let groups = shortest.max(1).saturating_add(dice.below(8)).min(longest.max(shortest));
    (0..groups * 4).map(|_| char::from(DIGITS[dice.below(64)])).collect()
}
