//! The suite against running implementations.

mod control;
mod control_examples;
mod control_rows;
mod coverage;
mod defects;
mod exported;
mod faithful;
mod fixed;
mod flapping;
mod hostile;
mod interrupted;
mod multipart;
mod notations;
mod pages;
mod policy;
mod replaying;
mod running;
mod scaffolds;
mod scripted;
mod scripting;
mod statuses;
mod stories;
mod streams;
mod truth;
mod typed;
mod warnings;
