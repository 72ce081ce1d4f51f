//! The tree of templates that the router walks down.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::condition::{Condition, fit};
use super::template::{Piece, Segment, match_pieces};
use crate::contract::Operation;

/// What templates share up to a segment, and what comes after it.
#[derive(Debug, Default)]
pub(super) struct Branch {
    literals: HashMap<String, Branch>,
    mixed: Vec<(Vec<Piece>, Branch)>,
    variable: Option<Box<Branch>>,
    /// The operations whose template ends here; of those of a method that a request means as surely, and whose
    /// conditions it meets as well, the first wins.
    pub(super) ends: Vec<End>,
}

/// An operation, where its template ends.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) operation: Arc<Operation>,
    pub(super) claim: Claim,
    /// Variables of the base path, which come first among the captures and are not the operation's.
    pub(super) base_variables: usize,
    /// What its requests show beyond the path.
    pub(super) conditions: Arc<[Condition]>,
}

/// How sure it is that a path means a template; the order is the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// The base path is left out, or holds variables.
    Loose,
    /// The path is the one that the document says, base path included.
    Exact,
}

impl End {
    /// Adds an operation to those that end at one place, unless another there cannot be told from it: that one comes
    /// back.
    pub(super) fn add(self, ends: &mut Vec<Self>) -> Option<Arc<Operation>> {
        let is_same = |other: &&Self| {
            other.operation.method() == self.operation.method()
                && other.claim == self.claim
                && other.conditions == self.conditions
        };
        if let Some(first) = ends.iter().find(is_same) {
            return Some(Arc::clone(&first.operation));
        }
        ends.push(self);
        None
    }

    /// The one of several that a request means.
    pub(super) fn meant<'e>(
        ends: &'e [Self],
        method: &Method,
        query: &str,
        headers: &HeaderMap,
    ) -> Option<&'e Self> {
        let mut best = None;
        for end in ends.iter().filter(|end| end.operation.method() == method) {
            let Some(fit) = fit(&end.conditions, query, headers) else { continue };
            let rank = (end.claim, fit);
            if best.is_none_or(|(best, _)| rank > best) {
                best = Some((rank, end));
            }
        }
        best.map(|(_, end)| end)
    }
}

impl Branch {
    /// The branches below that the segments of a path are of, the best first.
    pub(super) fn candidates<'r, 'p>(&'r self, segments: &[&'p str]) -> Vec<Candidate<'r, 'p>> {
        let mut walk = Walk { raw: segments, captures: Vec::new(), shape: Vec::new(), found: Vec::new() };
        walk.descend(self, 0);
        let mut found = walk.found;
        found.sort_by(|left, right| right.rank().cmp(&left.rank()));
        found
    }

    /// The branch after a segment, made where there is none.
    pub(super) fn child(&mut self, segment: &Segment) -> &mut Self {
        match segment {
            Segment::Literal(text) => {
                let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
                self.literals.entry(decoded).or_default()
            }
            Segment::Variable(_) => self.variable.get_or_insert_default(),
            Segment::Mixed(pieces) => {
                let shape: Vec<Piece> = pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Literal(text) => Piece::Literal(text.clone()),
                        Piece::Variable(_) => Piece::Variable(String::new()),
                    })
                    .collect();
                let at = self.mixed.iter().position(|(known, _)| *known == shape).unwrap_or_else(|| {
                    self.mixed.push((shape, Self::default()));
                    self.mixed.len() - 1
                });
                &mut self.mixed[at].1
            }
        }
    }
}

/// How literal a matched segment is; the order is the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Variable,
    /// With so many bytes of text beside its variables.
    Mixed(usize),
    Literal,
}

/// A branch that a path leads to.
pub(super) struct Candidate<'r, 'p> {
    pub(super) branch: &'r Branch,
    pub(super) captures: Vec<&'p str>,
    shape: Vec<Likeness>,
}

impl Candidate<'_, '_> {
    fn rank(&self) -> (usize, &[Likeness]) {
        (self.shape.iter().filter(|likeness| **likeness == Likeness::Literal).count(), &self.shape)
    }
}

/// A walk down every branch that matches the segments of one path.
struct Walk<'r, 'p, 's> {
    raw: &'s [&'p str],
    captures: Vec<&'p str>,
    shape: Vec<Likeness>,
    found: Vec<Candidate<'r, 'p>>,
}

impl<'r, 'p> Walk<'r, 'p, '_> {
    fn descend(&mut self, branch: &'r Branch, at: usize) {
        let Some(raw) = self.raw.get(at).copied() else {
            if !branch.ends.is_empty() {
                self.found.push(Candidate {
                    branch,
                    captures: self.captures.clone(),
                    shape: self.shape.clone(),
                });
            }
            return;
        };
        let decoded = match raw.contains('%') {
            true => percent_decode_str(raw).decode_utf8_lossy(),
            false => Cow::Borrowed(raw),
        };
        if let Some(next) = branch.literals.get(decoded.as_ref()) {
            self.step(next, at, Likeness::Literal, &[]);
        }
        for (pieces, next) in &branch.mixed {
            if let Some(captures) = match_pieces(pieces, raw) {
                let text = pieces.iter().map(Piece::literal).map(str::len).sum();
                self.step(next, at, Likeness::Mixed(text), &captures);
            }
        }
        if let Some(next) = &branch.variable
            && !raw.is_empty()
        {
            self.step(next, at, Likeness::Variable, &[raw]);
        }
    }

    fn step(&mut self, next: &'r Branch, at: usize, likeness: Likeness, captures: &[&'p str]) {
        let before = self.captures.len();
        self.captures.extend_from_slice(captures);
        self.shape.push(likeness);
        self.descend(next, at + 1);
        self.shape.pop();
        self.captures.truncate(before);
    }
}
