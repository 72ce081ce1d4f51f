//! A pseudo-terminal: what the command does where a person sits before it.

use std::process::{Command, Stdio};

/// Makes a terminal, runs a command at it, types a text and shows what is seen. The standard library has no terminals,
/// and a crate that has some would be compiled into all others.
const TERMINAL: &str = "
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode())
while True:
    try:
        seen = os.read(terminal, 4096)
    except OSError:
        break
    if not seen:
        break
    os.write(1, seen)
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
";

/// Runs a command at a terminal at which something was typed, to its end: its exit code, and what was seen. Nothing where
/// there is no Python to make a terminal.
pub(crate) fn at_terminal(command: &Command, typed: &str) -> Option<(Option<i32>, String)> {
    let is_there = Command::new("python3").args(["-c", "import pty"]).stdin(Stdio::null()).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL, typed]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    python.current_dir(command.get_current_dir().unwrap_or(std::path::Path::new(".")));
    let output = python.stdin(Stdio::null()).output().expect("it starts");
    let seen = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    Some((output.status.code(), seen))
}
