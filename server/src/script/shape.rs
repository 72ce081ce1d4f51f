//! What a schema says of a place inside the values it admits: which names are known there, which values can be.
//!
//! It answers on the safe side: a schema that it does not understand in full admits everything.

use serde_json::Value;

/// The most schemas looked at for one place; a schema beyond that counts as open.
const MAX_SCHEMAS: usize = 512;

/// All schemas that have a say at one place.
#[derive(Debug, Clone)]
pub(super) struct Shape<'s> {
    /// The bundle that references lead into.
    root: &'s Value,
    /// The schemas, references followed and compositions taken apart.
    parts: Vec<&'s Value>,
    /// The schemas as they stand at the place, compositions whole.
    own: Vec<&'s Value>,
}

/// The names of members.
#[derive(Debug)]
pub(super) struct Names<'s> {
    /// Those that the document knows, each once.
    pub(super) known: Vec<&'s str>,
    /// Those that it knows and that may not travel in this direction.
    pub(super) refused: Vec<&'s str>,
    /// Whether there may be others.
    pub(super) is_open: bool,
}

/// What is behind a name.
#[derive(Debug)]
pub(super) enum Member<'s> {
    /// What the document says of it.
    Known(Shape<'s>),
    /// The document leaves open what may be there.
    Open,
    /// The document knows other names only.
    Unknown(Vec<&'s str>),
}

impl<'s> Shape<'s> {
    /// The shape of a whole value by a schema whose references lead into its own `$defs`.
    pub(super) fn of(bundle: &'s Value) -> Self {
        Self::from_schemas(bundle, vec![bundle])
    }

    fn from_schemas(root: &'s Value, own: Vec<&'s Value>) -> Self {
        let mut parts: Vec<&Value> = Vec::new();
        let mut queue = own.clone();
        while let Some(schema) = queue.pop() {
            let is_known = parts.iter().any(|known| std::ptr::eq(*known, schema));
            if is_known || parts.len() >= MAX_SCHEMAS {
                continue;
            }
            parts.push(schema);
            queue.extend(reference(root, schema));
            for keyword in ["allOf", "anyOf", "oneOf"] {
                queue.extend(schema.get(keyword).and_then(Value::as_array).into_iter().flatten());
            }
            queue.extend(["then", "else"].iter().filter_map(|keyword| schema.get(keyword)));
        }
        Self { root, parts, own }
    }

    /// What is behind a member's name or an item's index.
    pub(super) fn member(&self, name: &str) -> Member<'s> {
        let mut found: Vec<&Value> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let mut is_open = self.parts.len() >= MAX_SCHEMAS;
        let mut has_items = false;
        for part in &self.parts {
            if let Some(properties) = part.get("properties").and_then(Value::as_object) {
                // A property that may not travel in this direction is known by a schema that admits nothing.
                known.extend(
                    properties.iter().filter(|(_, schema)| **schema != false).map(|(name, _)| name.as_str()),
                );
                found.extend(properties.get(name).filter(|schema| **schema != false));
            }
            is_open |= ["additionalProperties", "unevaluatedProperties"]
                .iter()
                .any(|keyword| part.get(keyword).is_some_and(|schema| *schema != false));
            is_open |= part.get("patternProperties").is_some();
            if let Ok(index) = name.parse::<usize>() {
                let first = part.get("prefixItems").and_then(Value::as_array);
                let item = first.and_then(|items| items.get(index)).or_else(|| part.get("items"));
                has_items |= item.is_some();
                found.extend(item.filter(|schema| schema.is_object()));
            }
        }
        if !found.is_empty() {
            return Member::Known(Self::from_schemas(self.root, found));
        }
        if is_open || has_items || known.is_empty() {
            return Member::Open;
        }
        known.sort_unstable();
        known.dedup();
        Member::Unknown(known)
    }

    /// The names of the members that the document knows here.
    pub(super) fn names(&self) -> Names<'s> {
        let (mut known, mut refused): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for (name, schema) in
            self.values_of("properties").filter_map(Value::as_object).flat_map(|properties| properties.iter())
        {
            if *schema == false { refused.push(name) } else { known.push(name) }
        }
        for names in [&mut known, &mut refused] {
            names.sort_unstable();
            names.dedup();
        }
        refused.retain(|name| known.binary_search(name).is_err());
        let others = self.values_of("additionalProperties").chain(self.values_of("unevaluatedProperties"));
        let is_open = known.is_empty()
            || self.parts.len() >= MAX_SCHEMAS
            || others.into_iter().any(|schema| *schema != false)
            || self.values_of("patternProperties").next().is_some();
        Names { known, refused, is_open }
    }

    /// What the schemas that have a say here give for a keyword.
    pub(super) fn values_of(&self, keyword: &str) -> impl Iterator<Item = &'s Value> {
        self.parts.iter().filter_map(move |part| part.get(keyword))
    }

    /// The members that every value here has.
    pub(super) fn required(&self) -> Vec<&'s str> {
        let mut required = Vec::new();
        let mut queue = self.own.clone();
        let mut looked_at = 0;
        while let Some(schema) = queue.pop() {
            looked_at += 1;
            if looked_at > MAX_SCHEMAS {
                break;
            }
            let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            required.extend(names.filter_map(Value::as_str));
            queue.extend(reference(self.root, schema));
            queue.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
        }
        required.sort_unstable();
        required.dedup();
        required
    }

    /// Whether which of several schemas holds here may depend on the value.
    pub(super) fn is_composed(&self) -> bool {
        const CHOICES: [&str; 6] = ["anyOf", "oneOf", "if", "not", "dependentSchemas", "dependentRequired"];
        self.parts.len() >= MAX_SCHEMAS
            || self.parts.iter().any(|part| CHOICES.iter().any(|keyword| part.get(keyword).is_some()))
    }

    /// Whether a value may be here, by type, `enum` and `const`.
    pub(super) fn admits(&self, value: &Value) -> bool {
        // Each of several schemas at one place may come from another branch of a composition, so one is enough.
        self.own.iter().any(|schema| admits(self.root, schema, value, 0))
    }

    /// Whether a value of the same type as this one may be here.
    pub(super) fn admits_type_of(&self, value: &Value) -> bool {
        self.own.iter().any(|schema| admits_type(self.root, schema, value, 0))
    }
}

