//! Seeds: where all randomness of generation comes from.

use std::fmt;

use proptest::prelude::Rng;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner, noop_result_cache};
use sha2::{Digest, Sha256};

/// The seed of one case. The same seed draws the same value from the same strategy, on every machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed of the case number `index` of what `parts` name (an operation, a phase), within a run.
    ///
    /// Each part is hashed with its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn derive(run: u64, parts: &[&str], index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(run.to_le_bytes());
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(index.to_le_bytes());
        Self(hash.finalize().into())
    }

    /// A seed from its bytes, as [`Seed::as_bytes`] gave them.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seed({self})")
    }
}

/// A runner whose only randomness is the seed.
///
/// Every field of its configuration is set here: proptest's default one reads the environment.
pub fn runner(seed: &Seed) -> TestRunner {
    let config = Config {
        cases: 256,
        max_local_rejects: 65_536,
        max_global_rejects: 1_024,
        max_flat_map_regens: 1_000_000,
        failure_persistence: None,
        source_file: None,
        test_name: None,
        max_shrink_time: 0,
        max_shrink_iters: 4_096,
        max_default_size_range: 100,
        result_cache: noop_result_cache,
        verbose: 0,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0),
        _non_exhaustive: (),
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed.0))
}

/// The value that a seed draws from a strategy; nothing where the strategy gives up.
pub fn sample<S: Strategy>(strategy: &S, seed: &Seed) -> Option<S::Value> {
    strategy.new_tree(&mut runner(seed)).ok().map(|tree| tree.current())
}

/// Random numbers in the shapes that generation asks for.
///
/// They come from a SplitMix64 sequence that starts at a number of the runner's: a value takes hundreds of them, and
/// none has to be hard to guess.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice of the runner's own randomness.
    pub(crate) fn of(runner: &mut TestRunner) -> Self {
        Self(runner.rng().next_u64())
    }

    /// Other dice, thrown from these.
    pub(crate) fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// The next number of the sequence.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match end {
            0 | 1 => 0,
            // The bias of the remainder is beyond notice for the small ends used here.
            _ => (self.next() % end as u64) as usize,
        }
    }

    /// A number from `low` to `high`, both included; `low` where they are the wrong way round.
    pub(crate) fn between(&mut self, low: i128, high: i128) -> i128 {
        if high <= low {
            return low;
        }
        let span = (high - low) as u128;
        let wide = (u128::from(self.next()) << 64) | u128::from(self.next());
        low + (wide % (span + 1)) as i128
    }

    /// Whether something that happens `percent` times in a hundred happens now.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.next() % 100 < u64::from(percent)
    }

    /// One of the items; nothing where there is none.
    pub(crate) fn pick<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.get(self.below(items.len()))
    }

    /// A fraction from 0 up to, but not including, 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The numbers below `end` in random order.
    pub(crate) fn order(&mut self, end: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..end).collect();
        for last in (1..end).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_depends_on_every_argument_and_on_the_borders_of_its_parts() {
        let seeds = [
            Seed::derive(1, &["ab", "c"], 0),
            Seed::derive(2, &["ab", "c"], 0),
            Seed::derive(1, &["a", "bc"], 0),
            Seed::derive(1, &["ab", "c"], 1),
            Seed::derive(1, &["ab"], 0),
        ];
        for (index, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..index].contains(seed), "seed {index}");
        }
    }

    #[test]
    fn a_seed_stays_the_same_over_versions() {
        let expected = "6a997529";
        assert_eq!(Seed::derive(7, &["getPets"], 3).to_string()[..8], *expected);
    }

    #[test]
    fn the_same_seed_draws_the_same_value() {
        let strategy = proptest::collection::vec(0_u32..1_000_000, 5..9);
        let seed = Seed::derive(1, &["x"], 2);
        assert_eq!(sample(&strategy, &seed), sample(&strategy, &seed));
        assert_ne!(sample(&strategy, &seed), sample(&strategy, &Seed::derive(1, &["x"], 3)));
    }
}
