//! Path templates and the router over them.

mod branch;
mod condition;
mod mount;
mod router;
mod template;

pub(crate) use condition::{Condition, conditions};
pub use mount::{Mount, MountError};
pub use router::{BasePaths, Route, RouteMatch, Router, Shadowed};
pub use template::PathTemplate;
