//! Whether a request is one that a rule answers.

use std::borrow::Cow;
use std::cmp::Ordering;

use counterfoil_openapi::{Direction, Location, Part, Request, Violation, codec};
use percent_encoding::percent_decode_str;
use serde_json::{Number, Value};

use super::chance::Chance;
use super::grammar::{
    Case, Clause, Condition, Field, FieldClause, InvalidClause, InvalidPart, MediaTypes, SchemaTest, Test,
    Validity, When,
};
use super::scope::Scope;

impl When {
    /// Whether all of it holds of a request, `nth` and `chance` aside.
    pub(super) fn admits(&self, scope: &Scope<'_>) -> bool {
        let violations = &scope.subject.reading.violations;
        self.validity.covers(violations)
            && (self.invalid.is_empty() || is_broken(&self.invalid, violations))
            && hold(&self.clauses, scope)
    }
}

impl When {
    /// Whether it takes some of the requests that all else holds for, by their number.
    pub(super) fn is_counted(&self) -> bool {
        self.nth.is_some() || self.chance.is_some()
    }

    /// Whether `nth` and `chance` take the request of a number, counted from 1, of those that all else holds for.
    /// What is left to chance the seed and the rule's name decide.
    pub(super) fn takes(&self, ordinal: u64, seed: u64, rule: &str) -> bool {
        self.nth.is_none_or(|nth| (nth.first..=nth.last).contains(&ordinal))
            && self.chance.is_none_or(|chance| Chance::new(!seed, rule, ordinal).unit() < chance)
    }
}

fn hold(clauses: &[Clause], scope: &Scope<'_>) -> bool {
    clauses.iter().all(|clause| holds(clause, scope))
}

/// Whether a condition holds of a request.
pub(super) fn holds(clause: &Clause, scope: &Scope<'_>) -> bool {
    match clause {
        Clause::Field(clause) => clause.holds(scope),
        Clause::MediaType(wanted) => wanted.are_sent(scope.subject.request),
        Clause::Accept(wanted) => wanted.are_accepted(scope.subject.request),
        Clause::Valid(validity) => validity.covers(&scope.subject.reading.violations),
        Clause::Invalid(parts) => is_broken(parts, &scope.subject.reading.violations),
        Clause::Any(groups) => groups.iter().any(|group| hold(group, scope)),
        Clause::All(groups) => groups.iter().all(|group| hold(group, scope)),
        Clause::Not(group) => !hold(group, scope),
    }
}

impl Validity {
    fn covers(self, violations: &[Violation]) -> bool {
        match self {
            Self::Valid => violations.is_empty(),
            Self::Invalid => !violations.is_empty(),
            Self::Any => true,
        }
    }
}

/// Whether one of these parts breaks the contract.
fn is_broken(parts: &[InvalidClause], violations: &[Violation]) -> bool {
    violations.iter().any(|violation| parts.iter().any(|clause| clause.part.covers(&violation.part)))
}

impl MediaTypes {
    /// Whether the body of a request is of one of them; a request without a `Content-Type` is of none.
    fn are_sent(&self, request: &Request) -> bool {
        let Some(sent) = header(request, "content-type") else { return false };
        self.names().any(|wanted| codec::media::specificity(wanted, &sent).is_some())
    }

    /// Whether a request accepts one of them (RFC 9110, section 12.5.1); one without an `Accept` accepts all.
    fn are_accepted(&self, request: &Request) -> bool {
        let lines =
            request.headers.get_all(http::header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let accept = lines.collect::<Vec<_>>().join(", ");
        self.each.iter().any(|content| codec::media::negotiate(content, Some(&accept)).is_some())
    }
}

impl InvalidPart {
    fn covers(&self, part: &Part) -> bool {
        match (self, part) {
            (Self::Security, Part::Security)
            | (Self::MediaType, Part::ContentType | Part::ContentEncoding)
            | (Self::Body, Part::Body) => true,
            (Self::Parameter(location, name), Part::Parameter(at, parameter)) => {
                location == at && name.as_ref().is_none_or(|name| is_same_name(*location, name, parameter))
            }
            _ => false,
        }
    }
}

/// Header names ignore case, others do not.
pub(super) fn is_same_name(location: Location, left: &str, right: &str) -> bool {
    match location {
        Location::Header => left.eq_ignore_ascii_case(right),
        _ => left == right,
    }
}

impl FieldClause {
    fn holds(&self, scope: &Scope<'_>) -> bool {
        let actual = self.field.value(scope);
        match &self.condition {
            Condition::Subset(expected) => {
                actual.is_some_and(|actual| has_subset(&actual, expected, Case::Sensitive))
            }
            Condition::Tests { tests, case } => {
                tests.iter().all(|test| test_holds(test, actual.as_deref(), self, *case))
            }
        }
    }
}

/// Whether a test holds of the value of a clause's field.
pub(super) fn test_holds(test: &Test, actual: Option<&Value>, clause: &FieldClause, case: Case) -> bool {
    test.holds(actual, Likeness { case, is_text: clause.field.is_text() })
}

impl Field {
    /// Whether its values come as text, so that `13` in a script is also the text `13` in a request.
    pub(super) fn is_text(&self) -> bool {
        !matches!(self, Self::Body(_) | Self::State(_))
    }

