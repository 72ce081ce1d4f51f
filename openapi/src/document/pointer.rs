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
        let (_, mut rest) = split(&self.0);
        while let Some(tokens) = rest {
            let (token, others) = split(tokens);
            value = step(value, &unescape(token))?;
            rest = others;
        }
        Some(value)
    }
}

/// What is before the first slash of a text, and what is after it, where it has one. Tokens are short, so that to look
/// at each byte is the quickest way to find it.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == b'/') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// What an unescaped token leads to from a value.
pub(crate) fn step<'v>(value: &'v Value, token: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

/// What a token stands for; most hold nothing escaped and cost nothing. A `~` that escapes nothing stands for itself.
fn unescape(token: &str) -> Cow<'_, str> {
    if !token.as_bytes().contains(&b'~') {
        return Cow::Borrowed(token);
    }
    let mut pieces = token.split('~');
    let mut text = String::with_capacity(token.len());
    text.push_str(pieces.next().unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_unescaped_once() {
        // Where a token and what it stands for differ, the other way round is how it is written.
        let table =
            [("a", "a"), ("~1a~1{b}", "/a/{b}"), ("~0", "~"), ("~01", "~1"), ("~0~1", "~/"), ("", "")];
        for (token, meant) in table {
            assert_eq!(unescape(token), meant);
            assert_eq!(Pointer::root().join(meant).as_str(), format!("/{token}"));
            let root = json!({ meant: { "x": [1, { meant: 2 }] } });
            let pointer = Pointer::from_escaped(format!("/{token}/x/1/{token}"));
            assert_eq!(pointer.find(&root), Some(&json!(2)), "{token}");
        }
        assert_eq!((unescape("~"), unescape("~2~")), ("~".into(), "~2~".into()));
        assert_eq!(Pointer::root().find(&json!(1)), Some(&json!(1)));
        assert_eq!(Pointer::from_escaped("/0/a").find(&json!([1])), None);
    }
}
