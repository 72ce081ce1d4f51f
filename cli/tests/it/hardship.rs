//! `mock` where the system is hard on it: signals under load, too few descriptors, full disks, closed streams, clocks
//! that jump.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::{Mock, counterfoil, shell, text, write};

/// A script that delays a reply.
const SLOW: &str = "script: 1\nrules: { generateAuthToken: { status: 403, delay: 300ms } }\n";

fn address(url: &str) -> &str {
    url.strip_prefix("http://").expect("it speaks no TLS")
}

/// `mock` started by a line of a shell, in which `$0` is the command.
fn in_shell(line: &str, arguments: &[&str]) -> Mock {
    let mut command = Command::new("bash");
    let mock = ["mock", "tyk", "--port", "0", "--control-port", "0"];
    command.args(["-c", line, env!("CARGO_BIN_EXE_counterfoil")]).args(mock).args(arguments);
    command.stdin(Stdio::null()).env_remove("COUNTERFOIL_LOG");
    Mock::run(command)
}

/// The status of a request, as curl sees it.
fn status(url: &str) -> String {
    shell(&format!("curl -s --max-time 10 -o /dev/null -w '%{{http_code}}' {url}/admin/sso"))
}

/// What a process has cost, user and system together.
fn cpu_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let fields: Vec<&str> =
        stat.rsplit_once(')').expect("its name is in brackets").1.split_whitespace().collect();
    let ticks = |field: &str| field.parse::<u32>().expect("it is a number");
    Duration::from_millis(10) * (ticks(fields[11]) + ticks(fields[12]))
}

/// A request whose body never comes.
fn half_a_request(url: &str) -> TcpStream {
    let mut half = TcpStream::connect(address(url)).expect("it listens");
    let head = b"POST /admin/sso HTTP/1.1\r\nHost: x\r\nAdmin-Auth: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    half.write_all(head).expect("it reads");
    half
}

#[test]
fn a58_a_signal_under_load_ends_it_with_every_reply_whole() {
    let mock = Mock::start(["tyk"]);
    let address = address(&mock.url).to_owned();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let address = address.clone();
            thread::spawn(move || {
                let mut whole = 0;
                // Until connections are refused.
                while let Ok(mut connection) = TcpStream::connect(&address) {
                    let request = b"GET /admin/sso HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                    let mut reply = String::new();
                    if connection.write_all(request).is_err()
                        || connection.read_to_string(&mut reply).is_err()
                    {
                        // It waited to be accepted, and was refused.
                        continue;
                    }
                    assert!(reply.is_empty() || reply.ends_with('}'), "a reply is whole: {reply}");
                    whole += usize::from(!reply.is_empty());
                }
                whole
            })
        })
        .collect();
    // The load is there once the journal has some of it.
    while !shell(&format!("curl -s '{}/calls?limit=1'", mock.control_url)).contains("\"id\"") {}
    let started = Instant::now();
    assert_eq!(mock.end("TERM"), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let whole: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(whole > 0);
}

#[test]
fn a58_a_second_signal_ends_it_at_once() {
    let mut mock = Mock::start(["tyk"]);
    let _half = half_a_request(&mock.url);
    assert_eq!(status(&mock.url), "405", "what came before was read");
    let started = Instant::now();
    mock.signal("TERM");
    while TcpStream::connect(address(&mock.url)).is_ok() {
        thread::yield_now();
    }
    assert!(mock.is_running(), "it waits for what is under way");
    assert_eq!(mock.end("TERM"), Some(0));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn a61_too_few_descriptors_make_it_wait_and_not_spin() {
    let mock = in_shell("ulimit -n 64; exec \"$0\" \"$@\"", &[]);
    let mut kept = half_a_request(&mock.url);
    let held: Vec<TcpStream> = (0..100).map_while(|_| TcpStream::connect(address(&mock.url)).ok()).collect();
    assert!(held.len() > 64, "the rest wait in the kernel's queue");
    let before = cpu_time(mock.id());
    let pause = Duration::from_secs(1);
    let mut queued = held.last().unwrap();
    queued.set_read_timeout(Some(pause)).unwrap();
    let heard = queued.read(&mut [0]).unwrap_err().kind();
    assert!(
        matches!(heard, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "who is in the queue waits all the while: {heard:?}"
    );
    let spent = cpu_time(mock.id()) - before;
    assert!(spent < pause / 5, "{spent:?} of {pause:?}");
    kept.write_all(b"\"a\": 1 }").unwrap();
    let mut reply = [0; 12];
    kept.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200", "who is connected is answered");
    for connection in &held {
        let _ = connection.shutdown(Shutdown::Both);
    }
    drop(held);
    assert_eq!(status(&mock.url), "405", "it recovers");
}

#[test]
fn a66_standard_error_that_is_full_or_closed_costs_no_reply() {
    for redirection in ["2>/dev/full", "2>&-", "2> >(exec true)"] {
        let mock = in_shell(&format!("exec \"$0\" \"$@\" {redirection}"), &[]);
        for _ in 0..3 {
            assert_eq!(status(&mock.url), "405", "{redirection}");
        }
        assert_eq!(mock.end("TERM"), Some(0), "{redirection}");
    }
}

#[test]
fn a60_what_cannot_be_written_at_the_start_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "file", "");
    let below = format!("{}/x", text(&file));
    let rows: [&[&str]; 3] = [&["--port-file", &below], &["--unix", &below], &["--tls"]];
    for arguments in rows {
        let common = ["mock", "tyk", "--control-port", "0"];
        let mut command = counterfoil(common.iter().chain(arguments).copied());
        if !arguments.contains(&"--unix") {
            command.args(["--port", "0"]);
        }
        let refused = command.env("XDG_DATA_HOME", &file).output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(text(&file)), "{arguments:?}: {told}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{arguments:?}");
    }
}

