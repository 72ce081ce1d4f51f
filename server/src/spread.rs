//! A quick hash for keys that nobody outside chooses: addresses, and names of the documents.

use std::hash::{BuildHasherDefault, Hasher};

/// What makes its hashers.
pub(crate) type Spread = BuildHasherDefault<SpreadHasher>;

/// A multiplication a word. Whoever chooses the keys can have them collide.
#[derive(Debug, Default)]
pub(crate) struct SpreadHasher(u64);

/// An odd number whose bits look like chance: 2^64 by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for SpreadHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        // Marked by its length, so that a zero more makes a difference.
        self.write_u64(
            rest.iter().rev().fold(rest.len() as u64 + 1, |word, byte| word << 8 | u64::from(*byte)),
        );
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, word: u64) {
        // A map takes the lowest bits: they get a share of the highest, which depend on all others.
        let product = (self.0.rotate_left(5) ^ word).wrapping_add(1).wrapping_mul(FACTOR);
        self.0 = product ^ product >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher as _, Hash};

    use super::*;

    /// How many places of 1,024 are taken by as many keys; chance takes about 647, and seldom less than 600.
    fn taken<K: Hash>(keys: impl Iterator<Item = K>) -> usize {
        keys.map(|key| Spread::default().hash_one(key) % 1_024).collect::<HashSet<_>>().len()
    }

    #[test]
    fn addresses_in_a_row_are_spread() {
        for step in [8, 16, 24, 64, 256, 320, 4096] {
            let taken = taken((0..1_024).map(|place| 0x7f00_1234_0000_usize + place * step));
            assert!(taken > 500, "{step}: {taken}");
        }
    }

    #[test]
    fn names_alike_are_spread() {
        let numbered = taken((0..1_024).map(|number| format!("getThing{number}")));
        let short = taken((0..1_024).map(|number| format!("{number:b}")));
        let zeros = taken((0..1_024).map(|number| "\0".repeat(number)));
        assert!(numbered > 500 && short > 500 && zeros > 500, "{numbered} {short} {zeros}");
    }
}
