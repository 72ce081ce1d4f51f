//! What a difference between two snapshots means for those who read the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::report::text::one_line;

/// What a body is that is not JSON, each as one word however it is written.
const OTHER_BODIES: [&str; 4] =
    ["empty or not text", "too long to look into", "text that is not JSON", "text"];

/// How much a change of an answer may hurt a client that was made for the answer as it was.
///
/// | Class | What changed |
/// |---|---|
/// | breaking | a member that was always there is gone, or is there only sometimes; a type is new where the client knows the others, `null` among them; a body of another kind |
/// | risky | a member is gone that was there sometimes; an integer is any number now; a text has no longer its format; a header is gone or says something else; an answer of a kind that the operation did not give before |
/// | additive | a new member or header; what was there sometimes is always there; fewer types; a text that has a format now |
///
/// The class of a difference is that of its worst change, so that no further change makes it better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftClass {
    /// A client that reads what it knows does not notice.
    Additive,
    /// Whether a client fails depends on how it reads.
    Risky,
    /// A client that relies on what it saw fails.
    Breaking,
}

impl DriftClass {
    /// Its name, as flags and reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Risky => "risky",
            Self::Breaking => "breaking",
        }
    }
}

/// One change between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// How much it may hurt.
    pub class: DriftClass,
    /// Where: `body.owner.name`, `header location`.
    pub place: String,
    /// What it was and what it is, as people read it.
    pub change: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", one_line(&self.place), one_line(&self.change))
    }
}

/// What changed between the contents of two snapshots, the worst first; nothing where only the example differs.
pub fn drift(before: &str, after: &str) -> Vec<Drift> {
    let (before, after) = (places(before), places(after));
    let mut changes = Vec::new();
    for (place, was) in &before {
        match after.get(place) {
            Some(is) => compare(place, was, is, &mut changes),
            // What is in it is gone with it.
            None if parents(place)
                .any(|parent| before.contains_key(parent) && !after.contains_key(parent)) => {}
            None => changes.push(gone(place, was)),
        }
    }
    for (place, is) in &after {
        let is_within_new =
            || parents(place).any(|parent| after.contains_key(parent) && !before.contains_key(parent));
        if !before.contains_key(place) && !is_within_new() {
            changes.push(Drift {
                class: DriftClass::Additive,
                place: place.clone(),
                change: format!("new: {}", is.describe()),
            });
        }
    }
    changes.sort_by(|left, right| (right.class, &left.place).cmp(&(left.class, &right.place)));
    changes
}

/// The class of the worst of some changes.
pub fn drift_class(changes: &[Drift]) -> Option<DriftClass> {
    changes.iter().map(|change| change.class).max()
}

/// What a snapshot says of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    presence: Presence,
    /// Types, or for a header its values.
    types: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Presence {
    #[default]
    Always,
    Sometimes,
}

impl Seen {
    fn describe(&self) -> String {
        let types: Vec<&str> = self.types.iter().map(String::as_str).collect();
        let presence = match self.presence {
            Presence::Always => "always",
            Presence::Sometimes => "sometimes",
        };
        if types.is_empty() { presence.to_owned() } else { format!("{}, {presence}", types.join(" or ")) }
    }
}

/// The lines of a snapshot, by place; the example, which shows nothing else, is left out.
fn places(contents: &str) -> BTreeMap<String, Seen> {
    let mut places: BTreeMap<String, Seen> = BTreeMap::new();
    for line in contents.lines() {
        if line.starts_with("example, without its data") {
            break;
        }
        if let Some(header) = line.strip_prefix("header ") {
            let Some((name, rest)) = header.split_once(": ") else { continue };
            let (presence, values) = rest.split_once(", ").unwrap_or((rest, ""));
            let presence = if presence == "always" { Presence::Always } else { Presence::Sometimes };
            let types = values.split(" or ").filter(|value| !value.is_empty()).map(str::to_owned).collect();
            places.insert(format!("header {name}"), Seen { presence, types });
            continue;
        }
        let Some((place, rest)) = split_place(line) else { continue };
        let (rest, presence) = [(", always", Presence::Always), (", sometimes", Presence::Sometimes)]
            .into_iter()
            .find_map(|(end, presence)| Some((rest.strip_suffix(end)?, presence)))
            .unwrap_or((rest.strip_suffix(", under names that differ").unwrap_or(rest), Presence::Always));
        let seen = places.entry(place.to_owned()).or_default();
        seen.presence = presence;
        match rest {
            "never seen" => {}
            other if OTHER_BODIES.contains(&other) => _ = seen.types.insert(other.to_owned()),
            types => seen.types.extend(types.split(" or ").map(str::to_owned)),
        }
    }
    places
}

