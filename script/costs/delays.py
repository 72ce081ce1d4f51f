"""What it takes to hold requests whose replies a script delays: threads, memory, time.

Every request is sent over a connection of its own, all of them within the delay, so that they are held at once. Were one
worker held by each, or by some, they would be answered one after the other.
"""

import json
import os
import selectors
import socket
import time
from pathlib import Path

from processes import Unmeasured, say, start_stub
from rules import DOCUMENT

REQUESTS, DELAY = 10_000, 1
# Connections that are made in a row.
BURST = 64


def measure(folder):
    """Prints what so many requests in a delay at once take."""
    say(f"measuring: {REQUESTS:,} requests in a delay of {DELAY} s at once")
    document, script = Path(folder) / "delayed.json", Path(folder) / "delayed.script.json"
    document.write_text(json.dumps(DOCUMENT))
    script.write_text(json.dumps({"script": 1, "rules": {"putOrder": {"status": 409, "delay": f"{DELAY}s"}}}))
    # All connections are there before the first request is sent, and until then they wait.
    with start_stub(folder, [document], "--script", script, "--max-connections", str(2 * REQUESTS)) as server:
        server.settle()
        held = hold(server, REQUESTS)
    print(f"{REQUESTS:,} requests in a delay of {DELAY} s: {held['most']:,} of them at once, the last answered "
          f"{held['elapsed']:.1f} s after the first was sent, by {held['threads']} threads in {held['cpu']:.2f} s of CPU "
          f"time; resident {held['idle']:.0f} MiB idle, {held['connected']:.0f} MiB with {REQUESTS:,} connections, "
          f"{held['resident']:.0f} MiB with their requests ({held['each']:.1f} KiB each)", flush=True)


def hold(server, count):
    """Sends so many requests at once, and reads their answers."""
    body = b'{"customer": "x", "items": 1}'
    request = (b"POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    idle, opened = server.resident(), time.monotonic()
    connections = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connections.append(connection)
            # One that has had an answer may be silent for longer than one that never said anything.
            connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            # No more at once than may wait to be accepted: beyond that each is tried again after a second.
            if len(connections) % BURST == 0:
                time.sleep(0.01)
    except OSError as error:
        raise Unmeasured(f"{len(connections)} connections were made: {error}; raise `ulimit -n`") from error
    for connection in connections:
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < length_of(answer):
            answer += connection.recv(4096)
        connection.setblocking(False)
    connected, before = server.resident(), server.cpu()
    waiting = selectors.DefaultSelector()
    started, sent, answered, most, resident, threads = time.monotonic(), 0, 0, 0, 0, 0

    def read(patience):
        nonlocal answered
        for key, _ in waiting.select(patience):
            head = key.fileobj.recv(4096)
            if not head.startswith(b"HTTP/1.1 409 "):
                raise Unmeasured(f"after {time.monotonic() - opened:.1f} s a request is answered wrongly: {head[:80]!r}")
            waiting.unregister(key.fileobj)
            answered += 1

    for connection in connections:
        connection.send(request)
        waiting.register(connection, selectors.EVENT_READ)
        sent += 1
        if sent % 500 == 0:
            read(0)
            most = max(most, sent - answered)
    while answered < sent:
        read(0.05)
        most = max(most, sent - answered)
        resident = max(resident, server.resident())
        threads = max(threads, len(os.listdir(f"/proc/{server.process.pid}/task")))
        if time.monotonic() - started > 60 * DELAY:
            raise Unmeasured(f"{sent - answered} requests are not answered")
    elapsed = time.monotonic() - started
    for connection in connections:
        connection.close()
    return {"most": most, "elapsed": elapsed, "cpu": server.cpu() - before, "threads": threads, "idle": idle,
            "connected": connected, "resident": resident, "each": (resident - idle) * 1024 / count}


def length_of(answer):
    """The length of the body of an answer, by its head."""
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length:")[2].split()[0])
