//! What `script/bench` runs to measure the contract engine; each command prints JSON, one object a line.
//!
//! | command | prints |
//! |---|---|
//! | `parse FILE` | what `serde_json` needs to read a document into a `Value`, and nothing else |
//! | `load FILE` | what we need to read it ready to route |
//! | `message ROUNDS` | decoding and validating a request, beside validating its parsed body |
//! | `schemas FOLDER COUNT` | schemas of the documents below a folder, lowered and self-contained, one a line |
//! | `generate TOOL FILE FROM COUNT` | values a second and share valid, a line a schema, from line FROM of FILE |

mod generate;
mod load;
mod message;
mod schemas;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time this process has used, all threads.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["parse", file] => load::parse(file),
        ["load", file] => load::load(file),
        ["message", rounds] => message::compare(number(rounds)?),
        ["schemas", folder, count] => schemas::print(folder, number(count)?),
        ["generate", tool, file, from, count] => generate::run(tool, file, number(from)?, number(count)?),
        _ => Err("see the head of main.rs for the commands".to_owned()),
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}
