//! Arrays, mended item by item.

use serde_json::Value;

use super::change::Remedy;
use super::mender::{Mender, size};
use crate::document::Pointer;
use crate::generate::draw::is_same;
use crate::generate::grammar::ArrayForm;

/// The most items that are added to an array; one that needs more is generated.
const MAX_ADDED: usize = 200;

/// The most items that are compared with each other; of a longer array the rest is cut off.
const MAX_UNIQUE: usize = 2_000;

impl Mender<'_> {
    /// An array of a form made from the items of another; nothing where there cannot be as many as there must be.
    pub(super) fn array(&mut self, form: &ArrayForm, items: &[Value], at: &Pointer) -> Option<Value> {
        let limit = if form.is_unique { MAX_UNIQUE } else { usize::MAX };
        let most = form.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX).min(limit);
        let mut mended: Vec<Value> = Vec::with_capacity(items.len().min(most));
        for (index, item) in items.iter().enumerate() {
            if mended.len() >= most {
                let lost: u32 = items[index..].iter().map(size).fold(0, u32::saturating_add);
                self.note(at.as_str().to_owned(), Remedy::Cut, None, lost);
                break;
            }
            let place = at.index(index);
            let mark = self.mark();
            let id = form.item(self.grammar, mended.len());
            let value = self.mend(id, item, &place);
            let value = value.filter(|value| !form.is_unique || is_new(value, &mended));
            match value {
                Some(value) => mended.push(value),
                None => {
                    self.back_to(mark);
                    self.note(place.as_str().to_owned(), Remedy::Removed, None, size(item));
                }
            }
        }
        let least = usize::try_from(form.min).ok()?;
        if least > mended.len() + MAX_ADDED {
            return None;
        }
        while mended.len() < least {
            let others = if form.is_unique { mended.as_slice() } else { &[] };
            let made = self.make(form.item(self.grammar, mended.len()), others)?;
            self.note(at.index(mended.len()).to_string(), Remedy::Added, Some(made.clone()), 0);
            mended.push(made);
        }
        Some(Value::Array(mended))
    }
}

fn is_new(value: &Value, others: &[Value]) -> bool {
    !others.iter().any(|other| is_same(other, value))
}
