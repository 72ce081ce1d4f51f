//! How a request differs from what a `when` asks: the first of its conditions that does not hold, and what is there
//! instead. Whether a condition holds the matcher says; here it is only told.

use std::fmt;

use counterfoil_openapi::Location;
use serde_json::Value;

use super::Subject;
use super::grammar::{
    Case, Clause, Condition, Field, FieldClause, InvalidClause, InvalidPart, MediaTypes, Test, Validity, When,
};
use super::matcher;
use super::scope::Scope;
use crate::redact::{Found, HIDDEN, Secrets};

/// The most characters of a value that are told.
const MAX_TOLD: usize = 160;

/// The first thing about a request that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What of the call: a field as scripts write it, or `operation`, `path`, `method`, `status`, `valid` …
    pub(crate) field: String,
    /// What it should be.
    pub(crate) expected: String,
    /// What it is; nothing where it is not there.
    pub(crate) found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "{}: expected {}, found {found}", self.field, self.expected)
    }
}

/// What a request is to a `when`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// All of it holds, `nth` and `chance` aside.
    Holds,
    /// This does not; so much of the rest does.
    Differs(Difference, usize),
    /// It cannot be told, for this reason.
    Untold(String),
}

/// What can be seen of a request that was recorded, and what of it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lens<'l> {
    pub(crate) secrets: &'l Secrets,
    /// The secrets that the call holds.
    pub(crate) found: &'l Found,
    /// Why the body cannot be looked into, where it cannot.
    pub(crate) blind: Option<&'static str>,
    /// Whether secrets are hidden in what is held of the request.
    pub(crate) is_redacted: bool,
}

impl When {
    /// What a request is to it.
    pub(super) fn compare(&self, scope: &Scope<'_>, lens: Lens<'_>) -> Comparison {
        let asked = Asked { scope, lens };
        let (mut held, mut first, mut untold) = (0, None, None);
        let validity = (self.validity != Validity::Any).then(|| Clause::Valid(self.validity));
        let invalid = (!self.invalid.is_empty()).then(|| Clause::Invalid(self.invalid.clone()));
        for clause in validity.iter().chain(&invalid).chain(&self.clauses) {
            if let Some(why) = asked.unseen(clause) {
                untold.get_or_insert(why);
            } else {
                held += asked.held(clause);
                if !matcher::holds(clause, scope) {
                    first.get_or_insert_with(|| asked.differ(clause));
                }
            }
        }
        match (first, untold) {
            (Some(difference), _) => Comparison::Differs(difference, held),
            (None, Some(why)) => Comparison::Untold(why),
            (None, None) => Comparison::Holds,
        }
    }
}

/// A request that conditions are asked of.
struct Asked<'a> {
    scope: &'a Scope<'a>,
    lens: Lens<'a>,
}

