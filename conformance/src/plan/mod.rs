//! What will be tested: the operations that the filter leaves, each with its ways to make cases.

mod filter;
mod operations;
mod shard;

pub use filter::Filter;
pub(crate) use operations::{LAST_TURN, OperationPlan, Plan};
