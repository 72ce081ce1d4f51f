//! How deep the shallowest value of a node nests: what recursion is bounded by, and how it is known that a
//! schema admits no finite value.

use std::collections::HashMap;

use super::form::{Form, FormKind};
use super::node::{Grammar, NodeId};

/// The deepest nesting that a value is drawn with; a schema that asks for more counts as admitting none.
pub(crate) const MAX_HEIGHT: u32 = 64;

impl Grammar {
    /// How deep a node's shallowest value nests; nothing where every value would be infinite, or where the rules
    /// contradict each other.
    pub(crate) fn height(&self, id: NodeId) -> Option<u32> {
        if let Some(height) = self.node(id).height.get() {
            return *height;
        }
        // Only what must be there is looked at, so this stays small however much there may be.
        let mut order = vec![id];
        let mut heights: HashMap<NodeId, Option<u32>> = HashMap::from([(id, None)]);
        let mut next = 0;
        while let Some(id) = order.get(next) {
            next += 1;
            let node = self.node(*id);
            if let Some(known) = node.height.get() {
                heights.insert(*id, *known);
                continue;
            }
            for child in node.forms.iter().flat_map(|form| self.children(form)) {
                heights.entry(child).or_insert_with(|| {
                    order.push(child);
                    None
                });
            }
        }
        for _ in 0..=MAX_HEIGHT {
            let mut is_settled = true;
            for id in &order {
                let node = self.node(*id);
                let heights_of = |form| self.form_height(form, &heights);
                let height = match node.height.get() {
                    Some(known) => *known,
                    None => node.forms.iter().filter_map(heights_of).min(),
                };
                if heights.insert(*id, height) != Some(height) {
                    is_settled = false;
                }
            }
            if is_settled {
                break;
            }
        }
        for id in &order {
            let node = self.node(*id);
            node.height.get_or_init(|| heights.get(id).copied().flatten());
            for form in &node.forms {
                form.height.get_or_init(|| self.form_height(form, &heights));
            }
        }
        heights.get(&id).copied().flatten()
    }

    /// The node below one without a height that contradicts itself; nothing where recursion has no end.
    pub(crate) fn contradiction(&self, id: NodeId) -> Option<NodeId> {
        let mut order = vec![id];
        let mut next = 0;
        while let Some(id) = order.get(next).copied() {
            next += 1;
            let node = self.node(id);
            if node.forms.is_empty() {
                return Some(id);
            }
            for child in node.forms.iter().flat_map(|form| self.children(form)) {
                if self.height(child).is_none() && !order.contains(&child) {
                    order.push(child);
                }
            }
        }
        None
    }

    /// How deep the shallowest value of one of a node's forms nests.
    pub(crate) fn height_of(&self, id: NodeId, form: &Form) -> Option<u32> {
        self.height(id);
        form.height.get().copied().flatten()
    }

    fn form_height(&self, form: &Form, heights: &HashMap<NodeId, Option<u32>>) -> Option<u32> {
        let mut height = 0;
        for child in self.children(form) {
            height = height.max(heights.get(&child).copied().flatten()? + 1);
        }
        (height <= MAX_HEIGHT).then_some(height)
    }

    /// The nodes that every value of a form has below it.
    fn children(&self, form: &Form) -> Vec<NodeId> {
        match &form.kind {
            FormKind::Array(array) => {
                let own = array.positions().min(usize::try_from(array.min).unwrap_or(usize::MAX));
                let mut children: Vec<NodeId> = (0..own).map(|index| array.item(self, index)).collect();
                if array.min > own as u64 {
                    children.push(array.item(self, own));
                }
                let contained = array.contains.iter().filter(|(_, min, _)| *min > 0);
                children.extend(contained.map(|(shape, ..)| self.node_of(&[*shape])));
                children
            }
            FormKind::Object(object) => object
                .properties
                .iter()
                .filter(|property| property.is_required)
                .map(|property| object.property(self, property))
                .collect(),
            _ => Vec::new(),
        }
    }
}
