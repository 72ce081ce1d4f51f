//! The shape of JSON values: what is the same in all answers of an operation, whatever data they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// Optional members listed of one object; an object with more is taken for a map, whose names are data.
const MAX_OPTIONAL_MEMBERS: usize = 64;

/// What values at one place looked like. Merging is commutative, so that the order of answers does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    null: bool,
    boolean: bool,
    integer: bool,
    number: bool,
    /// The kinds of the strings seen.
    strings: BTreeSet<Text>,
    items: Option<Box<Shape>>,
    object: Option<Object>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Object {
    /// How many objects were seen here.
    seen: u64,
    /// By name: how many objects had the member, and what it looked like.
    members: BTreeMap<String, (u64, Shape)>,
}

/// The kind of a string, as far as it can be told from the string alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Text {
    Date,
    DateTime,
    Digits,
    Email,
    Ipv4,
    Ipv6,
    Uri,
    Uuid,
    Other,
}

impl Shape {
    /// Adds a value to what was seen.
    pub(super) fn observe(&mut self, value: &Value) {
        match value {
            Value::Null => self.null = true,
            Value::Bool(_) => self.boolean = true,
            // 1.0 and 1 are one value to JSON Schema, and so they are here.
            Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
                self.integer = true;
            }
            Value::Number(_) => self.number = true,
            Value::String(text) => {
                self.strings.insert(Text::of(text));
            }
            Value::Array(values) => {
                let items = self.items.get_or_insert_default();
                values.iter().for_each(|value| items.observe(value));
            }
            Value::Object(members) => self.object.get_or_insert_default().observe(members),
        }
    }

    /// Writes one line a place: its path, its types, and whether it was always there.
    pub(super) fn describe(&self, path: &str, presence: &str, out: &mut String) {
        let types = self.types();
        let types = if types.is_empty() { "never seen".to_owned() } else { types.join(" or ") };
        let _ = writeln!(out, "{path}: {types}{presence}");
        if let Some(items) = &self.items {
            items.describe(&format!("{path}[]"), "", out);
        }
        let Some(object) = &self.object else { return };
        let optional = object.members.values().filter(|(seen, _)| *seen < object.seen).count();
        let is_map = optional > MAX_OPTIONAL_MEMBERS;
        let mut others = Shape::default();
        for (name, (seen, shape)) in &object.members {
            let always = *seen == object.seen;
            if is_map && !always {
                others.merge(shape);
            } else {
                let presence = if always { ", always" } else { ", sometimes" };
                shape.describe(&member_path(path, name), presence, out);
            }
        }
        if is_map {
            others.describe(&format!("{path}[*]"), ", under names that differ", out);
        }
    }

    /// A value of this shape without any data in it.
    pub(super) fn example(&self) -> Value {
        if let Some(object) = &self.object {
            let optional = object.members.values().filter(|(seen, _)| *seen < object.seen).count();
            let is_shown = |seen: u64| seen == object.seen || optional <= MAX_OPTIONAL_MEMBERS;
            let members = object.members.iter().filter(|(_, (seen, _))| is_shown(*seen));
            let members: Map<String, Value> =
                members.map(|(name, (_, shape))| (name.clone(), shape.example())).collect();
            return Value::Object(members);
        }
        if let Some(items) = &self.items {
            return if **items == Self::default() { json!([]) } else { json!([items.example()]) };
        }
        match self.strings.iter().next() {
            Some(text) if self.strings.len() == 1 && *text != Text::Other => {
                json!(format!("[{}]", text.name()))
            }
            Some(_) => json!("[string]"),
            None if self.number => json!(0.5),
            None if self.integer => json!(0),
            None if self.boolean => json!(true),
            None => Value::Null,
        }
    }

    fn types(&self) -> Vec<String> {
        let mut types = Vec::new();
        if self.object.is_some() {
            types.push("object".to_owned());
        }
        if self.items.is_some() {
            types.push("array".to_owned());
        }
        if let Some(only) = self.strings.first() {
            types.push(match (self.strings.len(), only) {
                (1, Text::Other) | (2.., _) => "string".to_owned(),
                (_, text) => format!("string ({})", text.name()),
            });
        }
        if self.number {
            types.push("number".to_owned());
        } else if self.integer {
            types.push("integer".to_owned());
        }
        if self.boolean {
            types.push("boolean".to_owned());
        }
        if self.null {
            types.push("null".to_owned());
        }
        types
    }

    fn merge(&mut self, other: &Self) {
        self.null |= other.null;
        self.boolean |= other.boolean;
        self.integer |= other.integer;
        self.number |= other.number;
        self.strings.extend(&other.strings);
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
        if let Some(object) = &other.object {
            let own = self.object.get_or_insert_default();
            own.seen += object.seen;
            for (name, (seen, shape)) in &object.members {
                let member = own.members.entry(name.clone()).or_default();
                member.0 += seen;
                member.1.merge(shape);
            }
        }
    }
}

