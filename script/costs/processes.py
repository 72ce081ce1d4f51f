"""Processes under measurement: how they are started, what they have cost so far, how they are stopped."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
TARGET = ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")
RELEASE = TARGET / "release"
PRISM_VERSION = "5.16.0"

# Whether programs are taken as they were built before; `script/bench --built` sets it.
is_built = False


class Unmeasured(Exception):
    """Something could not be measured; the text says why."""


class TooSlow(Unmeasured):
    """A server that did not listen in time; `spent` is the CPU time it had used by then, in seconds."""

    def __init__(self, name, spent):
        super().__init__(f"{name} does not listen after {spent:.0f} s of CPU time")
        self.spent = spent


def say(text):
    """Progress, kept apart from the results."""
    print(text, file=sys.stderr, flush=True)


def build(*arguments):
    if is_built:
        return
    say(f"building: cargo build --release {' '.join(arguments)}")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    subprocess.run(["cargo", "build", "--release", "--quiet", "--locked", *arguments], cwd=ROOT, check=True,
                   env=environment)


def install_prism():
    """Prism in a scratch folder; its program, or nothing where it cannot be installed."""
    folder = TARGET / "prism"
    program = folder / "node_modules" / ".bin" / "prism"
    if program.exists():
        return program
    try:
        if not (shutil.which("node") and shutil.which("npm")):
            say("installing node")
            for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "nodejs", "npm"]):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        say(f"installing Prism {PRISM_VERSION} into {folder}")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", str(folder), "--silent", "--no-audit", "--no-fund",
                        f"@stoplight/prism-cli@{PRISM_VERSION}"], check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"Prism could not be installed, so nothing is measured beside it: {error}")
        return None
    return program


class Server:
    """A server process that listens on a port of this machine; it is stopped at the end of a `with`.

    What it prints is thrown away, or where `is_read` goes through a pipe to a process that reads it, as a terminal or
    a CI job would.
    """

    def __init__(self, name, command, port, environment=None, cap=30, is_read=False):
        self.name, self.port, self.reader = name, None, None
        output = subprocess.PIPE if is_read else subprocess.DEVNULL
        self.process = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        if is_read:
            self.reader = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)
            # The reader's end is the only one, so that each learns when the other has gone.
            self.process.stdout.close()
        # The clock of the process's CPU time, all its threads, in nanoseconds: clock_getcpuclockid(3).
        self.clock = (~self.process.pid << 3) | 2
        try:
            self.port = self.wait_for(port, cap)
        except BaseException:
            self.stop()
            raise

    def wait_for(self, port, cap):
        """Waits until somebody listens, but no longer than `cap` seconds of CPU time, or four times that of the
        clock; `port` is a number, or tells it once it is known."""
        deadline = time.monotonic() + 4 * cap
        while self.cpu() < cap and time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Unmeasured(f"{self.name} ended by itself with code {self.process.returncode}")
            found = port() if callable(port) else port
            if found is not None and listens(found):
                return found
            time.sleep(0.002)
        raise TooSlow(self.name, self.cpu())

    def cpu(self):
        """Seconds of CPU time, user and system, of all threads."""
        return time.clock_gettime(self.clock)

    def resident(self):
        """Resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def settle(self, patience=30):
        """Waits until it has been idle for a while."""
        deadline = time.monotonic() + patience
        before = self.cpu()
        while time.monotonic() < deadline:
            time.sleep(0.3)
            now = self.cpu()
            if now - before < 0.003:
                return
            before = now

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.reader:
            self.reader.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_stub(folder, documents, *options, is_logging=False, cap=30):
    """Our stub, as it is by default or without its log; its control port is the second line of its port file."""
    port_file = Path(folder) / f"ports-{time.monotonic_ns()}"
    command = [RELEASE / "counterfoil", "mock", *documents, "--port", "0", "--control-port", "0",
               "--port-file", port_file, *options]

    def port():
        lines = port_file.read_text().split() if port_file.exists() else []
        return int(lines[0]) if lines else None

    log = "info" if is_logging else "off"
    server = Server("stub", command, port, {"COUNTERFOIL_LOG": log}, cap, is_read=is_logging)
    server.control_port = int(port_file.read_text().split()[1])
    return server


def start_prism(program, document, *, is_logging=False, cap=120):
    """Prism, as it is by default or without its log."""
    port = free_port()
    silence = [] if is_logging else ["--verboseLevel", "silent"]
    command = ["node", program, "mock", "--port", port, "--multiprocess=false", *silence, document]
    return Server("Prism", command, port, cap=cap, is_read=is_logging)


def start_example(folder, name, *arguments):
    """A server of `server/examples`, whose first line is its port."""
    port_file = Path(folder) / f"{name}-{time.monotonic_ns()}"
    quoted = " ".join(f"'{argument}'" for argument in [RELEASE / "examples" / name, *arguments])
    command = ["sh", "-c", f"exec {quoted} > '{port_file}'"]

    def port():
        text = port_file.read_text() if port_file.exists() else ""
        return int(text) if text.endswith("\n") else None

    return Server(name, command, port)


def ask(port, request):
    """One request; status, header fields and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(request.method, request.target, request.body, request.headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
