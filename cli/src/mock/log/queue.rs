//! Lines on their way to whoever reads them.
//!
//! A reader that is slow, or has stopped reading, must not hold up requests. So lines wait for a thread that writes
//! them, as many at a time as there are; when more than [`MAX_WAITING`] bytes wait, further lines are left out, and
//! how many is told.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most bytes that wait to be written.
const MAX_WAITING: usize = 4 * 1024 * 1024;
/// How long further lines are waited for once there is one, so that a busy stub wakes the thread for many at a time.
const GATHERING: Duration = Duration::from_millis(2);
/// How long the end of the process waits for what is not written yet.
const FLUSH_DEADLINE: Duration = Duration::from_secs(1);

/// What waits to be written.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Told when there is something to write.
    filled: Condvar,
    /// Told when all is written.
    emptied: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines left out since the last that was let in.
    lost: u64,
    is_writing: bool,
}

impl Queue {
    /// Starts the thread that writes.
    pub(super) fn start(out: impl Write + Send + 'static) -> std::io::Result<Arc<Self>> {
        Self::with_limit(out, MAX_WAITING)
    }

    fn with_limit(mut out: impl Write + Send + 'static, limit: usize) -> std::io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            waiting: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            limit,
        });
        let shared = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                let lines = shared.take();
                // A reader that went away misses the log; the stub goes on.
                let _ = out.write_all(&lines).and_then(|()| out.flush());
            }
        })?;
        Ok(queue)
    }

    /// Has a line written; it ends in a line feed.
    pub(super) fn push(&self, line: &str) {
        let mut waiting = self.lock();
        if waiting.lines.len() + line.len() > self.limit {
            waiting.lost += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        if waiting.lost > 0 {
            let told = format!("... {} lines left out, since nobody read them\n", waiting.lost);
            waiting.lines.extend_from_slice(told.as_bytes());
            waiting.lost = 0;
        }
        waiting.lines.extend_from_slice(line.as_bytes());
        drop(waiting);
        // Waking a thread costs more than making a line, and the first line has woken it.
        if is_first {
            self.filled.notify_one();
        }
    }

    /// Waits until all is written, but not for ever.
    pub(super) fn flush(&self) {
        let waiting = self.lock();
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        drop(self.emptied.wait_timeout_while(waiting, FLUSH_DEADLINE, is_busy));
    }

    /// Waits for lines, and takes all there are a moment later.
    fn take(&self) -> Vec<u8> {
        let mut waiting = self.lock();
        waiting.is_writing = false;
        if waiting.lines.is_empty() {
            self.emptied.notify_all();
        }
        let waiting = self
            .filled
            .wait_while(waiting, |waiting| waiting.lines.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        drop(waiting);
        thread::sleep(GATHERING);
        let mut waiting = self.lock();
        waiting.is_writing = true;
        std::mem::take(&mut waiting.lines)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that could panic happens while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Writes only when it is told to, and then passes on what it wrote.
    struct Slow {
        turns: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.turns.recv().is_ok() {
                let _ = self.written.send(String::from_utf8_lossy(bytes).into_owned());
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stands_still_holds_nobody_up_and_is_told_what_it_missed() {
        let ((turn, turns), (written, wrote)) = (channel(), channel());
        let queue = Queue::with_limit(Slow { turns, written }, 20).unwrap();
        queue.push("first\n");
        // Until the writer has taken the first line, it counts as waiting.
        while !queue.lock().is_writing {
            thread::yield_now();
        }
        for line in ["second\n", "third line\n", "fourth\n", "fifth\n"] {
            queue.push(line);
        }
        let mut told = String::new();
        for _ in 0..2 {
            turn.send(()).unwrap();
            told.push_str(&wrote.recv().unwrap());
        }
        queue.push("sixth\n");
        turn.send(()).unwrap();
        told.push_str(&wrote.recv().unwrap());
        drop(turn);
        queue.flush();
        assert_eq!(told, "first\nsecond\nthird line\n... 2 lines left out, since nobody read them\nsixth\n");
    }
}
