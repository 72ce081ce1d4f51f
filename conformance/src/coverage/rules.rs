//! The keywords of an operation's request schemas, each with where it stands, and those that a value comes to.

use std::collections::HashMap;

use counterfoil_openapi::Pointer;
use serde_json::Value;

/// Keywords looked at in one operation; schemas that are larger are covered as far as that.
const MAX_RULES: usize = 1_000;
/// How deep a value is followed into.
const MAX_DEPTH: usize = 32;
/// Items of an array that are followed into.
const MAX_ITEMS: usize = 16;

/// Keywords that say something about values of one kind, or of any.
const KEYWORDS: [(&str, Kind); 25] = [
    ("type", Kind::Any),
    ("enum", Kind::Any),
    ("const", Kind::Any),
    ("not", Kind::Any),
    ("allOf", Kind::Any),
    ("anyOf", Kind::Any),
    ("oneOf", Kind::Any),
    ("minimum", Kind::Number),
    ("maximum", Kind::Number),
    ("exclusiveMinimum", Kind::Number),
    ("exclusiveMaximum", Kind::Number),
    ("multipleOf", Kind::Number),
    ("minLength", Kind::Text),
    ("maxLength", Kind::Text),
    ("pattern", Kind::Text),
    ("format", Kind::Scalar),
    ("minItems", Kind::Array),
    ("maxItems", Kind::Array),
    ("uniqueItems", Kind::Array),
    ("contains", Kind::Array),
    ("required", Kind::Object),
    ("minProperties", Kind::Object),
    ("maxProperties", Kind::Object),
    ("additionalProperties", Kind::Object),
    ("propertyNames", Kind::Object),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Number,
    Text,
    Scalar,
    Array,
    Object,
}

impl Kind {
    fn concerns(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::Scalar => value.is_string() || value.is_number(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// A keyword where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// Where, as a JSON Pointer into the document.
    pub(super) pointer: String,
    pub(super) keyword: &'static str,
}

/// The schemas that values are followed through, read from the document as far as values or rules lead.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    by_pointer: HashMap<String, usize>,
    nodes: Vec<Node>,
    by_place: HashMap<String, usize>,
}

/// A schema.
#[derive(Debug, Default)]
struct Node {
    rules: Vec<(usize, Kind)>,
    /// Those that hold for the same value.
    same: Vec<usize>,
    /// Of which those hold for the same value that look like it.
    either: Vec<usize>,
    properties: HashMap<String, usize>,
    /// What holds for members that have no name of their own.
    others: Option<usize>,
    /// What holds for the first items, and for those after them.
    first_items: Vec<usize>,
    items: Option<usize>,
    /// What a value has to be to look like it.
    types: Vec<String>,
    required: Vec<String>,
    constants: Option<Vec<Value>>,
}

impl Rules {
    /// Every rule, in the order in which they stand in the schemas.
    pub(super) fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a pointer, or the one that the pointer leads into.
    pub(super) fn at(&self, pointer: &str) -> Option<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(rule) = self.by_pointer.get(pointer) {
                return Some(*rule);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// Reads a schema and all that it leads to; its place is given to [`Rules::reached`].
    pub(super) fn read(&mut self, root: &Value, pointer: &Pointer) -> Option<usize> {
        let mut pointer = pointer.clone();
        let mut value = pointer.find(root)?;
        // A chain of references ends, or is one that leads nowhere.
        for _ in 0..MAX_DEPTH {
            let Some(reference) =
                value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'))
            else {
                break;
            };
            pointer = Pointer::from_escaped(reference);
            value = pointer.find(root)?;
        }
        if let Some(known) = self.by_place.get(pointer.as_str()) {
            return Some(*known);
        }
        let members = value.as_object()?;
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        self.by_place.insert(pointer.as_str().to_owned(), index);
        let mut node = Node::default();
        for (keyword, kind) in KEYWORDS {
            let Some(said) = members.get(keyword) else { continue };
            let says_nothing = keyword == "additionalProperties" && said.as_bool() == Some(true);
            if !says_nothing && self.rules.len() < MAX_RULES {
                let at = pointer.join(keyword).as_str().to_owned();
                self.by_pointer.insert(at.clone(), self.rules.len());
                node.rules.push((self.rules.len(), kind));
                self.rules.push(Rule { pointer: at, keyword });
            }
        }
        let texts = |value: Option<&Value>| -> Vec<String> {
            match value {
                Some(Value::String(text)) => vec![text.clone()],
                Some(Value::Array(items)) => {
                    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            }
        };
        node.types = texts(members.get("type"));
        node.required = texts(members.get("required"));
        node.constants = members
            .get("const")
            .map(|value| vec![value.clone()])
            .or_else(|| members.get("enum").and_then(Value::as_array).cloned());
        let list = |rules: &mut Self, keyword: &str| -> Vec<usize> {
            let count = members.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
            let at = pointer.join(keyword);
            (0..count).filter_map(|number| rules.read(root, &at.index(number))).collect()
        };
        node.same = list(self, "allOf");
        node.either = list(self, "anyOf");
        node.either.extend(list(self, "oneOf"));
        node.first_items = list(self, "prefixItems");
        if let Some(properties) = members.get("properties").and_then(Value::as_object) {
            let at = pointer.join("properties");
            for name in properties.keys() {
                if let Some(property) = self.read(root, &at.join(name)) {
                    node.properties.insert(name.clone(), property);
                }
            }
        }
        node.others = self.read(root, &pointer.join("additionalProperties"));
        node.items = self.read(root, &pointer.join("items"));
        self.nodes[index] = node;
        Some(index)
    }

    /// Tells every rule that a value comes to, from a schema on. Of alternatives those count that the value looks
    /// like: by its type, its constants and the members that it must have.
    pub(super) fn reached(&self, node: usize, value: &Value, tell: &mut dyn FnMut(usize)) {
        self.follow(node, value, 0, tell);
    }

    fn follow(&self, node: usize, value: &Value, depth: usize, tell: &mut dyn FnMut(usize)) {
        if depth > MAX_DEPTH {
            return;
        }
        let node = &self.nodes[node];
        for (rule, kind) in &node.rules {
            if kind.concerns(value) {
                tell(*rule);
            }
        }
        for same in &node.same {
            self.follow(*same, value, depth + 1, tell);
        }
        for either in &node.either {
            if self.nodes[*either].looks_like(value) {
                self.follow(*either, value, depth + 1, tell);
            }
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if let Some(next) = node.properties.get(name).or(node.others.as_ref()) {
                        self.follow(*next, member, depth + 1, tell);
                    }
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate().take(MAX_ITEMS) {
                    if let Some(next) = node.first_items.get(number).or(node.items.as_ref()) {
                        self.follow(*next, item, depth + 1, tell);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Node {
    fn looks_like(&self, value: &Value) -> bool {
        let is_type = |name: &String| match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_number() && value.as_f64().is_none_or(|number| number.fract() == 0.0),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        };
        (self.types.is_empty() || self.types.iter().any(is_type))
            && self.constants.as_ref().is_none_or(|constants| constants.contains(value))
            && (!value.is_object() || self.required.iter().all(|name| value.get(name).is_some()))
    }
}
