//! The command as its users run it: real processes, their output and their exit codes.

mod artefacts;
mod attacks;
mod broken;
mod check;
mod client;
mod colours;
mod control;
mod ctl;
mod explain;
mod fixed;
mod forward;
mod hardship;
mod help;
mod listen;
mod loading;
mod log;
mod mock;
mod mutants;
mod page;
mod process;
#[cfg(unix)]
mod pty;
mod query;
mod readme;
mod record;
mod references;
mod replay;
mod scaffold;
mod schema;
mod self_check;
mod snapshot;
mod strictness;
mod survival;
mod test;
mod watch;
mod wire;
