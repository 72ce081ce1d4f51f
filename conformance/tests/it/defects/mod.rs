//! A server that keeps its contract except in one way: the check that should find the way finds it, and no other
//! check says anything.

mod server;
mod tests;

pub(crate) use server::{Defect, KEY, Shop, contract, read};
