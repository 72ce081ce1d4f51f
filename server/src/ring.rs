//! The latest of what many write at once, within bounds of number and size, and without a lock that all of them take.
//!
//! What has a number has a slot, which it shares with those that come a whole round before and after it. Two writers
//! meet only where their numbers are a round apart, and whoever reads meets a writer at one slot for a moment.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::budget::Share;

/// Keeps the items with the highest numbers.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    /// By the [`CHUNK`], each made when something is first kept there, so that an empty ring is small.
    slots: Box<[Chunk<T>]>,
    max_items: usize,
    /// The size of everything kept: what is added to it and taken from it is so while the slot is held.
    bytes: Share,
    max_bytes: usize,
    /// Items with a lower number had to make room.
    oldest: AtomicU64,
    /// Held by whoever makes room.
    making_room: Mutex<()>,
}

/// How many slots are made at once.
const CHUNK: usize = 50;

type Chunk<T> = OnceLock<Box<[Slot<T>]>>;

type Slot<T> = Mutex<Option<Kept<T>>>;

#[derive(Debug)]
struct Kept<T> {
    number: u64,
    size: usize,
    item: Arc<T>,
}

impl<T> Ring<T> {
    /// Room for `max_items`, of `max_bytes` together, which are a share of what others take too.
    pub(crate) fn new(max_items: usize, max_bytes: usize, bytes: Share) -> Self {
        Self {
            slots: (0..max_items.div_ceil(CHUNK)).map(|_| OnceLock::new()).collect(),
            max_items,
            bytes,
            max_bytes,
            oldest: AtomicU64::new(0),
            making_room: Mutex::new(()),
        }
    }

    /// Keeps an item of a number of its own and about that many bytes; the lowest numbers go where there is too much.
    ///
    /// An item that comes after what would have displaced it is not kept. `lost` is told of each item that makes room,
    /// before anybody can miss it.
    pub(crate) fn push(&self, number: u64, size: usize, item: T, lost: impl Fn(&T)) {
        let kept = Kept { number, size, item: Arc::new(item) };
        let mut slot = self.slot(number);
        if slot.as_ref().is_some_and(|later| later.number > number) {
            lost(&kept.item);
            return;
        }
        let bytes = self.bytes.add(size);
        if let Some(gone) = &*slot {
            lost(&gone.item);
        }
        let gone = slot.replace(kept);
        if let Some(gone) = &gone {
            self.bytes.sub(gone.size);
        }
        drop(slot);
        // Freed with no lock held.
        let bytes = bytes - gone.map_or(0, |gone| gone.size);
        // Asked after the slot was held: whoever made room passed it before, or finds the item there.
        if number < self.oldest.load(Ordering::Relaxed) {
            self.take(number, &lost);
        } else if bytes > self.max_bytes {
            self.make_room(number, &lost);
        }
    }

    /// Forgets what comes before a number, the lowest first, until the rest fits.
    fn make_room(&self, number: u64, lost: &impl Fn(&T)) {
        let _alone = lock(&self.making_room);
        // Two rounds before it there is nothing left.
        let start = number.saturating_sub(2 * self.max_items as u64);
        let start = self.oldest.load(Ordering::Relaxed).max(start);
        for oldest in start..number {
            if self.bytes.bytes() <= self.max_bytes {
                break;
            }
            self.oldest.store(oldest + 1, Ordering::Relaxed);
            self.take(oldest, lost);
        }
    }

    /// Forgets the lowest numbers until that is enough, and tells `lost` of each item.
    pub(crate) fn forget_until(&self, is_enough: impl Fn() -> bool, lost: impl Fn(&T)) {
        let _alone = lock(&self.making_room);
        let number = |slot: &Slot<T>| lock(slot).as_ref().map(|kept| kept.number);
        let mut numbers: Vec<u64> = self.made().filter_map(number).collect();
        numbers.sort_unstable();
        for number in numbers {
            if is_enough() {
                break;
            }
            self.oldest.fetch_max(number + 1, Ordering::Relaxed);
            self.take(number, &lost);
        }
    }

    fn take(&self, number: u64, lost: &impl Fn(&T)) {
        let mut slot = self.slot(number);
        if let Some(gone) = slot.as_ref().filter(|kept| kept.number == number) {
            lost(&gone.item);
        }
        let gone = slot.take_if(|kept| kept.number == number);
        if let Some(gone) = &gone {
            self.bytes.sub(gone.size);
        }
        drop(slot);
        drop(gone);
    }

    /// Puts another item in the place of the one of a number, as if it were of the same size; where that has gone,
    /// nothing.
    pub(crate) fn replace(&self, number: u64, item: T) {
        let mut item = Arc::new(item);
        if let Some(kept) = self.slot(number).as_mut().filter(|kept| kept.number == number) {
            // What was there is freed with no lock held.
            std::mem::swap(&mut kept.item, &mut item);
        }
    }

