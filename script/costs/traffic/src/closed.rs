//! A few clients, each of which asks again as soon as it is answered: what a server costs when it is busy.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Target;
use crate::answer::Reader;
use crate::tally::Tally;

/// When enough was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Requests(i64),
    Elapsed(Duration),
}

/// Asks, and counts the answers.
pub(crate) fn run(target: &Target, until: Until) -> io::Result<Tally> {
    let left = AtomicI64::new(match until {
        Until::Requests(requests) => requests,
        Until::Elapsed(_) => i64::MAX,
    });
    let started = Instant::now();
    let is_on = || {
        let is_early = match until {
            Until::Requests(_) => true,
            Until::Elapsed(time) => started.elapsed() < time,
        };
        is_early && left.fetch_sub(1, Ordering::Relaxed) > 0
    };
    let mut tally = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..target.connections).map(|_| scope.spawn(|| client(target, is_on))).collect();
        clients.into_iter().try_fold(Tally::default(), |mut tally, client| {
            tally.merge(client.join().map_err(|_| io::Error::other("a client panicked"))??);
            Ok::<_, io::Error>(tally)
        })
    })?;
    tally.elapsed(started.elapsed());
    Ok(tally)
}

fn client(target: &Target, is_on: impl Fn() -> bool) -> io::Result<Tally> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, target.port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut reader, mut tally) = (Reader::default(), Tally::default());
    while is_on() {
        stream.write_all(&target.request)?;
        let answer = loop {
            if let Some(answer) = reader.read(&stream)? {
                break answer;
            }
        };
        tally.add(answer);
    }
    Ok(tally)
}
