//! `resources`, as written.

use counterfoil_openapi::Pointer;
use serde_json::Value;

use super::{Named, Per};

/// Items that operations make, show, change and remove.
#[derive(Debug)]
pub(in crate::script) struct Resource {
    pub(in crate::script) name: Named,
    /// The member of an item that tells it from the others.
    pub(in crate::script) key: Named,
    /// The parameters that each combination of values of has items of its own.
    pub(in crate::script) within: Vec<Per>,
    /// What each operation does, in the order of [`Role::ALL`].
    pub(in crate::script) operations: Vec<(Role, Named)>,
    /// The items there are from the start.
    pub(in crate::script) seed: Vec<(Value, Pointer)>,
    pub(in crate::script) filter: Vec<Filter>,
    pub(in crate::script) page: Page,
    /// The most items that are made in each collection and kept; the oldest go first.
    pub(in crate::script) keep: Option<usize>,
}

/// What an operation does to items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::script) enum Role {
    List,
    Create,
    Read,
    Update,
    Patch,
    Delete,
}

impl Role {
    pub(in crate::script) const ALL: [Self; 6] =
        [Self::List, Self::Create, Self::Read, Self::Update, Self::Patch, Self::Delete];

    /// The word of the grammar.
    pub(in crate::script) fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether it is about one item that there is already.
    pub(in crate::script) fn is_of_one(self) -> bool {
        !matches!(self, Self::List | Self::Create)
    }
}

/// A query parameter that narrows a list to the items with its value.
#[derive(Debug, Clone)]
pub(in crate::script) struct Filter {
    pub(in crate::script) query: Named,
    /// The way to the member of an item that is compared.
    pub(in crate::script) member: Vec<String>,
}

/// How a list comes in parts, and what is said of the whole.
#[derive(Debug, Clone, Default)]
pub(in crate::script) struct Page {
    /// The query parameter that says how many items there are on a page.
    pub(in crate::script) limit: Option<Named>,
    /// The query parameter that says where it begins, and how.
    pub(in crate::script) start: Option<(Start, Named)>,
    /// The number of the first page.
    pub(in crate::script) first: Option<u64>,
    /// How many items there are on a page where the request does not say.
    pub(in crate::script) size: Option<usize>,
    /// Where the number of all items goes.
    pub(in crate::script) total: Option<Spot>,
    /// Where it is said how to get the next page.
    pub(in crate::script) next: Option<Spot>,
    /// Where the items are in the reply.
    pub(in crate::script) items: Option<Spot>,
}

/// How a request says where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) enum Start {
    /// By how many items come before it.
    Offset,
    /// By its number.
    Page,
    /// By what the page before it said.
    Cursor,
}

/// A place in a reply.
#[derive(Debug, Clone)]
pub(in crate::script) struct Spot {
    pub(in crate::script) place: SpotPlace,
    pub(in crate::script) pointer: Pointer,
}

/// Which place it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::script) enum SpotPlace {
    Header(String),
    Body(Vec<String>),
}
