//! The nodes of a grammar, made when first reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::shape::{Shape, ShapeId, Shapes};
use super::types::Types;

/// The most forms of one node; a schema whose branches combine to more is drawn from these only.
const MAX_FORMS: usize = 256;

/// The most listed values that a grammar tells.
const MAX_MEMBERS: usize = 64;

/// The name of the bundle's root among its definitions; no definition is called so, since names made for
/// definitions hold no parentheses.
const ROOT: &str = "(root)";

/// What a JSON Pointer may hold and a URI fragment may not (RFC 3986, section 3.5).
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The most branches that are followed to find the forms of one node, dead ends included.
const MAX_STEPS: usize = 4_096;

/// The number of a node in its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// All the Schema Objects that apply at one place of a value, and the ways to meet them.
#[derive(Debug)]
pub(crate) struct Node {
    /// The Schema Objects, as they were reached: references are not followed.
    pub(crate) key: Box<[ShapeId]>,
    /// The ways to meet them all; none where they contradict each other.
    pub(crate) forms: Vec<Form>,
    /// Whether there are more ways than were looked at.
    pub(crate) is_partial: bool,
    /// How deep the shallowest value nests; nothing where every value would be infinite.
    pub(super) height: OnceLock<Option<u32>>,
    judge: OnceLock<Option<Validator>>,
}

/// The choices that a bundle leaves.
#[derive(Debug)]
pub(crate) struct Grammar {
    bundle: Arc<Value>,
    shapes: Shapes,
    nodes: Mutex<Nodes>,
    matchers: Mutex<HashMap<String, Option<Arc<Validator>>>>,
    movable: OnceLock<Value>,
}

#[derive(Debug, Default)]
struct Nodes {
    list: Vec<Arc<Node>>,
    by_key: HashMap<Box<[ShapeId]>, NodeId>,
}

/// The combinations of branches found so far.
#[derive(Debug, Default)]
struct Combinations {
    sets: Vec<(Vec<ShapeId>, Types)>,
    steps: usize,
}

impl Combinations {
    fn is_full(&self) -> bool {
        self.sets.len() >= MAX_FORMS || self.steps >= MAX_STEPS
    }
}

impl Grammar {
    /// The grammar of a bundle.
    pub(crate) fn new(bundle: &Arc<Value>) -> Self {
        Self {
            bundle: Arc::clone(bundle),
            shapes: Shapes::read(bundle),
            nodes: Mutex::default(),
            matchers: Mutex::default(),
            movable: OnceLock::new(),
        }
    }

    /// The node of the whole bundle.
    pub(crate) fn root(&self) -> NodeId {
        self.node_of(vec![self.shapes.root()])
    }

    /// The shape of the whole bundle.
    pub(crate) fn root_shape(&self) -> ShapeId {
        self.shapes.root()
    }