/// A place and what follows it: the colon after the last name, whose text may hold colons itself.
fn split_place(line: &str) -> Option<(&str, &str)> {
    if !line.starts_with("body") {
        return None;
    }
    let bytes = line.as_bytes();
    let (mut is_quoted, mut at) = (false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if is_quoted => at += 1,
            b'"' => is_quoted = !is_quoted,
            b':' if !is_quoted => return Some((&line[..at], line[at + 1..].trim_start())),
            _ => {}
        }
        at += 1;
    }
    None
}

/// What a place is in, from the outside in.
fn parents(place: &str) -> impl Iterator<Item = &str> {
    let (mut ends, mut is_quoted, mut is_escaped) = (Vec::new(), false, false);
    for (at, byte) in place.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'.' | b'[' if !is_quoted => ends.push(at),
            _ => {}
        }
    }
    ends.into_iter().filter_map(|end| place.get(..end)).filter(move |_| place.starts_with("body"))
}

fn gone(place: &str, was: &Seen) -> Drift {
    let is_member = place.starts_with("body");
    let (class, change) = match was.presence {
        Presence::Always if is_member => (DriftClass::Breaking, "gone; it was always there"),
        Presence::Always => (DriftClass::Risky, "gone; it was always there"),
        Presence::Sometimes => (DriftClass::Risky, "not there this time; it was there sometimes"),
    };
    Drift { class, place: place.to_owned(), change: change.to_owned() }
}

fn compare(place: &str, was: &Seen, is: &Seen, changes: &mut Vec<Drift>) {
    let is_member = place.starts_with("body");
    let mut add = |class, change: String| changes.push(Drift { class, place: place.to_owned(), change });
    match (was.presence, is.presence) {
        (Presence::Always, Presence::Sometimes) => {
            let class = if is_member { DriftClass::Breaking } else { DriftClass::Risky };
            add(class, "there sometimes; it was always there".to_owned());
        }
        (Presence::Sometimes, Presence::Always) => {
            add(DriftClass::Additive, "always there; it was there sometimes".to_owned());
        }
        _ => {}
    }
    if was.types == is.types {
        return;
    }
    let list = |types: &BTreeSet<String>| {
        if types.is_empty() {
            return "nothing".to_owned();
        }
        types.iter().map(String::as_str).collect::<Vec<_>>().join(" or ")
    };
    let change = format!("{}; it was {}", list(&is.types), list(&was.types));
    let class = if is_member { class_of_types(&was.types, &is.types) } else { DriftClass::Risky };
    add(class, change);
}

