"""Typed clients of every document of the corpus: what they express, whether they compile, beside progenitor alone; and
some of them called for every documented reply."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from processes import CORPUS, RELEASE, ROOT, TARGET, Unmeasured, build, say, start_stub

# Crates are checked in one workspace, so that what they depend on is built once; cargo says which of them fail.
CRATES = TARGET / "clients"

# Documents of each edition and kind that are driven through every documented reply; `xml` leaves the other media types
# out, so that what is sent and read is XML.
DRIVEN = [
    ("2.0/moby-v1.41.yaml", None),
    ("2.0/argo-artifacts.json", None),
    ("3.0/ga4gh-tes.yaml", None),
    ("3.0/ory-kratos.json", None),
    ("3.0/readme-parameters-style.yaml", None),
    ("3.0/readme-polymorphism.yaml", None),
    ("3.0/readme-schema-circular.yaml", None),
    ("3.0/swagger-petstore.yaml", None),
    ("3.0/swagger-petstore.yaml", "xml"),
    ("3.0/tyk-dashboard-admin.yaml", None),
    ("3.1/figma.yaml", None),
    ("3.1/redocly-museum.yaml", None),
    ("3.2/osv-petstore.yaml", None),
]


class Verdicts:
    """What was wanted, and whether it was met."""

    def __init__(self):
        self.missed = 0

    def tell(self, text, is_met):
        self.missed += not is_met
        print(f"{'met   ' if is_met else 'MISSED'} {text}", flush=True)


# How many crates are checked at once, so that what is done is told, and memory is that of a few compilers.
BATCH = 8

# How many documents of another collection clients are made of.
SAMPLE = 400


def measure(folder):
    """Prints every figure; whether all targets are met."""
    if not CORPUS.exists():
        raise Unmeasured(f"clients are made of real documents, which are not at {CORPUS}")
    build("--package", "counterfoil")
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-progenitor")
    documents = sorted(path for edition in ("2.0", "3.0", "3.1", "3.2") for path in (CORPUS / edition).iterdir()
                       if path.suffix in (".json", ".yaml", ".yml"))
    shutil.rmtree(CRATES, ignore_errors=True)
    CRATES.mkdir(parents=True)
    verdicts = Verdicts()
    made = generated(documents, verdicts)
    driven = {}
    for number, (path, kind) in enumerate(DRIVEN):
        document = CORPUS / path
        if kind == "xml":
            document = only_xml(document, folder)
        report = client(document, f"driven-{number}")
        if isinstance(report, dict):
            driven[f"driven-{number}"] = (document, f"{path}{' as XML' if kind else ''}")
    compiled(list(made), list(driven), verdicts)
    drive(driven, folder, verdicts)
    return not verdicts.missed


def measure_collection(collection):
    """The same of another collection's documents, evenly chosen in the order of their paths, without compiling."""
    build("--package", "counterfoil")
    build("--manifest-path", "script/costs/Cargo.toml", "--package", "counterfoil-progenitor")
    documents = sorted(path for path in Path(collection).rglob("*")
                       if path.suffix in (".json", ".yaml", ".yml") and path.name != "package.json")
    if not documents:
        raise Unmeasured(f"there are no documents at {collection}")
    chosen = [documents[index * len(documents) // SAMPLE] for index in range(SAMPLE)]
    chosen = sorted(set(chosen))
    say(f"making clients of {len(chosen)} of {len(documents)} documents")
    shutil.rmtree(CRATES, ignore_errors=True)
    CRATES.mkdir(parents=True)
    verdicts = Verdicts()
    generated(chosen, verdicts, collection)
    return not verdicts.missed


def client(document, name):
    """What a client says that it expresses; a text where there is none."""
    made = subprocess.run([RELEASE / "counterfoil", "client", document, "--output", CRATES / name, "--name", name,
                           "--format", "json"], capture_output=True, text=True)
    if "find an operation" in made.stderr:
        return None
    return made.stderr.strip() if made.returncode else json.loads(made.stdout)


def generated(documents, verdicts, root=CORPUS):
    """Clients of all documents, by their names."""
    made, empty, failed = {}, [], []
    alone = Counter()
    for document in documents:
        shown = str(document.relative_to(root).with_suffix(""))
        name = "client-" + re.sub("[^a-z0-9]+", "-", shown.lower()).strip("-")[-50:]
        if name in made:
            name = f"{name[:50]}-{len(made)}"
        report = client(document, name)
        if report is None:
            empty.append(document.name)
            continue
        raw = subprocess.run([RELEASE / "counterfoil-progenitor", document], capture_output=True, text=True)
        alone[raw.stdout.strip() or "crashed"] += 1
        if isinstance(report, dict):
            made[name] = report
        else:
            failed.append(f"{shown}: {report}")
    total = len(made) + len(failed)
    sums = {key: sum(report[key] for report in made.values()) for key in ("operations", "methods", "parts")}
    codes = Counter(finding["code"] for report in made.values() for finding in report["findings"])
    wider = [(name, finding) for name, report in made.items() for finding in report["findings"]
             if finding["severity"] == "warning"]
    print(f"progenitor alone, of {total} documents with operations ({len(empty)} have none): {dict(alone)}")
    share = len(made) / total
    verdicts.tell(f"documents that generate: {len(made)} of {total} = {share:.1%} (100 % wanted)", share == 1)
    share = sums["methods"] / sums["operations"]
    verdicts.tell(f"operations expressed: {sums['methods']} of {sums['operations']} = {share:.2%} (98 % wanted)",
                  share >= 0.98)
    share = len(wider) / sums["parts"]
    verdicts.tell(f"parameters, bodies and replies of wider types: {len(wider)} of {sums['parts']} = {share:.2%} "
                  f"(1 % at most wanted); {dict(codes)}", share <= 0.01)
    for name, finding in wider:
        print(f"         {name}: {finding['code']} at {finding['pointer']}: {finding['message'][:120]}")
    for line in failed:
        print(f"         not made: {line}")
    return made


def only_xml(document, folder):
    """A copy of a document without the media types that are no XML, where there is one that is."""
    lines, kept = document.read_text().splitlines(keepends=True), []
    depth = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent <= depth:
            depth = None
        if depth is None and line.strip() in ("application/json:", "application/x-www-form-urlencoded:"):
            depth = indent
        if depth is None:
            kept.append(line)
    copy = Path(folder) / f"xml-{document.name}"
    copy.write_text("".join(kept))
    return copy


def cargo(arguments):
    """Runs cargo in the workspace of the crates; its messages, one by one."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "clients-target"), "CARGO_INCREMENTAL": "0"}
    ran = subprocess.run(["cargo", *arguments, "--keep-going", "--message-format", "json", "--quiet"],
                         cwd=CRATES, env=environment, capture_output=True, text=True)
    messages = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode and not errors(messages):
        raise Unmeasured(f"cargo fails without an error in a crate: {ran.stderr[-2000:]}")
    return messages


def errors(messages):
    """The first error of each crate that does not compile."""
    bad = {}
    for message in messages:
        if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
            bad.setdefault(Path(message["manifest_path"]).parent.name, message["message"]["rendered"].splitlines()[0])
    return bad


def compiled(names, others, verdicts):
    """Checks every crate, with its module for scripts and its test."""
    members = ", ".join(f'"{name}"' for name in names + others)
    (CRATES / "Cargo.toml").write_text(
        f'[workspace]\nresolver = "2"\nmembers = [{members}]\n[profile.dev]\ndebug = false\n')
    shutil.copy(ROOT / "Cargo.lock", CRATES / "Cargo.lock")
    bad = {}
    for start in range(0, len(names), BATCH):
        say(f"checking {len(names)} crates, from {start + 1} on; this takes minutes")
        packages = [word for name in names[start:start + BATCH] for word in ("--package", name)]
        bad |= errors(cargo(["check", *packages, "--all-targets", "--all-features"]))
    share = 1 - len(bad) / len(names)
    verdicts.tell(f"crates that compile: {len(names) - len(bad)} of {len(names)} = {share:.1%} (99 % wanted)",
                  share >= 0.99)
    for name, error in sorted(bad.items()):
        print(f"         {name}: {error}")


def drive(driven, folder, verdicts):
    """Runs the test of each crate against a stub of its document."""
    say("building the tests of the documents that are driven")
    packages = [word for name in driven for word in ("--package", name)]
    messages = cargo(["build", *packages, "--all-features", "--test", "stub"])
    programs = {Path(message["manifest_path"]).parent.name: message["executable"] for message in messages
                if message.get("reason") == "compiler-artifact" and message.get("executable")}
    failed = 0
    for name, (document, shown) in driven.items():
        if name not in programs:
            print(f"         {shown}: its test does not compile: {errors(messages).get(name)}")
            failed += 1
            continue
        source = (CRATES / name / "tests" / "stub.rs").read_text()
        statuses = [len(group.split(",")) for group in re.findall(r"for status in \[([^\]]*?),?\s*\]", source)]
        operations = json.loads(subprocess.run(
            [RELEASE / "counterfoil", "client", document, "--output", CRATES / name, "--name", name, "--check",
             "--format", "json"], capture_output=True, text=True).stdout)["operations"]
        with start_stub(folder, [document]) as stub:
            url = f"http://127.0.0.1:{stub.control_port}"
            ran = subprocess.run([programs[name]], env={**os.environ, "COUNTERFOIL_CONTROL_URL": url},
                                 capture_output=True, text=True)
        bad = re.findall(r"^test (\S+) \.\.\. FAILED$", ran.stdout, re.MULTILINE)
        failed += len(bad)
        print(f"         {shown}: {len(statuses)} of {operations} operations, {sum(statuses)} replies, {len(bad)} errors")
        for line in re.findall(r"^.*(?:InvalidResponsePayload|documented replies|assertion).*$", ran.stdout, re.MULTILINE):
            print(f"           {line[:300]}")
    verdicts.tell(f"operations with errors in {len(driven)} documents driven through every documented reply: {failed} "
                  "(0 wanted)", not failed)