    /// A shape of the bundle.
    pub(crate) fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id)
    }

    /// The strings and numbers that `enum` and `const` list, the first ones at least.
    pub(crate) fn members(&self) -> Vec<Value> {
        let mut members: Vec<Value> = Vec::new();
        let listed = self.shapes.iter().filter_map(|shape| shape.values.as_ref()).flatten();
        for value in listed.filter(|value| value.is_string() || value.is_number()) {
            if members.len() < MAX_MEMBERS && !members.contains(value) {
                members.push(value.clone());
            }
        }
        members
    }

    /// The node where all of `shapes` apply.
    pub(crate) fn node_of(&self, mut shapes: Vec<ShapeId>) -> NodeId {
        shapes.sort_unstable();
        shapes.dedup();
        let key: Box<[ShapeId]> = shapes.into();
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = nodes.by_key.get(&key) {
            return *id;
        }
        let (forms, is_partial) = self.forms(&key);
        let node =
            Node { forms, is_partial, key: key.clone(), height: OnceLock::new(), judge: OnceLock::new() };
        let id = NodeId(u32::try_from(nodes.list.len()).expect("memory ends before 2^32 nodes"));
        nodes.list.push(Arc::new(node));
        nodes.by_key.insert(key, id);
        id
    }

    /// The node of a number that this very grammar gave out.
    pub(crate) fn node(&self, id: NodeId) -> Arc<Node> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&nodes.list[id.0 as usize])
    }

    /// Where a node stands in the bundle, for messages: its first Schema Object.
    pub(crate) fn pointer(&self, node: &Node) -> String {
        node.key.first().map_or_else(String::new, |id| self.shape(*id).pointer.as_str().to_owned())
    }

    /// Whether a value meets all of a node's Schema Objects. Compiles them the first time.
    pub(crate) fn admits(&self, node: &Node, value: &Value) -> bool {
        let judge = node.judge.get_or_init(|| {
            let mut document = self.movable.get_or_init(|| movable(&self.bundle)).clone();
            let references: Vec<Value> =
                node.key.iter().map(|id| reference(self.shape(*id).pointer.as_str())).collect();
            if !references.is_empty() {
                document["allOf"] = Value::Array(references);
            }
            crate::schema::validator(&document).ok()
        });
        judge.as_ref().is_none_or(|judge| judge.is_valid(value))
    }

    /// Whether a pattern of `patternProperties` finds a match in a name.
    pub(crate) fn matches(&self, pattern: &str, name: &str) -> bool {
        let mut matchers = self.matchers.lock().unwrap_or_else(PoisonError::into_inner);
        let matcher = matchers
            .entry(pattern.to_owned())
            .or_insert_with(|| crate::schema::validator(&json!({ "pattern": pattern })).ok().map(Arc::new));
        matcher.as_ref().is_some_and(|matcher| matcher.is_valid(&Value::String(name.to_owned())))
    }

    /// The shapes that apply to the item at an index, where `leaves` apply to the array.
    pub(crate) fn item_shapes(&self, leaves: &[ShapeId], index: usize) -> Vec<ShapeId> {
        let (mut shapes, mut leftover) = (Vec::new(), Vec::new());
        for id in leaves {
            let rule = &self.shape(*id).array;
            shapes.extend(rule.prefix.get(index).or(rule.items.as_ref()));
            leftover.extend(rule.unevaluated);
        }
        if shapes.is_empty() { leftover } else { shapes }
    }

    /// The shapes that apply to the value of the property of a name, where `leaves` apply to the object.
    pub(crate) fn property_shapes(&self, leaves: &[ShapeId], name: &str) -> Vec<ShapeId> {
        let (mut shapes, mut leftover) = (Vec::new(), Vec::new());
        for id in leaves {
            let rule = &self.shape(*id).object;
            let before = shapes.len();
            shapes.extend(rule.properties.get(name));
            let matching = rule.patterns.iter().filter(|(pattern, _)| self.matches(pattern, name));
            shapes.extend(matching.map(|(_, shape)| *shape));
            if shapes.len() == before {
                shapes.extend(rule.additional);
            }
            leftover.extend(rule.unevaluated);
        }
        if shapes.is_empty() { leftover } else { shapes }
    }

    /// The forms of a node, and whether there are more.
    fn forms(&self, key: &[ShapeId]) -> (Vec<Form>, bool) {
        let mut found = Combinations::default();
        let (mut leaves, mut types) = (Vec::new(), Types::default());
        if self.close(key, &mut leaves, &mut types) {
            self.choose(leaves, types, 0, &mut found);
        }
        let mut is_partial = found.is_full();
        let mut forms = Vec::new();
        for (leaves, types) in found.sets {
            Form::read(self, types, &leaves.into(), &mut forms);
        }
        is_partial |= forms.len() > MAX_FORMS;
        forms.truncate(MAX_FORMS);
        (forms, is_partial)
    }

    /// Adds shapes to a set with all that their references and `allOf` add; `false` where nothing meets them all.
    fn close(&self, added: &[ShapeId], leaves: &mut Vec<ShapeId>, types: &mut Types) -> bool {
        let mut pending: Vec<ShapeId> = added.iter().rev().copied().collect();
        while let Some(id) = pending.pop() {
            if leaves.contains(&id) {
                continue;
            }
            let shape = self.shape(id);
            *types = types.and(shape.types);
            if shape.is_never || types.is_empty() {
                return false;
            }
            leaves.push(id);
            pending.extend(shape.all_of.iter().rev());
            pending.extend(shape.reference);
        }
        true
    }

    /// Takes every combination of branches. The choices before number `from` are made: a shape has three, and
    /// what a branch adds comes last.
    fn choose(&self, leaves: Vec<ShapeId>, types: Types, from: usize, found: &mut Combinations) {
        let open = (from..leaves.len() * 3).find_map(|number| {
            let branches = branches(self.shape(leaves[number / 3]), number % 3);
            (!branches.is_empty()).then_some((number, branches))
        });
        let Some((number, branches)) = open else {
            found.sets.push((leaves, types));
            return;
        };
        for branch in branches {
            found.steps += 1;
            if found.is_full() {
                return;
            }
            let (mut leaves, mut types) = (leaves.clone(), types);
            if self.close(&branch, &mut leaves, &mut types) {
                self.choose(leaves, types, number + 1, found);
            }
        }
    }
}

/// The branches of one of a shape's three choices; none where it does not have that choice.
fn branches(shape: &Shape, choice: usize) -> Vec<Vec<ShapeId>> {
    match (choice, &shape.condition) {
        (0, _) => shape.any_of.iter().map(|branch| vec![*branch]).collect(),
        (1, _) => shape.one_of.iter().map(|branch| vec![*branch]).collect(),
        (_, Some((condition, then, otherwise))) => {
            let met = std::iter::once(*condition).chain(*then).collect();
            vec![met, otherwise.iter().copied().collect()]
        }
        (_, None) => Vec::new(),
    }
}

/// The bundle with its root moved among the definitions, so that any place of it can be referred to.
fn movable(bundle: &Value) -> Value {
    let mut root = bundle.clone();
    let mut definitions = match root.as_object_mut().and_then(|members| members.shift_remove("$defs")) {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    definitions.insert(ROOT.to_owned(), root);
    json!({ "$defs": definitions })
}

/// A reference to a place of the bundle, in the form that [`movable`] gives it.
fn reference(pointer: &str) -> Value {
    let place = match pointer.starts_with("/$defs/") {
        true => pointer.to_owned(),
        false => format!("/$defs/{ROOT}{pointer}"),
    };
    json!({ "$ref": format!("#{}", utf8_percent_encode(&place, ESCAPED)) })
}
