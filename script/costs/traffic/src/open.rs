//! Requests at a fixed rate, whether those before are answered or not: how long a client waits.
//!
//! A request that finds every connection taken waits for one, and its wait counts: the time is taken from when it
//! was to be sent. Nothing here sleeps, for a request must not be late because its sender was woken late.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use crate::Target;
use crate::answer::Reader;
use crate::tally::Tally;

struct Connection {
    stream: TcpStream,
    reader: Reader,
    /// When the request under way was to be sent.
    asked: Option<Instant>,
}

/// Asks `rate` times a second, and counts the answers.
pub(crate) fn run(target: &Target, time: Duration, rate: f64) -> io::Result<Tally> {
    let mut connections = (0..target.connections)
        .map(|_| {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, target.port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(Connection { stream, reader: Reader::default(), asked: None })
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut tally = Tally::default();
    let interval = Duration::from_secs_f64(1.0 / rate);
    let total = (time.as_secs_f64() * rate) as u32;
    let started = Instant::now();
    let (mut planned, mut waiting, mut answered) = (0_u32, VecDeque::new(), 0_u32);
    while answered < total {
        while planned < total && started.elapsed() >= interval * planned {
            waiting.push_back(started + interval * planned);
            planned += 1;
        }
        for connection in &mut connections {
            if let Some(asked) = connection.asked {
                match connection.reader.read(&connection.stream) {
                    Ok(Some(answer)) => {
                        tally.add(answer);
                        tally.add_latency(asked.elapsed());
                        connection.asked = None;
                        answered += 1;
                    }
                    Ok(None) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            if connection.asked.is_none()
                && let Some(asked) = waiting.pop_front()
            {
                // A request is far smaller than what the socket takes at once.
                connection.stream.write_all(&target.request)?;
                connection.asked = Some(asked);
            }
        }
    }
    tally.elapsed(started.elapsed());
    Ok(tally)
}
