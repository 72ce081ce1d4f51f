//! Reading a document, in a process of its own, so that its peak memory is its own too.

use std::fs;
use std::hint::black_box;

use counterfoil_openapi::{BasePaths, Contract, Route, Router};
use serde_json::{Value, json};

use crate::cpu_time;

/// The document read into a `Value`.
pub fn parse(file: &str) -> Result<(), String> {
    let bytes = read(file)?;
    measure(|| serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string()))
}

/// The document read ready to route: the router answers for one path.
pub fn load(file: &str) -> Result<(), String> {
    let bytes = read(file)?;
    measure(|| {
        let contract = Contract::load(file, &bytes).map_err(|error| error.to_string())?;
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let first = contract.operations().first().ok_or("a document without operations")?;
        let path = first.path().as_str().replace(['{', '}'], "x");
        match router.find(first.method(), &path) {
            Route::Found(_) => {}
            missed => return Err(format!("{path} is not routed: {missed:?}")),
        }
        Ok((contract, router))
    })
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{file}: {error}"))
}

/// Prints what `work` needs: CPU milliseconds, and the growth of the peak resident memory in KiB.
fn measure<T>(work: impl FnOnce() -> Result<T, String>) -> Result<(), String> {
    let (start, resident) = (cpu_time(), status("VmRSS:")?);
    let made = black_box(work()?);
    let spent = cpu_time() - start;
    let peak = status("VmHWM:")?.saturating_sub(resident);
    println!("{}", json!({ "cpu_ms": spent.as_secs_f64() * 1e3, "peak_kib": peak }));
    drop(made);
    Ok(())
}

/// A figure of `/proc/self/status`, in KiB.
fn status(name: &str) -> Result<u64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
    line.trim().trim_end_matches(" kB").parse().map_err(|_| format!("{line} is no figure"))
}
