//! Names and values between `&` and `=`, in queries and form bodies.

use std::borrow::Cow;
use std::cell::Cell;

use super::error::Inexpressible;
use super::escape::{Escape, Role};

/// The most pairs read from one query or form body.
pub(crate) const MAX_PAIRS: usize = 10_000;

/// The pairs of a query or form body, in order, with a note of which were read.
#[derive(Debug)]
pub(crate) struct QueryPairs<'q>(Vec<Pair<'q>>);

#[derive(Debug)]
struct Pair<'q> {
    name: Cow<'q, str>,
    /// Still escaped.
    value: &'q str,
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
            pairs.push(Pair { name: Escape::Query.read(name), value, is_read: Cell::new(false) });
        }
        Ok(Self(pairs))
    }

    /// The pairs that the texts of named parts are.
    pub(super) fn of_parts(parts: impl Iterator<Item = (&'q str, &'q str)>) -> Self {
        let pair = |(name, value)| Pair { name: Cow::Borrowed(name), value, is_read: Cell::new(false) };
        Self(parts.map(pair).collect())
    }

    /// Whether each pair was read, in order.
    pub(super) fn are_read(&self) -> impl Iterator<Item = bool> {
        self.0.iter().map(|pair| pair.is_read.get())
    }

    /// The raw values of a name, in order; they count as read.
    pub(super) fn named(&self, name: &str) -> Vec<&'q str> {
        let named = self.0.iter().filter(|pair| pair.name == name);
        named
            .map(|pair| {
                pair.is_read.set(true);
                pair.value
            })
            .collect()
    }

    /// Shows every name and raw value, in order; those that `take` takes count as read.
    pub(super) fn take(&self, mut take: impl FnMut(&str, &'q str) -> bool) {
        for pair in &self.0 {
            if take(&pair.name, pair.value) {
                pair.is_read.set(true);
            }
        }
    }

    /// The first value of a name, unescaped; it counts as read.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'q, str>> {
        let pair = self.0.iter().find(|pair| pair.name == name)?;
        pair.is_read.set(true);
        Some(Escape::Query.read(pair.value))
    }

    /// The names that nothing has read, with their raw values, in order.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&str, &'q str)> {
        self.0.iter().filter(|pair| !pair.is_read.get()).map(|pair| (pair.name.as_ref(), pair.value))
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
