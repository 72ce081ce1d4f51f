//! Strings that miss a pattern or a format.

use crate::generate::seed::Dice;
use crate::generate::text::word;

/// The bytes that hardly a pattern with a limit of length leaves room for.
const FAR: usize = 300;

/// A string that most patterns which match `text` do not match, of the same length where that is possible.
pub(super) fn off_pattern(text: &str, dice: &mut Dice) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return (*dice.pick(&["!", " ", "-", "a", "0"]).unwrap_or(&"!")).to_owned();
    }
    let odd = *dice.pick(&['!', ' ', '~', '\u{e9}', '0', 'a', 'Z', '-', '\n']).unwrap_or(&'!');
    match dice.below(7) {
        0 | 1 => {
            let at = dice.below(characters.len());
            characters.iter().enumerate().map(|(index, own)| if index == at { odd } else { *own }).collect()
        }
        2 => std::iter::repeat_n(odd, characters.len()).collect(),
        3 => format!("{odd}{text}{odd}"),
        // Some patterns only forbid white space, or say how long a text may be.
        4 => format!("{text} {text}"),
        5 => text.repeat(FAR / text.len() + 1),
        _ => word(dice).to_owned(),
    }
}

/// A string that looks like one of a format and is none.
pub(super) fn off_format(text: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        // A digit too large is what people get wrong: the 45th of the 13th month, 999.0.2.1.
        0 => {
            let nines: String =
                text.chars().map(|own| if own.is_ascii_digit() { '9' } else { own }).collect();
            if nines == text { word(dice).to_owned() } else { nines }
        }
        1 => text.chars().filter(|own| !matches!(own, '-' | ':' | '.' | '@' | '/' | 'T' | 'P')).collect(),
        2 => format!("{text} "),
        3 => text.chars().take(text.chars().count() / 2).collect(),
        4 => format!("{}{{", word(dice)),
        _ => format!("not a {} \\", word(dice)),
    }
}
