//! What a run is told to do: raw options, merged by profile, resolved to settings.

mod fixed;
mod options;
mod policy;
mod profile;
mod safety;
mod settings;

pub use fixed::FixedValues;
pub use options::Options;
pub(crate) use policy::Judge;
pub use policy::{Override, Policy, Severity};
pub use safety::{UnsafeMethods, is_loopback};
pub use settings::{Credentials, Patience, Settings, SettingsError, ShrinkBudget, Target};
