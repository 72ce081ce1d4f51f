"""The stub beside a bare dropshot server that answers the same bytes, and beside Prism.

Every pair is measured in one run, in turns, and the ratio is the median of the rounds'. CPU time is that of the server
process, as the operating system accounts for it; the requests come from a process of their own over a few
connections that stay open.
"""

import json
import subprocess
import urllib.request
from pathlib import Path
from statistics import median

from cases import cases
from processes import (CORPUS, RELEASE, TooSlow, Unmeasured, ask, build, install_prism, say, start_example, start_prism,
                       start_stub)

# Connections under closed and under open load.
CONNECTIONS, OPEN_CONNECTIONS = 4, 32
# Seconds before the first round, in which just-in-time compilers compile and buffers grow.
WARM_UP, PRISM_WARM_UP = 0.3, 3
# How much the memory may grow from the first number of requests to the second.
SOAK = (10_000, 1_000_000)
# Seconds of CPU that Prism may use until it listens, before "more than" is said.
PRISM_CAP = 60
STARTED_ON = ["github.com-api.github.com.json", "stripe.json"]

# Header fields that a server writes by itself, or anew each time.
OWN_FIELDS = {"date", "content-length", "x-request-id", "connection", "keep-alive", "transfer-encoding"}


def measure(rounds, seconds, folder, show):
    """Every figure of the stub, as one dictionary; `show` is told each part of it as soon as it is there."""
    # In one go, so that what they share is built once.
    build("--package", "counterfoil", "--bin", "counterfoil",
          "--package", "counterfoil-server", "--example", "bare_dropshot", "--example", "typed_dropshot")
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-traffic")
    program = install_prism()
    measured = {}

    def part(name, figures):
        measured[name] = figures
        show(name, figures)

    part("cases", [measure_case(case, rounds, seconds, folder, program) for case in cases(folder)])
    first = cases(folder)[0]
    part("latency", measure_latency(first, measured["cases"][0]["stub"]["requests_a_second"], folder))
    part("memory", measure_memory(first, folder))
    part("start", measure_start(max(3, rounds // 2), folder, program))
    return measured


def traffic(command, port, request, *arguments):
    """What the answers were to a request sent again and again."""
    output = subprocess.run([RELEASE / "counterfoil-traffic", command, str(port), request, *map(str, arguments)],
                            capture_output=True, text=True)
    if output.returncode:
        raise Unmeasured(f"the load broke off: {output.stderr.strip()}")
    return json.loads(output.stdout)


def wire_file(case, folder):
    file = Path(folder) / f"{case.name}.request"
    file.write_bytes(case.wire())
    return str(file)


def check(server, case, answered, status):
    """Only right answers are measured."""
    if list(answered["statuses"]) != [str(status)] or answered["smallest"] < case.at_least:
        raise Unmeasured(f"{server.name} answers `{case.name}` wrongly: {answered}")


def measure_case(case, rounds, seconds, folder, program):
    """What a request costs each server, and the ratios."""
    say(f"measuring: {case.title}")
    request = wire_file(case, folder)
    servers, statuses = {}, {}
    try:
        servers["stub"] = start_stub(folder, [case.document])
        answer = ask(servers["stub"].port, case)
        servers["bare"] = bare(case, answer, folder, keep=lambda name: name not in OWN_FIELDS)
        if case.name == "tyk":
            servers["bare_plain"] = bare(case, answer, folder, keep=lambda name: name == "content-type")
            servers["typed"] = start_example(folder, "typed_dropshot")
        servers["stub_logging"] = start_stub(folder, [case.document], is_logging=True)
        if program:
            servers["prism"] = start_prism(program, case.document)
            servers["prism_logging"] = start_prism(program, case.document, is_logging=True)
        is_prism = {name: name.startswith("prism") for name in servers}
        statuses = {name: case.prism_status if is_prism[name] else case.status for name in servers}
        for name, server in servers.items():
            server.settle()
            pause = PRISM_WARM_UP if is_prism[name] else WARM_UP
            check(server, case, traffic("time", server.port, request, CONNECTIONS, pause), statuses[name])
        costs, speeds = {name: [] for name in servers}, {name: [] for name in servers}
        for number in range(rounds):
            for name in list(servers) if number % 2 == 0 else reversed(servers):
                server = servers[name]
                before = server.cpu()
                answered = traffic("time", server.port, request, CONNECTIONS, seconds)
                costs[name].append((server.cpu() - before) * 1e6 / answered["answers"])
                speeds[name].append(answered["answers"] / answered["seconds"])
                check(server, case, answered, statuses[name])
    finally:
        for server in servers.values():
            server.stop()
    figures = {name: {"cpu_us": median(costs[name]), "requests_a_second": median(speeds[name])} for name in servers}
    ratios = {name: ratio(costs["stub"], costs[name]) for name in servers if name != "stub"}
    logging = {"prism": ratio(costs["stub_logging"], costs["prism_logging"])} if program else {}
    return {"name": case.name, "title": case.title, "rounds": rounds, "stub_over": ratios,
            "logging_stub_over_logging": logging, **figures}


def ratio(ours, theirs):
    """The median of the rounds' ratios."""
    return median(our / their for our, their in zip(ours, theirs))


def bare(case, answer, folder, keep):
    """A bare server that answers what the stub answered: the fields that `keep` says, and the body."""
    status, fields, body = answer
    if status != case.status:
        raise Unmeasured(f"the stub answers `{case.name}` with {status}: {body[:300]}")
    headers = [[name, value] for name, value in fields if keep(name.lower())]
    file = Path(folder) / f"{case.name}-{len(headers)}.answer"
    file.write_text(json.dumps({"status": status, "headers": headers, "body": body.decode()}))
    server = start_example(folder, "bare_dropshot", file)
    again = ask(server.port, case)
    if again[0] != status or again[2] != body or not set(map(tuple, headers)) <= set(again[1]):
        server.stop()
        raise Unmeasured(f"the bare server does not answer the same bytes: {again}")
    return server


def measure_latency(case, capacity, folder, seconds=8):
    """How long a client waits where requests come at half the rate that the stub can serve, journal on."""
    rate = int(capacity / 2)
    say(f"measuring: latency at {rate} requests a second, half of what the stub serves")
    request = wire_file(case, folder)
    figures = {"rate": rate, "seconds": seconds}
    with start_stub(folder, [case.document]) as server:
        answer = ask(server.port, case)
        with bare(case, answer, folder, keep=lambda name: name not in OWN_FIELDS) as plain:
            for name, measured in (("stub", server), ("bare", plain)):
                traffic("rate", measured.port, request, OPEN_CONNECTIONS, 1, rate)
                answered = traffic("rate", measured.port, request, OPEN_CONNECTIONS, seconds, rate)
                check(measured, case, answered, case.status)
                figures[name] = {key: answered[key] for key in ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")}
                figures[name]["sent_a_second"] = answered["answers"] / answered["seconds"]
    return figures


def measure_memory(case, folder):
    """Resident memory after few and after many requests; the journal's bound; the numbers of the calls."""
    few, many = SOAK
    say(f"measuring: memory after {few:,} and after {many:,} requests")
    request = wire_file(case, folder)
    with start_stub(folder, [case.document]) as server:
        traffic("count", server.port, request, CONNECTIONS, few)
        server.settle()
        before = server.resident()
        answered = traffic("count", server.port, request, CONNECTIONS, many - few)
        check(server, case, answered, case.status)
        server.settle()
        after = server.resident()
        calls = kept_calls(server)
    return {"few": few, "many": many, "few_mib": before, "many_mib": after, "ratio": after / before,
            "numbered": answered["numbered"], "repeated": answered["repeated"], "kept_calls": len(calls),
            "kept_repeated": len(calls) - len(set(calls)), "kept_last": max(calls)}


def kept_calls(server):
    """The numbers of the calls in the journal, page by page."""
    numbers, after = [], 0
    while after is not None:
        url = f"http://127.0.0.1:{server.control_port}/calls?after={after}"
        with urllib.request.urlopen(url, timeout=30) as response:
            page = json.load(response)
        numbers += [call["id"] for call in page["items"]]
        after = page.get("next")
    return numbers


def measure_start(rounds, folder, program):
    """CPU from the start of the process until it listens and has said what it has to say."""
    figures = []
    for name in STARTED_ON:
        found = sorted(CORPUS.glob(f"**/{name}"))
        if not found:
            say(f"not measured: start-up on {name}, for there is none below {CORPUS}")
            continue
        say(f"measuring: start-up on {name}")
        row = {"document": name, "mib": found[0].stat().st_size / 2**20}
        spent = []
        for _ in range(rounds):
            with start_stub(folder, found[:1], cap=120) as server:
                listening = server.cpu()
                server.settle()
                spent.append((listening, server.cpu(), server.resident()))
        row["stub_listening_s"], row["stub_s"], row["stub_mib"] = (median(column) for column in zip(*spent))
        if program:
            row.update(measure_prism_start(program, found[0]))
            row["prism_over_stub"] = row["prism_s"] / row["stub_s"]
        figures.append(row)
    return figures


def measure_prism_start(program, document):
    """What Prism needs likewise; it is stopped where that is more than the cap."""
    try:
        with start_prism(program, document, is_logging=True, cap=PRISM_CAP) as server:
            server.settle()
            return {"prism_s": server.cpu(), "prism_mib": server.resident(), "is_more_than": False}
    except TooSlow as error:
        say(f"stopped: {error}")
        return {"prism_s": error.spent, "is_more_than": True}
