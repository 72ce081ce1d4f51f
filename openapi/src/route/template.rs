//! Path templates, and how one segment of a path is matched.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

/// A path template (OpenAPI 3.0.3, section 4.7.8.1), parsed: `/pets/{petId}.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    text: String,
    pub(super) segments: Vec<Segment>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Literal(String),
    Variable(String),
    /// Text and variables in one segment: `{id}.json`, `{a}-{b}`, `{name}:run`.
    Mixed(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    Literal(String),
    Variable(String),
}

impl PathTemplate {
    /// Parses a template; braces that do not pair up are literal text.
    ///
    /// Variables and segments are those before a `?` or `#`, since no request path holds the rest; how the rest takes
    /// part in routing is told at [`Router::find_with`](super::Router::find_with).
    pub fn parse(text: &str) -> Self {
        let path = &text[..text.find(['?', '#']).unwrap_or(text.len())];
        let path = path.strip_prefix('/').unwrap_or(path);
        Self { text: text.to_owned(), segments: path.split('/').map(Segment::parse).collect() }
    }

    /// The template as documented.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The template up to a `?` or `#`, its variables without their names: what it shares with templates of the same
    /// requests.
    pub(crate) fn shape(&self) -> String {
        self.fill(|_| "{}".to_owned())
    }

    /// The literal pairs of its query part, as written there.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all_query_pairs().filter(|(_, value)| !value.contains('{'))
    }

    /// The pairs of its query part whose value is one variable: the name that is sent, and that of the variable.
    pub(crate) fn query_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let variable = |value| match next_variable(value) {
            Some(("", name, "")) => Some(name),
            _ => None,
        };
        self.all_query_pairs().filter_map(move |(name, value)| Some((name, variable(value)?)))
    }

    fn all_query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let before = self.text.split('#').next().unwrap_or_default();
        let query = before.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split_once('='))
    }

    /// The names of its variables, from left to right.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().flat_map(Segment::variables)
    }

    /// The raw values of its variables in a request path, from left to right; nothing where the path is not of this
    /// template. A variable takes as little as it can, and something.
    pub fn captures<'t, 'p>(&'t self, path: &'p str) -> Option<Vec<(&'t str, &'p str)>> {
        let raw: Vec<&'p str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        if raw.len() != self.segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, raw) in self.segments.iter().zip(raw) {
            match segment {
                Segment::Literal(text) => {
                    let is_same = percent_decode_str(text).eq(percent_decode_str(raw));
                    is_same.then_some(())?;
                }
                Segment::Variable(_) => values.push(Some(raw).filter(|raw| !raw.is_empty())?),
                Segment::Mixed(pieces) => values.extend(match_pieces(pieces, raw)?),
            }
        }
        Some(self.variables().zip(values).collect())
    }

    /// The request path made by writing `value(name)`, already percent-encoded, for each variable.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let mut path = String::with_capacity(self.text.len() + 16);
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Literal(text) => path.push_str(text),
                Segment::Variable(name) => path.push_str(&value(name)),
                Segment::Mixed(pieces) => {
                    for piece in pieces {
                        match piece {
                            Piece::Literal(text) => path.push_str(text),
                            Piece::Variable(name) => path.push_str(&value(name)),
                        }
                    }
                }
            }
        }
        path
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Piece {
    /// The text that it is; none for a variable.
    pub(super) fn literal(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Variable(_) => "",
        }
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_variable(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        match pieces.as_slice() {
            [] => Self::Literal(String::new()),
            [Piece::Literal(text)] => Self::Literal(text.clone()),
            [Piece::Variable(name)] => Self::Variable(name.clone()),
            _ => Self::Mixed(pieces),
        }
    }

    /// The decoded text of a literal segment that a request writes as it stands.
    pub(super) fn plain(&self) -> Option<Cow<'_, str>> {
        let Self::Literal(text) = self else { return None };
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        (!decoded.contains(['/', '%'])).then_some(decoded)
    }

    fn variables(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Variable(name) => vec![name],
            Self::Mixed(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Variable(name) => Some(name.as_str()),
                    Piece::Literal(_) => None,
                })
                .collect(),
        }
    }
}

/// The first `{name}` of a segment: what is before it, its name, what is after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    (close > open + 1).then(|| (&text[..open], &text[open + 1..close], &text[close + 1..]))
}

/// The raw values of the variables of a mixed segment; each variable takes as little as it can, but something.
///
/// A variable that ends at the first place it can leaves the most to those after it, so that no choice has to be taken
/// back, however long the segment is.
pub(super) fn match_pieces<'p>(mut pieces: &[Piece], raw: &'p str) -> Option<Vec<&'p str>> {
    let mut rest = raw;
    let mut captures = Vec::new();
    loop {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = match pieces {
            [] => return rest.is_empty().then_some(captures),
            [Piece::Literal(text), ..] => {
                rest = rest.strip_prefix(text.as_str())?;
                pieces = &pieces[1..];
                continue;
            }
            [Piece::Variable(_)] => rest.len(),
            [Piece::Variable(_), Piece::Variable(_), ..] => first,
            [Piece::Variable(_), Piece::Literal(text)] => rest.strip_suffix(text.as_str())?.len(),
            [Piece::Variable(_), Piece::Literal(text), ..] => first + rest[first..].find(text.as_str())?,
        };
        let (capture, after) = rest.split_at(end);
        if capture.is_empty() {
            return None;
        }
        captures.push(capture);
        rest = after;
        pieces = &pieces[1..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `match_pieces` says, by trying everything.
    fn match_by_trial<'p>(pieces: &[Piece], raw: &'p str) -> Option<Vec<&'p str>> {
        match pieces {
            [] => raw.is_empty().then(Vec::new),
            [Piece::Literal(text), rest @ ..] => match_by_trial(rest, raw.strip_prefix(text.as_str())?),
            [Piece::Variable(_), rest @ ..] => {
                let ends = raw
                    .char_indices()
                    .map(|(end, _)| end)
                    .skip(1)
                    .chain((!raw.is_empty()).then_some(raw.len()));
                ends.into_iter().find_map(|end| {
                    let mut captures = match_by_trial(rest, &raw[end..])?;
                    captures.insert(0, &raw[..end]);
                    Some(captures)
                })
            }
        }
    }

    proptest! {
        #[test]
        fn a_mixed_segment_is_matched_as_if_everything_was_tried(
            template in "([ab]|\\{x\\}){1,6}",
            raw in "[abé]{0,8}",
        ) {
            if let Segment::Mixed(pieces) = Segment::parse(&template) {
                prop_assert_eq!(match_pieces(&pieces, &raw), match_by_trial(&pieces, &raw), "{}", template);
            }
        }
    }

    #[test]
    fn a_long_segment_costs_no_more_than_its_length() {
        let Segment::Mixed(pieces) = Segment::parse("{a}-{b}-{c}-{d}-{e}.x") else { panic!("it is mixed") };
        assert_eq!(match_pieces(&pieces, &"-".repeat(60_000)), None);
    }
}
