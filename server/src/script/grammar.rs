//! A script as written: what its grammar means, before any operation is looked up.
//!
//! Each part remembers where it stands, so that what the document says against it can be told with its place.
//! Everything of the grammar that is not built yet is refused while reading, so nothing here stands for it.

mod expect;
mod resource;
mod scenario;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::{Content, Location, Pointer, Schema};
use regex::Regex;
use serde_json::Value;

use super::delay::Delay;
use super::json_patch::JsonPatch;
use super::template::{Template, Text as TextTemplate};
use super::{AllowInvalid, InvalidRequests, Unscripted};
use crate::fault::{Drip, Fault};
use crate::session::SessionWords;
use crate::upstream::{Origin, Upstream};

pub(crate) use expect::CallRange;
pub(super) use expect::{Expect, ExpectedCalls};
pub(super) use resource::{Filter, Page, Resource, Role, Spot, SpotPlace, Start};
pub(super) use scenario::{Cell, Scenario, StateTable};

/// A whole script.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The document it is for, as the script names it.
    pub(super) document: Option<Named>,
    /// What everything left to chance is drawn from.
    pub(super) seed: Option<u64>,
    /// What holds for every reply.
    pub(super) defaults: Defaults,
    /// How requests name sessions, and how long those are kept.
    pub(super) sessions: SessionWords,
    /// What is kept from the start.
    pub(super) state: Vec<(String, Value)>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) resources: Vec<Resource>,
    /// What must have been called in the end.
    pub(super) expect: Vec<Expect>,
    /// The rules, by operation, in order.
    pub(super) entries: Vec<Entry>,
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) pointer: Pointer,
}

/// What holds for every reply that does not say otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) delay: Option<Delay>,
    pub(super) headers: Vec<HeaderLine>,
    pub(super) media_type: Option<Named>,
    /// What becomes of requests that no rule answers.
    pub(super) unscripted: Option<Unscripted>,
    /// What becomes of requests that break the contract.
    pub(super) invalid: Option<InvalidRequests>,
}

impl Defaults {
    /// What these leave open, as others have it.
    pub(super) fn or(mut self, others: Self) -> Self {
        let is_said =
            |line: &HeaderLine| self.headers.iter().any(|own| own.name.eq_ignore_ascii_case(&line.name));
        let more: Vec<HeaderLine> = others.headers.into_iter().filter(|line| !is_said(line)).collect();
        self.headers.extend(more);
        Self {
            delay: self.delay.or(others.delay),
            headers: self.headers,
            media_type: self.media_type.or(others.media_type),
            unscripted: self.unscripted.or(others.unscripted),
            invalid: self.invalid.or(others.invalid),
        }
    }
}

impl Text {
    /// The servers that it names to forward to.
    pub(super) fn upstreams(&self) -> BTreeSet<Origin> {
        let rules = self.entries.iter().flat_map(|entry| &entry.rules.rules);
        let states = self.scenarios.iter().flat_map(|scenario| &scenario.states);
        let cells = states.flat_map(|state| &state.cells).map(|cell| &cell.rule);
        let named =
            rules.chain(cells).flat_map(|rule| &rule.steps).filter_map(|step| step.reply.proxy.as_ref());
        let default = match &self.defaults.unscripted {
            Some(Unscripted::Proxy(upstream)) => upstream.as_ref(),
            _ => None,
        };
        named.chain(default).map(|upstream| upstream.origin()).collect()
    }
}

/// What is scripted for one operation.
#[derive(Debug)]
pub(super) struct Entry {
    /// The operationId, or `METHOD /path/{template}`.
    pub(super) operation: Named,
    /// The rules; the first that matches wins.
    pub(super) rules: Rules,
}

/// The rules of one operation, as far as they could be read.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    /// Whether all of them could be, so that what they say together can be judged.
    pub(super) is_whole: bool,
}

/// When to answer, and what.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) pointer: Pointer,
    pub(super) id: Option<Named>,
    pub(super) when: When,
    /// What to answer, step by step; never empty.
    pub(super) steps: Vec<Step>,
    pub(super) after: After,
    /// How often it may be used at all.
    pub(super) times: Option<u64>,
    /// How long it is in force, from when it was loaded or set.
    pub(super) expires: Option<Duration>,
    /// The field that each value of has counts of its own.
    pub(super) per: Option<Per>,
    /// What is kept once it has answered.
    pub(super) set: Vec<(String, Template)>,
}

/// A field that each value of is counted, or has a place, by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Per {
    pub(super) field: Field,
    pub(super) pointer: Pointer,
}

/// One step of a sequence.
#[derive(Debug)]
pub(super) struct Step {
    /// How many times in a row.
    pub(super) count: u64,
    pub(super) reply: Reply,
}

/// What follows the last step of a sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum After {
    /// The last step, again and again.
    #[default]
    Last,
    /// The first step, and round again.
    Cycle,
    /// The rules below, as if this one were not there.
    Pass,
}

