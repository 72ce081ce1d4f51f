//! Which parameters of a list say what is to be in it.

use serde_json::Value;

use super::{Location, Parameter};
use crate::schema::Direction;

/// The names, folded, of parameters that say how many items a list may have at most.
const LIMITS: [&str; 12] = [
    "limit",
    "perpage",
    "pagesize",
    "pagelimit",
    "maxresults",
    "maxitems",
    "maxcount",
    "itemsperpage",
    "resultsperpage",
    "recordsperpage",
    "top",
    "size",
];
/// Those of them that may mean something else where their schema does not say that they are numbers.
const AMBIGUOUS_LIMITS: [&str; 2] = ["top", "size"];
/// The names, folded, of parameters that say how many items come before those of a list.
const OFFSETS: [&str; 3] = ["offset", "skip", "pageoffset"];
/// The names, folded, of parameters that say which page of a list is asked for.
const PAGES: [&str; 5] = ["page", "pagenumber", "pageno", "pagenum", "pageindex"];
/// The names, folded, of parameters that say by what a list is in order.
const ORDERS: [&str; 11] = [
    "sort",
    "sortby",
    "sortfield",
    "sortkey",
    "sortcolumn",
    "orderby",
    "order",
    "ordering",
    "orderfield",
    "sorting",
    "ordered",
];
/// Words in names that say that a parameter adds to a list, and leaves nothing out of it.
const ADDING: [&str; 9] =
    ["include", "with", "show", "expand", "all", "deleted", "archived", "hidden", "expired"];
/// Members of enumerations that leave nothing out of a list.
const EVERYTHING: [&str; 5] = ["all", "any", "both", "every", "none"];
/// The most members of an enumeration that are asked for.
const MAX_MEMBERS: usize = 8;

/// What a query parameter of a list says of its items.
#[derive(Debug, Clone, PartialEq)]
pub enum ListParameter {
    /// How many there are at most; the least number that may be asked for, as its schema has it: a number, or a text.
    AtMost(Value),
    /// How many come before them.
    Offset,
    /// Which page they are; the number of the first one, where the schema says it.
    Page(Option<u64>),
    /// By what they are in order; the values that may be asked for.
    Order(Vec<Value>),
    /// What their property of the same name is; the values that may be asked for.
    Only(Vec<Value>),
    /// Within which bound one of their properties is.
    Bound(Bound),
}

/// A bound of a property of the items of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The names, folded, of which one is the property's.
    pub names: Vec<String>,
    /// Whether it is the least value, and not the greatest.
    pub is_least: bool,
    /// Some values that may be asked for: of times such that hardly any is within.
    pub values: Vec<Value>,
}

/// Words, folded, that begin the names of bounds, and whether it is the least value.
const BOUND_BEGINNINGS: [(&str, bool); 4] =
    [("minimum", true), ("min", true), ("maximum", false), ("max", false)];
/// Words, folded, that end the names of bounds of numbers and times.
const BOUND_ENDS: [(&str, bool); 10] = [
    ("min", true),
    ("max", false),
    ("gte", true),
    ("lte", false),
    ("gt", true),
    ("lt", false),
    ("after", true),
    ("since", true),
    ("before", false),
    ("until", false),
];
/// What names of times end in, beside the names of their bounds: `created_after` is about `created_at`.
const TIME_ENDS: [&str; 5] = ["", "at", "on", "date", "time"];
/// The first and the last year that are asked for.
const YEARS: [&str; 2] = ["1971", "2120"];

/// The bound that a parameter is, by its name and schema.
fn bound(name: &str, schema: &Value, is_valid: &dyn Fn(&Value) -> bool) -> Option<Bound> {
    let stem = |stem: &str| (!stem.is_empty()).then(|| stem.to_owned());
    let begun =
        || BOUND_BEGINNINGS.iter().find_map(|(word, least)| Some((stem(name.strip_prefix(word)?)?, *least)));
    let ended =
        || BOUND_ENDS.iter().find_map(|(word, least)| Some((stem(name.strip_suffix(word)?)?, *least)));
    let kind = schema.get("type").and_then(Value::as_str)?;
    let (names, is_least, mut values) = match (kind, schema.get("format").and_then(Value::as_str)) {
        ("integer" | "number", _) => {
            let (stem, is_least) = begun().or_else(ended)?;
            let said = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
            // A bound of 0 is none to many.
            let (low, high) = (said("minimum").unwrap_or(1).max(1), said("maximum").unwrap_or(1_000));
            let far = if is_least { high } else { low };
            let middle = low.checked_add(high)? / 2;
            (vec![stem], is_least, vec![Value::from(middle), Value::from(far)])
        }
        ("string", Some(format @ ("date" | "date-time"))) => {
            let (stem, is_least) = ended()?;
            let year = YEARS[usize::from(is_least)];
            let time = if format == "date" { "" } else { "T00:00:00Z" };
            let names = TIME_ENDS.iter().map(|end| format!("{stem}{end}")).collect();
            (names, is_least, vec![Value::from(format!("{year}-01-01{time}"))])
        }
        _ => return None,
    };
    values.retain(is_valid);
    Some(Bound { names, is_least, values })
}