    /// The value a request has there; nothing where it has none.
    pub(super) fn value<'s>(&self, scope: &Scope<'s>) -> Option<Cow<'s, Value>> {
        let subject = &scope.subject;
        let values = &subject.reading.values;
        match self {
            Self::Parameter(location, name) => {
                let (decoded, raw) = match location {
                    Location::Path => (&values.path, None),
                    Location::Query => (&values.query, query(subject.request, name)),
                    Location::Header => (&values.header, header(subject.request, name)),
                    Location::Cookie => (&values.cookie, cookie(subject.request, name)),
                    // No field of the grammar is anywhere else.
                    _ => return None,
                };
                let found = decoded.iter().find(|(known, _)| is_same_name(*location, known, name));
                found.map(|(_, value)| Cow::Borrowed(value)).or_else(|| Some(Cow::Owned(Value::String(raw?))))
            }
            Self::Form(name) => {
                let body = values.body.as_ref()?;
                let is_form = matches!(
                    codec::media::kind(&body.media_type),
                    codec::media::Kind::Form | codec::media::Kind::Multipart
                );
                let value = body.payload.as_value().filter(|_| is_form)?;
                value.get(name).map(Cow::Borrowed)
            }
            Self::Body(steps) => {
                let mut value = values.body.as_ref()?.payload.as_value()?;
                for step in steps {
                    value = match value {
                        Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                        other => other.get(step)?,
                    };
                }
                Some(Cow::Borrowed(value))
            }
            Self::State(name) => scope.state.value(name).map(Cow::Owned),
        }
    }
}

/// What a script may ask of parameters that no document describes: their text.
fn query(request: &Request, name: &str) -> Option<String> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    request
        .query()?
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| decode(key) == name)
        .map(|(_, value)| decode(value))
}

fn header(request: &Request, name: &str) -> Option<String> {
    let value = request.headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    let fields = request.headers.get_all(http::header::COOKIE);
    fields
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"').to_owned())
}

/// When two values count as the same.
#[derive(Debug, Clone, Copy)]
struct Likeness {
    case: Case,
    /// Whether a number or a boolean is also the text that writes it.
    is_text: bool,
}

impl Test {
    /// Whether it holds of a value; of an absent one only `ne` and `exists: false` do.
    fn holds(&self, actual: Option<&Value>, likeness: Likeness) -> bool {
        let Some(actual) = actual else {
            return matches!(self, Self::Unequal(_) | Self::Exists(false));
        };
        match self {
            Self::Equal(expected) => likeness.same(actual, expected),
            Self::Unequal(expected) => !likeness.same(actual, expected),
            Self::Pattern(pattern) => text_of(actual).is_some_and(|text| pattern.is_match(&text)),
            Self::OneOf(expected) => expected.iter().any(|expected| likeness.same(actual, expected)),
            Self::Order(relation, expected) => {
                order(actual, expected, likeness).is_some_and(|order| relation.holds(order))
            }
            Self::Exists(exists) => *exists,
            Self::Contains(expected) => contains(actual, expected, likeness),
            Self::Schema(SchemaTest { schema, .. }) => {
                schema.as_ref().is_none_or(|schema| schema.is_valid(actual, Direction::Request))
            }
            Self::Length(relations) => length(actual)
                .is_some_and(|length| relations.iter().all(|(relation, of)| relation.holds(length.cmp(of)))),
        }
    }
}

impl Likeness {
    fn same(self, actual: &Value, expected: &Value) -> bool {
        if is_equal(actual, expected, self.case) {
            return true;
        }
        self.is_text
            && match (text_of(actual), text_of(expected)) {
                (Some(actual), Some(expected)) => same_text(&actual, &expected, self.case),
                _ => false,
            }
    }
}

/// The text that writes a scalar; nothing else has one.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        _ => None,
    }
}

fn same_text(left: &str, right: &str, case: Case) -> bool {
    match case {
        Case::Sensitive => left == right,
        Case::Ignored => left == right || left.to_lowercase() == right.to_lowercase(),
    }
}

/// Whether two values are the same, numbers by what they are worth.
fn is_equal(left: &Value, right: &Value, case: Case) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => same_text(left, right, case),
        (Value::Number(left), Value::Number(right)) => {
            left == right || compare_numbers(left, right) == Some(Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| is_equal(left, right, case))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| is_equal(value, other, case)))
        }
        _ => left == right,
    }
}

/// Whether `actual` holds at least what `expected` does: of objects every member named, of lists each item in its
/// place.
pub(super) fn has_subset(actual: &Value, expected: &Value, case: Case) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(key, value)| actual.get(key).is_some_and(|found| has_subset(found, value, case))),
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(found, value)| has_subset(found, value, case))
        }
        _ => is_equal(actual, expected, case),
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return Some(left.cmp(&right));
    }
    if let (Some(left), Some(right)) = (left.as_u64(), right.as_u64()) {
        return Some(left.cmp(&right));
    }
    left.as_f64()?.partial_cmp(&right.as_f64()?)
}