impl Asked<'_> {
    fn subject(&self) -> &Subject<'_> {
        &self.scope.subject
    }

    /// Why a condition cannot be judged, where it cannot.
    fn unseen(&self, clause: &Clause) -> Option<String> {
        match clause {
            Clause::Field(FieldClause { field, .. }) => {
                if let (Field::Body(_) | Field::Form(_), Some(why)) = (field, self.lens.blind) {
                    return Some(why.to_owned());
                }
                let is_hidden = self.lens.is_redacted && self.is_secret(field);
                is_hidden.then(|| {
                    format!("{} is secret, and hidden since the documents were loaded anew", field.label())
                })
            }
            Clause::Any(groups) | Clause::All(groups) => {
                groups.iter().flatten().find_map(|clause| self.unseen(clause))
            }
            Clause::Not(group) => group.iter().find_map(|clause| self.unseen(clause)),
            Clause::MediaType(_) | Clause::Accept(_) | Clause::Valid(_) | Clause::Invalid(_) => None,
        }
    }

    /// How much of a condition holds: what it asks in several places counts for each.
    fn held(&self, clause: &Clause) -> usize {
        let all = |group: &[Clause]| group.iter().map(|clause| self.held(clause)).sum::<usize>();
        match clause {
            Clause::Field(FieldClause { field, condition: Condition::Subset(wanted), .. }) => {
                field.value(self.scope).map_or(0, |actual| alike(&actual, wanted))
            }
            Clause::Any(groups) => groups.iter().map(|group| all(group)).max().unwrap_or_default(),
            Clause::All(groups) => groups.iter().map(|group| all(group)).sum(),
            other => usize::from(matcher::holds(other, self.scope)),
        }
    }

    /// What is wrong with a condition that does not hold.
    fn differ(&self, clause: &Clause) -> Difference {
        let own = |field: &str, expected: String, found: Option<String>| Difference {
            field: field.to_owned(),
            expected,
            found,
        };
        match clause {
            Clause::Field(clause) => self.field(clause),
            Clause::MediaType(wanted) => own("media_type", one_of(wanted), self.header("content-type")),
            Clause::Accept(wanted) => own("accept", one_of(wanted), self.header("accept")),
            Clause::Valid(_) | Clause::Invalid(_) => own("valid", told(clause), Some(self.violations())),
            Clause::Any(groups) => {
                // Of the branches the one that is nearest.
                let held = |group: &Vec<Clause>| group.iter().map(|clause| self.held(clause)).sum::<usize>();
                let nearest = groups
                    .iter()
                    .enumerate()
                    .max_by_key(|(index, group)| (held(group), std::cmp::Reverse(*index)));
                match nearest {
                    Some((index, group)) => self.nested(&format!("any[{index}]"), group),
                    None => own("any", "one of none".to_owned(), None),
                }
            }
            Clause::All(groups) => {
                let holds =
                    |group: &Vec<Clause>| group.iter().all(|clause| matcher::holds(clause, self.scope));
                match groups.iter().enumerate().find(|(_, group)| !holds(group)) {
                    Some((index, group)) => self.nested(&format!("all[{index}]"), group),
                    None => own("all", "all".to_owned(), None),
                }
            }
            Clause::Not(group) => {
                let what: Vec<String> = group.iter().map(|clause| self.masked(clause)).collect();
                own("not", format!("not {{ {} }}", what.join(", ")), Some("all of that".to_owned()))
            }
        }
    }

    fn nested(&self, place: &str, group: &[Clause]) -> Difference {
        let failed = group.iter().find(|clause| !matcher::holds(clause, self.scope));
        match failed {
            Some(clause) => {
                let inner = self.differ(clause);
                Difference { field: format!("{place} {}", inner.field), ..inner }
            }
            None => Difference { field: place.to_owned(), expected: "what it says".to_owned(), found: None },
        }
    }

    fn field(&self, clause: &FieldClause) -> Difference {
        let actual = clause.field.value(self.scope);
        let actual = actual.as_deref();
        let (field, expected, found) = match &clause.condition {
            Condition::Subset(wanted) => {
                let (path, wanted, found) = first_apart(actual, wanted, String::new());
                (format!("{}{path}", clause.field.label()), wanted.to_string(), found)
            }
            Condition::Tests { tests, case } => {
                let failed = tests.iter().filter(|test| !matcher::test_holds(test, actual, clause, *case));
                let expected: Vec<String> = failed.map(|test| test_told(test, *case)).collect();
                (clause.field.label(), expected.join(" and "), actual)
            }
        };
        let found = found.map(|found| self.shown(found));
        let found = match (&clause.field, found) {
            // What it was then is not kept.
            (Field::State(_), found) => Some(format!("{} (now)", found.as_deref().unwrap_or("nothing"))),
            (_, found) => found,
        };
        if self.is_secret(&clause.field) {
            // Who may read calls may not guess at what is hidden in them.
            let found = found.map(|_| HIDDEN.to_owned());
            return Difference { field, expected: HIDDEN.to_owned(), found };
        }
        Difference { field, expected: cut(&expected), found }
    }

    /// A value of the request as it is told.
    fn shown(&self, value: &Value) -> String {
        let mut value = value.clone();
        let subject = self.subject();
        self.lens.secrets.hide_in(subject.operation, &mut value);
        if value.as_str().is_some_and(|text| self.lens.found.contains(text)) {
            return HIDDEN.to_owned();
        }
        cut(&self.lens.found.scrub(&value.to_string()))
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = self.subject().request.headers.get(name)?;
        Some(cut(&self.lens.found.scrub(&String::from_utf8_lossy(value.as_bytes()))))
    }

    fn violations(&self) -> String {
        let violations = &self.subject().reading.violations;
        match violations.as_slice() {
            [] => "a valid request".to_owned(),
            [first, rest @ ..] => {
                let first = self.lens.found.scrub_violation(first).to_string();
                let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
                format!("{}{more}", cut(&first))
            }
        }
    }

    fn is_secret(&self, field: &Field) -> bool {
        let (secrets, operation) = (self.lens.secrets, self.subject().operation);
        match field {
            Field::Parameter(Location::Cookie, _) => true,
            Field::Parameter(Location::Header, name) => secrets.hides_header(operation, name),
            Field::Parameter(Location::Query, name) => secrets.hides_query(operation, name),
            Field::Parameter(..) | Field::State(_) => false,
            Field::Form(name) => secrets.hides_member(operation, name),
            Field::Body(steps) => steps.iter().any(|step| secrets.hides_member(operation, step)),
        }
    }

    /// A condition in words, without what is secret.
    fn masked(&self, clause: &Clause) -> String {
        match clause {
            Clause::Field(clause) if self.is_secret(&clause.field) => {
                format!("{}: {HIDDEN}", clause.field.label())
            }
            other => told(other),
        }
    }
}

