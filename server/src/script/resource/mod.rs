//! Resources at run time: items that the operations of the document make, show, change and remove.
//!
//! | part | what it does |
//! |---|---|
//! | `view` | an item, or all of them, as a reply shows them |
//! | `item` | what an item is made of where a request leaves something open, and what its key is |
//! | `act` | what each operation does to the items, and what it answers |
//! | `page` | which items a list shows, and what it says of the others |
//! | `tag` | the entity tags of items, and conditions on them |
//! | `control` | the items as the control API sees them |
//!
//! An item is kept as it was sent and completed; what a reply's schema does not know of it is not shown.

mod act;
mod control;
mod item;
mod page;
mod tag;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::grammar::{Field, Filter, Role};
use super::scope::Scope;
use crate::session::Initial;

pub(crate) use control::ItemRefused;
pub(super) use item::{KeyKind, key_text};
pub(super) use page::{Next, PagePlan};
pub(super) use tag::is_possible as is_tag_possible;
pub(super) use view::{BodyView, Holds, Location as LocationPlan, View, at};

/// A resource checked against its document.
#[derive(Debug)]
pub(super) struct CompiledResource {
    pub(super) name: String,
    /// The member that tells items apart.
    pub(super) key: String,
    pub(super) key_kind: KeyKind,
    /// The parameters that each combination of values of has items of its own.
    pub(super) within: Vec<Field>,
    pub(super) operations: Vec<ResourceOperation>,
    /// Items as they are kept are held to this view.
    pub(super) canon: BodyView,
    /// The members that an item must have.
    pub(super) required: Vec<String>,
    /// What an example of the document gives for members that a request leaves open.
    pub(super) look: Map<String, Value>,
    pub(super) initial: Initials,
    pub(super) filters: Vec<Filter>,
    pub(super) page: PagePlan,
    /// The most items that are made in each collection and kept.
    pub(super) keep: Option<usize>,
    /// File and line, for the trail.
    pub(super) place: String,
}

/// What one operation does.
#[derive(Debug)]
pub(super) struct ResourceOperation {
    pub(super) role: Role,
    /// The name of its document.
    pub(super) document: String,
    /// Its id there.
    pub(super) operation: String,
    pub(super) view: View,
    /// The parameter that names the item.
    pub(super) key: Option<Field>,
    /// Where a body holds the item.
    pub(super) intake: Vec<String>,
    /// The members that a body can have.
    pub(super) settable: Members,
}

/// The members that a schema knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    pub(super) known: HashSet<String>,
    /// Those it knows and that may not travel in this direction.
    pub(super) refused: HashSet<String>,
    /// Whether there may be others.
    pub(super) is_open: bool,
}

/// What collections begin with.
#[derive(Debug, Default)]
pub(super) struct Initials {
    /// Those that have items of their own, by what they are within.
    pub(super) own: HashMap<String, Initial>,
    /// The others.
    pub(super) common: Initial,
}

impl Initials {
    /// What a collection begins with.
    pub(super) fn of(&self, within: &str) -> &Initial {
        self.own.get(within).unwrap_or(&self.common)
    }
}

/// A resource in force, as one of its operations sees it.
#[derive(Debug, Clone)]
pub(crate) struct ActiveResource {
    pub(super) resource: Arc<CompiledResource>,
    /// The place of the operation.
    pub(super) operation: usize,
    /// What is made up is drawn by.
    pub(super) seed: u64,
}

impl CompiledResource {
    /// What the collection that a request means is within.
    fn within(&self, scope: &Scope<'_>) -> String {
        let texts = self.within.iter().map(|field| field.value(scope).map(|value| key_text(&value)));
        join(&texts.map(Option::unwrap_or_default).collect::<Vec<_>>())
    }
}

/// The values of the parameters that a collection is within, as one text.
pub(super) fn join(texts: &[String]) -> String {
    match texts {
        // Alone it is what it is; of several each can hold what separates them.
        [one] => one.clone(),
        texts => {
            let texts: Vec<String> =
                texts.iter().map(|text| text.replace('%', "%25").replace('/', "%2F")).collect();
            texts.join("/")
        }
    }
}