impl Parameter {
    /// What a query parameter says of the items of a list, as far as its name and schema leave no
    /// doubt. OpenAPI has no words for it; these are the names in use.
    ///
    /// | parameter | says |
    /// |---|---|
    /// | `limit`, `per_page`, `pageSize`, … of whole numbers, or of texts of digits | at most so many |
    /// | `offset`, `skip` of whole numbers | those after so many |
    /// | `page`, `pageNumber`, … of whole numbers | those of this page |
    /// | `sort`, `order_by`, … that is an enumeration | in this order |
    /// | an enumeration, or an array of one | only items that have the member in the property of the same name |
    /// | a number `min_price`, `price_max`, `age_gte`, …, a time `created_after`, `dueBefore`, … | only items whose property is within it |
    /// | a boolean, unless its name says that it adds (`include_deleted`) | `true`: only items that have it as well |
    pub fn of_list(&self) -> Option<ListParameter> {
        let is_query = self.location == Location::Query;
        let whole = self.value_schema().filter(|_| is_query)?;
        let root = whole.bundle(Direction::Request);
        let schema = resolved(root, root);
        let name = folded(&self.name);
        let is = |schema: &Value, wanted: &str| schema.get("type").is_some_and(|found| found == wanted);
        let is_called = |names: &[&str]| names.contains(&name.as_str());
        let is_whole = is(schema, "integer");
        if is_called(&LIMITS) && is_whole {
            let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(1).max(1);
            return Some(ListParameter::AtMost(Value::from(least)));
        }
        if is_called(&LIMITS) && is(schema, "string") {
            let is_text = |text: &str| whole.is_valid(&Value::from(text), Direction::Request);
            let is_number = is_text("1") && (!is_called(&AMBIGUOUS_LIMITS) || !is_text("x"));
            if is_number {
                return Some(ListParameter::AtMost(Value::from("1")));
            }
        }
        if is_called(&OFFSETS) {
            return is_whole.then_some(ListParameter::Offset);
        }
        if is_called(&PAGES) && is_whole {
            let said = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
            let first = match (said("minimum"), said("default")) {
                (Some(0) | None, Some(0)) | (Some(0), None) => Some(0),
                (Some(1), _) | (None, Some(1)) => Some(1),
                _ => None,
            };
            return Some(ListParameter::Page(first));
        }
        if ADDING.iter().any(|word| name.contains(word)) {
            return None;
        }
        if let Some(bound) = bound(&name, schema, &|value| whole.is_valid(value, Direction::Request)) {
            return Some(ListParameter::Bound(bound));
        }
        if is(schema, "boolean") {
            return Some(ListParameter::Only(vec![Value::Bool(true)]));
        }
        let members = |schema: &Value| -> Option<Vec<Value>> {
            let members = schema.get("enum")?.as_array()?.iter().take(MAX_MEMBERS);
            let leaves_out =
                |text: &str| !text.is_empty() && !EVERYTHING.contains(&text.to_ascii_lowercase().as_str());
            Some(members.filter(|member| member.as_str().is_some_and(leaves_out)).cloned().collect())
        };
        if is_called(&ORDERS) {
            return members(schema).map(ListParameter::Order);
        }
        if is(schema, "array") {
            let items = members(resolved(root, schema.get("items")?))?;
            return Some(ListParameter::Only(
                items.into_iter().map(|member| Value::Array(vec![member])).collect(),
            ));
        }
        members(schema).map(ListParameter::Only)
    }
}

/// The names, folded, of members and headers that say how many items there are in all.
const TOTALS: [&str; 10] = [
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalelements",
    "totalrecords",
    "totalnumber",
    "totalhits",
    "xtotalcount",
    "xtotal",
];

/// Whether a member or a header beside a list says by its name how many items there are in all.
pub fn is_total(name: &str) -> bool {
    TOTALS.contains(&folded(name).as_str())
}

/// A name without what notations of the same differ in, case and what is no letter or digit: `pet_id`, `petId` and
/// `Pet-ID` are one.
pub fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The schema that a reference leads to.
fn resolved<'s>(root: &'s Value, mut schema: &'s Value) -> &'s Value {
    for _ in 0..8 {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|target| root.pointer(target)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}
