//! How a secret is written where it stands: as it is, or escaped as a URL, JSON or a credential has it.

use std::fmt::Write as _;
use std::ops::Range;

/// A way to write a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretForm {
    /// As it is.
    Plain,
    /// With some bytes as `%XX` (RFC 3986, section 2.1), or a space as `+`.
    Percent,
    /// In base64 (RFC 4648, section 4), its padding left out.
    Base64,
    /// In base64 for URLs (RFC 4648, section 5), its padding left out.
    Base64Url,
    /// As a string of JSON holds it (RFC 8259, section 7).
    Json,
}

impl SecretForm {
    /// All but the plain one, each with its name in case files.
    pub(crate) const NAMED: [(Self, &'static str); 4] = [
        (Self::Percent, "percent"),
        (Self::Base64, "base64"),
        (Self::Base64Url, "base64url"),
        (Self::Json, "json"),
    ];

    /// A secret written this way.
    pub fn write(self, secret: &str) -> String {
        match self {
            Self::Plain => secret.to_owned(),
            Self::Percent => secret.bytes().fold(String::new(), |mut text, byte| {
                // Writing to a text cannot fail.
                let _ = write!(text, "%{byte:02X}");
                text
            }),
            Self::Base64 => base64(secret.as_bytes(), b"+/"),
            Self::Base64Url => base64(secret.as_bytes(), b"-_"),
            Self::Json => {
                let json = serde_json::Value::from(secret).to_string();
                json[1..json.len() - 1].to_owned()
            }
        }
    }
}

/// Where a text has secrets in it, in any form; of those that begin at one place the first one given counts.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    secrets: Vec<Searched>,
    /// Whether one may begin with a byte.
    begins: [bool; 256],
}

#[derive(Debug, Clone)]
struct Searched {
    plain: String,
    base64: String,
    base64_url: String,
}

impl Secrets {
    /// Looks for these.
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let searched = |plain: String| Searched {
            base64: SecretForm::Base64.write(&plain),
            base64_url: SecretForm::Base64Url.write(&plain),
            plain,
        };
        let secrets: Vec<Searched> = secrets.into_iter().map(searched).collect();
        let mut begins = [false; 256];
        for form in secrets.iter().flat_map(|secret| [&secret.plain, &secret.base64, &secret.base64_url]) {
            form.bytes().take(1).for_each(|byte| begins[usize::from(byte)] = true);
        }
        b"%+\\".iter().for_each(|byte| begins[usize::from(*byte)] = !secrets.is_empty());
        Self { secrets, begins }
    }

    /// The secret with which a text begins: its length there, which it is, and its form.
    pub(crate) fn at_start(&self, text: &str) -> Option<(usize, usize, SecretForm)> {
        let first = *text.as_bytes().first()?;
        if !self.begins[usize::from(first)] {
            return None;
        }
        let mut all = self.secrets.iter().enumerate();
        all.find_map(|(index, secret)| secret.begins(text).map(|(length, form)| (length, index, form)))
    }

    /// Where they stand, which they are, and in which form, from left to right; none overlaps another.
    pub(crate) fn find(&self, text: &str) -> Vec<(Range<usize>, usize, SecretForm)> {
        let has_escapes = text.bytes().any(|byte| matches!(byte, b'%' | b'+' | b'\\'));
        let is_there = |secret: &Searched| {
            text.contains(&secret.plain) || text.contains(&secret.base64) || text.contains(&secret.base64_url)
        };
        if !has_escapes && !self.secrets.iter().any(is_there) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut at = 0;
        let next = |at: usize| text.bytes().skip(at).position(|byte| self.begins[usize::from(byte)]);
        while let Some(skipped) = next(at) {
            at += skipped;
            let rest = &text[at..];
            at += match self.at_start(rest) {
                Some((length, index, form)) => {
                    found.push((at..at + length, index, form));
                    length
                }
                None => rest.chars().next().map_or(1, char::len_utf8),
            };
        }
        found
    }
}

impl Searched {
    /// How long the secret is with which a text begins, and its form.
    fn begins(&self, text: &str) -> Option<(usize, SecretForm)> {
        let as_is = |form: &str| text.starts_with(form).then_some(form.len());
        let is_base64 = |form: &str| as_is(form).filter(|_| form.len() > 4);
        as_is(&self.plain)
            .map(|length| (length, SecretForm::Plain))
            .or_else(|| is_base64(&self.base64).map(|length| (length, SecretForm::Base64)))
            .or_else(|| is_base64(&self.base64_url).map(|length| (length, SecretForm::Base64Url)))
            .or_else(|| percent(text.as_bytes(), &self.plain).map(|length| (length, SecretForm::Percent)))
            .or_else(|| json(text, &self.plain).map(|length| (length, SecretForm::Json)))
    }
}