/// How a value stands to what the script names: numbers by worth, texts by their characters.
fn order(actual: &Value, expected: &Value, likeness: Likeness) -> Option<Ordering> {
    match (actual, expected) {
        (Value::Number(actual), Value::Number(expected)) => compare_numbers(actual, expected),
        (Value::String(actual), Value::String(expected)) => Some(match likeness.case {
            Case::Sensitive => actual.cmp(expected),
            Case::Ignored => actual.to_lowercase().cmp(&expected.to_lowercase()),
        }),
        (Value::String(actual), Value::Number(expected)) if likeness.is_text => {
            compare_numbers(&serde_json::from_str(actual.trim()).ok()?, expected)
        }
        _ => None,
    }
}

fn contains(actual: &Value, expected: &Value, likeness: Likeness) -> bool {
    match actual {
        Value::Array(items) => items.iter().any(|item| likeness.same(item, expected)),
        Value::String(text) => text_of(expected).is_some_and(|part| match likeness.case {
            Case::Sensitive => text.contains(part.as_ref()),
            Case::Ignored => text.to_lowercase().contains(&part.to_lowercase()),
        }),
        _ => false,
    }
}

/// Characters of a text, items of a list, members of an object.
fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::grammar::Relation;
    use super::*;

    const BODY: Likeness = Likeness { case: Case::Sensitive, is_text: false };
    const TEXT: Likeness = Likeness { case: Case::Sensitive, is_text: true };

    #[test]
    fn numbers_are_equal_by_worth_and_texts_are_numbers_only_outside_bodies() {
        let table = [
            (json!(1), json!(1.0), BODY, true),
            (json!("13"), json!(13), BODY, false),
            (json!("13"), json!(13), TEXT, true),
            (json!(13), json!("13"), TEXT, true),
            (json!(true), json!("true"), TEXT, true),
            (json!("Rex"), json!("rex"), BODY, false),
            (json!("Rex"), json!("rex"), Likeness { case: Case::Ignored, ..BODY }, true),
            (json!([1, 2]), json!([1.0, 2]), BODY, true),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), BODY, true),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), BODY, false),
            (json!(null), json!(false), BODY, false),
            (json!(18_446_744_073_709_551_615_u64), json!(-1), BODY, false),
        ];
        for (left, right, likeness, expected) in table {
            assert_eq!(likeness.same(&left, &right), expected, "{left} and {right}");
        }
    }

    #[test]
    fn a_subset_asks_for_members_and_for_whole_lists() {
        let body = json!({"name": "Rex", "owner": {"id": 7, "tags": [{"a": 1, "b": 2}]}});
        let table = [
            (json!({}), true),
            (json!({"name": "Rex"}), true),
            (json!({"owner": {"id": 7}}), true),
            (json!({"owner": {"tags": [{"a": 1}]}}), true),
            (json!({"owner": {"tags": []}}), false),
            (json!({"owner": {"id": 8}}), false),
            (json!({"name": null}), false),
            (json!({"owner": 7}), false),
        ];
        for (expected, holds) in table {
            assert_eq!(has_subset(&body, &expected, Case::Sensitive), holds, "{expected}");
        }
    }

    #[test]
    fn an_absent_value_satisfies_only_ne_and_exists_false() {
        let table = [
            (Test::Equal(json!(null)), false),
            (Test::Unequal(json!("a")), true),
            (Test::OneOf(vec![json!("a")]), false),
            (Test::Order(Relation::Less, json!(3)), false),
            (Test::Exists(true), false),
            (Test::Exists(false), true),
            (Test::Contains(json!("a")), false),
            (Test::Length(vec![(Relation::Equal, 0)]), false),
        ];
        for (test, expected) in table {
            assert_eq!(test.holds(None, BODY), expected, "{test:?}");
        }
    }

    #[test]
    fn relations_compare_like_with_like() {
        let less = |expected| Test::Order(Relation::Less, expected);
        let table = [
            (less(json!(10)), json!(9), BODY, true),
            (less(json!(10)), json!(10), BODY, false),
            (less(json!(10)), json!("9"), BODY, false),
            (less(json!(10)), json!("9"), TEXT, true),
            (less(json!(10)), json!("nine"), TEXT, false),
            (less(json!("2026-02-01")), json!("2026-01-31"), BODY, true),
            (
                Test::Length(vec![(Relation::GreaterOrEqual, 2), (Relation::Less, 4)]),
                json!("äöü"),
                BODY,
                true,
            ),
            (Test::Length(vec![(Relation::Equal, 2)]), json!([1, 2]), BODY, true),
            (Test::Length(vec![(Relation::Equal, 2)]), json!(22), BODY, false),
            (Test::Contains(json!("ob")), json!("Bob"), BODY, true),
            (Test::Contains(json!(2)), json!([1, 2]), BODY, true),
            (Test::Contains(json!(3)), json!([1, 2]), BODY, false),
        ];
        for (test, actual, likeness, expected) in table {
            assert_eq!(test.holds(Some(&actual), likeness), expected, "{test:?} of {actual}");
        }
    }
}
