//! What `script/bench` loads servers with: a process of its own, so that its cost is not counted as theirs.
//!
//! | command | sends the request in FILE to the port of this machine |
//! |---|---|
//! | `count PORT FILE CONNECTIONS REQUESTS` | so often; each connection asks again once it is answered |
//! | `time PORT FILE CONNECTIONS SECONDS` | for so long; likewise |
//! | `rate PORT FILE CONNECTIONS SECONDS RATE` | so often a second, whether it is answered or not |
//!
//! FILE holds a request of HTTP/1.1 as it goes over the wire. Connections are kept. Every answer is read whole, and
//! what was answered is printed as one JSON object, so that only right answers are measured.

mod answer;
mod closed;
mod open;
mod tally;

use std::error::Error;
use std::time::Duration;

/// Which connections are made, and what is sent over each.
struct Target {
    port: u16,
    request: Vec<u8>,
    connections: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, port, file, connections, rest @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let target =
        Target { port: port.parse()?, request: std::fs::read(file)?, connections: connections.parse()? };
    let printed = match (command.as_str(), rest) {
        ("count", [requests]) => closed::run(&target, closed::Until::Requests(requests.parse()?))?,
        ("time", [seconds]) => closed::run(&target, closed::Until::Elapsed(duration(seconds)?))?,
        ("rate", [seconds, rate]) => open::run(&target, duration(seconds)?, rate.parse()?)?,
        _ => return Err(USAGE.into()),
    };
    println!("{printed}");
    Ok(())
}

const USAGE: &str = "see the head of main.rs for the commands";

fn duration(text: &str) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}
