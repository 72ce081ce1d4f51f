//! The nodes of a grammar, made when first reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use super::arena::Arena;
use super::form::{Form, TextForm};
use super::shape::{Shape, ShapeId, Shapes};
use super::source::Source;
use crate::schema::{Pattern, Types};

/// The most forms of one node; a schema whose branches combine to more is drawn from these only.
const MAX_FORMS: usize = 256;

/// The most Schema Objects that apply together to one value.
const MAX_LEAVES: usize = 512;

/// The most choices that are open within one another.
const MAX_CHOICES: usize = 256;

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
    /// The examples that its Schema Objects give of it.
    pub(super) documented: OnceLock<Vec<Value>>,
}

/// The choices that schemas leave.
#[derive(Debug)]
pub(crate) struct Grammar {
    shapes: Shapes,
    nodes: Arena<Node>,
    /// Keys keep their order: what is drawn must not depend on what was reached first.
    by_key: Mutex<HashMap<Box<[ShapeId]>, NodeId>>,
    matchers: Mutex<HashMap<String, Option<Arc<Pattern>>>>,
    /// The strings that match a pattern, made ready to draw.
    names: Mutex<HashMap<String, Arc<TextForm>>>,
}

/// The combinations of branches found so far.
#[derive(Debug, Default)]
struct Combinations {
    sets: Vec<(Vec<ShapeId>, Types)>,
    steps: usize,
    /// Whether a way was given up as too long.
    is_cut: bool,
}

impl Combinations {
    fn is_full(&self) -> bool {
        self.sets.len() >= MAX_FORMS || self.steps >= MAX_STEPS
    }
}

impl Grammar {
    /// The grammar of the schemas that come from a source.
    pub(crate) fn new(source: Source) -> Self {
        Self {
            shapes: Shapes::new(source),
            nodes: Arena::default(),
            by_key: Mutex::default(),
            matchers: Mutex::default(),
            names: Mutex::default(),
        }
    }

    /// The shape of the schema at a pointer of the source; nothing where there is none.
    pub(crate) fn unit(&self, pointer: &str) -> Option<ShapeId> {
        self.shapes.unit(pointer)
    }