fn reference<'s>(root: &'s Value, schema: &Value) -> Option<&'s Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

/// How deep references and compositions are followed before everything counts as admitted.
const MAX_DEPTH: usize = 32;

fn admits(root: &Value, schema: &Value, value: &Value, depth: usize) -> bool {
    walk(root, schema, depth, &|schema| {
        has_type(schema, value)
            && schema
                .get("enum")
                .and_then(Value::as_array)
                .is_none_or(|all| all.iter().any(|one| is_same(one, value)))
            && schema.get("const").is_none_or(|only| is_same(only, value))
    })
}

fn admits_type(root: &Value, schema: &Value, value: &Value, depth: usize) -> bool {
    walk(root, schema, depth, &|schema| has_type(schema, value))
}

/// Whether a test holds of a schema and of what it is composed of: of all of `allOf`, of one of the others.
fn walk(root: &Value, schema: &Value, depth: usize, test: &dyn Fn(&Value) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    if schema == &Value::Bool(false) {
        return false;
    }
    let follow = |inner: &Value| walk(root, inner, depth + 1, test);
    let list = |keyword| schema.get(keyword).and_then(Value::as_array);
    test(schema)
        && reference(root, schema).is_none_or(follow)
        && list("allOf").is_none_or(|all| all.iter().all(follow))
        && list("anyOf").is_none_or(|any| any.iter().any(follow))
        && list("oneOf").is_none_or(|any| any.iter().any(follow))
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match schema.get("type") {
        Some(Value::String(name)) => is(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

fn is_same(left: &Value, right: &Value) -> bool {
    left == right || (left.is_number() && right.is_number() && left.as_f64() == right.as_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_known_open_or_unknown() {
        let schema = json!({
            "allOf": [{"$ref": "#/$defs/Named"}],
            "properties": {
                "age": {"type": "integer"},
                "extra": {"type": "object"},
                "owner": {"oneOf": [{"properties": {"id": {"type": "string"}}}, {"properties": {"ref": {}}}]},
                "tags": {"items": {"properties": {"key": {}}}},
                "secret": false,
                "map": {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
            },
            "$defs": {"Named": {"properties": {"name": {"type": "string"}, "self": {"$ref": "#/$defs/Named"}}}},
        });
        let table = [
            ("name", "known"),
            ("age", "known"),
            ("self.self.name", "known"),
            ("self.self.nam", "unknown"),
            ("owner.id", "known"),
            ("owner.ref", "known"),
            ("owner.name", "unknown"),
            ("extra.anything", "open"),
            ("tags.0.key", "known"),
            ("tags.0.value", "unknown"),
            ("map.b", "open"),
            ("secret", "unknown"),
            ("nmae", "unknown"),
        ];
        for (path, expected) in table {
            let mut shape = Shape::of(&schema);
            let mut found = "known";
            for step in path.split('.') {
                match shape.member(step) {
                    Member::Known(inner) => shape = inner,
                    Member::Open => found = "open",
                    Member::Unknown(_) => found = "unknown",
                }
            }
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_value_is_admitted_by_type_enum_and_const() {
        let table = [
            (json!({"type": "integer"}), json!(1), true),
            (json!({"type": "integer"}), json!(1.0), true),
            (json!({"type": "integer"}), json!(1.5), false),
            (json!({"type": ["string", "null"]}), json!(null), true),
            (json!({"enum": ["a", "b"]}), json!("c"), false),
            (json!({"const": 1}), json!(1.0), true),
            (json!({"anyOf": [{"type": "string"}, {"enum": [1]}]}), json!(1), true),
            (json!({"anyOf": [{"type": "string"}, {"enum": [1]}]}), json!(2), false),
            (json!({"allOf": [{"type": "string"}, {"enum": ["a"]}]}), json!("b"), false),
            (json!({"$ref": "#/$defs/N", "$defs": {"N": {"type": "null"}}}), json!(0), false),
            (json!({"$ref": "#/$defs/N", "$defs": {"N": {"$ref": "#/$defs/N"}}}), json!(0), true),
            (json!({"pattern": "^x"}), json!("y"), true),
            (json!(true), json!("y"), true),
            (json!(false), json!("y"), false),
        ];
        for (schema, value, expected) in table {
            assert_eq!(Shape::of(&schema).admits(&value), expected, "{value} by {schema}");
        }
    }
}
