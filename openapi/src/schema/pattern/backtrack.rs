//! A matcher for all of ECMA-262 that counts its steps.
//!
//! A pattern becomes a list of instructions. Choices that are still open, and what registers held before, lie on a
//! stack of our own, so neither the text nor the repetitions in a pattern deepen the call stack; only look-around
//! does, and that nests no deeper than the pattern.

use std::ops::Range;

use regex_syntax::hir::ClassUnicode;

use super::node::{Assertion, Node};
use super::parse::Parsed;

/// A pattern compiled.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    registers: u32,
}

#[derive(Debug)]
enum Step {
    /// One character of a set.
    Class {
        set: Set,
        is_backward: bool,
    },
    /// As many characters of a set as there are, and fewer where what follows fails.
    Span {
        set: Set,
        min: u32,
        max: u32,
    },
    Assert(Assertion),
    /// Goes on with the next instruction, and where that fails at the other one.
    Choose {
        otherwise: u32,
    },
    Jump(u32),
    /// Keeps the position in a register.
    Keep {
        register: u32,
    },
    /// What lies between the positions of two registers.
    Reference {
        start: u32,
        ignores_case: bool,
        is_backward: bool,
    },
    /// Matches the next instructions up to [`Step::Done`] here, and goes on at `end`.
    Look {
        is_negative: bool,
        is_atomic: bool,
        end: u32,
    },
    /// Sets a counter to zero.
    Begin {
        counter: u32,
    },
    /// Decides whether the next instructions are gone through again.
    Repeat(Box<Loop>),
    /// Counts one repetition of a loop, and forgets what its groups matched before.
    Enter {
        counter: u32,
        captures: Range<u32>,
    },
    Done,
}

#[derive(Debug)]
struct Loop {
    /// The register that counts; the next one holds where the last repetition began, and the one after whether a
    /// repetition matched nothing, so that it may stand for all that are missing.
    counter: u32,
    min: u32,
    max: u32,
    is_greedy: bool,
    exit: u32,
}

/// A set of characters that is quick to ask.
#[derive(Debug)]
struct Set {
    ascii: u128,
    ranges: Box<[(char, char)]>,
}

impl Set {
    fn new(class: &ClassUnicode) -> Self {
        let ranges: Box<[(char, char)]> = class
            .iter()
            .map(|range| (range.start(), range.end()))
            .filter(|range| !range.1.is_ascii())
            .collect();
        let mut ascii = 0;
        for range in class.iter() {
            let last = u32::from(range.end()).min(127);
            (u32::from(range.start())..=last).for_each(|code| ascii |= 1 << code);
        }
        Self { ascii, ranges }
    }

    fn holds(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> u32::from(character) & 1 == 1;
        }
        let at = self.ranges.partition_point(|(_, last)| *last < character);
        self.ranges.get(at).is_some_and(|(first, _)| *first <= character)
    }
}

impl Program {
    pub(super) fn compile(parsed: &Parsed) -> Self {
        let has_references = parsed.root.any(&|node| matches!(node, Node::Reference { .. }));
        // What groups match matters to references only.
        let captures = if has_references { parsed.groups * 2 } else { 0 };
        let mut compiler = Compiler { steps: Vec::new(), captures, registers: captures, is_backward: false };
        compiler.node(&parsed.root);
        compiler.push(Step::Done);
        Self { steps: compiler.steps, registers: compiler.registers }
    }

    /// Whether there is a match anywhere in a text; nothing where that takes more than `budget` steps.
    pub(super) fn is_match(&self, text: &str, budget: u32) -> Option<bool> {
        // Positions are kept in 32 bits.
        let length = u32::try_from(text.len()).ok()?;
        let registers = vec![UNSET; self.registers as usize];
        let mut run = Run { program: self, text, registers, stack: Vec::new(), left: budget };
        for start in (0..=length).filter(|start| text.is_char_boundary(*start as usize)) {
            if run.go(0, start).ok()?.is_some() {
                return Some(true);
            }
        }
        Some(false)
    }
}

struct Compiler {
    steps: Vec<Step>,
    captures: u32,
    registers: u32,
    is_backward: bool,
}

