"""Scaffolds of servers: what they claim, whether they compile, whether what they serve passes the suite."""

import json
import os
import re
import shutil
import subprocess

from processes import CORPUS, RELEASE, ROOT, TARGET, Unmeasured, build, say

# Crates are built in one workspace, so that what they depend on is built once.
CRATES = TARGET / "scaffolds"

BUNDLED = ["tyk", "arcgis"]

DOCUMENTS = [
    "3.0/ga4gh-tes.yaml",
    "3.0/oai-petstore-expanded.yaml",
    "3.0/oai-uspto.yaml",
    "3.0/readme-parameters-cookies.yaml",
    "3.1/oai-tictactoe.yaml",
]


def measure(chosen):
    """Prints a line a document; whether all of them pass."""
    if not CORPUS.exists():
        raise Unmeasured(f"scaffolds are made of real documents, which are not at {CORPUS}")
    build("--package", "counterfoil")
    CRATES.mkdir(parents=True, exist_ok=True)
    written = [written_of(shown) for shown in chosen or BUNDLED + DOCUMENTS]
    made = [one for one in written if "report" in one]
    errors = built([one["name"] for one in made])
    passed = 0
    print("document | operations claimed | compiles | cases | failures | differences")
    for one in written:
        line, is_good = outcome(one, errors)
        passed += is_good
        print(f"{one['shown']} | {line}", flush=True)
    print(f"scaffolds that compile, serve and pass: {passed} of {len(written)}")
    return passed == len(written)


def written_of(shown):
    """The scaffold of a document, in its folder."""
    document = shown if shown in BUNDLED else CORPUS / shown
    name = "scaffold-" + re.sub("[^a-z0-9]+", "-", shown.lower()).strip("-")
    folder = CRATES / name
    shutil.rmtree(folder, ignore_errors=True)
    written = subprocess.run([RELEASE / "counterfoil", "scaffold", document, "--output", folder, "--name", name,
                              "--format", "json"], capture_output=True, text=True)
    one = {"shown": shown, "document": document, "name": name, "folder": folder, "error": written.stderr.strip()}
    if written.returncode == 0:
        one["report"] = json.loads(written.stdout)
        manifest = folder / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace("[workspace]\n", ""))
    return one


def built(names):
    """Builds every crate; the first error of those that fail."""
    members = ", ".join(f'"{name}"' for name in names)
    (CRATES / "Cargo.toml").write_text(f'[workspace]\nresolver = "3"\nmembers = [{members}]\n[profile.dev]\ndebug = false\n')
    shutil.copy(ROOT / "Cargo.lock", CRATES / "Cargo.lock")
    say("building every scaffold; this takes minutes")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "scaffolds-target")}
    done = subprocess.run(["cargo", "build", "--workspace", "--keep-going", "--message-format", "json", "--quiet"],
                          cwd=CRATES, env=environment, capture_output=True, text=True)
    errors = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
            folder = message["manifest_path"].split("/")[-2]
            errors.setdefault(folder, message["message"]["rendered"].splitlines()[0])
    return errors


def credentials(folder):
    """Headers with the credentials that a scaffold takes."""
    rules = json.loads((folder / "src" / "rules.json").read_text())
    headers = {}
    for scheme in (scheme for rule in rules.values() for all_of in rule["security"] for scheme in all_of):
        match scheme["kind"]:
            case "header":
                headers[scheme["key"]] = "secret"
            case "cookie":
                headers["Cookie"] = f"{scheme['key']}=secret"
            case "query":
                pass
            case word:
                headers["Authorization"] = "Basic dXNlcjpzZWNyZXQ=" if word == "basic" else f"{word} secret"
    return [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]


def outcome(one, errors):
    """What one document comes to, and whether that is all it should be."""
    if "report" not in one:
        return f"not written: {one['error']}", False
    claimed, left_out = one["report"]["claimed"], one["report"]["left_out"]
    share = f"{len(claimed)} of {len(claimed) + len(left_out)}"
    program = TARGET / "scaffolds-target" / "debug" / one["name"]
    if one["name"] in errors or not program.exists():
        return f"{share} | no: {errors.get(one['name'], 'it was not built')}", False
    told = subprocess.run([program, "differences"], capture_output=True, text=True).stdout.strip().splitlines()
    server = subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip().rpartition(" ")[2]
        command = [RELEASE / "counterfoil", "test", one["document"], "--url", url, "--max-cases", "60"]
        command += credentials(one["folder"])
        for label in left_out:
            command += ["--exclude", label]
        say(f"testing {one['shown']}")
        tested = subprocess.run(command, capture_output=True, text=True)
    finally:
        server.terminate()
        server.wait()
    (one["folder"] / "tested.txt").write_text(tested.stdout + tested.stderr)
    last = tested.stdout.strip().splitlines()[-1:] or [f"exit code {tested.returncode}"]
    failures = re.search(r"([\d,]+) failures?", last[0])
    cases = re.search(r"([\d,]+) cases", last[0])
    is_good = tested.returncode == 0 and bool(claimed)
    shown = [cases[1] if cases else "?", failures[1] if failures else last[0], told[-1] if told else "?"]
    return " | ".join([share, "yes", *shown]), is_good