/// How many bytes a secret takes at the start of a text in which any byte may be escaped.
fn percent(text: &[u8], secret: &str) -> Option<usize> {
    let mut at = 0;
    for wanted in secret.bytes() {
        at += match text.get(at)? {
            b'%' => {
                let digits = std::str::from_utf8(text.get(at + 1..at + 3)?).ok()?;
                (u8::from_str_radix(digits, 16) == Ok(wanted)).then_some(3)?
            }
            b'+' if wanted == b' ' => 1,
            byte if *byte == wanted => 1,
            _ => return None,
        };
    }
    Some(at)
}

/// The same for a string of JSON.
fn json(text: &str, secret: &str) -> Option<usize> {
    let mut rest = text;
    let mut units = [0; 2];
    for wanted in secret.chars() {
        rest = if let Some(plain) = rest.strip_prefix(wanted).filter(|_| wanted != '\\') {
            plain
        } else {
            let escaped = rest.strip_prefix('\\')?;
            let short = match wanted {
                '"' | '\\' | '/' => Some(wanted),
                '\n' => Some('n'),
                '\r' => Some('r'),
                '\t' => Some('t'),
                '\u{8}' => Some('b'),
                '\u{c}' => Some('f'),
                _ => None,
            };
            match short.and_then(|short| escaped.strip_prefix(short)) {
                Some(plain) => plain,
                None => {
                    let mut left = rest;
                    for unit in wanted.encode_utf16(&mut units) {
                        let digits = left.strip_prefix("\\u")?;
                        let is_it = u16::from_str_radix(digits.get(..4)?, 16) == Ok(*unit);
                        left = is_it.then(|| &digits[4..])?;
                    }
                    left
                }
            }
        };
    }
    Some(text.len() - rest.len())
}

fn base64(bytes: &[u8], last: &[u8; 2]) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let sextet = (group >> (18 - 6 * place) & 63) as usize;
            text.push(char::from(LETTERS.get(sextet).copied().unwrap_or_else(|| last[sextet - 62])));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "s3c/r+t \"ü\\x";

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let secrets = Secrets::new([SECRET.to_owned()]);
        for (written, form) in [
            (SECRET, SecretForm::Plain),
            ("s3c%2Fr%2Bt%20%22%C3%BC%5Cx", SecretForm::Percent),
            ("s3c%2fr%2bt+%22%c3%bc%5cx", SecretForm::Percent),
            ("%73%33c/r%2Bt%20\"%C3%BC%5Cx", SecretForm::Percent),
            (r#"s3c/r+t \"ü\\x"#, SecretForm::Json),
            (r#"s3c\/r+t \u0022\u00fc\u005Cx"#, SecretForm::Json),
            ("czNjL3IrdCAiw7xceA", SecretForm::Base64),
        ] {
            let text = format!("before {written} after {written}");
            let found = secrets.find(&text);
            let texts: Vec<(&str, SecretForm)> =
                found.iter().map(|(range, _, form)| (&text[range.clone()], *form)).collect();
            assert_eq!(texts, [(written, form), (written, form)], "{text}");
        }
        assert_eq!(secrets.find("s3c%2Fr%2Bt%2"), []);
        assert_eq!(Secrets::new(["??>>".to_owned()]).find("Pz8-Pg")[0].2, SecretForm::Base64Url);
    }

    #[test]
    fn the_longer_of_two_is_found_before_what_it_holds() {
        let secrets = Secrets::new(["Bearer abcd".to_owned(), "abcd".to_owned()]);
        let found: Vec<usize> =
            secrets.find("Bearer%20abcd abcd").into_iter().map(|(_, index, _)| index).collect();
        assert_eq!(found, [0, 1]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_found(secret in ".{4,12}", around in "[a-z%+\\\\ü ]{0,6}") {
            let secrets = Secrets::new([secret.clone()]);
            for form in SecretForm::NAMED.into_iter().map(|(form, _)| form).chain([SecretForm::Plain]) {
                let text = format!("{around}{}", form.write(&secret));
                let shown = secrets.find(&text).iter().rev().fold(text.clone(), |mut shown, (range, ..)| {
                    shown.replace_range(range.clone(), "");
                    shown
                });
                prop_assert!(!shown.contains(&form.write(&secret)), "{text}: {shown}");
            }
        }
    }
}