/// How many of the members that a value names another has as they are.
fn alike(actual: &Value, wanted: &Value) -> usize {
    match (actual, wanted) {
        (Value::Object(members), Value::Object(wanted)) => {
            wanted.iter().filter_map(|(name, wanted)| Some(alike(members.get(name)?, wanted))).sum()
        }
        _ => usize::from(matcher::has_subset(actual, wanted, Case::Sensitive)),
    }
}

/// The first place where a value lacks what another names, with what is there.
fn first_apart<'v>(
    actual: Option<&'v Value>,
    wanted: &'v Value,
    path: String,
) -> (String, &'v Value, Option<&'v Value>) {
    if let (Some(Value::Object(members)), Value::Object(wanted)) = (actual, wanted) {
        let apart = wanted.iter().find(|(name, wanted)| {
            !members.get(*name).is_some_and(|found| matcher::has_subset(found, wanted, Case::Sensitive))
        });
        if let Some((name, wanted)) = apart {
            return first_apart(members.get(name), wanted, format!("{path}.{name}"));
        }
    }
    (path, wanted, actual)
}

/// A condition in words.
fn told(clause: &Clause) -> String {
    match clause {
        Clause::Field(clause) => {
            let expected = match &clause.condition {
                Condition::Subset(value) => value.to_string(),
                Condition::Tests { tests, case } => {
                    let tests: Vec<String> = tests.iter().map(|test| test_told(test, *case)).collect();
                    tests.join(" and ")
                }
            };
            format!("{}: {}", clause.field.label(), cut(&expected))
        }
        Clause::MediaType(wanted) => format!("media_type: {}", one_of(wanted)),
        Clause::Accept(wanted) => format!("accept: {}", one_of(wanted)),
        Clause::Valid(Validity::Invalid) => "a request that breaks the contract".to_owned(),
        Clause::Valid(_) => "a valid request".to_owned(),
        Clause::Invalid(parts) => {
            let parts: Vec<String> = parts.iter().map(part_told).collect();
            format!("what is invalid in {}", parts.join(" or "))
        }
        Clause::Any(groups) => format!("any of {} conditions", groups.len()),
        Clause::All(groups) => format!("all of {} conditions", groups.len()),
        Clause::Not(_) => "not what it says".to_owned(),
    }
}

fn part_told(clause: &InvalidClause) -> String {
    match &clause.part {
        InvalidPart::Security => "security".to_owned(),
        InvalidPart::MediaType => "media_type".to_owned(),
        InvalidPart::Body => "body".to_owned(),
        InvalidPart::Parameter(location, None) => location.to_string(),
        InvalidPart::Parameter(location, Some(name)) => format!("{location}.{name}"),
    }
}

fn one_of(wanted: &MediaTypes) -> String {
    wanted.names().collect::<Vec<_>>().join(" or ")
}

fn test_told(test: &Test, case: Case) -> String {
    let list = |values: &[Value]| {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        values.join(", ")
    };
    let text = match test {
        Test::Equal(value) => value.to_string(),
        Test::Unequal(value) => format!("not {value}"),
        Test::Pattern(pattern) => format!("a match of {}", pattern.as_str()),
        Test::OneOf(values) => format!("one of {}", list(values)),
        Test::Order(relation, value) => format!("{} {value}", relation.as_str()),
        Test::Exists(true) => "something".to_owned(),
        Test::Exists(false) => "nothing".to_owned(),
        Test::Contains(value) => format!("something with {value} in it"),
        Test::Length(relations) => {
            let all: Vec<String> =
                relations.iter().map(|(relation, of)| format!("{} {of}", relation.as_str())).collect();
            format!("a length {}", all.join(" and "))
        }
        Test::Schema(schema) => format!("what keeps to {}", schema.source),
    };
    match case {
        Case::Sensitive => text,
        Case::Ignored => format!("{text} (in either case)"),
    }
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TOLD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
