//! Path templates and the router over them.

mod router;
mod template;

pub use router::{BasePaths, Route, RouteMatch, Router};
pub use template::PathTemplate;
