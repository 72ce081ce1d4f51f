//! JSON Pointers (RFC 6901) that grow as one walks down a document.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// A JSON Pointer in its escaped text form, for example `/paths/~1pets/get`; the empty text is the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The pointer to the root.
    pub fn root() -> Self {
        Self::default()
    }

    /// A pointer from its escaped text form, which is taken as it stands.
    pub fn from_escaped(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// This pointer with one more token, which is escaped here.
    #[must_use]
    pub fn join(&self, token: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + token.len() + 1);
        text.push_str(&self.0);
        text.push('/');
        for character in token.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
        Self(text)
    }

    /// This pointer with one more array index.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The escaped text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The unescaped tokens, from the root down.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|token| unescape(token).into_owned())
    }

    /// The value this points at within `root`.
    pub fn find<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        let mut value = root;
        for token in self.0.split('/').skip(1) {
            value = match value {
                Value::Object(members) => members.get(&*unescape(token)),
                Value::Array(items) => items.get(token.parse::<usize>().ok()?),
                _ => None,
            }?;
        }
        Some(value)
    }
}

/// What a token stands for; most hold nothing escaped and cost nothing. A `~` that escapes nothing stands for itself.
fn unescape(token: &str) -> Cow<'_, str> {
    let mut pieces = token.split('~');
    let first = pieces.next().unwrap_or_default();
    if first.len() == token.len() {
        return Cow::Borrowed(token);
    }
    let mut text = String::with_capacity(token.len());
    text.push_str(first);
    for piece in pieces {
        let (meant, rest) = match piece.as_bytes().first() {
            Some(b'0') => ('~', &piece[1..]),
            Some(b'1') => ('/', &piece[1..]),
            _ => ('~', piece),
        };
        text.push(meant);
        text.push_str(rest);
    }
    Cow::Owned(text)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
