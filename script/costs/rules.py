"""What it costs to find the rule of a script that answers, by how many rules its operation has.

Each stub serves one document under a script whose rules ask for equality, each for another value, and is sent the
request that its last rule answers. CPU time is that of the server process; the ratios are the medians of the rounds'.
"""

import json
from pathlib import Path
from statistics import median

from processes import Unmeasured, build, say, start_stub
from stub import CONNECTIONS, WARM_UP, traffic

COUNTS = [10, 1_000, 100_000]

DOCUMENT = {
    "openapi": "3.0.3", "info": {"title": "Orders", "version": "1"},
    "paths": {"/orders/{id}": {"post": {
        "operationId": "putOrder",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"customer": {"type": "string"}, "items": {"type": "integer"}}}}}},
        "responses": {"200": {"description": "ok"}, "409": {"description": "taken"}}}}},
}

# What the rule of a number asks for; the request that only the last rule answers is made of the same.
KINDS = {
    "a path parameter": lambda number: {"path.id": number},
    "a field of the body": lambda number: {"body.customer": f"customer {number}"},
    "members of the body": lambda number: {"body": {"items": 1, "customer": f"customer {number}"}},
}


def measure(rounds, seconds, folder):
    """Prints what a request costs with each number of rules, as ratios to the fewest."""
    build("--package", "counterfoil", "--bin", "counterfoil")
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-traffic")
    document = Path(folder) / "orders.json"
    document.write_text(json.dumps(DOCUMENT))
    for title, when in KINDS.items():
        say(f"measuring: rules that ask for {title}")
        costs = measure_kind(document, when, rounds, seconds, folder)
        ratios = [f"{count:,}: {median(cost / few for cost, few in zip(costs[count], costs[COUNTS[0]])):.2f} x"
                  for count in COUNTS[1:]]
        print(f"rules that ask for {title}, CPU time a request with {COUNTS[0]} rules {median(costs[COUNTS[0]]):.0f} us, "
              f"with {', with '.join(ratios)} (target: at most 2)", flush=True)


def measure_kind(document, when, rounds, seconds, folder):
    servers, costs = {}, {count: [] for count in COUNTS}
    try:
        for count in COUNTS:
            rules = [{"when": when(number), "respond": 409} for number in range(1, count + 1)]
            script = Path(folder) / f"{count}.script.json"
            script.write_text(json.dumps({"script": 1, "rules": {"putOrder": rules}}))
            servers[count] = start_stub(folder, [document], "--script", script, cap=240)
        for count, server in servers.items():
            server.settle()
            ask(server, count, WARM_UP, folder)
        for number in range(rounds):
            for count in COUNTS if number % 2 == 0 else reversed(COUNTS):
                server = servers[count]
                before = server.cpu()
                answered = ask(server, count, seconds, folder)
                costs[count].append((server.cpu() - before) * 1e6 / answered["answers"])
    finally:
        for server in servers.values():
            server.stop()
    return costs


def ask(server, count, seconds, folder):
    """Sends the request that the last of so many rules answers."""
    body = json.dumps({"customer": f"customer {count}", "items": 1})
    file = Path(folder) / f"{count}.request"
    file.write_bytes(f"POST /orders/{count} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    answered = traffic("time", server.port, file, CONNECTIONS, seconds)
    if list(answered["statuses"]) != ["409"]:
        raise Unmeasured(f"with {count} rules the last one does not answer: {answered}")
    return answered