    /// The shape of a number that this very grammar gave out.
    pub(crate) fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id)
    }

    /// The shape that a shape's reference leads to.
    pub(crate) fn reference(&self, shape: &Shape) -> Option<ShapeId> {
        self.shapes.reference(shape)
    }

    /// The node where all of `shapes` apply.
    pub(crate) fn node_of(&self, shapes: &[ShapeId]) -> NodeId {
        let mut key: Vec<ShapeId> = Vec::with_capacity(shapes.len());
        for id in shapes {
            if !key.contains(id) {
                key.push(*id);
            }
        }
        let key: Box<[ShapeId]> = key.into();
        let by_key = || self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = by_key().get(&key) {
            return *id;
        }
        // Made without the lock; of two that race, the first one stored is everyone's.
        let (forms, is_partial) = self.forms(&key);
        let node = Node {
            forms,
            is_partial,
            key: key.clone(),
            height: OnceLock::new(),
            judge: OnceLock::new(),
            documented: OnceLock::new(),
        };
        let id = NodeId(self.nodes.push(node));
        *by_key().entry(key).or_insert(id)
    }

    /// The node of a number that this very grammar gave out.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0)
    }

    /// The branches of every `oneOf` that applies at a node whatever branches are taken.
    pub(crate) fn choices(&self, node: &Node) -> impl Iterator<Item = &[ShapeId]> {
        let (mut leaves, mut types) = (Vec::new(), Types::default());
        self.close(&node.key, &mut leaves, &mut types);
        let shapes = leaves.into_iter().map(|id| self.shape(id));
        shapes.map(|shape| shape.one_of.as_slice()).filter(|branches| branches.len() > 1)
    }

    /// Where a node stands in the document, for messages: its first Schema Object.
    pub(crate) fn pointer(&self, node: &Node) -> String {
        let place = node.key.first().map(|id| self.shape(*id));
        place.map_or_else(String::new, |shape| self.shapes.source().document_pointer(&shape.unit, &shape.way))
    }

    /// A Schema Object as the document has it; nothing where it stands in none.
    pub(super) fn written<T>(&self, shape: &Shape, read: impl FnOnce(&Value) -> T) -> Option<T> {
        self.shapes.source().written(&shape.unit, &shape.way, read)
    }

    /// Whether a value meets all of a node's Schema Objects, as far as that can be told.
    pub(crate) fn admits(&self, node: &Node, value: &Value) -> bool {
        self.verdict(node, value) != Some(false)
    }

    /// Whether a value meets all of a node's Schema Objects; nothing where they cannot be judged apart from what is
    /// around them. Compiles them the first time.
    pub(crate) fn verdict(&self, node: &Node, value: &Value) -> Option<bool> {
        let judge = node.judge.get_or_init(|| {
            let places = node.key.iter().map(|id| self.shape(*id));
            self.shapes.source().judge(places.map(|shape| (&*shape.unit, &shape.way)))
        });
        judge.as_ref().map(|judge| judge.is_valid(value))
    }

    /// Whether a pattern of `patternProperties` finds a match in a name.
    pub(crate) fn matches(&self, pattern: &str, name: &str) -> bool {
        let mut matchers = self.matchers.lock().unwrap_or_else(PoisonError::into_inner);
        let matcher =
            matchers.entry(pattern.to_owned()).or_insert_with(|| Pattern::read(pattern).ok().map(Arc::new));
        matcher.as_ref().is_some_and(|matcher| matcher.is_match(name) == Ok(true))
    }

    /// The names that a pattern of `patternProperties` finds a match in.
    pub(crate) fn names(&self, pattern: &str) -> Arc<TextForm> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let form = names.entry(pattern.to_owned()).or_insert_with(|| Arc::new(TextForm::matching(pattern)));
        Arc::clone(form)
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
            self.choose(leaves, types, (0, 0), &mut found);
        } else {
            found.is_cut |= leaves.len() >= MAX_LEAVES;
        }
        let mut is_partial = found.is_full() || found.is_cut;
        let mut forms = Vec::new();
        for (leaves, types) in found.sets {
            Form::read(self, types, &leaves.into(), &mut forms);
        }
        is_partial |= forms.len() > MAX_FORMS;
        forms.truncate(MAX_FORMS);
        (forms, is_partial)
    }

    /// Adds shapes to a set with all that their references and `allOf` add; `false` where nothing meets them all,
    /// or where they are [`MAX_LEAVES`].
    fn close(&self, added: &[ShapeId], leaves: &mut Vec<ShapeId>, types: &mut Types) -> bool {
        let mut pending: Vec<ShapeId> = added.iter().rev().copied().collect();
        while let Some(id) = pending.pop() {
            if leaves.contains(&id) {
                continue;
            }
            let shape = self.shape(id);
            *types = types.and(shape.types);
            if shape.is_never || types.is_empty() || leaves.len() >= MAX_LEAVES {
                return false;
            }
            leaves.push(id);
            pending.extend(shape.all_of.iter().rev());
            pending.extend(self.reference(shape));
        }
        true
    }

    /// Takes every combination of branches. The choices before number `from` are made: a shape has three, and
    /// what a branch adds comes last. `made` of them had branches.
    fn choose(
        &self,
        leaves: Vec<ShapeId>,
        types: Types,
        (from, made): (usize, usize),
        found: &mut Combinations,
    ) {
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
            found.is_cut |= made >= MAX_CHOICES;
            if found.is_full() || made >= MAX_CHOICES {
                return;
            }
            let (mut leaves, mut types) = (leaves.clone(), types);
            if self.close(&branch, &mut leaves, &mut types) {
                self.choose(leaves, types, (number + 1, made + 1), found);
            } else {
                found.is_cut |= leaves.len() >= MAX_LEAVES;
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
