//! The command as its users run it: real processes, their output and their exit codes.

mod artefacts;
mod attacks;
mod broken;
mod check;
mod client;
mod control;
mod ctl;
mod explain;
mod forward;
mod hardship;
mod help;
mod listen;
mod loading;
mod log;
mod mock;
mod page;
mod process;
mod readme;
mod record;
mod references;
mod schema;
mod strictness;
mod survival;
mod test;
mod watch;
mod wire;
