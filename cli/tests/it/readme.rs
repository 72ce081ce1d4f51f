//! The README's commands, run as a reader would run them.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../../../README.md");
const MARK: &str = "#=> ";

/// A command of the README and what it says the command prints.
#[derive(Debug)]
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The commands of every `sh` block, in order.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in README.split("```sh\n").skip(1) {
        let block = block.split("```").next().expect("a split has a first part");
        let mut command = String::new();
        for line in block.lines() {
            if let Some(printed) = line.strip_prefix(MARK) {
                steps.last_mut().expect("a command before its output").printed.push(printed.to_owned());
                continue;
            }
            let _ = writeln!(command, "{line}");
            let is_open_here_document = command.matches("YAML").count() == 1;
            if !line.ends_with('\\') && !is_open_here_document {
                steps.push(Step { command: std::mem::take(&mut command), printed: Vec::new() });
            }
        }
        assert!(command.is_empty(), "the block ends inside a command: {command}");
    }
    steps
}

/// A running `counterfoil mock`, stopped on drop.
struct Mock {
    process: Child,
    ports: [String; 2],
}

impl Mock {
    fn start(folder: &Path) -> Self {
        let file = folder.join("ports");
        let mut process = Command::new(env!("CARGO_BIN_EXE_counterfoil"))
            .args(["mock", "--port", "0", "--control-port", "0", "--port-file"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // The table of operations is printed once both planes listen, and the port file is written before it.
        let stdout = process.stdout.take().expect("standard output is piped");
        let mut lines = BufReader::new(stdout).lines();
        lines.next().expect("a first line").expect("text");
        let text = std::fs::read_to_string(&file).expect("the port file");
        let mut ports = text.split_whitespace().map(str::to_owned);
        let ports = [ports.next().expect("the stub's port"), ports.next().expect("the control port")];
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, ports }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_command_does_what_the_readme_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mock = Mock::start(folder.path());
    let mut commands = 0;
    for step in steps() {
        // These two are what CI runs, this test being part of them; the first is running beside this test.
        let is_run_elsewhere = ["script/test", "cargo run --release -- mock", "TARGET_URL"]
            .iter()
            .any(|start| step.command.trim_start().starts_with(start));
        if is_run_elsewhere {
            continue;
        }
        let command = step
            .command
            .replace("cargo run --release --", env!("CARGO_BIN_EXE_counterfoil"))
            .replace("localhost:4010", &format!("localhost:{}", mock.ports[0]))
            .replace("localhost:4011", &format!("localhost:{}", mock.ports[1]));
        let output = Command::new("bash")
            .args(["-euc", &command])
            .current_dir(folder.path())
            // A reader's shell has neither; both decide what becomes of snapshots.
            .env_remove("INSTA_UPDATE")
            .env_remove("CI")
            .output()
            .expect("bash is there");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{stdout}\n{stderr}", step.command);
        if !step.printed.is_empty() {
            assert_eq!(stdout.trim_end(), step.printed.join("\n"), "{}", step.command);
        }
        commands += 1;
    }
    assert!(commands >= 12, "only {commands} commands were found in the README");
}

#[test]
fn the_readme_is_short() {
    assert!(README.lines().count() <= 200);
}
