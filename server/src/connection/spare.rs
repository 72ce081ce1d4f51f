//! A descriptor kept for when there are no others: connections that say nothing may take every one the process may
//! have, and are to be closed all the same.

use std::fs::File;
use std::io;

/// A descriptor that is given up where there are no others.
#[derive(Debug, Default)]
pub(super) struct Spare(Option<File>);

impl Spare {
    /// Takes a descriptor, where it was given up and there is one again.
    pub(super) fn keep(&mut self) {
        if self.0.is_none() {
            self.0 = File::open("/dev/null").ok();
        }
    }

    /// Does what needs one descriptor for a time; where there is none, with the spare one. What `act` gives must hold
    /// none, or the spare one is lost to the next client.
    pub(super) fn or_give<T>(&mut self, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match act() {
            Err(error) if is_short_of_descriptors(&error) && self.0.take().is_some() => {
                let done = act();
                self.keep();
                done
            }
            done => done,
        }
    }
}

#[cfg(unix)]
fn is_short_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

#[cfg(not(unix))]
fn is_short_of_descriptors(_error: &io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_spare_descriptor_is_given_up_when_there_is_no_other_and_taken_again() {
        let mut spare = Spare::default();
        let shortage = || io::Error::from(rustix::io::Errno::MFILE);
        assert!(spare.or_give(|| Err::<(), _>(shortage())).is_err(), "there is none to give");
        spare.keep();
        let tries = std::cell::Cell::new(0);
        let done = spare.or_give(|| {
            tries.set(tries.get() + 1);
            if tries.get() == 1 { Err(shortage()) } else { Ok("done") }
        });
        assert_eq!((done.unwrap(), tries.get(), spare.0.is_some()), ("done", 2, true));
    }
}
