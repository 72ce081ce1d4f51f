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
        let most = form.max.unwrap_or(limit).min(limit);
        let length = self.length(least, most, depth);
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
            Variety::Plain => 1 + self.dice.below(3) as u64,
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
                let id = self.grammar.node_of(shapes);
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

    fn distinct(&mut self, form: &ArrayForm, id: NodeId, items: &[Value], depth: u32) -> Result<Value, Gap> {
        if !form.is_unique {
            return self.value(id, depth + 1);
        }
        let is_new = |item: &Value| !items.iter().any(|other| is_same(other, item));
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
        let node = self.grammar.node(id);
        let listed = node.forms.iter().filter_map(|form| match &form.kind {
            FormKind::Values(values) => Some(values),
            _ => None,
        });
        let unused = listed.flatten().find(|value| is_new(value)).cloned();
        unused
            .ok_or_else(|| self.gap(&node, "there are not enough different values for the items".to_owned()))
    }
}
