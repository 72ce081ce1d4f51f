//! A `pattern`, read once and drawn from often.

use super::MAX_TEXT;
use super::piece::Piece;
use crate::generate::Variety;
use crate::generate::grammar::TextRule;
use crate::generate::seed::Dice;
use crate::schema;

/// Attempts look at up to this power of two characters more than needed: what nothing matches is given up only after
/// the last attempt, and each costs at least as much as its text is long.
const MAX_SPREAD: usize = 10;

/// A pattern to draw strings from. Where it has look-around or backreferences, not all of them match it.
#[derive(Debug)]
pub(crate) struct Pattern {
    pattern: schema::Pattern,
    piece: Piece,
}

impl Pattern {
    /// Reads a pattern; nothing where it is none.
    pub(super) fn read(source: &str) -> Option<Self> {
        let pattern = schema::Pattern::read(source).ok()?;
        let piece = Piece::read(&pattern.to_hir());
        Some(Self { pattern, piece })
    }

    /// The pattern as the document has it.
    pub(super) fn source(&self) -> &str {
        self.pattern.source()
    }

    /// Whether it finds a match in a text.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, schema::Undecided> {
        self.pattern.is_match(text)
    }

    /// A string that the pattern matches as a whole, of a length that the rule admits. Later attempts look at
    /// more lengths.
    pub(super) fn draw(
        &self,
        rule: &TextRule,
        dice: &mut Dice,
        variety: Variety,
        attempt: usize,
    ) -> Result<String, String> {
        let shortest = rule.min.max(self.piece.min);
        let longest = rule.max.unwrap_or(MAX_TEXT).min(MAX_TEXT);
        if shortest > longest {
            return Err(match self.piece.min > self.piece.max {
                true => format!("the pattern `{}` matches nothing", self.source()),
                false => format!(
                    "the pattern `{}` asks for {} characters, where {longest} are the most",
                    self.source(),
                    self.piece.min
                ),
            });
        }
        let spread = match variety {
            Variety::Minimal => 0,
            Variety::Plain | Variety::Realistic => 6,
            Variety::Wild => dice.below(40) as u64,
        };
        let spread = spread + if attempt > 0 { 1 << attempt.min(MAX_SPREAD) } else { 0 };
        let mut text = String::new();
        if self.piece.draw(shortest, longest.min(shortest + spread), dice, variety, &mut text) {
            return Ok(text);
        }
        // A pattern is not anchored unless it says so: a match that is too short may have something around it.
        if rule.min > self.piece.max {
            return Ok(self.padded(rule, dice, variety));
        }
        Err(format!("no string that the pattern `{}` matches is of an admitted length", self.source()))
    }

    /// A match with something behind it, for patterns without an end.
    fn padded(&self, rule: &TextRule, dice: &mut Dice, variety: Variety) -> String {
        let mut text = String::new();
        self.piece.draw(self.piece.min, self.piece.max, dice, variety, &mut text);
        let missing = rule.min.saturating_sub(text.chars().count() as u64);
        let filler = *dice.pick(&['a', '0', ' ', '-']).unwrap_or(&'a');
        text.extend(std::iter::repeat_n(filler, usize::try_from(missing).unwrap_or(0)));
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};
    use proptest::test_runner::TestCaseError;

    use super::*;
    use crate::generate::seed::{Seed, runner};

    fn rule(min: u64, max: u64) -> TextRule {
        TextRule { min, max: Some(max), ..TextRule::default() }
    }

    /// Draws of every variety; those that succeed are of an admitted length, a match that was padded included.
    fn draw_all(pattern: &str, rule: &TextRule) -> Result<usize, TestCaseError> {
        let Some(pattern) = Pattern::read(pattern) else { return Ok(0) };
        let mut dice = Dice::of(&mut runner(&Seed::derive(1, &["pattern"], 0)));
        let mut drawn = 0;
        for variety in [Variety::Minimal, Variety::Plain, Variety::Wild] {
            for attempt in 0..3 {
                if let Ok(text) = pattern.draw(rule, &mut dice, variety, attempt) {
                    prop_assert!(rule.fits(&text), "{} drew {text:?}", pattern.source());
                    drawn += 1;
                }
            }
        }
        Ok(drawn)
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_for_a_pattern(text in r"[\[\](){}^$.|?*+,:=!<>\\dDwWsSbBuxpkc0-9a-f-]{0,24}") {
            draw_all(&text, &rule(0, 40))?;
        }

        #[test]
        fn strings_of_a_pattern_are_of_the_length_asked_for(min in 0_u64..12, spread in 0_u64..6) {
            for pattern in ["^(ab?){0,9}c*$", "[a-z]+(-[a-z]+)*", "(a|bb|ccc)+d{2,5}", "x?y?z?"] {
                draw_all(pattern, &rule(min, min + spread))?;
            }
        }
    }

    #[test]
    fn lengths_that_a_pattern_has_are_found() {
        let rows = [
            ("^[a-f0-9]{32}$", 32, 32),
            ("^(abc){2,}$", 7, 9),
            ("^a*b{3}$", 1_000, 1_000),
            ("(x|yy){4}", 5, 8),
        ];
        for (pattern, min, max) in rows {
            assert!(draw_all(pattern, &rule(min, max)).is_ok_and(|drawn| drawn > 0), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_asks_for_too_much_says_so() {
        let rows = [
            ("^a{90000}$", "asks for 90000 characters"),
            ("^[a-z]{9}$", "asks for 9 characters, where 5 are the most"),
            ("^[^\\s\\S]$", "matches nothing"),
        ];
        for (pattern, reason) in rows {
            let mut dice = Dice::of(&mut runner(&Seed::derive(1, &["pattern"], 0)));
            let read = Pattern::read(pattern).expect("a pattern");
            let why = read.draw(&rule(0, 5), &mut dice, Variety::Plain, 0).expect_err("too much");
            assert!(why.contains(reason), "{pattern}: {why}");
        }
    }
}
