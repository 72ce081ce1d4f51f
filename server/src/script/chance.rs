//! What a script leaves to chance: numbers that a seed, a rule and a count decide, and nothing else.

use std::f64::consts::TAU;

/// A source of numbers; the same seed, name and count give the same numbers.
///
/// SplitMix64 (Steele, Lea and Flood, 2014): good enough to spread delays, and one line long.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The numbers for the `count`th use of what is called `name`.
    pub(super) fn new(seed: u64, name: &str, count: u64) -> Self {
        // FNV-1a, so that each name draws its own numbers.
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut chance = Self(seed ^ hash);
        let start = chance.bits();
        Self(start ^ count.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        // The upper 53 bits are what a double holds exactly.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u128::from(most.abs_diff(least)) + 1;
        // The upper half of the product spreads 64 bits over the span; it is smaller than the span.
        let offset = (u128::from(self.bits()) * span) >> 64;
        least.saturating_add_unsigned(u64::try_from(offset).unwrap_or(u64::MAX))
    }

    /// A number of the standard normal distribution (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let (first, second) = (1.0 - self.unit(), self.unit());
        (-2.0 * first.ln()).sqrt() * (TAU * second).cos()
    }
    /// A UUID of version 4 (RFC 9562).
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        let high = (high & !0xF000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}