    /// The item of a number, unless it has gone.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<T>> {
        let slot = self.slot(number);
        slot.as_ref().filter(|kept| kept.number == number).map(|kept| Arc::clone(&kept.item))
    }

    /// Everything kept, by number.
    pub(crate) fn items(&self) -> Vec<Arc<T>> {
        let kept = |slot: &Slot<T>| lock(slot).as_ref().map(|kept| (kept.number, Arc::clone(&kept.item)));
        let mut items: Vec<(u64, Arc<T>)> = self.made().filter_map(kept).collect();
        items.sort_unstable_by_key(|(number, _)| *number);
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// Forgets everything, and tells `lost` of each item.
    pub(crate) fn clear(&self, lost: impl Fn(&T)) {
        let _alone = lock(&self.making_room);
        for slot in self.made() {
            let mut slot = lock(slot);
            if let Some(gone) = &*slot {
                lost(&gone.item);
            }
            let gone = slot.take();
            if let Some(gone) = &gone {
                self.bytes.sub(gone.size);
            }
            drop(slot);
            drop(gone);
        }
        self.oldest.store(0, Ordering::Relaxed);
    }

    /// The size of everything kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.bytes()
    }

    fn slot(&self, number: u64) -> MutexGuard<'_, Option<Kept<T>>> {
        let place = number % self.max_items as u64;
        let place = usize::try_from(place).expect("less than the number of slots");
        let chunk = self.slots[place / CHUNK].get_or_init(|| (0..CHUNK).map(|_| Mutex::default()).collect());
        lock(&chunk[place % CHUNK])
    }

    /// The slots made so far.
    fn made(&self) -> impl Iterator<Item = &Slot<T>> {
        self.slots.iter().filter_map(OnceLock::get).flatten()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic happens while one of them is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::thread;

    use super::*;
    use crate::budget::Budget;

    fn ring(max_items: usize, max_bytes: usize) -> Ring<u64> {
        Ring::new(max_items, max_bytes, Budget::new(usize::MAX).share())
    }

    fn numbers(ring: &Ring<u64>) -> Vec<u64> {
        ring.items().iter().map(|item| **item).collect()
    }

    #[test]
    fn the_lowest_numbers_go_first() {
        // Number and size.
        type Pushed<'t> = &'t [(u64, usize)];
        // What is pushed into a ring of 4 items and 10 bytes, and what it keeps.
        let table: [(Pushed<'_>, &[u64]); 7] = [
            (&[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)], &[2, 3, 4, 5]),
            (&[(2, 1), (1, 1), (4, 1), (3, 1)], &[1, 2, 3, 4]),
            (&[(1, 4), (2, 4), (3, 4)], &[2, 3]),
            (&[(1, 1), (2, 99)], &[2]),
            (&[(1, 99), (2, 1)], &[2]),
            // Those that come too late: a round, and after room was made.
            (&[(5, 1), (1, 1)], &[5]),
            (&[(2, 9), (3, 9), (1, 1)], &[3]),
        ];
        for (pushed, kept) in table {
            let (ring, lost) = (ring(4, 10), RefCell::new(Vec::new()));
            for (number, size) in pushed {
                ring.push(*number, *size, *number, |gone| lost.borrow_mut().push(*gone));
            }
            assert_eq!(numbers(&ring), kept, "{pushed:?}");
            let size =
                |number: &u64| pushed.iter().find(|(pushed, _)| pushed == number).map(|(_, size)| *size);
            assert_eq!(ring.bytes(), kept.iter().filter_map(size).sum::<usize>(), "{pushed:?}");
            assert!(kept.iter().all(|number| ring.get(*number).as_deref() == Some(number)), "{pushed:?}");
            // Each that was pushed is kept or was told of.
            let mut all: Vec<u64> = lost.into_inner().into_iter().chain(kept.iter().copied()).collect();
            all.sort_unstable();
            let mut expected: Vec<u64> = pushed.iter().map(|(number, _)| *number).collect();
            expected.sort_unstable();
            assert_eq!(all, expected, "{pushed:?}");
        }
    }

    #[test]
    fn what_was_cleared_can_be_filled_again() {
        let ring = ring(4, 10);
        (1..9).for_each(|number| ring.push(number, 9, number, |_| {}));
        ring.clear(|_| {});
        assert_eq!((numbers(&ring), ring.bytes()), (vec![], 0));
        ring.push(3, 1, 3, |_| {});
        ring.replace(3, 33);
        ring.replace(7, 77);
        assert_eq!((numbers(&ring), ring.bytes()), (vec![33], 1));
    }

    #[test]
    fn many_writers_keep_the_bounds() {
        let (ring, next) = (ring(50, 200), AtomicU64::new(1));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        ring.push(number, (number % 9) as usize, number, |_| {});
                    }
                });
            }
        });
        let kept = numbers(&ring);
        assert!(ring.bytes() <= 200, "{}", ring.bytes());
        assert_eq!(ring.bytes(), kept.iter().map(|number| (number % 9) as usize).sum::<usize>());
        // With 4 bytes each, 200 hold about fifty.
        assert!(kept.len() > 30 && kept.is_sorted() && kept.last() == Some(&8_000), "{kept:?}");
    }
}
