//! Which part of a run has which operations.

/// The shard of each operation, from 0, given the group of each: operations of a group stay together, and groups go,
/// the largest first, to the shard that has the fewest operations so far.
///
/// The shards depend on the document and the filter alone, and not on the seed.
pub(crate) fn shards(groups: &[usize], count: usize) -> Vec<usize> {
    let mut sizes = vec![0_usize; groups.len()];
    groups.iter().for_each(|group| sizes[*group] += 1);
    let mut order: Vec<usize> = (0..groups.len()).filter(|group| sizes[*group] > 0).collect();
    order.sort_by_key(|group| (usize::MAX - sizes[*group], *group));
    let mut loads = vec![0_usize; count.max(1)];
    let mut shards = vec![0; groups.len()];
    for group in order {
        let least = (0..loads.len()).min_by_key(|shard| loads[*shard]).unwrap_or_default();
        loads[least] += sizes[group];
        shards[group] = least;
    }
    groups.iter().map(|group| shards[*group]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_together_and_shards_are_even() {
        // Groups are named by their first operation: 0 has three, 1 and 4 have two each, 6 one.
        let groups = [0, 1, 0, 0, 4, 1, 6, 4];
        assert_eq!(shards(&groups, 1), [0; 8]);
        assert_eq!(shards(&groups, 2), [0, 1, 0, 0, 1, 1, 0, 1]);
        assert_eq!(shards(&groups, 3), [0, 1, 0, 0, 2, 1, 1, 2]);
        assert_eq!(shards(&groups, 7), [0, 1, 0, 0, 2, 1, 3, 2]);
        assert!(shards(&[], 3).is_empty());
    }
}
