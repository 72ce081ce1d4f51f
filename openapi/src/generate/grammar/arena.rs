//! A list that grows while it is being read.

use std::sync::{Mutex, OnceLock, PoisonError};

/// The length of the first chunk, as a power of two; each later one is twice as long as the one before it.
const FIRST: u32 = 6;

/// The number of chunks: together they hold as many values as 32 bits can number.
const CHUNKS: usize = 27;

/// Values that are added and never moved, so that they can be borrowed while others are added.
#[derive(Debug)]
pub(super) struct Arena<T> {
    chunks: [OnceLock<Box<[OnceLock<T>]>>; CHUNKS],
    length: Mutex<u32>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { chunks: [const { OnceLock::new() }; CHUNKS], length: Mutex::new(0) }
    }
}

impl<T> Arena<T> {
    /// Adds a value; the number is what it is found by.
    pub(super) fn push(&self, value: T) -> u32 {
        let mut length = self.length.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *length;
        let (chunk, offset) = place(index);
        let slots = self.chunks[chunk]
            .get_or_init(|| (0..1_usize << (chunk + FIRST as usize)).map(|_| OnceLock::new()).collect());
        // The slot is free: its number was never given out, and the lock is held.
        let _ = slots[offset].set(value);
        *length = index.checked_add(1).expect("memory ends before 2^32 values");
        index
    }

    /// The value of a number that this very arena gave out.
    pub(super) fn get(&self, index: u32) -> &T {
        let (chunk, offset) = place(index);
        let slots = self.chunks[chunk].get().expect("the number was given out, so its chunk is there");
        slots[offset].get().expect("the number was given out, so its slot is taken")
    }
}

/// The chunk of a number and the place in it.
fn place(index: u32) -> (usize, usize) {
    let shifted = u64::from(index) + (1 << FIRST);
    let chunk = shifted.ilog2() - FIRST;
    (chunk as usize, (shifted - (1 << (chunk + FIRST))) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_numbers_across_chunks() {
        let arena = Arena::default();
        let first = arena.push(0_u32);
        let kept = arena.get(first);
        for expected in 1..1_000 {
            assert_eq!(arena.push(expected), expected);
        }
        assert_eq!(*kept, 0);
        assert!((0..1_000).all(|index| *arena.get(index) == index));
        assert_eq!(place(u32::MAX).0, CHUNKS - 1);
    }
}