#[test]
fn a60_a_disk_that_fails_is_an_error_that_says_so() {
    // Whoever reads this from its beginning is answered EIO.
    const BROKEN: &str = "/proc/self/mem";
    let rows: [&[&str]; 3] = [&[BROKEN], &["tyk", "--script", BROKEN], &["tyk", "--credentials", BROKEN]];
    for arguments in rows {
        let common = ["mock", "--port", "0", "--control-port", "0"];
        let refused = counterfoil(common.iter().chain(arguments).copied()).output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains("Input/output error") && told.contains(BROKEN), "{arguments:?}: {told}");
    }
}

#[test]
fn a60_a_full_disk_is_an_error_at_the_start_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(folder.path());
    // Only root may mount, and only where it may have a name space of its own; there the disk is seen by nobody else.
    let mount = format!("mount -t tmpfs -o size=4k tmpfs {path} && cat /dev/zero > {path}/full 2>/dev/null");
    let line = format!(
        "{mount}; \"$0\" mock tyk --port 0 --control-port 0 --port-file {path}/ports; echo \"exit $?\"; ls {path}"
    );
    let probe =
        Command::new("unshare").args(["-m", "sh", "-c", &format!("mount -t tmpfs tmpfs {path}")]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!("skipped: no disk of its own can be mounted here");
        return;
    }
    let output = Command::new("unshare")
        .args(["-m", "bash", "-c", &line, env!("CARGO_BIN_EXE_counterfoil")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "exit 2\nfull\n", "{told}");
    assert!(told.contains("No space left") && told.contains("ports"), "{told}");
}

#[test]
fn a60_a_recording_that_cannot_be_written_is_a_warning_and_is_written_once_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let (there, away) = (folder.path().join("there"), folder.path().join("away"));
    fs::create_dir(&there).unwrap();
    let file = there.join("recorded.yaml");
    let upstream = Mock::start(["tyk"]);
    let (mock, log) = Mock::start_logged(["tyk", "--upstream", &upstream.url, "--record", text(&file)]);
    fs::rename(&there, &away).unwrap();
    let url = format!("{}/admin/sso", mock.url);
    let call = || {
        shell(&format!(
            "curl -s --max-time 10 -o /dev/null -w '%{{http_code}}' -X POST -H 'Admin-Auth: x' \
             -H 'Content-Type: application/json' -d '{{\"ForSection\": \"dashboard\"}}' {url}"
        ))
    };
    assert_eq!(call(), "200");
    log.until("the recording cannot be written");
    assert_eq!(call(), "200", "serving goes on");
    fs::rename(&away, &there).unwrap();
    assert_eq!(mock.end("TERM"), Some(0));
    let recorded = fs::read_to_string(&file).unwrap();
    assert!(recorded.contains("generateAuthToken"), "{recorded}");
}

#[test]
fn a64_a_clock_that_jumps_moves_no_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let library = jumping_clock(folder.path());
    let script = write(folder.path(), "slow.yaml", SLOW);
    let clock = write(folder.path(), "clock", "0");
    let line = format!("LD_PRELOAD={} CLOCK={} exec \"$0\" \"$@\"", text(&library), text(&clock));
    let mock = in_shell(&line, &["--script", text(&script)]);
    for jump in ["3600", "-3600", "0"] {
        let url = mock.url.clone();
        let started = Instant::now();
        let asking = thread::spawn(move || {
            shell(&format!(
                "curl -s -o /dev/null -w '%{{http_code}}' -X POST -H 'Admin-Auth: x' {url}/admin/sso"
            ))
        });
        fs::write(&clock, jump).unwrap();
        assert_eq!(asking.join().unwrap(), "403", "{jump}");
        let took = started.elapsed();
        // The shortest jump is an hour.
        assert!(took >= Duration::from_millis(290) && took < Duration::from_mins(10), "{jump}: {took:?}");
    }
    let log = mock.log_with("call 3");
    let hours: Vec<&str> =
        log.lines().filter(|line| line.contains(", call ")).map(|line| &line[11..13]).collect();
    assert!(hours.len() == 3 && hours[0] != hours[1] && hours[1] != hours[2], "the clock jumps: {log}");
    assert_eq!(mock.end("TERM"), Some(0));
}

/// A library that moves the clock of a process by as many seconds as a file says, and leaves alone the one that only
/// ever goes on.
fn jumping_clock(folder: &Path) -> PathBuf {
    let source = write(folder, "clock.c", JUMPING_CLOCK);
    let library = folder.join("clock.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let flags = ["-shared", "-fPIC", "-o", text(&library), text(&source)];
    let built = Command::new(compiler).args(flags).status().expect("Rust links with a compiler of C");
    assert!(built.success());
    library
}

const JUMPING_CLOCK: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failed;
    char text[16] = {0};
    int file = open(getenv("CLOCK"), O_RDONLY);
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
        close(file);
    }
    return 0;
}
"#;
