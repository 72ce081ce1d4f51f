//! Calls as they come, read from the stub's stream of events.

use counterfoil_client::control::{Error, types};
use futures::StreamExt as _;
use serde_json::Value;

use super::calls::Arguments;
use super::refusal::Refusal;
use super::{Steered, Steering, show};
use crate::exit::Exit;

/// The longest event that is read.
const MAX_EVENT: usize = 1024 * 1024;

/// Tells of calls until the stub says that none follow.
pub(super) async fn follow(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    let (after, op, session) = (arguments.after, arguments.op.as_deref(), steering.session());
    let stream = steering.client.stream_calls(after, op, session, arguments.status, arguments.valid).await?;
    let mut stream = stream.into_inner();
    let mut events = Events::default();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Refusal::from(Error::ResponseBodyError(error)))?;
        events.push(&chunk).map_err(Refusal::Other)?;
        while let Some(event) = events.next() {
            if event.kind == "end" {
                let reason = serde_json::from_str::<Value>(&event.data).ok();
                let reason = reason.as_ref().and_then(|data| data["reason"].as_str()).unwrap_or("it ended");
                steering.output.note(&show::plain(reason));
                return Ok(Exit::Passed);
            }
            tell(steering, &event)?;
        }
    }
    Ok(Exit::Passed)
}

fn tell(steering: &Steering<'_>, event: &Event) -> Result<(), Refusal> {
    match event.kind.as_str() {
        "call" if steering.is_json() => steering.print(&format!("{}\n", event.data)),
        "call" => {
            let call: types::CallSummary =
                serde_json::from_str(&event.data).map_err(|error| Refusal::Other(error.into()))?;
            let mut text = String::new();
            show::call(&mut text, &call);
            steering.print(&text)
        }
        "missed" => {
            let missed = serde_json::from_str::<Value>(&event.data).ok();
            let missed = missed.and_then(|data| data["missed"].as_u64()).unwrap_or_default();
            steering.output.note(&format!("{missed} calls came faster than they were read"));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    kind: String,
    data: String,
}

/// Events out of bytes that come in any parts.
#[derive(Debug, Default)]
struct Events {
    unread: Vec<u8>,
}

impl Events {
    fn push(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.unread.extend_from_slice(bytes);
        anyhow::ensure!(self.unread.len() <= MAX_EVENT, "read an event: it is over {MAX_EVENT} bytes");
        Ok(())
    }

    /// The next event that is whole; comments are none.
    fn next(&mut self) -> Option<Event> {
        loop {
            let end = self.unread.windows(2).position(|pair| pair == b"\n\n")?;
            let block: Vec<u8> = self.unread.drain(..end + 2).collect();
            let mut event = Event::default();
            for line in String::from_utf8_lossy(&block).lines() {
                match line.split_once(": ") {
                    Some(("event", kind)) => event.kind = kind.to_owned(),
                    Some(("data", data)) => event.data.push_str(data),
                    _ => {}
                }
            }
            if !event.kind.is_empty() {
                return Some(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_whatever_parts_they_come_in() {
        let text = b": calls follow\n\nid: 7\nevent: call\ndata: {\"id\":7}\n\nevent: end\ndata: {}\n\n";
        for size in [1, 2, 7, text.len()] {
            let mut events = Events::default();
            let mut read = Vec::new();
            for part in text.chunks(size) {
                events.push(part).unwrap();
                read.extend(std::iter::from_fn(|| events.next()));
            }
            let event = |kind: &str, data: &str| Event { kind: kind.to_owned(), data: data.to_owned() };
            assert_eq!(read, [event("call", "{\"id\":7}"), event("end", "{}")], "{size}");
        }
        let mut events = Events::default();
        assert!(events.push(&vec![b'x'; MAX_EVENT + 1]).is_err());
    }
}
