//! How long a reply waits.

use std::time::Duration;

use super::chance::Chance;

/// A fixed time, or one drawn for each reply.
///
/// | written | drawn |
/// |---|---|
/// | `80ms` | nothing |
/// | `{uniform: [A, B]}` | any time from A to B, all alike |
/// | `{normal: {mean, sd}}` | by the normal distribution; what would be negative is 0 |
/// | `{lognormal: {p50, p99}}` or `{lognormal: {p50, sigma}}` | by the log-normal distribution, at most `max` |
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Delay {
    Fixed(Duration),
    Uniform { from: Duration, to: Duration },
    Normal { mean: Duration, deviation: Duration },
    LogNormal { median: Duration, sigma: f64, max: Duration },
}

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl Delay {
    /// A log-normal distribution by its median and its 99th percentile.
    pub(super) fn by_percentiles(median: Duration, p99: Duration, max: Duration) -> Self {
        let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / Z99;
        Self::LogNormal { median, sigma, max }
    }

    /// One delay, never longer than `limit`.
    pub(super) fn draw(self, chance: &mut Chance, limit: Duration) -> Duration {
        let seconds = match self {
            Self::Fixed(duration) => return duration.min(limit),
            Self::Uniform { from, to } => {
                from.as_secs_f64() + chance.unit() * (to.as_secs_f64() - from.as_secs_f64())
            }
            Self::Normal { mean, deviation } => {
                mean.as_secs_f64() + chance.normal() * deviation.as_secs_f64()
            }
            Self::LogNormal { median, sigma, max } => {
                (median.as_secs_f64() * (chance.normal() * sigma).exp()).min(max.as_secs_f64())
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, limit.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3600);

    /// 20,000 draws, sorted, in milliseconds.
    fn draws(delay: Delay) -> Vec<f64> {
        let mut drawn: Vec<f64> = (0..20_000_u64)
            .map(|count| delay.draw(&mut Chance::new(7, "rule", count), LIMIT).as_secs_f64() * 1e3)
            .collect();
        drawn.sort_by(f64::total_cmp);
        drawn
    }

    fn is_near(found: f64, wanted: f64, share: f64) -> bool {
        (found - wanted).abs() <= wanted * share
    }

    #[test]
    fn a_log_normal_delay_has_the_percentiles_asked_for() {
        let drawn =
            draws(Delay::by_percentiles(Duration::from_millis(80), Duration::from_millis(400), LIMIT));
        assert!(is_near(drawn[10_000], 80.0, 0.02), "p50 {}", drawn[10_000]);
        assert!(is_near(drawn[19_800], 400.0, 0.05), "p99 {}", drawn[19_800]);
    }

    #[test]
    fn a_log_normal_delay_by_its_sigma_has_the_percentiles_that_follow() {
        let median = Duration::from_millis(80);
        let drawn = draws(Delay::LogNormal { median, sigma: 0.5, max: LIMIT });
        assert!(is_near(drawn[10_000], 80.0, 0.02), "p50 {}", drawn[10_000]);
        assert!(is_near(drawn[19_800], 80.0 * (Z99 * 0.5).exp(), 0.05), "p99 {}", drawn[19_800]);
    }

    #[test]
    fn a_uniform_delay_stays_between_its_ends_and_reaches_them() {
        let drawn = draws(Delay::Uniform { from: Duration::from_millis(10), to: Duration::from_millis(20) });
        assert!(drawn[0] >= 10.0 && drawn[0] < 10.1, "{}", drawn[0]);
        assert!(drawn[19_999] <= 20.0 && drawn[19_999] > 19.9, "{}", drawn[19_999]);
        assert!(is_near(drawn[10_000], 15.0, 0.02), "{}", drawn[10_000]);
    }

    #[test]
    fn a_normal_delay_has_its_mean_and_deviation_and_is_never_negative() {
        let mean = Duration::from_millis(100);
        let drawn = draws(Delay::Normal { mean, deviation: Duration::from_millis(10) });
        assert!(is_near(drawn[10_000], 100.0, 0.02), "{}", drawn[10_000]);
        assert!(is_near(drawn[16_827] - drawn[10_000], 10.0, 0.05), "one deviation above the mean");
        assert!(is_near(drawn[19_800], 100.0 + Z99 * 10.0, 0.05), "p99 {}", drawn[19_800]);
        let wide = draws(Delay::Normal { mean: Duration::ZERO, deviation: mean });
        assert!(wide[0] >= 0.0);
    }

    #[test]
    fn a_maximum_cuts_the_long_tail() {
        let max = Duration::from_millis(90);
        let drawn = draws(Delay::by_percentiles(Duration::from_millis(80), Duration::from_millis(400), max));
        assert!(drawn[19_999] <= 90.0);
    }
}
