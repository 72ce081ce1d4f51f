"""The contract engine alone: loading, validating, generating."""

import json
import os
import select
import statistics
import subprocess
from pathlib import Path

from processes import CORPUS, RELEASE, ROOT, Unmeasured, build

COSTS = RELEASE / "counterfoil-costs"

# The schemas that generation is measured on, the values asked for of each, and the seconds a crate may take for one.
SCHEMAS, VALUES, PATIENCE = 300, 100, 10


def measure(rounds, folder):
    """Prints every figure of the engine."""
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-costs")
    validating(rounds)
    if not CORPUS.exists():
        raise Unmeasured(f"loading and generation are measured on real documents, which are not at {CORPUS}")
    loading(rounds)
    generating(folder)


def costs(*arguments):
    """The JSON objects that a command of script/costs prints."""
    output = subprocess.run([COSTS, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def loading(rounds):
    """Time and peak memory of a document ready to route, against parsing it alone; each in a process of its own."""
    document = CORPUS / "3.0" / "github.com-api.github.com.json"
    ratios = {"cpu_ms": [], "peak_kib": []}
    for _ in range(rounds):
        [parsed], [loaded] = costs("parse", document), costs("load", document)
        for name, figures in ratios.items():
            figures.append(loaded[name] / parsed[name])
    print(f"load {document.name} ready to route / serde_json to a Value: {statistics.median(ratios['cpu_ms']):.2f} x the "
          f"time, {statistics.median(ratios['peak_kib']):.2f} x the peak memory (target: at most 3)")


def validating(rounds):
    [figures] = costs("message", rounds)
    print(f"Tyk request, decode and validate: {figures['ours_us']:.2f} us CPU (target: at most 3); parsing its body with "
          f"serde_json {figures['serde_json_us']:.2f}, validating the parsed body with jsonschema "
          f"{figures['jsonschema_us']:.2f}; ratio to both {figures['ours_us'] / (figures['serde_json_us'] + figures['jsonschema_us']):.2f}")


def generating(folder):
    """Values a CPU second and the share valid of each crate, on the same schemas."""
    schemas = Path(folder) / "schemas.jsonl"
    schemas.write_text("".join(json.dumps(schema) + "\n" for schema in costs("schemas", CORPUS, SCHEMAS)))
    total = len(schemas.read_text().splitlines())
    tools = ["counterfoil", "json_schema_fuzz", "noson"]
    rows = {tool: generated(tool, schemas, total) for tool in tools}
    print(f"generation, {total} schemas of the corpus, {VALUES} values of each asked for:")
    for tool in tools:
        tyk, every = rows[tool][0], rows[tool].values()
        made, valid = (sum(row[name] for row in every) for name in ("values", "valid"))
        spent = sum(row["draw_s"] for row in every)
        whole = sum(row["valid"] >= VALUES for row in every)
        print(f"  {tool:16} Tyk request: {rate(tyk)} | all: {valid / (total * VALUES):6.1%} of the values asked for are made and "
              f"valid, {valid / max(made, 1):6.1%} of those made; {whole} schemas served in full; "
              f"{valid / max(spent, 1e-9):9.0f} valid values a CPU second; ran away or crashed on "
              f"{sum(row.get('lost', False) for row in every)}")
    for tool in tools[1:]:
        shared = [(rows["counterfoil"][index], row) for index, row in rows[tool].items()
                  if row["valid"] and row["draw_s"] and rows["counterfoil"][index]["draw_s"]]
        ratio = statistics.median((ours["valid"] / ours["draw_s"]) / (row["valid"] / row["draw_s"]) for ours, row in shared)
        print(f"  counterfoil / {tool}, valid values a CPU second, median over the {len(shared)} schemas both serve: {ratio:.2f}")


def rate(row):
    speed = row["valid"] / row["draw_s"] if row["draw_s"] else 0
    return f"{speed:8.0f} valid values a CPU second, {row['valid']} of {VALUES} valid"


def generated(tool, schemas, total):
    """What a crate did with each schema; where it ran away or crashed, nothing, and the next one is begun afresh."""
    rows, begun = {}, -1
    while len(rows) < total:
        command = [COSTS, "generate", tool, str(schemas), str(begun + 1), str(VALUES)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        buffer = b""
        while select.select([process.stdout], [], [], PATIENCE)[0]:
            read = os.read(process.stdout.fileno(), 65536)
            if not read:
                break
            *lines, buffer = (buffer + read).split(b"\n")
            for row in map(json.loads, lines):
                begun = row["schema"]
                if "begun" not in row:
                    rows[begun] = row
        process.kill()
        process.wait()
        if begun not in rows:
            rows[max(begun, 0)] = {"values": 0, "valid": 0, "draw_s": 0.0, "lost": True}
            begun = max(begun, 0)
    return rows
