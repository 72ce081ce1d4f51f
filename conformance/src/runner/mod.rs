//! Carrying out a run: one dispatcher owns its state, workers send and judge, events come out in order.

mod ahead;
mod dispatcher;
mod executor;
mod journal;
mod judges;
mod lockout;
mod pace;
mod retell;
mod sender;
mod shrink;
mod state;
mod stories;
mod story;
mod time;
mod turns;
mod warnings;
mod worker;

pub use dispatcher::{run, run_until};
pub(crate) use executor::{Context, Judged};
pub use journal::replay_journal;
pub(crate) use state::Found;
pub(crate) use story::Told;
