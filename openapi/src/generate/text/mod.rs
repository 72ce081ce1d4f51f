//! Strings: free text, by format, by pattern.

mod format;
mod free;
mod pattern;
mod piece;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Variety;
use super::grammar::TextRule;
use super::seed::Dice;
pub(crate) use free::word;
use pattern::Pattern;

/// The longest string that is generated, in characters; a schema that asks for more counts as admitting none.
pub(crate) const MAX_TEXT: u64 = 1 << 20;

/// How often a string is drawn anew before its rules count as too hard to meet.
const ATTEMPTS: usize = 48;

/// The same for strings of more than [`LONG_TEXT`] characters.
const LONG_ATTEMPTS: usize = 6;

/// The length from which a string counts as long.
const LONG_TEXT: u64 = 1_000;

/// The patterns and formats of a string, made ready to draw from.
#[derive(Debug)]
pub(crate) struct TextSource {
    patterns: Vec<Pattern>,
    /// Tells whether a string meets the formats; nothing where there are none.
    judge: Option<Validator>,
}

/// Why no string was drawn.
#[derive(Debug)]
pub(crate) struct NoText {
    pub(crate) reason: String,
    /// Whether no other draw can do better, or none can be paid for.
    pub(crate) is_certain: bool,
}

impl NoText {
    /// A failure that another draw may avoid.
    fn perhaps(reason: String) -> Self {
        Self { reason, is_certain: false }
    }
}

impl TextSource {
    /// Makes the patterns of a rule ready. One that cannot be read is left to the judge.
    pub(crate) fn new(rule: &TextRule) -> Self {
        let asserted: Vec<Value> = rule.formats.iter().map(|format| json!({ "format": format })).collect();
        let judge = match asserted.is_empty() {
            true => None,
            false => crate::schema::validator(&json!({ "allOf": asserted })).ok(),
        };
        Self { patterns: rule.patterns.iter().filter_map(|pattern| Pattern::read(pattern)).collect(), judge }
    }

    /// A string that meets the rule; the error says why there is none.
    pub(crate) fn draw(&self, rule: &TextRule, dice: &mut Dice, variety: Variety) -> Result<String, NoText> {
        if rule.max.is_some_and(|max| max < rule.min) {
            return Err(NoText::perhaps("`minLength` is more than `maxLength`".to_owned()));
        }
        if rule.min > MAX_TEXT {
            return Err(NoText::perhaps(format!(
                "`minLength` asks for {} characters, and no more than {MAX_TEXT} are generated",
                rule.min
            )));
        }
        let mut why = None;
        // Matching costs as much as a text is long.
        let attempts = if rule.min > LONG_TEXT { LONG_ATTEMPTS } else { ATTEMPTS };
        for attempt in 0..attempts {
            let text = match self.candidate(rule, dice, variety, attempt) {
                Ok(text) => text,
                Err(reason) => {
                    why = Some(reason);
                    continue;
                }
            };
            if rule.fits(&text) && self.is_met(&text)? {
                return Ok(text);
            }
        }
        Err(NoText::perhaps(why.unwrap_or_else(|| {
            let rules: Vec<String> = rule
                .patterns
                .iter()
                .map(|pattern| format!("the pattern `{pattern}`"))
                .chain(rule.formats.iter().map(|format| format!("the format `{format}`")))
                .collect();
            format!("no string was found that meets {} and the length", rules.join(" and "))
        })))
    }

    /// Whether a string is known to meet the patterns and formats.
    pub(crate) fn admits(&self, text: &str) -> bool {
        self.is_met(text).unwrap_or(false)
    }

    /// Whether a string meets the patterns and formats.
    ///
    /// A pattern that spends its whole budget on one string would do so on most others, and all of them together
    /// would take minutes: drawing ends with the first.
    fn is_met(&self, text: &str) -> Result<bool, NoText> {
        for pattern in &self.patterns {
            let is_match = pattern.is_match(text).map_err(|undecided| NoText {
                reason: format!(
                    "no string was found that meets the pattern `{}`: {undecided}",
                    pattern.source()
                ),
                is_certain: true,
            })?;
            if !is_match {
                return Ok(false);
            }
        }
        Ok(self.judge.as_ref().is_none_or(|judge| judge.is_valid(&Value::String(text.to_owned()))))
    }

    fn candidate(
        &self,
        rule: &TextRule,
        dice: &mut Dice,
        variety: Variety,
        attempt: usize,
    ) -> Result<String, String> {
        let sources = rule.formats.len() + self.patterns.len();
        if sources == 0 {
            return Ok(free::draw(rule, dice, variety));
        }
        // The rules take turns to make the string that the others are then asked about.
        let turn = attempt % sources;
        match rule.formats.get(turn) {
            Some(format) => {
                // What reads well may be too long or too short; what few formats assert, any string meets.
                let drawn = match attempt / sources % 3 {
                    0 => format::draw(format, rule, dice, variety),
                    1 => format::sized(format, rule),
                    _ => None,
                };
                Ok(drawn.unwrap_or_else(|| free::draw(rule, dice, variety)))
            }
            None => self.patterns[turn - rule.formats.len()].draw(rule, dice, variety, attempt / sources),
        }
    }
}
