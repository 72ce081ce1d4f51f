//! Reading: from the value tree with positions to the grammar, by hand, so that every message says what was found,
//! what was expected, and where.

mod condition;
mod cursor;
mod duration;
mod expect;
mod fault;
mod field;
mod json_patch;
mod reply;
mod resource;
mod rule;
mod scenario;
mod script;
mod sessions;
mod short;
mod state;
mod when;

pub(super) use condition::CONDITIONS as CONDITION_KEYS;
pub(super) use cursor::{Keys, Node, Reader};
pub(crate) use duration::parse as parse_duration;
pub(super) use expect::{COUNTS as COUNTS_KEYS, steps};
pub(super) use field::{Parsed as ParsedField, parse as parse_field};
pub(super) use reply::REPLY as REPLY_KEYS;
pub(super) use resource::{PAGE as PAGE_KEYS, RESOURCE as RESOURCE_KEYS};
pub(super) use rule::{CELL as CELL_KEYS, RULE as RULE_KEYS, entry, set_rule};
pub(super) use script::{DEFAULTS as DEFAULTS_KEYS, ROOT as ROOT_KEYS, script};
