//! A regular expression as something to draw strings of a given length from.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::generate::Variety;
use crate::generate::seed::Dice;

/// A part of a regular expression and how many characters it matches.
#[derive(Debug)]
pub(super) struct Piece {
    kind: Kind,
    /// The fewest characters; more than `max` where nothing matches.
    pub(super) min: u64,
    pub(super) max: u64,
}

#[derive(Debug)]
enum Kind {
    Text(String),
    One(Choice),
    Repeat { min: u64, max: u64, inner: Box<Piece> },
    All(Vec<Piece>),
    Either(Vec<Piece>),
}

/// A class of characters.
#[derive(Debug)]
struct Choice {
    ranges: Vec<(char, char)>,
    /// The letters and digits of ASCII in it.
    letters: Vec<char>,
    /// All of ASCII in it that shows.
    visible: Vec<char>,
}

impl Piece {
    /// Reads an expression. Anchors and word borders match nothing here and are left to whoever judges the text.
    pub(super) fn read(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::text(String::new()),
            HirKind::Literal(literal) => Self::text(String::from_utf8_lossy(&literal.0).into_owned()),
            HirKind::Class(class) => Self::class(class),
            HirKind::Capture(capture) => Self::read(&capture.sub),
            HirKind::Repetition(repetition) => {
                let inner = Self::read(&repetition.sub);
                let (min, max) = (u64::from(repetition.min), repetition.max.map_or(u64::MAX, u64::from));
                if inner.is_never() {
                    return if min == 0 { Self::text(String::new()) } else { inner };
                }
                Self {
                    min: min.saturating_mul(inner.min),
                    max: max.saturating_mul(inner.max),
                    kind: Kind::Repeat { min, max, inner: Box::new(inner) },
                }
            }
            HirKind::Concat(parts) => {
                let parts: Vec<Self> = parts.iter().map(Self::read).collect();
                if parts.iter().any(Self::is_never) {
                    return Self::never();
                }
                Self {
                    min: parts.iter().fold(0, |sum, part| sum.saturating_add(part.min)),
                    max: parts.iter().fold(0, |sum, part| sum.saturating_add(part.max)),
                    kind: Kind::All(parts),
                }
            }
            HirKind::Alternation(branches) => {
                let mut branches: Vec<Self> = branches.iter().map(Self::read).collect();
                branches.retain(|branch| !branch.is_never());
                Self {
                    min: branches.iter().map(|branch| branch.min).min().unwrap_or(u64::MAX),
                    max: branches.iter().map(|branch| branch.max).max().unwrap_or(0),
                    kind: Kind::Either(branches),
                }
            }
        }
    }

    fn text(text: String) -> Self {
        let length = text.chars().count() as u64;
        Self { kind: Kind::Text(text), min: length, max: length }
    }

    fn never() -> Self {
        Self { kind: Kind::Either(Vec::new()), min: u64::MAX, max: 0 }
    }

    fn is_never(&self) -> bool {
        self.min > self.max
    }

    fn class(class: &Class) -> Self {
        let ranges: Vec<(char, char)> = match class {
            Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
            Class::Bytes(class) => {
                class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
            }
        };
        if ranges.is_empty() {
            return Self::never();
        }
        let holds = |character: &char| ranges.iter().any(|(low, high)| low <= character && character <= high);
        let visible: Vec<char> = (' '..='~').filter(holds).collect();
        // Small letters first: the first is what a minimal string is made of.
        let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9').filter(holds).collect();
        Self { kind: Kind::One(Choice { ranges, letters, visible }), min: 1, max: 1 }
    }

    /// Appends a match of `low` to `high` characters; `false` where that was not to be had.
    pub(super) fn draw(
        &self,
        low: u64,
        high: u64,
        dice: &mut Dice,
        variety: Variety,
        out: &mut String,
    ) -> bool {
        let (low, high) = (low.max(self.min), high.min(self.max));
        if low > high {
            return false;
        }
        match &self.kind {
            Kind::Text(text) => {
                out.push_str(text);
                true
            }
            Kind::One(choice) => {
                out.push(choice.draw(dice, variety));
                true
            }
            Kind::All(parts) => draw_all(parts, low, high, dice, variety, out),
            Kind::Either(branches) => {
                let fits = |branch: &&Self| branch.min <= high && branch.max >= low;
                let fitting: Vec<&Self> = branches.iter().filter(fits).collect();
                let chosen = match variety {
                    Variety::Minimal => fitting.first(),
                    _ => dice.pick(&fitting),
                };
                chosen.is_some_and(|branch| branch.draw(low, high, dice, variety, out))
            }
            Kind::Repeat { min, max, inner } => {
                // What may be empty need not be repeated: all that is missing matches nothing.
                let min = if inner.min == 0 { 0 } else { *min };
                let fewest = if inner.max == 0 { min } else { min.max(low.div_ceil(inner.max)) };
                let most = high.checked_div(inner.min).map_or(*max, |most| most.min(*max));
                // Repeating what may be empty gains nothing; a few more than needed are plenty.
                let most = if inner.min == 0 { most.min(fewest.saturating_add(high.min(8))) } else { most };
                if fewest > most {
                    return false;
                }
                if inner.max == 0 {
                    return true;
                }
                let times =
                    fewest + dice.below(usize::try_from(most - fewest).unwrap_or(usize::MAX - 1) + 1) as u64;
                let (mut low, mut high) = (low, high);
                for done in 0..times {
                    let left = times - done - 1;
                    let lowest = low.saturating_sub(left.saturating_mul(inner.max));
                    let highest = high.saturating_sub(left.saturating_mul(inner.min));
                    let before = out.len();
                    if !inner.draw(lowest, highest, dice, variety, out) {
                        return false;
                    }
                    let drawn = out[before..].chars().count() as u64;
                    low = low.saturating_sub(drawn);
                    high = high.saturating_sub(drawn);
                }
                true
            }
        }
    }
}