impl Compiler {
    fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Empty => {}
            Node::Class(set) => {
                self.push(Step::Class { set: Set::new(set), is_backward: self.is_backward });
            }
            Node::Assert(assertion) => {
                self.push(Step::Assert(*assertion));
            }
            Node::Group(number, inner) => self.group(*number, inner),
            Node::Reference { group, ignores_case } => {
                let start = (group - 1) * 2;
                let (ignores_case, is_backward) = (*ignores_case, self.is_backward);
                self.push(Step::Reference { start, ignores_case, is_backward });
            }
            Node::Look { is_behind, is_negative, inner } => {
                let outer = std::mem::replace(&mut self.is_backward, *is_behind);
                self.look(inner, *is_negative, false);
                self.is_backward = outer;
            }
            Node::Atomic(inner) => self.look(inner, false, true),
            Node::Repeat { inner, min, max, is_greedy } => self.repeat(inner, *min, *max, *is_greedy),
            Node::All(parts) if self.is_backward => parts.iter().rev().for_each(|part| self.node(part)),
            Node::All(parts) => parts.iter().for_each(|part| self.node(part)),
            Node::Either(branches) => self.either(branches),
        }
    }

    fn group(&mut self, number: u32, inner: &Node) {
        let start = (number - 1) * 2;
        if start >= self.captures {
            return self.node(inner);
        }
        let (first, last) = if self.is_backward { (start + 1, start) } else { (start, start + 1) };
        self.push(Step::Keep { register: first });
        self.node(inner);
        self.push(Step::Keep { register: last });
    }

    fn look(&mut self, inner: &Node, is_negative: bool, is_atomic: bool) {
        let at = self.push(Step::Done);
        self.node(inner);
        self.push(Step::Done);
        self.steps[at] = Step::Look { is_negative, is_atomic, end: self.here() };
    }

    fn either(&mut self, branches: &[Node]) {
        let mut ends = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            if index + 1 == branches.len() {
                self.node(branch);
                break;
            }
            let choice = self.push(Step::Done);
            self.node(branch);
            ends.push(self.push(Step::Done));
            self.steps[choice] = Step::Choose { otherwise: self.here() };
        }
        for end in ends {
            self.steps[end] = Step::Jump(self.here());
        }
    }

    fn repeat(&mut self, inner: &Node, min: u32, max: Option<u32>, is_greedy: bool) {
        let max = max.unwrap_or(u32::MAX);
        if let Node::Class(set) = inner
            && is_greedy
            && !self.is_backward
        {
            self.push(Step::Span { set: Set::new(set), min, max });
            return;
        }
        let counter = self.registers;
        self.registers += 3;
        self.push(Step::Begin { counter });
        let head = self.push(Step::Done);
        let captures = self.captures_of(inner);
        self.push(Step::Enter { counter, captures });
        self.node(inner);
        self.push(Step::Jump(head as u32));
        let exit = self.here();
        self.steps[head] = Step::Repeat(Box::new(Loop { counter, min, max, is_greedy, exit }));
    }

    /// The registers of the groups in a part; their numbers follow one another.
    fn captures_of(&self, node: &Node) -> Range<u32> {
        let numbers = std::cell::Cell::new((u32::MAX, 0));
        if self.captures > 0 {
            node.any(&|node| {
                if let Node::Group(number, _) = node {
                    let (low, high) = numbers.get();
                    numbers.set((low.min(*number), high.max(*number)));
                }
                false
            });
        }
        match numbers.get() {
            (_, 0) => 0..0,
            (low, high) => (low - 1) * 2..high * 2,
        }
    }
}

/// What a register holds that holds nothing.
const UNSET: u32 = u32::MAX;

/// The budget is spent.
struct Spent;

/// One attempt to match a text.
struct Run<'p> {
    program: &'p Program,
    text: &'p str,
    registers: Vec<u32>,
    stack: Vec<Entry>,
    left: u32,
}

/// What is done when a way fails.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// The other way is gone.
    Choice { step: u32, at: u32 },
    /// A span gives back one character after the other, down to where it may end.
    Span { step: u32, at: u32, first: u32 },
    /// A register holds again what it held.
    Register { register: u32, value: u32 },
}

