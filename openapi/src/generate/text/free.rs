//! Strings that nothing but their length is said of.

use super::MAX_TEXT;
use crate::generate::Variety;
use crate::generate::grammar::TextRule;
use crate::generate::seed::Dice;

/// Words that read well in a reply and mean nothing in particular.
const WORDS: [&str; 64] = [
    "amber", "anchor", "apple", "arrow", "autumn", "basil", "beacon", "birch", "breeze", "canyon", "cedar",
    "cherry", "cliff", "clover", "cobalt", "comet", "copper", "coral", "cotton", "crystal", "dawn", "delta",
    "ember", "falcon", "fern", "forest", "garden", "ginger", "glacier", "granite", "harbor", "hazel",
    "heron", "indigo", "island", "ivory", "jasmine", "juniper", "lagoon", "lemon", "linen", "maple",
    "marble", "meadow", "mint", "mosaic", "nectar", "olive", "opal", "orchid", "pebble", "pepper", "plum",
    "prairie", "quartz", "raven", "river", "saffron", "silver", "spruce", "summit", "thistle", "tundra",
    "willow",
];

/// Strings that have upset programs before.
const AWKWARD: [&str; 24] = [
    "",
    " ",
    "0",
    "-1",
    "null",
    "true",
    "undefined",
    "NaN",
    "1e309",
    "a b",
    "a+b",
    "a%20b",
    "%",
    "a/b",
    "..",
    "a&b=c",
    "a;b",
    "a,b",
    "'",
    "\"",
    "\\",
    "<a>",
    "\u{e9}\u{df}\u{4e16}\u{1f600}",
    "line\nbreak",
];

/// A word.
pub(crate) fn word(dice: &mut Dice) -> &'static str {
    WORDS[dice.below(WORDS.len())]
}

/// A string of a length that the rule admits.
pub(super) fn draw(rule: &TextRule, dice: &mut Dice, variety: Variety) -> String {
    let longest = usize::try_from(rule.max.unwrap_or(MAX_TEXT).min(MAX_TEXT)).unwrap_or(usize::MAX);
    let shortest = usize::try_from(rule.min).unwrap_or(usize::MAX);
    match variety {
        // One character says more than none, where the schema leaves it open.
        Variety::Minimal => "a".repeat(shortest.max(1).min(longest)),
        Variety::Plain | Variety::Realistic => words(shortest, longest, dice),
        Variety::Wild => match dice.below(10) {
            0..=3 => words(shortest, longest, dice),
            4..=5 => {
                let awkward = *dice.pick(&AWKWARD).unwrap_or(&"");
                if rule.fits(awkward) { awkward.to_owned() } else { words(shortest, longest, dice) }
            }
            6..=7 => characters(shortest, longest, dice, |dice| char::from(32 + dice.below(95) as u8)),
            8 => characters(shortest, longest, dice, any_character),
            // The ends of the range, where off-by-one mistakes live.
            _ => {
                let end = if dice.chance(50) { shortest } else { longest.min(shortest + 255) };
                characters(end, end, dice, |dice| char::from(b'a' + dice.below(26) as u8))
            }
        },
    }
}

fn words(shortest: usize, longest: usize, dice: &mut Dice) -> String {
    let mut text = word(dice).to_owned();
    while text.len() < shortest || (text.len() < longest && dice.chance(15)) {
        text.push(' ');
        text.push_str(word(dice));
    }
    // The words are ASCII, so bytes are characters here; a space at the end would look like a mistake.
    if text.len() > longest {
        text.truncate(longest);
        if text.ends_with(' ') {
            text.pop();
            text.push('s');
        }
    }
    text
}

fn characters(shortest: usize, longest: usize, dice: &mut Dice, one: fn(&mut Dice) -> char) -> String {
    let spread = longest.saturating_sub(shortest).min(24);
    let length = shortest + dice.below(spread + 1);
    (0..length).map(|_| one(dice)).collect()
}

fn any_character(dice: &mut Dice) -> char {
    let (low, high) = *dice
        .pick(&[
            (0x20, 0x7E),
            (0xA1, 0x17F),
            (0x370, 0x3FF),
            (0x4E00, 0x4FFF),
            (0x1F300, 0x1F64F),
            (0x1, 0xFFFF),
        ])
        .unwrap_or(&(0x20, 0x7E));
    u32::try_from(dice.between(low, high)).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}
