"""The suite beside Schemathesis, in one run, in turns, on the same targets.

CPU time is that of the tester alone, as the operating system accounts for it, and so is its memory; a request is what
each says of itself: ours the requests it sent, Schemathesis the test cases it generated. What each finds is counted
in builds of the targets with several planted defects, each in an operation of its own, and by one rule for both: a
failure is an operation and what kind of thing is wrong with it, however many ways a tester tells that in, and what it
says of the faithful build as well is none.
"""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from statistics import median

from precision import Described, build_ours, install, labels, our_command, ours, their_command, theirs
from processes import CORPUS, Unmeasured, say, start_stub

# The settings that Schemathesis's maintainer asks benchmarks to use.
BENCHMARK = ["--continue-on-failure", "--no-shrink", "--suppress-health-check", "all"]
# What is to be reached: requests a CPU second, the share of memory, and milliseconds to the first request.
REQUESTS, MEMORY, START = 20, 5, 100
# Planted, as many at once as do not hide each other.
FASTAPI = ["deep-offset-crashes", "leap-day-crashes", "nights-as-text", "id-no-uuid-when-read", "auth-ignored-on-delete",
           "changed-lacks-made-at", "rooms-as-text-for-long-name", "location-missing"]
AXUM = ["great-amount-crashes", "empty-change-taken", "limit-51-taken", "unknown-entry-crashes",
        "removal-without-key", "unknown-replaced-crashes", "no-balance-crashes", "long-remark-taken", "head-crashes"]
# What failures are called by each, where it is the same thing that is wrong.
KINDS = {
    "not_a_server_error": ["ServerError"],
    "status_code_conformance": ["UndefinedStatusCode"],
    "content_type_conformance": ["UndefinedContentType", "MissingContentType", "MalformedMediaType"],
    "response_headers_conformance": ["MissingHeaders"],
    "response_schema_conformance": ["JsonSchemaError", "MalformedJson", "ContentDeserializationError",
                                    "DiscriminatorMismatch"],
    "negative_data_rejection": ["AcceptedNegativeData"],
    "positive_data_acceptance": ["RejectedPositiveData"],
    "missing_required_header": ["MissingHeaderNotRejected"],
    "unsupported_method": ["UnsupportedMethodResponse"],
    "allow_header_conformance": ["AllowHeaderMismatch"],
    "ignored_auth": ["IgnoredAuth"],
    "use_after_free": ["UseAfterFree"],
    "ensure_resource_availability": ["EnsureResourceAvailability"],
    "object_level_authorization": ["ObjectLevelAuthorizationViolation"],
    "max_response_time": ["ResponseTimeExceeded"],
}
OURS_FOR = {theirs: ours for ours, names in KINDS.items() for theirs in names}
# What the stub breaks on purpose: the answers of operations, by a script.
DOCUMENT = "3.0/dropshot-test_openapi_fuller.json"


