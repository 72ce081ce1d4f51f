//! Names and values between `&` and `=`, in queries and form bodies.

use std::borrow::Cow;
use std::cell::Cell;

use super::error::Inexpressible;
use super::escape::{self, Escape, Role};

/// The most pairs read from one query or form body.
pub(crate) const MAX_PAIRS: usize = 10_000;

/// The pairs of a query or form body, in order, with a note of which were read.
#[derive(Debug)]
pub(crate) struct QueryPairs<'q> {
    pairs: Vec<Pair<'q>>,
    /// The first of those read whose escapes are not sound.
    unsound: Cell<Option<usize>>,
}

#[derive(Debug)]
struct Pair<'q> {
    name: Cow<'q, str>,
    /// Still escaped.
    value: &'q str,
    is_sound: bool,
    is_read: Cell<bool>,
}

impl<'q> QueryPairs<'q> {
    /// The pairs of a text; a name without `=` has the empty value.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_PAIRS`].
    pub(crate) fn read(text: &'q str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for piece in text.split('&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(format!("it holds more than {MAX_PAIRS} names"));
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let is_sound = escape::fault(piece).is_none();
            pairs.push(Pair { name: Escape::Query.read(name), value, is_sound, is_read: Cell::new(false) });
        }
        Ok(Self { pairs, unsound: Cell::new(None) })
    }

    /// The pairs that the texts of named parts are.
    pub(super) fn of_parts(parts: impl Iterator<Item = (&'q str, &'q str)>) -> Self {
        let pair = |(name, value)| Pair {
            name: Cow::Borrowed(name),
            value,
            is_sound: true,
            is_read: Cell::new(false),
        };
        Self { pairs: parts.map(pair).collect(), unsound: Cell::new(None) }
    }

    /// Whether each pair was read, in order.
    pub(super) fn are_read(&self) -> impl Iterator<Item = bool> {
        self.pairs.iter().map(|pair| pair.is_read.get())
    }

    fn note_read(&self, index: usize) {
        let pair = &self.pairs[index];
        pair.is_read.set(true);
        if !pair.is_sound && self.unsound.get().is_none() {
            self.unsound.set(Some(index));
        }
    }

    /// What is wrong with the escapes of a pair that was read since this was last asked.
    pub(super) fn fault(&self) -> Option<String> {
        let pair = &self.pairs[self.unsound.take()?];
        let whole = escape::fault(pair.value).map(|fault| format!("its value cannot be read: {fault}"));
        Some(whole.unwrap_or_else(|| "its name is not percent-encoded UTF-8".to_owned()))
    }

    /// The raw values of a name, in order; they count as read.
    pub(super) fn named(&self, name: &str) -> Vec<&'q str> {
        let named = self.pairs.iter().enumerate().filter(|(_, pair)| pair.name == name);
        named
            .map(|(index, pair)| {
                self.note_read(index);
                pair.value
            })
            .collect()
    }

    /// Shows every name and raw value, in order; those that `take` takes count as read.
    pub(super) fn take(&self, mut take: impl FnMut(&str, &'q str) -> bool) {
        for (index, pair) in self.pairs.iter().enumerate() {
            if take(&pair.name, pair.value) {
                self.note_read(index);
            }
        }
    }

    /// The first value of a name, unescaped; it counts as read.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'q, str>> {
        let index = self.pairs.iter().position(|pair| pair.name == name)?;
        self.note_read(index);
        Some(Escape::Query.read(self.pairs[index].value))
    }

    /// The names that nothing has read, with their raw values, in order.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&str, &'q str)> {
        self.pairs.iter().filter(|pair| !pair.is_read.get()).map(|pair| (pair.name.as_ref(), pair.value))
    }
}

/// Writes the pairs of a query, form body or cookie header, or the parts of a multipart body.
#[derive(Debug)]
pub(super) struct QueryWriter(Written);

#[derive(Debug)]
enum Written {
    Text { text: String, separator: &'static str },
    Parts(Vec<(String, String)>),
}

impl QueryWriter {
    /// Nothing written yet; `separator` goes between pairs.
    pub(super) fn new(separator: &'static str) -> Self {
        Self(Written::Text { text: String::new(), separator })
    }

    /// Nothing written yet; each pair becomes a part.
    pub(super) fn parts() -> Self {
        Self(Written::Parts(Vec::new()))
    }

    /// Adds a pair.
    pub(super) fn pair(
        &mut self,
        name: &str,
        value: &str,
        role: Role,
        escape: Escape,
    ) -> Result<(), Inexpressible> {
        escape.write(value, role, self.begin(name, escape)?)
    }

    /// Adds a pair whose value is bytes.
    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) -> Result<(), Inexpressible> {
        escape::write_form(value, self.begin(name, Escape::Form)?);
        Ok(())
    }

    /// Adds a pair whose value is escaped already.
    pub(super) fn written_pair(
        &mut self,
        name: &str,
        value: &str,
        escape: Escape,
    ) -> Result<(), Inexpressible> {
        self.begin(name, escape)?.push_str(value);
        Ok(())
    }

    /// Adds a pair whose value is still to be written where this leads.
    fn begin(&mut self, name: &str, escape: Escape) -> Result<&mut String, Inexpressible> {
        match &mut self.0 {
            Written::Text { text, separator } => {
                if !text.is_empty() {
                    text.push_str(separator);
                }
                escape.write(name, Role::Key, text)?;
                text.push('=');
                Ok(text)
            }
            Written::Parts(parts) => {
                parts.push((name.to_owned(), String::new()));
                let (_, value) = parts.last_mut().expect("one was pushed just now");
                Ok(value)
            }
        }
    }

    /// What was written.
    pub(super) fn into_text(self) -> String {
        match self.0 {
            Written::Text { text, .. } => text,
            Written::Parts(_) => String::new(),
        }
    }

    /// The names and values of the parts, in order.
    pub(super) fn into_parts(self) -> Vec<(String, String)> {
        match self.0 {
            Written::Text { .. } => Vec::new(),
            Written::Parts(parts) => parts,
        }
    }
}
