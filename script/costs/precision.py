"""The suite against servers that others' frameworks make: what it says of the faithful ones, and which of the planted
defects it finds.

Each folder of `script/precision` is a server with `server.json` (how it is started, where its document is, what
credentials it takes) and `defects.json` (its planted defects, each with the operation that shows it). A defect is
switched on by the environment variable DEFECT. It counts as found where the suite reports a failure of that
operation, for of the faithful server there is none.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from processes import RELEASE, ROOT, TARGET, Server, Unmeasured, build, free_port, say

SERVERS = ROOT / "script" / "precision"
# What is installed for the servers and for the suite beside ours, below the target folder.
TOOLS = TARGET / "precision"
PYTHON = TOOLS / "python" / "bin" / "python"
BESIDE = TOOLS / "schemathesis" / "bin" / "schemathesis"
BESIDE_VERSION = "4.32.5"


def install():
    """The servers' frameworks and Schemathesis, in versions that are written down, below the target folder."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    virtual_environment(PYTHON.parent.parent, ["-r", str(SERVERS / "requirements.txt")])
    virtual_environment(BESIDE.parent.parent, [f"schemathesis=={BESIDE_VERSION}"])
    packages = SERVERS / "package.json"
    installed = TOOLS / "package.json"
    if not installed.exists() or installed.read_bytes() != packages.read_bytes():
        if not shutil.which("npm"):
            raise Unmeasured("there is no npm to install the servers with")
        say(f"installing the servers' packages into {TOOLS}")
        shutil.copy(packages, installed)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=TOOLS, check=True)
    say(f"building the servers in Rust into {TOOLS}")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--manifest-path", SERVERS / "Cargo.toml"], check=True,
                   env={**os.environ, "CARGO_TARGET_DIR": str(TOOLS / "rust")})


def virtual_environment(folder, packages):
    mark = folder / "installed.txt"
    wanted = " ".join(packages) + "".join(Path(name).read_text() for name in packages if name.endswith(".txt"))
    if mark.exists() and mark.read_text() == wanted:
        return
    say(f"installing {' '.join(packages)} into {folder}")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
    mark.write_text(wanted)


