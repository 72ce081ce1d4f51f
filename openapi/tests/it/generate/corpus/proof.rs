//! Why a schema admits no value, found by looking at it.

use serde_json::Value;

/// The depth to which alternatives are looked into.
const MAX_DEPTH: usize = 64;

/// The way down from a schema; what is met again on it has no value that ends.
pub(super) struct Proof<'d> {
    pub(super) root: &'d Value,
    pub(super) passed: Vec<*const Value>,
}

impl<'d> Proof<'d> {
    /// Whether it is certain that a schema admits no value.
    pub(super) fn is_empty(&mut self, schema: &'d Value) -> bool {
        if schema == &Value::Bool(false) || self.passed.contains(&std::ptr::from_ref(schema)) {
            return true;
        }
        if self.passed.len() >= MAX_DEPTH {
            return false;
        }
        self.passed.push(schema);
        let is_empty = self.refers_to_nothing(schema)
            || self.lists_nothing(schema)
            || self.starts_before_its_start(schema)
            || self.has_no_alternative(schema)
            || self.needs_a_part_without_value(schema);
        self.passed.pop();
        is_empty
    }

    fn target(&self, schema: &Value) -> Option<&'d Value> {
        let reference = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(&percent_encoding::percent_decode_str(reference).decode_utf8().ok()?)
    }

    fn refers_to_nothing(&mut self, schema: &'d Value) -> bool {
        self.target(schema).is_some_and(|target| self.is_empty(target))
    }

    /// A pattern copied with the slashes around it: `/^a$/` asks for a slash before the start of the text.
    fn starts_before_its_start(&self, schema: &Value) -> bool {
        let pattern = schema.get("pattern").and_then(Value::as_str).unwrap_or_default();
        pattern.starts_with("/^")
            && !pattern.contains('|')
            && schema.get("type").is_some_and(|types| types == "string")
    }

    /// Every listed value is of another type.
    fn lists_nothing(&self, schema: &'d Value) -> bool {
        let Some(members) = schema.get("enum").and_then(Value::as_array) else { return false };
        members.iter().all(|member| !self.admits_type(schema, member))
    }

    fn admits_type(&self, schema: &Value, value: &Value) -> bool {
        let Some(types) = schema.get("type") else { return true };
        let named = |name: &Value| match (name.as_str().unwrap_or_default(), value) {
            ("null", Value::Null) | ("boolean", Value::Bool(_)) | ("string", Value::String(_)) => true,
            ("array", Value::Array(_)) | ("object", Value::Object(_)) | ("number", Value::Number(_)) => true,
            ("integer", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
            _ => false,
        };
        types.as_array().map_or_else(|| named(types), |names| names.iter().any(named))
    }

    /// No alternative has a value, or each has another that is met as well, so that no value is valid by one alone.
    fn has_no_alternative(&mut self, schema: &'d Value) -> bool {
        let list =
            |keyword: &str| schema.get(keyword).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (all, any, one) = (list("allOf"), list("anyOf"), list("oneOf"));
        let spelled: Vec<&Value> = one.iter().map(|branch| self.target(branch).unwrap_or(branch)).collect();
        let has_twin = |at: usize| {
            (0..spelled.len()).any(|other| other != at && asks_no_more(spelled[other], spelled[at]))
        };
        all.iter().any(|part| self.is_empty(part))
            || (!any.is_empty() && any.iter().all(|branch| self.is_empty(branch)))
            || (!one.is_empty() && (0..one.len()).all(|at| has_twin(at) || self.is_empty(&one[at])))
    }

    /// A property that must be there, or an item, has no value.
    fn needs_a_part_without_value(&mut self, schema: &'d Value) -> bool {
        let is_only = |name: &str| schema.get("type").is_some_and(|types| types == name);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut needed = required.filter_map(|name| schema.get("properties")?.get(name.as_str()?));
        let has_items = schema.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0);
        (is_only("object") && needed.any(|property| self.is_empty(property)))
            || (is_only("array")
                && has_items
                && schema.get("items").is_some_and(|items| self.is_empty(items)))
    }
}

/// Whether it is plain that whatever meets one schema meets another, which says the same or less of it.
fn asks_no_more(less: &Value, more: &Value) -> bool {
    let (Some(less), Some(more)) = (less.as_object(), more.as_object()) else { return less == more };
    less.iter().all(|(keyword, value)| match (keyword.as_str(), value, more.get(keyword)) {
        // What no validator knows refuses nothing.
        ("format", Value::String(format), _) if !FORMATS.contains(&format.as_str()) => true,
        (name, ..) if name.starts_with("x-") => true,
        ("required", Value::Array(names), found) => {
            let found = found.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            names.iter().all(|name| found.contains(name))
        }
        ("properties", Value::Object(properties), found) => properties.iter().all(|(name, property)| {
            found.and_then(|found| found.get(name)).is_some_and(|found| asks_no_more(property, found))
        }),
        (_, value, found) => found == Some(value),
    })
}

/// The formats that the `jsonschema` crate asserts, and those of OpenAPI.
const FORMATS: [&str; 20] = [
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "idn-email",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "uri-template",
    "uuid",
    "json-pointer",
    "relative-json-pointer",
    "regex",
    "byte",
];
