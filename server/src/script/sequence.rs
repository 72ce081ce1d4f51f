//! Sequences: which reply comes at which use of a rule.

use super::grammar::After;

/// The replies of a rule, step after step.
#[derive(Debug)]
pub(super) struct Sequence<R> {
    /// The steps, each with the number of uses at its end.
    steps: Vec<(u64, R)>,
    after: After,
}

impl<R> Sequence<R> {
    /// A sequence of steps, each so many times in a row; there must be one at least, of one time at least.
    pub(super) fn new(steps: Vec<(u64, R)>, after: After) -> Self {
        let mut end = 0_u64;
        let steps = steps
            .into_iter()
            .map(|(count, reply)| {
                end = end.saturating_add(count);
                (end, reply)
            })
            .collect();
        Self { steps, after }
    }

    /// How many uses it has at most; nothing where it never ends.
    pub(super) fn limit(&self) -> Option<u64> {
        (self.after == After::Pass).then(|| self.total())
    }

    /// The reply of a use, counted from 0; nothing only beyond the limit.
    pub(super) fn reply(&self, used: u64) -> Option<&R> {
        let index = match self.after {
            After::Last => used.min(self.total().checked_sub(1)?),
            After::Cycle => used.checked_rem(self.total())?,
            After::Pass => used,
        };
        let step = self.steps.partition_point(|(end, _)| *end <= index);
        self.steps.get(step).map(|(_, reply)| reply)
    }

    fn total(&self) -> u64 {
        self.steps.last().map_or(0, |(end, _)| *end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a sequence means, written out.
    fn written_out(steps: &[(u64, usize)]) -> Vec<usize> {
        steps.iter().flat_map(|(count, reply)| (0..*count).map(|_| *reply)).collect()
    }

    proptest! {
        #[test]
        fn each_step_comes_in_its_place_and_what_follows_is_as_asked(
            counts in proptest::collection::vec(1..5_u64, 1..6),
            used in 0..60_u64,
        ) {
            let steps: Vec<(u64, usize)> = counts.into_iter().zip(0..).collect();
            let plain = written_out(&steps);
            let at = usize::try_from(used).expect("fewer than 60");
            let reply = |after| Sequence::new(steps.clone(), after).reply(used).copied();
            prop_assert_eq!(reply(After::Last), plain.get(at).or(plain.last()).copied());
            prop_assert_eq!(reply(After::Cycle), plain.get(at % plain.len()).copied());
            prop_assert_eq!(reply(After::Pass), plain.get(at).copied());
            prop_assert_eq!(
                Sequence::new(steps.clone(), After::Pass).limit(),
                Some(u64::try_from(plain.len()).expect("fewer than 30"))
            );
            prop_assert_eq!(Sequence::new(steps.clone(), After::Last).limit(), None);
        }
    }

    #[test]
    fn a_count_beyond_all_others_does_not_overflow() {
        let sequence = Sequence::new(vec![(u64::MAX, 'a'), (u64::MAX, 'b')], After::Cycle);
        assert_eq!(sequence.reply(u64::MAX), Some(&'a'));
    }
}