/// The worst of what is new among the types; fewer of them hurt nobody.
fn class_of_types(was: &BTreeSet<String>, is: &BTreeSet<String>) -> DriftClass {
    // Of what was never seen nobody could rely on anything.
    if was.is_empty() {
        return DriftClass::Additive;
    }
    let is_text = |name: &String| name == "string" || name.starts_with("string (");
    let class = |new: &String| {
        let is_known = was.contains(new)
            || (is_text(new) && was.contains("string"))
            || (new == "integer" && was.contains("number"));
        let is_wider =
            (is_text(new) && was.iter().any(is_text)) || (new == "number" && was.contains("integer"));
        match (is_known, is_wider) {
            (true, _) => DriftClass::Additive,
            (false, true) => DriftClass::Risky,
            (false, false) => DriftClass::Breaking,
        }
    };
    is.iter().map(class).max().unwrap_or(DriftClass::Additive)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::shape::Shape;
    use super::*;

    fn contents(values: &[Value]) -> String {
        let mut shape = Shape::default();
        values.iter().for_each(|value| shape.observe(value));
        let mut out = "header content-type: always, application/json\n\n".to_owned();
        shape.describe("body", "", &mut out);
        out
    }

    fn between(before: &[Value], after: &[Value]) -> Vec<String> {
        let changes = drift(&contents(before), &contents(after));
        changes.into_iter().map(|change| format!("{} {change}", change.class.as_str())).collect()
    }

    #[test]
    fn each_change_has_the_class_that_the_table_says() {
        let pet = || json!({"id": 1, "name": "Rex"});
        let rows = [
            (vec![json!({"id": 1})], vec!["breaking body.name: gone; it was always there"]),
            (vec![pet(), json!({"id": 1})], vec!["breaking body.name: there sometimes; it was always there"]),
            (
                vec![json!({"id": "1", "name": "Rex"})],
                vec!["breaking body.id: string (digits); it was integer"],
            ),
            (vec![json!({"id": null, "name": "Rex"})], vec!["breaking body.id: null; it was integer"]),
            (
                vec![pet(), json!({"id": null, "name": "Rex"})],
                vec!["breaking body.id: integer or null; it was integer"],
            ),
            (vec![json!({"id": 1.5, "name": "Rex"})], vec!["risky body.id: number; it was integer"]),
            (
                vec![json!({"id": 1, "name": "a@b.example"})],
                vec!["additive body.name: string (email); it was string"],
            ),
            (
                vec![json!({"id": 1, "name": "Rex", "owner": {"name": "Ada"}})],
                vec!["additive body.owner: new: object, always"],
            ),
            (
                vec![json!([pet()])],
                vec![
                    "breaking body: array; it was object",
                    "breaking body.id: gone; it was always there",
                    "breaking body.name: gone; it was always there",
                    "additive body[]: new: object, always",
                ],
            ),
            (vec![pet(), pet()], vec![]),
        ];
        for (after, expected) in rows {
            assert_eq!(between(&[pet()], &after), expected, "{after:?}");
        }
        assert_eq!(
            between(&[pet(), json!({"id": 1})], &[json!({"id": 1})]),
            ["risky body.name: not there this time; it was there sometimes"]
        );
        assert_eq!(between(&[json!([])], &[json!([1])]), ["additive body[]: integer; it was nothing"]);
    }

    #[test]
    fn headers_and_other_bodies_change_too() {
        let rows = [
            ("header a: always\n\nbody: text", "body: text", "risky header a: gone; it was always there"),
            ("body: text", "header a: always\n\nbody: text", "additive header a: new: always"),
            (
                "header content-type: always, a/b\n",
                "header content-type: always, a/c\n",
                "risky header content-type: a/c; it was a/b",
            ),
            ("body: empty or not text", "body: object", "breaking body: object; it was empty or not text"),
            (
                r#"body: object
body["a.b: \"c[d"]: string, always"#,
                "body: object",
                r#"breaking body["a.b: \"c[d"]: gone; it was always there"#,
            ),
        ];
        for (before, after, expected) in rows {
            let changes = drift(before, after);
            let shown: Vec<String> =
                changes.iter().map(|change| format!("{} {change}", change.class.as_str())).collect();
            assert_eq!(shown, [expected]);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (-2..3_i64).prop_map(Value::from),
            Just(json!(1.5)),
            "[a-c.]{0,2}".prop_map(Value::from),
            Just(json!("a@b.example")),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab.:\"]", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn further_answers_never_make_a_drift_better(
            before in prop::collection::vec(value(), 1..4),
            more in prop::collection::vec(value(), 0..3),
            still_more in prop::collection::vec(value(), 0..3),
        ) {
            let class = |after: &[&[Value]]| drift_class(&drift(&contents(&before), &contents(&after.concat())));
            let (first, second) = (class(&[&before, &more]), class(&[&before, &more, &still_more]));
            prop_assert!(first <= second, "{first:?} {second:?}");
        }

        #[test]
        fn what_differs_has_a_change_and_what_is_the_same_has_none(
            before in prop::collection::vec(value(), 1..4),
            after in prop::collection::vec(value(), 1..4),
        ) {
            let (before, after) = (contents(&before), contents(&after));
            prop_assert_eq!(drift(&before, &after).is_empty(), before == after);
        }
    }
}