impl Object {
    fn observe(&mut self, members: &Map<String, Value>) {
        self.seen += 1;
        for (name, value) in members {
            let member = self.members.entry(name.clone()).or_default();
            member.0 += 1;
            member.1.observe(value);
        }
    }
}

impl Text {
    fn of(text: &str) -> Self {
        let is_all = |allowed: fn(&u8) -> bool| text.as_bytes().iter().all(allowed);
        if text.is_empty() {
            Self::Other
        } else if is_all(u8::is_ascii_digit) {
            Self::Digits
        } else if is_pattern(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
            Self::Uuid
        } else if is_pattern(text, "0000-00-00") {
            Self::Date
        } else if is_date_time(text) {
            Self::DateTime
        } else if text.parse::<std::net::Ipv4Addr>().is_ok() {
            Self::Ipv4
        } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
            Self::Ipv6
        } else if is_uri(text) {
            Self::Uri
        } else if is_email(text) {
            Self::Email
        } else {
            Self::Other
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::DateTime => "date-time",
            Self::Digits => "digits",
            Self::Email => "email",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Uri => "uri",
            Self::Uuid => "uuid",
            Self::Other => "string",
        }
    }
}

/// Whether the text has the pattern's form: `x` is a hexadecimal digit, `0` a decimal one, the rest is itself.
fn is_pattern(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, expected)| match expected {
            b'x' => byte.is_ascii_hexdigit(),
            b'0' => byte.is_ascii_digit(),
            _ => byte == expected,
        })
}

fn is_date_time(text: &str) -> bool {
    const HEAD: &str = "0000-00-00T00:00:00";
    let Some((head, zone)) = text.split_at_checked(HEAD.len()) else { return false };
    let zone = zone
        .strip_prefix('.')
        .map_or(zone, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    is_pattern(&head.replace(['t', ' '], "T"), HEAD)
        && (matches!(zone, "Z" | "z") || is_pattern(zone, "+00:00") || is_pattern(zone, "-00:00"))
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    !rest.is_empty()
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

fn member_path(path: &str, name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-$@".contains(character);
    if !name.is_empty() && name.chars().all(is_plain) {
        format!("{path}.{name}")
    } else {
        format!("{path}[\"{}\"]", crate::report::text::one_line(name).replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn described(values: &[Value]) -> String {
        let mut shape = Shape::default();
        values.iter().for_each(|value| shape.observe(value));
        let mut out = String::new();
        shape.describe("body", "", &mut out);
        out
    }

    #[test]
    fn names_what_is_always_there_and_what_only_sometimes() {
        let seen = [
            json!({"id": 1, "tags": ["a", 3], "owner": {"mail": "a@b.example"}, "odd name": null}),
            json!({"id": 2.5, "tags": [], "owner": null}),
        ];
        insta::assert_snapshot!(described(&seen), @r#"
        body: object
        body.id: number, always
        body["odd name"]: null, sometimes
        body.owner: object or null, always
        body.owner.mail: string (email), always
        body.tags: array, always
        body.tags[]: string or integer
        "#);
    }

    #[test]
    fn strings_are_told_apart_by_their_form() {
        let rows = [
            ("", Text::Other),
            ("13472658353687", Text::Digits),
            ("c0a80101-0000-4000-8000-0123456789Ab", Text::Uuid),
            ("2024-02-29", Text::Date),
            ("2024-02-29T10:00:00.123456Z", Text::DateTime),
            ("2024-02-29 10:00:00+02:00", Text::DateTime),
            ("2024-02-29T10:00:00", Text::Other),
            ("10.0.0.1", Text::Ipv4),
            ("::1", Text::Ipv6),
            ("https://a.example/b?c", Text::Uri),
            ("urn it://", Text::Other),
            ("name@somewhere.com", Text::Email),
            ("name@localhost", Text::Other),
            ("ünïcode-ünïcode-ün", Text::Other),
        ];
        for (text, kind) in rows {
            assert_eq!(Text::of(text), kind, "{text:?}");
        }
    }

    #[test]
    fn an_object_whose_names_are_data_is_a_map() {
        let values: Vec<Value> =
            (0..100).map(|index| json!({"kind": "x", format!("key{index}"): index})).collect();
        insta::assert_snapshot!(described(&values), @r"
        body: object
        body.kind: string, always
        body[*]: integer, under names that differ
        ");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[0-9]{0,3}|[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_order_of_answers_does_not_show(mut values in prop::collection::vec(value(), 0..6)) {
            let forward = described(&values);
            values.reverse();
            prop_assert_eq!(forward, described(&values));
        }

        #[test]
        fn merging_shapes_is_seeing_both(left in value(), right in value()) {
            let (mut merged, mut other, mut both) = (Shape::default(), Shape::default(), Shape::default());
            merged.observe(&left);
            other.observe(&right);
            merged.merge(&other);
            both.observe(&left);
            both.observe(&right);
            prop_assert_eq!(merged, both);
        }
    }
}