class Described:
    """A server of `script/precision`, as its folder describes it."""

    def __init__(self, name):
        self.name, self.folder = name, SERVERS / name
        described = json.loads((self.folder / "server.json").read_text())
        self.command, self.document = described["command"], described["document"]
        self.base = described.get("base", "")
        self.headers, self.other_headers = described.get("headers", []), described.get("other_headers", [])
        self.defects = json.loads((self.folder / "defects.json").read_text())

    def start(self, defects=()):
        """The server, with these defects."""
        port = free_port()
        places = {"python": PYTHON, "port": port, "release": RELEASE, "target": TARGET, "folder": self.folder}
        command = [part.format(**places) for part in self.command]
        command = ["sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command]
        environment = {"DEFECT": ",".join(defects), "NODE_PATH": str(TOOLS / "node_modules")}
        return Server(self.name, command, port, environment)

    def written(self, folder):
        """The document as a file: that of the folder, or what the faithful server says."""
        if not self.document.startswith("/"):
            return self.folder / self.document
        file = Path(folder) / f"{self.name}.json"
        if not file.exists():
            with self.start() as server, urllib.request.urlopen(f"http://127.0.0.1:{server.port}{self.document}") as answer:
                file.write_bytes(answer.read())
        return file

    def url(self, server):
        return f"http://127.0.0.1:{server.port}{self.base}"

    def ours(self, server, document, report, *options):
        """The command that holds the server to its document."""
        others = [part for header in self.other_headers for part in ("--other-header", header)]
        return our_command(document, self.url(server), self.headers, report, *others, *options)

    def theirs(self, server, document, report, *options):
        """The command of Schemathesis for the same."""
        return their_command(document, self.url(server), self.headers, report, *options)


def our_command(document, url, headers, report, *options):
    given = [part for header in headers for part in ("--header", header)]
    return [RELEASE / "counterfoil", "test", document, "--url", url, *given, "--report", f"json={report}", *options]


def their_command(document, url, headers, report, *options):
    given = [part for header in headers for part in ("-H", header)]
    return [BESIDE, "run", document, "--url", url, *given, "--no-color", "--report", "json", "--report-json-path",
            report, *options]


def described(names=()):
    """The servers by these names, or all."""
    folders = sorted(file.parent.name for file in SERVERS.glob("*/server.json"))
    unknown = [name for name in names if name not in folders]
    if unknown:
        raise Unmeasured(f"there is no server called {', '.join(unknown)} in {SERVERS}")
    return [Described(name) for name in names or folders]


class Memory(threading.Thread):
    """The most resident memory a process has held, in MiB, as the system remembers it while the process is there.

    What `wait4` says of it is of no use here: it begins with what this program had when it started the process.
    """

    INTERVAL = 0.01

    def __init__(self, process):
        super().__init__(daemon=True)
        self.status, self.most = Path(f"/proc/{process}/status"), 0.0

    def run(self):
        # A process that has ended has no memory to tell of.
        while held := self.held():
            self.most = held
            time.sleep(self.INTERVAL)

    def held(self):
        try:
            found = re.search(r"VmHWM:\s+(\d+)", self.status.read_text())
        except OSError:
            return None
        return found and int(found.group(1)) / 1024


def run(command, cap, folder=None):
    """What a command costs: its CPU time and that of its children, the most memory it held, its output."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, cwd=folder)
        timer = threading.Timer(cap, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
        memory = Memory(process.pid)
        memory.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
            memory.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return {"cpu_s": used.ru_utime + used.ru_stime, "mib": memory.most, "code": process.returncode,
            "wall_s": time.monotonic() - started, "text": text}


def ours(command, report, cap=600):
    """A run of ours with what its report says; failures are operation, check and what failed."""
    report.unlink(missing_ok=True)
    measured = run(command, cap)
    if not report.exists():
        raise Unmeasured(f"the suite wrote no report: {measured['text'][-500:]}")
    runs = json.loads(report.read_text())["runs"]
    measured["requests"] = sum(part["summary"]["requests"] for part in runs)
    measured["failures"] = [(failure["operation"], failure["check"], failure["kind"])
                            for part in runs for failure in part["failures"]]
    return measured


def theirs(command, report, cap=900):
    """A run of Schemathesis with what its report says; failures are method and path, and the type of failure."""
    report.unlink(missing_ok=True)
    # It leaves files of its own where it runs.
    measured = run(command, cap, report.parent)
    if not report.exists():
        raise Unmeasured(f"Schemathesis wrote no report: {measured['text'][-500:]}")
    told = json.loads(report.read_text())
    measured["requests"] = told["test_cases"]["generated"]
    measured["unique"] = told["test_cases"]["unique_failures"]
    measured["failures"] = [(operation, failure["type"]) for failure in told["failures"]
                            for operation in failure["operations"]]
    # Closed connections are errors to it, of which it does not say which operations they are of.
    measured["closed"] = sum(error["count"] for error in told["errors"] if error["title"] == "Network Error")
    return measured


def groups(defects):
    """The defects in groups that have one of each operation at most, so that none hides another."""
    found = []
    for defect, operation in defects.items():
        group = next((group for group in found if operation not in group.values()), None)
        if group is None:
            found.append(group := {})
        group[defect] = operation
    return found


def labels(document):
    """The method and path of each operation of a document, by its id."""
    script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=str))"
    written = subprocess.run([PYTHON, "-c", script, document], check=True, capture_output=True, text=True).stdout
    paths = json.loads(written)["paths"]
    return {operation["operationId"]: f"{method.upper()} {path}" for path, item in paths.items()
            for method, operation in item.items() if isinstance(operation, dict) and "operationId" in operation}


def measure(names, folder, is_faithful_only=False, is_beside=False):
    """Every server by these names, faithful and with each of its defects; whether all was as it should be."""
    install()
    build_ours()
    counts = {"defects": 0, "ours": 0, "theirs": 0, "false": 0}
    for server in described(names):
        document, report = server.written(folder), Path(folder) / "report.json"
        with server.start() as process:
            faithful = ours(server.ours(process, document, report), report)
        counts["false"] += len(faithful["failures"])
        print(f"{server.name}: faithful, {len(faithful['failures'])} failures, {faithful['requests']} requests, "
              f"{faithful['cpu_s']:.2f} s CPU, {faithful['wall_s']:.1f} s", flush=True)
        for failure in faithful["failures"]:
            print("   FALSE ", *failure, flush=True)
        if is_faithful_only:
            continue
        beside = found_by_theirs(server, document, Path(folder) / "theirs.json") if is_beside else {}
        for defect, operation in server.defects.items():
            with server.start([defect]) as process:
                broken = ours(server.ours(process, document, report), report)
            said = sorted({f"{check}: {kind}" for at, check, kind in broken["failures"] if at == operation})
            counts["defects"] += 1
            counts["ours"] += bool(said)
            counts["theirs"] += bool(beside.get(defect))
            theirs_too = f"  {'found ' if beside[defect] else 'missed'}" if is_beside else ""
            print(f"   {'found ' if said else 'MISSED'}{theirs_too} {operation:14} {defect:38} {broken['wall_s']:5.1f} s  "
                  f"{'; '.join(said)[:120]}", flush=True)
    print(f"{counts['false']} failures of faithful servers; {counts['ours']} of {counts['defects']} defects found"
          + (f", {counts['theirs']} by Schemathesis" if is_beside else ""))
    return counts["false"] == 0 and counts["ours"] == counts["defects"]


def found_by_theirs(server, document, report):
    """Which defects Schemathesis finds: those where it says something of the operation that it does not say of the
    faithful server. Those that cannot hide each other are switched on at once."""
    names = labels(document)
    with server.start() as process:
        usual = set(theirs(server.theirs(process, document, report), report)["failures"])
    found = {}
    for group in groups(server.defects):
        with server.start(group) as process:
            said = set(theirs(server.theirs(process, document, report), report)["failures"]) - usual
        found |= {defect: [kind for at, kind in said if at == names[operation]] for defect, operation in group.items()}
    return found


def build_ours():
    """The suite."""
    build("--package", "counterfoil", "--bin", "counterfoil")
