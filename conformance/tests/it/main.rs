//! The suite against running implementations.

mod defects;
mod faithful;
mod running;
mod scripted;
mod statuses;
mod typed;