fn draw_all(
    parts: &[Piece],
    low: u64,
    high: u64,
    dice: &mut Dice,
    variety: Variety,
    out: &mut String,
) -> bool {
    let (mut low, mut high) = (low, high);
    let sums = |parts: &[Piece]| {
        parts.iter().fold((0_u64, 0_u64), |(min, max), part| {
            (min.saturating_add(part.min), max.saturating_add(part.max))
        })
    };
    for (index, part) in parts.iter().enumerate() {
        let (rest_min, rest_max) = sums(&parts[index + 1..]);
        let lowest = low.saturating_sub(rest_max);
        let mut highest = high.saturating_sub(rest_min);
        // What may grow takes a share only, so that the first part does not take all there is.
        if rest_max > rest_min && part.max > part.min {
            let room = highest.saturating_sub(lowest.max(part.min));
            highest -= dice.below(usize::try_from(room).unwrap_or(0) + 1) as u64;
        }
        let before = out.len();
        if !part.draw(lowest, highest, dice, variety, out) {
            return false;
        }
        let drawn = out[before..].chars().count() as u64;
        low = low.saturating_sub(drawn);
        high = high.saturating_sub(drawn);
    }
    true
}

impl Choice {
    fn draw(&self, dice: &mut Dice, variety: Variety) -> char {
        let tame = if self.letters.is_empty() { &self.visible } else { &self.letters };
        let drawn = match variety {
            Variety::Minimal => tame.first(),
            Variety::Plain | Variety::Realistic => dice.pick(tame),
            Variety::Wild if dice.chance(60) => dice.pick(tame),
            Variety::Wild if dice.chance(75) => dice.pick(&self.visible),
            Variety::Wild => None,
        };
        drawn.copied().unwrap_or_else(|| self.any(dice))
    }

    fn any(&self, dice: &mut Dice) -> char {
        let (low, high) = self.ranges[dice.below(self.ranges.len())];
        let code = dice.between(i128::from(u32::from(low)), i128::from(u32::from(high)));
        // A number between the surrogates is no character; the range's end is one.
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(high)
    }
}
