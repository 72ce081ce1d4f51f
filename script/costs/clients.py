"""Typed clients of every document of the corpus: what they express, whether they compile, beside progenitor alone."""

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from processes import CORPUS, RELEASE, ROOT, TARGET, Unmeasured, build, say

# Crates are checked in one workspace, so that what they depend on is built once; cargo says which of them fail.
CRATES = TARGET / "clients"


def measure(compiles):
    """Prints every figure."""
    if not CORPUS.exists():
        raise Unmeasured(f"clients are made of real documents, which are not at {CORPUS}")
    build("--package", "counterfoil")
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-progenitor")
    documents = sorted(path for edition in ("2.0", "3.0", "3.1", "3.2") for path in (CORPUS / edition).iterdir()
                       if path.suffix in (".json", ".yaml", ".yml"))
    shutil.rmtree(CRATES, ignore_errors=True)
    CRATES.mkdir(parents=True)
    made, empty, failed = {}, [], []
    alone = Counter()
    for document in documents:
        name = f"{document.parent.name}-{document.stem}".lower().replace(".", "-").replace("_", "-")
        name = "client-" + "".join(letter for letter in name if letter.isalnum() or letter == "-")
        generated = subprocess.run([RELEASE / "counterfoil", "client", document, "--output", CRATES / name, "--name", name,
                                    "--format", "json"], capture_output=True, text=True)
        if "find an operation" in generated.stderr:
            empty.append(document.name)
            continue
        raw = subprocess.run([RELEASE / "counterfoil-progenitor", document], capture_output=True, text=True)
        alone[raw.stdout.strip() or "crashed"] += 1
        if generated.returncode:
            failed.append(f"{document.name}: {generated.stderr.strip()}")
        else:
            made[name] = json.loads(generated.stdout)
    total = len(made) + len(failed)
    sums = {key: sum(report[key] for report in made.values()) for key in ("operations", "methods", "parts")}
    codes = Counter(finding["code"] for report in made.values() for finding in report["findings"])
    wider = [(name, finding) for name, report in made.items() for finding in report["findings"] if finding["severity"] == "warning"]
    print(f"documents with operations: {total} ({len(empty)} have none); clients made: {len(made)} = {len(made) / total:.1%}")
    print(f"progenitor alone: {dict(alone)}; accepted {alone['accepted'] / total:.1%}")
    print(f"operations expressed: {sums['methods']} of {sums['operations']} = {sums['methods'] / sums['operations']:.2%} (target: at least 98 %)")
    print(f"parameters, bodies and replies of wider types: {len(wider)} of {sums['parts']} = {len(wider) / sums['parts']:.2%} (target: at most 1 %); {dict(codes)}")
    for name, finding in wider:
        print(f"  {name}: {finding['code']} at {finding['pointer']}: {finding['message'][:120]}")
    for line in failed:
        print(f"  not made: {line}")
    if compiles:
        compiled(list(made))


def compiled(names):
    """Checks every crate."""
    members = ", ".join(f'"{name}"' for name in names)
    (CRATES / "Cargo.toml").write_text(f'[workspace]\nresolver = "2"\nmembers = [{members}]\n[profile.dev]\ndebug = false\n')
    shutil.copy(ROOT / "Cargo.lock", CRATES / "Cargo.lock")
    say("checking every crate; this takes minutes")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "clients-target")}
    checked = subprocess.run(["cargo", "check", "--workspace", "--examples", "--keep-going", "--message-format", "json", "--quiet"],
                             cwd=CRATES, env=environment, capture_output=True, text=True)
    bad = {}
    for line in checked.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
            bad.setdefault(Path(message["manifest_path"]).parent.name, message["message"]["rendered"].splitlines()[0])
    print(f"crates that compile: {len(names) - len(bad)} of {len(names)} = {1 - len(bad) / len(names):.1%} (target: at least 99 %)")
    for name, error in sorted(bad.items()):
        print(f"  {name}: {error}")