impl Run<'_> {
    /// Goes on from an instruction at a position: where the match ends, or nothing where there is none.
    fn go(&mut self, step: u32, at: u32) -> Result<Option<u32>, Spent> {
        let bottom = self.stack.len();
        let (mut step, mut at) = (step, at);
        loop {
            self.pay(1)?;
            let program = self.program;
            let way = match &program.steps[step as usize] {
                Step::Done => return Ok(Some(at)),
                Step::Class { set, is_backward } => self
                    .beside(at, *is_backward)
                    .filter(|(next, _)| set.holds(*next))
                    .map(|(_, at)| (step + 1, at)),
                Step::Span { set, min, max } => self.span(set, *min, *max, step + 1, at)?,
                Step::Assert(assertion) => self.holds(*assertion, at).then_some((step + 1, at)),
                Step::Choose { otherwise } => {
                    self.stack.push(Entry::Choice { step: *otherwise, at });
                    Some((step + 1, at))
                }
                Step::Jump(target) => Some((*target, at)),
                Step::Keep { register } => {
                    self.set(*register, at);
                    Some((step + 1, at))
                }
                Step::Reference { start, ignores_case, is_backward } => {
                    self.reference(*start, *ignores_case, *is_backward, at)?.map(|at| (step + 1, at))
                }
                Step::Look { is_negative, is_atomic, end } => {
                    let before = self.stack.len();
                    let found = self.go(step + 1, at)?;
                    match found {
                        Some(found) if !is_negative => {
                            self.commit(before);
                            Some((*end, if *is_atomic { found } else { at }))
                        }
                        Some(_) => {
                            self.commit(before);
                            while self.stack.len() > before {
                                self.undo();
                            }
                            None
                        }
                        None => is_negative.then_some((*end, at)),
                    }
                }
                Step::Begin { counter } => {
                    self.set(*counter, 0);
                    self.set(*counter + 2, UNSET);
                    Some((step + 1, at))
                }
                Step::Repeat(repeat) => self.repeat(repeat, step, at),
                Step::Enter { counter, captures } => {
                    self.set(*counter, self.registers[*counter as usize] + 1);
                    self.set(*counter + 1, at);
                    for register in captures.clone() {
                        self.set(register, UNSET);
                    }
                    self.pay(captures.end - captures.start)?;
                    Some((step + 1, at))
                }
            };
            match way.or_else(|| self.back(bottom)) {
                Some(next) => (step, at) = next,
                None => return Ok(None),
            }
        }
    }

    fn pay(&mut self, steps: u32) -> Result<(), Spent> {
        self.left = self.left.checked_sub(steps).ok_or(Spent)?;
        Ok(())
    }

    /// The character behind or before a position, and where it ends or begins.
    fn beside(&self, at: u32, is_backward: bool) -> Option<(char, u32)> {
        let (before, after) = self.text.split_at(at as usize);
        let next = if is_backward { before.chars().next_back() } else { after.chars().next() }?;
        let length = next.len_utf8() as u32;
        Some((next, if is_backward { at - length } else { at + length }))
    }

    fn span(
        &mut self,
        set: &Set,
        min: u32,
        max: u32,
        step: u32,
        at: u32,
    ) -> Result<Option<(u32, u32)>, Spent> {
        let (mut count, mut end, mut first) = (0, at, at);
        for next in self.text[at as usize..].chars() {
            if count == max || !set.holds(next) {
                break;
            }
            count += 1;
            end += next.len_utf8() as u32;
            if count == min {
                first = end;
            }
        }
        self.pay(count)?;
        if count < min {
            return Ok(None);
        }
        if end > first {
            self.stack.push(Entry::Span { step, at: end, first });
        }
        Ok(Some((step, end)))
    }

    fn holds(&self, assertion: Assertion, at: u32) -> bool {
        let neighbour = |is_backward| self.beside(at, is_backward).map(|(neighbour, _)| neighbour);
        let is_word = |neighbour: Option<char>| {
            neighbour.is_some_and(|neighbour| neighbour.is_ascii_alphanumeric() || neighbour == '_')
        };
        let is_line_end = |neighbour: Option<char>| {
            neighbour.is_none_or(|neighbour| matches!(neighbour, '\n' | '\r' | '\u{2028}' | '\u{2029}'))
        };
        match assertion {
            Assertion::Start => at == 0,
            Assertion::End => at as usize == self.text.len(),
            Assertion::LineStart => is_line_end(neighbour(true)),
            Assertion::LineEnd => is_line_end(neighbour(false)),
            Assertion::WordBoundary => is_word(neighbour(true)) != is_word(neighbour(false)),
            Assertion::NoWordBoundary => is_word(neighbour(true)) == is_word(neighbour(false)),
        }
    }

    fn reference(
        &mut self,
        start: u32,
        ignores_case: bool,
        is_backward: bool,
        at: u32,
    ) -> Result<Option<u32>, Spent> {
        let (start, end) = (self.registers[start as usize], self.registers[start as usize + 1]);
        // A group that matched nothing is matched by nothing.
        if start == UNSET || end == UNSET || start > end {
            return Ok(Some(at));
        }
        self.pay(end - start)?;
        let wanted = &self.text[start as usize..end as usize];
        let (before, after) = self.text.split_at(at as usize);
        let is_same = |left: char, right: char| {
            left == right || ignores_case && left.to_lowercase().eq(right.to_lowercase())
        };
        let mut length = 0;
        if is_backward {
            let mut found = before.chars().rev();
            for wanted in wanted.chars().rev() {
                let Some(found) = found.next().filter(|found| is_same(*found, wanted)) else {
                    return Ok(None);
                };
                length += found.len_utf8() as u32;
            }
            return Ok(Some(at - length));
        }
        let mut found = after.chars();
        for wanted in wanted.chars() {
            let Some(found) = found.next().filter(|found| is_same(*found, wanted)) else { return Ok(None) };
            length += found.len_utf8() as u32;
        }
        Ok(Some(at + length))
    }

    /// Where a loop goes on (ECMA-262, section 22.2.2.3.1).
    fn repeat(&mut self, repeat: &Loop, step: u32, at: u32) -> Option<(u32, u32)> {
        let count = self.registers[repeat.counter as usize];
        let is_empty = count > 0 && self.registers[repeat.counter as usize + 1] == at;
        let is_filled = self.registers[repeat.counter as usize + 2] != UNSET;
        let body = (step + 1, at);
        let exit = (repeat.exit, at);
        if count < repeat.min && !is_filled {
            if !is_empty {
                return Some(body);
            }
            // What matched nothing here once does so as often as is asked, be it billions of times.
            self.set(repeat.counter + 2, at);
        } else if is_empty && (is_filled || count > repeat.min) {
            // A repetition beyond the least that matched nothing would go on for ever.
            return None;
        }
        if count >= repeat.max {
            return Some(exit);
        }
        let (first, second) = if repeat.is_greedy { (body, exit) } else { (exit, body) };
        self.stack.push(Entry::Choice { step: second.0, at: second.1 });
        Some(first)
    }

    fn set(&mut self, register: u32, value: u32) {
        let slot = &mut self.registers[register as usize];
        let before = std::mem::replace(slot, value);
        self.stack.push(Entry::Register { register, value: before });
    }

    /// The way that was left open last, down to a height of the stack.
    fn back(&mut self, bottom: usize) -> Option<(u32, u32)> {
        while self.stack.len() > bottom {
            if let Some(way) = self.undo() {
                return Some(way);
            }
        }
        None
    }

    /// Takes the last entry from the stack.
    fn undo(&mut self) -> Option<(u32, u32)> {
        match self.stack.pop()? {
            Entry::Choice { step, at } => Some((step, at)),
            Entry::Span { step, at, first } => {
                let (_, at) = self.beside(at, true)?;
                if at > first {
                    self.stack.push(Entry::Span { step, at, first });
                }
                Some((step, at))
            }
            Entry::Register { register, value } => {
                self.registers[register as usize] = value;
                None
            }
        }
    }

    /// Closes the choices above a height of the stack; what registers held before is kept.
    fn commit(&mut self, bottom: usize) {
        let mut kept = bottom;
        for at in bottom..self.stack.len() {
            if let Entry::Register { .. } = self.stack[at] {
                self.stack[kept] = self.stack[at];
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }
}
