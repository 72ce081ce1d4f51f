//! Snapshots: the shape of what each operation answered, in files that `cargo insta review` opens, so that a change
//! of the implementation shows as a difference.

mod drift;
mod pending;
mod picture;
mod shape;
mod store;

pub use drift::{Drift, DriftClass, drift, drift_class};
pub use pending::PendingSnapshot;
pub(crate) use picture::plain_name;
pub use picture::{Snapshot, Snapshots};
pub use store::{SnapshotResult, SnapshotState, SnapshotUpdate, StoredSnapshots};

#[cfg(test)]
mod tests;
