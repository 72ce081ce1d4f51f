//! What a run is told to do: raw options, merged by profile, resolved to settings.

mod options;
mod profile;
mod settings;

pub use options::Options;
pub use settings::{Credentials, Settings, SettingsError, ShrinkBudget, Target};