def first_request(command, folder):
    """Milliseconds from the start of a tester, in a folder, until its first request has come in; `command` is told a
    URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = time.monotonic()
        process = subprocess.Popen(list(map(str, command(f"http://127.0.0.1:{listener.getsockname()[1]}"))),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True, cwd=folder)
        try:
            listener.settimeout(60)
            connection, _ = listener.accept()
            connection.settimeout(60)
            connection.recv(1)
            waited = (time.monotonic() - started) * 1000
            connection.close()
            return waited
        except TimeoutError:
            raise Unmeasured("no request came within a minute") from None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Stub:
    """Our stub of a document of thirty operations; with defects, a script breaks some of its answers."""

    name, headers = "our stub, 31 operations", []

    def __init__(self, folder):
        self.folder, self.document = folder, CORPUS / DOCUMENT
        if not self.document.exists():
            raise Unmeasured(f"there is no {self.document}")

    def start(self, with_defects):
        options = ["--script", self.script()] if with_defects else []
        return start_stub(self.folder, [self.document], *options)

    def script(self):
        """Every third operation answers with an error of its own, or closes the connection."""
        paths = json.loads(self.document.read_text())["paths"]
        operations = [operation["operationId"] for path in paths.values() for operation in path.values()
                      if isinstance(operation, dict) and "operationId" in operation]
        answers = ["respond: 500", "fault: reset", "respond: 503"]
        lines = ["script: 1", "rules:"]
        for at, operation in enumerate(operations[::3]):
            lines.append(f"  {operation}: [{{ {answers[at % 3]} }}]")
        file = Path(self.folder) / "defects.yaml"
        file.write_text("\n".join(lines) + "\n")
        return file

    def url(self, server):
        return f"http://127.0.0.1:{server.port}"


class Service:
    """A server of `script/precision`."""

    def __init__(self, name, title, defects, folder):
        self.described, self.name, self.defects = Described(name), title, defects
        self.headers = self.described.headers
        self.document = self.described.written(folder)

    def start(self, with_defects):
        return self.described.start(self.defects if with_defects else ())

    def url(self, server):
        return self.described.url(server)


def measure(rounds, seconds, folder):
    """The figures for every target; each is shown as soon as it is there."""
    install()
    build_ours()
    targets = [lambda: Stub(folder), lambda: Service("bookings", "FastAPI, 7 operations", FASTAPI, folder),
               lambda: Service("ledger", "axum, 9 operations", AXUM, folder)]
    figures = []
    for make in targets:
        target = make()
        figures.append(measure_target(target, rounds, seconds, Path(folder)))
        show(figures[-1])
    return figures


def measure_target(target, rounds, seconds, folder):
    mine, other = folder / "ours.json", folder / "theirs.json"
    row = {"target": target.name, "ours": [], "theirs": [], "ours_timed": [], "theirs_timed": []}
    plans = [("ours", ours, our_command, mine, []), ("theirs", theirs, their_command, other, []),
             ("ours_timed", ours, our_command, mine, ["--max-time", int(seconds), "--no-shrink"]),
             ("theirs_timed", theirs, their_command, other, ["--max-time", int(seconds), *BENCHMARK])]
    for number in range(rounds):
        for name, take, command, report, options in plans:
            say(f"measuring: {target.name}, {name}, round {number + 1}")
            with target.start(with_defects=False) as server:
                row[name].append(take(command(target.document, target.url(server), target.headers, report, *options), report))
    for name, take, command, report, options in plans[:2]:
        say(f"measuring: {target.name} with defects, {name}")
        with target.start(with_defects=True) as server:
            row[f"{name}_broken"] = take(command(target.document, target.url(server), target.headers, report, *options),
                                         report)
    for name, command, report in (("ours", our_command, mine), ("theirs", their_command, other)):
        waits = [first_request(lambda url: command(target.document, url, target.headers, report), folder)
                 for _ in range(max(3, rounds))]
        row[f"{name}_first_ms"] = median(waits)
    row["labels"] = labels(target.document)
    return row


def unique(runs, names):
    """The failures that runs tell of, each an operation and what is wrong with it."""
    return {(names.get(operation, operation), OURS_FOR.get(kind, kind))
            for run in runs for operation, kind, *_ in run["failures"]}


def show(row):
    """The figures of a target, as text, ratios first."""
    def speed(name):
        return median(run["requests"] / run["cpu_s"] for run in row[name])

    def memory(name):
        return median(run["mib"] for run in row[name])

    print(row["target"])
    for title, ours_name, theirs_name in (("default settings", "ours", "theirs"),
                                          ("benchmark settings", "ours_timed", "theirs_timed")):
        fast, lean = speed(ours_name) / speed(theirs_name), memory(theirs_name) / memory(ours_name)
        print(f"  {title:20} requests a CPU second {speed(ours_name):9.0f} : {speed(theirs_name):7.0f} = {fast:6.1f} x "
              f"(at least {REQUESTS}: {verdict(fast >= REQUESTS)})")
        print(f"  {'':20} memory, MiB           {memory(ours_name):9.1f} : {memory(theirs_name):7.1f} = {lean:6.1f} x less "
              f"(at least {MEMORY}: {verdict(lean >= MEMORY)})")
        for name in (ours_name, theirs_name):
            print(f"  {'':20} {name:13} {median(run['requests'] for run in row[name]):8.0f} requests, "
                  f"{median(run['cpu_s'] for run in row[name]):6.2f} s CPU, {median(run['wall_s'] for run in row[name]):6.1f} s, "
                  f"{median(len(run['failures']) for run in row[name]):.0f} failures of the faithful build")
    said = {name: unique(row[name], row["labels"]) for name in ("ours", "theirs")}
    found = {name: unique([row[f"{name}_broken"]], row["labels"]) - said[name] for name in said}
    closed = max(0, row["theirs_broken"]["closed"] - max(run["closed"] for run in row["theirs"]))
    counts = len(found["ours"]), len(found["theirs"]) + closed
    print(f"  with defects         unique failures       {counts[0]:9} : {counts[1]:7} (no fewer: "
          f"{verdict(counts[0] >= counts[1])}), {len(found['ours'] & found['theirs'])} found by both; of theirs "
          f"{closed} are closed connections, told as errors")
    for operation, kind in sorted(found["theirs"] - found["ours"]):
        print(f"  {'':20} theirs alone          {operation}: {kind}")
    for name, alone in said.items():
        for operation, kind in sorted(alone):
            print(f"  faithful build       {name:21} {operation}: {kind}")
    print(f"  first request after  {row['ours_first_ms']:.0f} ms : {row['theirs_first_ms']:.0f} ms "
          f"(at most {START}: {verdict(row['ours_first_ms'] <= START)})\n", flush=True)


def verdict(is_met):
    return "met" if is_met else "MISSED"
