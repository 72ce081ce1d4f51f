//! Patterns in the words of the `regex-automata` crate.

use regex_automata::meta::Regex;
use regex_syntax::hir::{Class, Hir, Look, Repetition};

use super::node::{Assertion, Node};

/// The most memory that a compiled expression takes, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// Whether the translation matches exactly what the pattern does.
pub(super) fn is_exact(root: &Node) -> bool {
    !root.any(&|node| {
        matches!(
            node,
            Node::Look { .. }
                | Node::Atomic(_)
                | Node::Reference { .. }
                | Node::Assert(Assertion::LineStart | Assertion::LineEnd)
        )
    })
}

/// The pattern compiled to be matched in linear time; nothing where that is not exact or takes too much memory.
pub(super) fn compile(root: &Node) -> Option<Regex> {
    if !is_exact(root) {
        return None;
    }
    let config = Regex::config().nfa_size_limit(Some(MAX_SIZE)).hybrid_cache_capacity(MAX_SIZE);
    Regex::builder().configure(config).build_from_hir(&translate(root, root)).ok()
}

/// Translates a part of the pattern `root`. Look-around is left out and a reference stands for all that its group
/// may match, so that the translation matches more than the original where it is not exact.
pub(super) fn translate(node: &Node, root: &Node) -> Hir {
    let all = |nodes: &[Node]| nodes.iter().map(|node| translate(node, root)).collect();
    match node {
        Node::Empty | Node::Look { .. } => Hir::empty(),
        Node::Class(set) => Hir::class(Class::Unicode(set.clone())),
        Node::Assert(assertion) => Hir::look(match assertion {
            Assertion::Start => Look::Start,
            Assertion::End => Look::End,
            Assertion::LineStart => Look::StartLF,
            Assertion::LineEnd => Look::EndLF,
            Assertion::WordBoundary => Look::WordAscii,
            Assertion::NoWordBoundary => Look::WordAsciiNegate,
        }),
        Node::Group(_, inner) | Node::Atomic(inner) => translate(inner, root),
        Node::Reference { group, .. } => match root.group(*group) {
            // References within what is referred to could go in circles, or double at every step.
            Some(inner) if !inner.any(&|node| matches!(node, Node::Reference { .. })) => {
                translate(inner, root)
            }
            _ => Hir::empty(),
        },
        Node::Repeat { inner, min, max, is_greedy } => Hir::repetition(Repetition {
            min: *min,
            max: *max,
            greedy: *is_greedy,
            sub: Box::new(translate(inner, root)),
        }),
        Node::All(parts) => Hir::concat(all(parts)),
        Node::Either(branches) => Hir::alternation(all(branches)),
    }
}
