//! Merging of options: the nearer source wins, option by option.

use super::Options;

impl Options {
    /// These options, with `fallback`'s where these say nothing.
    ///
    /// Lists are not joined, a list given here replaces the other's; but overrides and fixed values follow the other's,
    /// and so beat them.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            seed: self.seed.or(fallback.seed),
            max_cases: self.max_cases.or(fallback.max_cases),
            workers: self.workers.or(fallback.workers),
            phases: self.phases.or(fallback.phases),
            modes: self.modes.or(fallback.modes),
            checks: self.checks.or(fallback.checks),
            timeout: self.timeout.or(fallback.timeout),
            max_response_time: self.max_response_time.or(fallback.max_response_time),
            max_time: self.max_time.or(fallback.max_time),
            max_failures: self.max_failures.or(fallback.max_failures),
            include: self.include.or(fallback.include),
            exclude: self.exclude.or(fallback.exclude),
            shrink: self.shrink.or(fallback.shrink),
            rate_limit: self.rate_limit.or(fallback.rate_limit),
            allow_unsafe: self.allow_unsafe.or(fallback.allow_unsafe),
            duplicate_query: self.duplicate_query.or(fallback.duplicate_query),
            set: match (self.set, fallback.set) {
                (Some(near), Some(far)) => Some(far.then(near)),
                (near, far) => near.or(far),
            },
            overrides: match (self.overrides, fallback.overrides) {
                (Some(near), Some(far)) => Some(far.into_iter().chain(near).collect()),
                (near, far) => near.or(far),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_source_wins_option_by_option() {
        let flags = Options { seed: Some(1), ..Options::default() };
        let file = Options { seed: Some(2), workers: Some(3), ..Options::default() };
        let merged = flags.or(file);
        assert_eq!((merged.seed, merged.workers), (Some(1), Some(3)));
    }
}
