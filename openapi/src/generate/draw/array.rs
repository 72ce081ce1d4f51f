//! Arrays.

use serde_json::Value;

use super::{Draw, Gap, is_same};
use crate::generate::Variety;
use crate::generate::grammar::{ArrayForm, FormKind, Node, NodeId};

/// The most items of one array; a schema that asks for more counts as admitting none.
const MAX_ITEMS: u64 = 10_000;

/// The most items of an array whose items all differ, since each is compared with all others.
const MAX_UNIQUE_ITEMS: u64 = 2_000;

/// How often an item is drawn anew that is in the array already.
const UNIQUE_DRAWS: usize = 16;

impl Draw<'_> {
    pub(super) fn array(&mut self, node: &Node, form: &ArrayForm, depth: u32) -> Result<Value, Gap> {
        let limit = if form.is_unique { MAX_UNIQUE_ITEMS } else { MAX_ITEMS };
        let contained = form.contains.iter().map(|(_, min, _)| *min).fold(0, u64::saturating_add);
        let least = form.min.max(contained);
        if form.max.is_some_and(|max| max < least) {
            return Err(self.certain(node, "`maxItems` is less than the items there must be".to_owned()));
        }
        if least > limit {
            let reason =
                format!("an array of {least} items is asked for, and no more than {limit} are generated");
            return Err(self.certain(node, reason));
        }
        self.check_supply(form, least)?;
        let most = form.max.unwrap_or(limit).min(limit);
        let length = self.length(least, most, depth);
        if form.is_unique && form.positions() == 0 && form.contains.is_empty() && length > 0 {
            let item = self.grammar.node(form.item(self.grammar, 0));
            if let Some(values) = listed(item) {
                return Ok(Value::Array(self.some_of(&values, length)));
            }
        }
        let mut planted = self.planted(form, depth)?;
        let mut items: Vec<Value> = Vec::new();
        while (items.len() as u64) < length {
            let must = (items.len() as u64) < least;
            let item = match planted.pop() {
                Some(item) => Ok(item),
                None => self.item(form, &items, depth),
            };
            match item {
                Ok(item) => items.push(item),
                Err(gap) if must => return Err(gap),
                Err(_) => break,
            }
        }
        Ok(Value::Array(items))
    }

    fn length(&mut self, least: u64, most: u64, depth: u32) -> u64 {
        if self.is_sparing(depth) {
            return least;
        }
        let wanted = match self.variety {
            Variety::Minimal => least,
            Variety::Plain | Variety::Realistic => 1 + self.dice.below(3) as u64,
            Variety::Wild if self.dice.chance(10) => self.dice.below(20) as u64,
            Variety::Wild if self.dice.chance(10) && most < 100 => most,
            Variety::Wild => self.dice.below(4) as u64,
        };
        wanted.clamp(least, most)
    }

    /// The items that `contains` asks for, last one first.
    fn planted(&mut self, form: &ArrayForm, depth: u32) -> Result<Vec<Value>, Gap> {
        let mut planted: Vec<Value> = Vec::new();
        for (shape, min, _) in &form.contains {
            for _ in 0..*min {
                let mut shapes = form.item_shapes(self.grammar, planted.len());
                shapes.push(*shape);
                let id = self.grammar.node_of(&shapes);
                let item = self.distinct(form, id, &planted, depth)?;
                planted.push(item);
            }
        }
        planted.reverse();
        Ok(planted)
    }

    fn item(&mut self, form: &ArrayForm, items: &[Value], depth: u32) -> Result<Value, Gap> {
        let id = form.item(self.grammar, items.len());
        self.distinct(form, id, items, depth)
    }

    /// An item that differs from the others, where they all have to.
    fn distinct(&mut self, form: &ArrayForm, id: NodeId, items: &[Value], depth: u32) -> Result<Value, Gap> {
        if !form.is_unique {
            return self.value(id, depth + 1);
        }
        let is_new = |item: &Value| !items.iter().any(|other| is_same(other, item));
        let node = self.grammar.node(id);
        let variety = self.variety;
        for attempt in 0..UNIQUE_DRAWS {
            // The least of values is always the same one.
            if attempt > 0 && variety == Variety::Minimal {
                self.variety = Variety::Plain;
            }
            let item = self.value(id, depth + 1);
            self.variety = variety;
            let item = item?;
            if is_new(&item) {
                return Ok(item);
            }
        }
        let unused = listed(node).into_iter().flatten().find(|value| is_new(value)).cloned();
        unused.ok_or_else(|| self.too_few(node))
    }

    /// Different items of those that a schema lists.
    fn some_of(&mut self, values: &[&Value], length: u64) -> Vec<Value> {
        let order = match self.variety {
            Variety::Minimal => (0..values.len()).collect(),
            _ => self.dice.order(values.len()),
        };
        let mut items: Vec<Value> = Vec::new();
        for index in order {
            if items.len() as u64 >= length {
                break;
            }
            if !items.iter().any(|item| is_same(item, values[index])) {
                items.push(values[index].clone());
            }
        }
        items
    }

    fn too_few(&self, node: &Node) -> Gap {
        self.gap(node, "there are not enough different values for the items".to_owned())
    }

    /// Fails where more different items are asked for than there are values.
    fn check_supply(&self, form: &ArrayForm, least: u64) -> Result<(), Gap> {
        if !form.is_unique || form.positions() > 0 || least < 2 {
            return Ok(());
        }
        let node = self.grammar.node(form.item(self.grammar, 0));
        match listed(node) {
            Some(values) if (values.len() as u64) < least => {
                Err(Gap { is_certain: !node.is_partial, ..self.too_few(node) })
            }
            _ => Ok(()),
        }
    }
}

/// All values of a node, where its schemas list them.
fn listed(node: &Node) -> Option<Vec<&Value>> {
    let mut values = Vec::new();
    for form in &node.forms {
        match &form.kind {
            FormKind::Values(listed) => values.extend(listed),
            _ => return None,
        }
    }
    Some(values)
}