/// A reply; what it leaves open the document fills.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) pointer: Pointer,
    pub(super) status: Option<(u16, Pointer)>,
    pub(super) example: Option<Named>,
    pub(super) media_type: Option<Named>,
    pub(super) body: BodySource,
    pub(super) headers: Vec<HeaderLine>,
    pub(super) delay: Option<Delay>,
    pub(super) fault: Option<Fault>,
    pub(super) drip: Option<Drip>,
    pub(super) allow_invalid: Option<(AllowInvalid, Pointer)>,
    /// Who replies instead.
    pub(super) proxy: Option<Arc<Upstream>>,
}

/// Where a body comes from.
#[derive(Debug, Default)]
pub(super) enum BodySource {
    /// The document's example, generated where there is none.
    #[default]
    Documented,
    /// The script.
    Given(Template, Pointer),
    /// The document's example under a merge patch (RFC 7396).
    Patched(Template, Pointer),
    /// The document's example under operations (RFC 6902).
    JsonPatched(JsonPatch, Pointer),
    /// A file beside the script.
    File(Bytes, Pointer),
    /// The schema.
    Generated(Pointer),
}

/// One header of a reply.
#[derive(Debug, Clone)]
pub(super) struct HeaderLine {
    pub(super) name: String,
    /// Its value; without one the header is removed.
    pub(super) value: Option<TextTemplate>,
    pub(super) pointer: Pointer,
}

impl HeaderLine {
    /// Whether requests fill a part of it.
    pub(super) fn has_holes(&self) -> bool {
        self.value.as_ref().is_some_and(|text| text.as_literal().is_none())
    }

    /// Whether it is about `Content-Type`, which the stub itself sets.
    pub(super) fn is_content_type(&self) -> bool {
        self.name.eq_ignore_ascii_case("content-type")
    }
}

/// Which requests a rule answers. All of it must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    pub(super) validity: Validity,
    /// Parts of which one at least must break the contract; empty where that does not matter.
    pub(super) invalid: Vec<InvalidClause>,
    /// Which of the requests that all the rest holds for.
    pub(super) nth: Option<Nth>,
    /// How many of 1 of those requests, drawn by the seed.
    pub(super) chance: Option<f64>,
    pub(super) clauses: Vec<Clause>,
}

/// Which requests a rule sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Validity {
    /// Only those that keep to the contract.
    #[default]
    Valid,
    /// Only those that break it.
    Invalid,
    /// All of them.
    Any,
}

/// A part that may break the contract, and where the script says so.
#[derive(Debug, Clone)]
pub(super) struct InvalidClause {
    pub(super) part: InvalidPart,
    pub(super) pointer: Pointer,
}

/// A part of a request that breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InvalidPart {
    Security,
    MediaType,
    Body,
    /// A parameter of a location, or the one with this name.
    Parameter(Location, Option<String>),
}

/// A range of ordinals, both ends included, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nth {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// One thing that must hold of a request.
#[derive(Debug, Clone)]
pub(super) enum Clause {
    Field(FieldClause),
    MediaType(MediaTypes),
    Accept(MediaTypes),
    /// Whether the request keeps to the contract; only inside `any`, `all` and `not`.
    Valid(Validity),
    /// Parts of which one breaks the contract; likewise.
    Invalid(Vec<InvalidClause>),
    Any(Vec<Vec<Clause>>),
    All(Vec<Vec<Clause>>),
    Not(Vec<Clause>),
}

/// Media types of which one at least must be the request's, or one that it accepts.
#[derive(Debug, Clone)]
pub(super) struct MediaTypes {
    /// Each alone, as the negotiation takes them.
    pub(super) each: Vec<Content>,
    pub(super) pointer: Pointer,
}

impl MediaTypes {
    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.each.iter().flat_map(|content| content.iter()).map(|media| media.name.as_str())
    }
}

/// A condition on one field.
#[derive(Debug, Clone)]
pub(super) struct FieldClause {
    pub(super) field: Field,
    pub(super) condition: Condition,
    pub(super) pointer: Pointer,
}

/// A part of a request that holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// A parameter.
    Parameter(Location, String),
    /// A field of a form body.
    Form(String),
    /// The decoded body, or what stands in it at a path.
    Body(Vec<String>),
    /// A value that scripts keep.
    State(String),
}

/// What must hold of a field's value.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// It holds at least these members, and these of theirs.
    Subset(Value),
    /// All of these hold.
    Tests { tests: Vec<Test>, case: Case },
}

/// Whether letters differ from their other case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Case {
    #[default]
    Sensitive,
    /// `icase: true`
    Ignored,
}

/// One test of a value.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Equal(Value),
    Unequal(Value),
    /// Matched in time that grows with the text alone.
    Pattern(Regex),
    OneOf(Vec<Value>),
    Order(Relation, Value),
    Exists(bool),
    Contains(Value),
    Length(Vec<(Relation, u64)>),
    Schema(SchemaTest),
}

/// A schema that a value must keep to. Its references lead into the document.
#[derive(Debug, Clone)]
pub(super) struct SchemaTest {
    pub(super) source: Value,
    pub(super) pointer: Pointer,
    /// The schema, once the document is known; until then it admits everything.
    pub(super) schema: Option<Schema>,
}

/// How two values stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Relation {
    /// The word of the grammar.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::Unequal => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether it holds of two values that compare so.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}

/// The longest a reply may be delayed.
pub(super) const MAX_DELAY: Duration = Duration::from_secs(3600);
