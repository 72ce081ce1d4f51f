//! A body that takes its time, and may end before it is whole.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::{Sleep, sleep};

use super::kind::{Drip, Fault};

/// How long what was sent has to leave, before a body breaks off: hyper throws away what it still holds then.
const LEAVING: Duration = Duration::from_millis(50);

/// What a body does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(Bytes),
    Wait(Duration),
    /// It fails.
    Break,
}

/// The steps of a body, in order.
#[derive(Debug)]
pub(super) struct Plan {
    body: Bytes,
    at: usize,
    /// How much of the body is sent.
    end: usize,
    breaks: bool,
    has_left: bool,
    stall: Option<(usize, Duration)>,
    chunks: u32,
    /// The parts that were begun.
    begun: u32,
    /// The time before each part.
    each: Duration,
}

impl Plan {
    pub(super) fn new(body: Bytes, fault: Option<Fault>, drip: Option<Drip>) -> Self {
        let size = body.len();
        let clip = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX).min(size);
        let end = match fault {
            Some(Fault::Truncate(bytes)) => clip(bytes),
            Some(Fault::MalformedChunk) => size / 2,
            _ => size,
        };
        let breaks = end < size || fault == Some(Fault::MalformedChunk);
        let stall = match fault {
            Some(Fault::Stall { after, pause }) if clip(after) < size => Some((clip(after), pause)),
            _ => None,
        };
        let Drip { chunks, over } = drip.unwrap_or(Drip { chunks: 1, over: Duration::ZERO });
        let chunks = chunks.max(1);
        Self { body, at: 0, end, breaks, has_left: false, stall, chunks, begun: 0, each: over / chunks }
    }

    /// Where the part ends that is being sent.
    fn part_end(&self) -> usize {
        let end = self.end as u128 * u128::from(self.begun) / u128::from(self.chunks);
        usize::try_from(end).unwrap_or(self.end)
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some((after, pause)) = self.stall
                && after <= self.at
            {
                self.stall = None;
                return Some(Step::Wait(pause));
            }
            let upto = self.stall.map_or(self.end, |(after, _)| after).min(self.part_end());
            if self.at < upto {
                let piece = self.body.slice(self.at..upto);
                self.at = upto;
                return Some(Step::Send(piece));
            }
            if self.begun < self.chunks {
                self.begun += 1;
                if !self.each.is_zero() {
                    return Some(Step::Wait(self.each));
                }
                continue;
            }
            return match (self.breaks, self.has_left) {
                (false, _) => None,
                (true, true) => Some(Step::Break),
                (true, false) => {
                    self.has_left = true;
                    Some(Step::Wait(LEAVING))
                }
            };
        }
    }
}

/// Waits for the stop of the stub.
type Stopped = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A body that follows a plan. Once the stub is being stopped it waits no longer.
///
/// It tells no size, so that its request counts as under way until it has ended.
pub(super) struct Paced {
    plan: Plan,
    waiting: Option<Pin<Box<Sleep>>>,
    stopped: Stopped,
    is_stopped: bool,
}

impl Paced {
    pub(super) fn new(plan: Plan, stopped: impl Future<Output = ()> + Send + Sync + 'static) -> Self {
        Self { plan, waiting: None, stopped: Box::pin(stopped), is_stopped: false }
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                let is_over = waiting.as_mut().poll(context).is_ready();
                if !is_over && !self.is_stopped && self.stopped.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.is_stopped |= !is_over;
                self.waiting = None;
            }
            match self.plan.next() {
                None => return Poll::Ready(None),
                Some(Step::Send(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Some(Step::Break) => return Poll::Ready(Some(Err(on_purpose()))),
                Some(Step::Wait(time)) if !self.is_stopped => {
                    self.waiting = Some(Box::pin(sleep(time)));
                }
                Some(Step::Wait(_)) => {}
            }
        }
    }
}

impl fmt::Debug for Paced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paced").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// Why a body fails.
pub(super) fn on_purpose() -> io::Error {
    io::Error::other("this fault is on purpose")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"0123456789";

    /// The steps as a text: `0123 +10ms 456789 !`.
    fn steps(fault: Option<Fault>, drip: Option<(u32, u64)>) -> String {
        let drip = drip.map(|(chunks, over)| Drip { chunks, over: Duration::from_millis(over) });
        let plan = Plan::new(Bytes::from_static(BODY), fault, drip);
        let told = plan.take(20).map(|step| match step {
            Step::Send(piece) => String::from_utf8(piece.to_vec()).unwrap(),
            Step::Wait(time) => format!("+{}", time.as_millis()),
            Step::Break => "!".to_owned(),
        });
        let told: Vec<String> = told.collect();
        // What breaks off does so for ever.
        told.iter()
            .take(told.iter().position(|step| step == "!").map_or(20, |at| at + 1))
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_body_is_sent_step_by_step() {
        let stall = |after, ms| Some(Fault::Stall { after, pause: Duration::from_millis(ms) });
        let table = [
            (None, None, "0123456789"),
            (None, Some((1, 10)), "+10 0123456789"),
            (None, Some((3, 30)), "+10 012 +10 345 +10 6789"),
            (None, Some((4, 0)), "01 234 56 789"),
            (Some(Fault::Truncate(4)), None, "0123 +50 !"),
            (Some(Fault::Truncate(0)), None, "+50 !"),
            (Some(Fault::Truncate(10)), None, "0123456789"),
            (Some(Fault::Truncate(u64::MAX)), None, "0123456789"),
            (Some(Fault::Truncate(4)), Some((2, 20)), "+10 01 +10 23 +50 !"),
            (stall(4, 7), None, "0123 +7 456789"),
            (stall(0, 7), None, "+7 0123456789"),
            (stall(10, 7), None, "0123456789"),
            (stall(3, 7), Some((2, 20)), "+10 012 +7 34 +10 56789"),
            (Some(Fault::MalformedChunk), None, "01234 +50 !"),
        ];
        for (fault, drip, expected) in table {
            assert_eq!(steps(fault, drip), expected, "{fault:?} {drip:?}");
        }
    }

    #[test]
    fn more_parts_than_bytes_take_as_long_as_asked() {
        let plan = Plan::new(
            Bytes::from_static(BODY),
            None,
            Some(Drip { chunks: 1000, over: Duration::from_secs(1) }),
        );
        let mut waited = Duration::ZERO;
        let mut sent = Vec::new();
        for step in plan {
            match step {
                Step::Wait(time) => waited += time,
                Step::Send(piece) => sent.extend_from_slice(&piece),
                Step::Break => panic!("it is whole"),
            }
        }
        assert_eq!((waited, sent.as_slice()), (Duration::from_secs(1), BODY));
    }
}
