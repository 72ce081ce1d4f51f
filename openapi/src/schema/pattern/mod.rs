//! Patterns: ECMA-262 regular expressions, matched within a budget.
//!
//! JSON Schema has patterns be ECMA-262 expressions that find a match anywhere in a string. They are read here once,
//! for validation, generation and `check` alike, and matched
//!
//! - by a backtracking matcher of our own, which has all of ECMA-262 and counts its steps;
//! - where that takes many steps, by the `regex-automata` crate, in time linear in the text, provided that the pattern can be
//!   said in its words exactly: no look-around, no backreference.
//!
//! A pattern that neither can decide within the budget refuses the string and says so. The syntax is that of a
//! pattern without the `u` flag, which takes more; the meaning is that with it: characters are code points and
//! `\p{…}` is a property. What ECMA-262 with the flag refuses and other dialects give a meaning has that meaning,
//! since real documents mean it: `\A`, `\z`, `\Z`, `(?i)`, `(?P<name>…)`, atomic groups, possessive quantifiers.

mod backtrack;
mod class;
mod keyword;
mod linear;
mod matcher;
mod node;
mod parse;

pub(super) use keyword::asserted;
pub(crate) use matcher::{Pattern, Undecided};
