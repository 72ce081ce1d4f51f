//! Running the command.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The command, in an environment that nobody set up for it.
pub(crate) fn counterfoil<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.args(arguments).stdin(Stdio::null()).env("COLUMNS", "100");
    let variables = [
        "CI",
        "INSTA_UPDATE",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "CLICOLOR",
        "COUNTERFOIL_LOG",
        "COUNTERFOIL_CONTROL",
        "COUNTERFOIL_CONTROL_TOKEN",
    ];
    for variable in variables {
        command.env_remove(variable);
    }
    command
}

/// What a finished command did.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("output is UTF-8"),
        }
    }
}

/// Runs the command to its end.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Finished {
    counterfoil(arguments).output().expect("the command starts").into()
}

/// Runs the command to its end with a text on standard input.
pub(crate) fn run_with_input<'a>(arguments: impl IntoIterator<Item = &'a str>, input: &str) -> Finished {
    let mut child = counterfoil(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

/// A file of a folder for one test.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a temporary folder can be written");
    path
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// A running `mock`; it is killed when dropped.
pub(crate) struct Mock {
    child: Child,
    out: BufReader<ChildStdout>,
    log: tempfile::NamedTempFile,
    pub(crate) url: String,
    pub(crate) control_url: String,
}

impl Mock {
    /// Starts one on free ports and waits until it listens.
    pub(crate) fn start<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::start_with_input(arguments, "")
    }

    /// As [`Mock::start`], with a text on standard input.
    pub(crate) fn start_with_input<'a>(arguments: impl IntoIterator<Item = &'a str>, input: &str) -> Self {
        Self::spawn(on_free_ports(arguments), input, None)
    }

    /// Starts one whose log is read as it comes.
    pub(crate) fn start_logged<'a>(arguments: impl IntoIterator<Item = &'a str>) -> (Self, Log) {
        Self::start_logged_under(arguments, &[])
    }

    /// As [`Mock::start_logged`], with some environment variables set.
    pub(crate) fn start_logged_under<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
        variables: &[&str],
    ) -> (Self, Log) {
        let mut command = on_free_ports(arguments);
        command.envs(variables.iter().map(|name| (name, "1")));
        let mut mock = Self::spawn(command, "", Some(Stdio::piped()));
        let lines = BufReader::new(mock.child.stderr.take().expect("it is piped")).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        (mock, Log(receiver))
    }

    /// Starts one whose standard error is a pipe that nobody reads.
    pub(crate) fn start_unread<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::spawn(on_free_ports(arguments), "", Some(Stdio::piped()))
    }

    /// Starts one as told and waits until it listens.
    pub(crate) fn run(command: Command) -> Self {
        Self::spawn(command, "", None)
    }

    fn spawn(mut command: Command, input: &str, stderr: Option<Stdio>) -> Self {
        let log = tempfile::NamedTempFile::new().expect("temporary files can be made");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr.unwrap_or_else(|| log.reopen().expect("it was made just now").into()))
            .spawn()
            .expect("the command starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A command that asks for no input may have ended before it is there.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut address = |label: &str| {
            let mut line = String::new();
            out.read_line(&mut line).expect("it prints");
            let url = line.strip_prefix(label).map(str::trim);
            let url = url.unwrap_or_else(|| panic!("expected a line with `{label}`, got {line:?}"));
            url.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "")
        };
        let (url, control_url) = (address("stub"), address("control API"));
        Self { child, out, log, url, control_url }
    }

    /// The lines up to the one that says how to stop it.
    pub(crate) fn announcement(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = self.out.read_line(&mut line).expect("it prints");
            if read == 0 || line.contains("Ctrl-C") {
                return lines;
            }
            lines.push(line.trim_end().to_owned());
        }
    }

    /// What it has logged, once a text is in it.
    pub(crate) fn log_with(&self, text: &str) -> String {
        let started = Instant::now();
        loop {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            assert!(started.elapsed() < Duration::from_mins(1), "{text:?} is not logged:\n{log}");
            std::thread::yield_now();
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).expect("logs are UTF-8")
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status();
        assert!(sent.expect("there is a kill command").success());
    }

    /// Sends a signal by name and gives the exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.child.wait().expect("it ends").code()
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is a child of ours").is_none()
    }
}

/// The command that serves a stub on free ports.
fn on_free_ports<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    counterfoil(["mock", "--port", "0", "--control-port", "0"].into_iter().chain(arguments))
}

/// What a running command tells on standard error.
pub(crate) struct Log(Receiver<String>);

impl Log {
    /// The next line; it comes within a time that only a defect exceeds.
    pub(crate) fn line(&self) -> String {
        self.0.recv_timeout(Duration::from_secs(30)).expect("the log has another line")
    }

    /// The lines up to the first that holds a text.
    pub(crate) fn until(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(text)) {
            lines.push(self.line());
        }
        lines
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a line in a shell and gives its output.
pub(crate) fn shell(line: &str) -> String {
    let output =
        Command::new("sh").args(["-c", line]).stdin(Stdio::null()).output().expect("there is a shell");
    String::from_utf8(output.stdout).expect("answers are UTF-8")
}
