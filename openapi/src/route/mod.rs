//! Path templates and the router over them.

mod condition;
mod router;
mod template;

pub(crate) use condition::{Condition, conditions};
pub use router::{BasePaths, Route, RouteMatch, Router};
pub use template::PathTemplate;
