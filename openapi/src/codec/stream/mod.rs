//! Bodies that are sequences: an array in the value model, an item a JSON text or an event.
//!
//! | media type | an item |
//! |---|---|
//! | `application/jsonl`, `application/x-ndjson` and their like | a line of JSON |
//! | `application/json-seq` | a JSON text after a record separator (RFC 7464) |
//! | `text/event-stream` | an event: see [`events`] |
//!
//! A sequence has at most [`MAX_ITEMS`] items.

pub(super) mod events;
pub(super) mod lines;
mod scan;
#[cfg(test)]
mod tests;

pub use scan::ItemScan;

/// The most items of a body that is a sequence.
pub(super) const MAX_ITEMS: usize = 100_000;

fn check_count(count: usize) -> Result<(), String> {
    match count > MAX_ITEMS {
        true => Err(format!("more than {MAX_ITEMS} items")),
        false => Ok(()),
    }
}
