//! A `pattern`, read once and drawn from often.

use regex_syntax::ParserBuilder;

use super::MAX_TEXT;
use super::piece::Piece;
use super::translate::translate;
use crate::generate::Variety;
use crate::generate::grammar::TextRule;
use crate::generate::seed::Dice;

/// The longest pattern that is read, in bytes.
const MAX_PATTERN: usize = 1 << 16;

/// A pattern to draw strings from. They match a little more than it: see `translate`.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    piece: Piece,
}

impl Pattern {
    /// Reads a pattern as ECMA-262 has it; nothing where that fails.
    pub(super) fn read(source: &str) -> Option<Self> {
        if source.len() > MAX_PATTERN {
            return None;
        }
        let hir = ParserBuilder::new().build().parse(&translate(source)).ok()?;
        Some(Self { source: source.to_owned(), piece: Piece::read(&hir) })
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
                true => format!("the pattern `{}` matches nothing", self.source),
                false => format!(
                    "the pattern `{}` asks for {} characters, where {longest} are the most",
                    self.source, self.piece.min
                ),
            });
        }
        let spread = match variety {
            Variety::Minimal => 0,
            Variety::Plain => 6,
            Variety::Wild => dice.below(40) as u64,
        };
        let spread = spread + if attempt > 0 { 1 << attempt.min(20) } else { 0 };
        let mut text = String::new();
        if self.piece.draw(shortest, longest.min(shortest + spread), dice, variety, &mut text) {
            return Ok(text);
        }
        // A pattern is not anchored unless it says so: a match that is too short may have something around it.
        if rule.min > self.piece.max {
            return Ok(self.padded(rule, dice, variety));
        }
        Err(format!("no string that the pattern `{}` matches is of an admitted length", self.source))
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
