//! What is counted of one operation: each request adds to a few numbers, and takes no lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::call::Source;

/// The bounds of the histogram of latencies, in seconds as they are written, and in microseconds.
pub(super) const BOUNDS: [(&str, u64); 14] = [
    ("0.0001", 100),
    ("0.00025", 250),
    ("0.0005", 500),
    ("0.001", 1_000),
    ("0.0025", 2_500),
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("1", 1_000_000),
    ("5", 5_000_000),
    ("30", 30_000_000),
];

/// A longer wait is summed up as this one, a year, so that no sum can run over.
const MAX_MICROS: u64 = 365 * 24 * 60 * 60 * 1_000_000;

/// A status, 0 where the connection was cut instead, and where the reply came from.
pub(super) type Answered = (u16, Source);

/// The numbers of one operation.
#[derive(Debug, Default)]
pub(super) struct Counters {
    replies: Replies,
    invalid: AtomicU64,
    /// The requests within each bound and beyond the one below it, those beyond all last.
    within: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// How often each answer was given: a list that only grows, of the few that there are.
#[derive(Debug, Default)]
struct Replies(OnceLock<Box<Reply>>);

#[derive(Debug)]
struct Reply {
    answered: Answered,
    count: AtomicU64,
    next: Replies,
}

/// The numbers as they were at some moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// By status and the word of the source.
    pub(super) replies: Vec<(Answered, u64)>,
    pub(super) invalid: u64,
    pub(super) within: [u64; BOUNDS.len() + 1],
    pub(super) micros: u64,
}

impl Counters {
    /// Counts a request and how it was answered.
    pub(super) fn count(&self, answered: Answered, is_invalid: bool, latency: Duration) {
        // What is read is each number by itself, so that their order is of no account.
        self.replies.of(answered).fetch_add(1, Ordering::Relaxed);
        if is_invalid {
            self.invalid.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.within[BOUNDS.partition_point(|(_, bound)| *bound < micros)].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros.min(MAX_MICROS), Ordering::Relaxed);
    }

    /// A copy. Requests that are counted meanwhile may be in one number and not yet in another.
    pub(super) fn read(&self) -> Counted {
        let mut replies = Vec::new();
        let mut next = &self.replies;
        while let Some(reply) = next.0.get() {
            replies.push((reply.answered, reply.count.load(Ordering::Relaxed)));
            next = &reply.next;
        }
        replies.sort_unstable_by_key(|((status, source), _)| (*status, source.as_str()));
        Counted {
            replies,
            invalid: self.invalid.load(Ordering::Relaxed),
            within: std::array::from_fn(|place| self.within[place].load(Ordering::Relaxed)),
            micros: self.micros.load(Ordering::Relaxed),
        }
    }
}

impl Replies {
    /// The count of an answer, put at the end where it was never given.
    fn of(&self, answered: Answered) -> &AtomicU64 {
        let new = || Box::new(Reply { answered, count: AtomicU64::new(0), next: Self::default() });
        let mut reply = self.0.get_or_init(new);
        // Whoever came first at the end put something there: it is looked at as the others are.
        while reply.answered != answered {
            reply = reply.next.0.get_or_init(new);
        }
        &reply.count
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_latency_is_within_the_least_bound_that_holds_it() {
        let counters = Counters::default();
        for micros in [0, 100, 101, 30_000_000, 30_000_001, u64::MAX] {
            counters.count((200, Source::Example), false, Duration::from_micros(micros));
        }
        let mut expected = [0; BOUNDS.len() + 1];
        (expected[0], expected[1], expected[13], expected[14]) = (2, 1, 1, 2);
        let counted = counters.read();
        assert_eq!((counted.within, counted.micros), (expected, 60_000_202 + MAX_MICROS));
        for (text, micros) in BOUNDS {
            let seconds: f64 = text.parse().unwrap();
            assert!((seconds * 1e6 - micros as f64).abs() < 1e-6, "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_or_counted_twice_where_many_count_at_once() {
        let (counters, each) = (Counters::default(), 2_000_u64);
        let statuses = [200, 201, 400, 401, 404, 500];
        thread::scope(|scope| {
            for thread in 0..4_u64 {
                let counters = &counters;
                scope.spawn(move || {
                    for number in 0..each {
                        let status = statuses[((number + thread) % 6) as usize];
                        let source = if number % 2 == 0 { Source::Rule } else { Source::Example };
                        counters.count(
                            (status, source),
                            number % 5 == 0,
                            Duration::from_micros(number % 200),
                        );
                    }
                });
            }
        });
        let counted = counters.read();
        // Each answer of each thread, counted one by one.
        let mut expected = std::collections::BTreeMap::new();
        for (thread, number) in (0..4).flat_map(|thread| (0..each).map(move |number| (thread, number))) {
            let source = if number % 2 == 0 { Source::Rule } else { Source::Example };
            let status = statuses[((number + thread) % 6) as usize];
            *expected.entry((status, source.as_str())).or_insert(0) += 1;
        }
        let replies: Vec<_> = counted
            .replies
            .iter()
            .map(|((status, source), count)| ((*status, source.as_str()), *count))
            .collect();
        assert_eq!(replies, expected.into_iter().collect::<Vec<_>>());
        assert_eq!(counted.invalid, 4 * each / 5);
        assert_eq!(counted.within.iter().sum::<u64>(), 4 * each);
        assert_eq!(counted.within[0], 4 * (each / 200) * 101, "from 0 to 100");
        assert_eq!(counted.micros, 4 * (each / 200) * (0..200).sum::<u64>());
    }
}
