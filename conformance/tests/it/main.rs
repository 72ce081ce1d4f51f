//! The suite against running implementations.

mod control;
mod control_examples;
mod control_rows;
mod defects;
mod faithful;
mod multipart;
mod notations;
mod running;
mod scripted;
mod scripting;
mod statuses;
mod stories;
mod streams;
mod typed;
