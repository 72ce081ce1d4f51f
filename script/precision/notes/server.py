"""Folders and the notes in them: Flask, validated by hand and by jsonschema, basic auth, texts and bytes."""

import copy
import datetime
import os
import re
import sys
import threading
import time
from pathlib import Path

import yaml
from flask import Flask, Response, jsonify, request
from jsonschema import Draft4Validator, FormatChecker
from werkzeug.exceptions import HTTPException

DEFECTS = set(filter(None, os.environ.get("DEFECT", "").split(",")))
DOCUMENT = yaml.safe_load((Path(__file__).parent / "document.yaml").read_text())
SLUG = re.compile(r"[a-z][a-z0-9-]{0,19}")


def has(defect):
    """Whether a defect is switched on."""
    return defect in DEFECTS


app = Flask(__name__)
app.json.sort_keys = False
folders, notes, lock = {}, {}, threading.Lock()
made = 0
started = time.monotonic()

formats = FormatChecker([])


@formats.checks("date", ValueError)
def is_date(text):
    return not isinstance(text, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.date.fromisoformat(text))


@formats.checks("email")
def is_mail(text):
    return not isinstance(text, str) or bool(re.fullmatch(r"[^@\s]+@[^@\s]+", text))


def folder_schema():
    schema = copy.deepcopy(DOCUMENT["components"]["schemas"]["Folder"])
    properties = schema["properties"]
    properties["colour"] = {"enum": [*properties["colour"]["enum"], None]}
    del properties["created"]
    if has("labels-twice-taken"):
        del properties["labels"]["uniqueItems"]
    if has("ratio-one-taken"):
        del properties["ratio"]["exclusiveMaximum"]
    if has("any-step-taken"):
        del properties["step"]["multipleOf"]
    if has("null-title-taken"):
        properties["title"]["type"] = ["string", "null"]
    if has("settings-of-any-type-taken"):
        properties["settings"]["additionalProperties"] = {}
    if has("four-settings-taken"):
        properties["settings"]["maxProperties"] = 4
    if has("long-label-taken"):
        properties["labels"]["items"]["maxLength"] = 11
    if has("empty-label-taken"):
        del properties["labels"]["items"]["minLength"]
    if has("slug-unanchored"):
        properties["slug"]["pattern"] = "[a-z][a-z0-9-]{0,19}"
    else:
        properties["slug"]["pattern"] = r"^[a-z][a-z0-9-]{0,19}\Z"
    if has("title-not-required"):
        schema["required"] = ["slug"]
    if has("any-colour-taken"):
        properties["colour"] = {"type": ["string", "null"]}
    if has("short-pin-taken"):
        properties["pin"]["minLength"] = 3
    if has("any-date-taken"):
        del properties["due"]["format"]
    if has("any-mail-taken"):
        del properties["mail"]["format"]
    if has("unknown-members-taken"):
        del schema["additionalProperties"]
    else:
        properties["created"] = {}
    return Draft4Validator(schema, format_checker=formats)


FOLDER = folder_schema()


def problem(status, title, **headers):
    answer = jsonify(title=title, status=status)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="notes"'
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@app.errorhandler(HTTPException)
def told(error):
    answer = problem(error.code, error.name)
    if error.code == 405:
        answer.headers["Allow"] = ", ".join(method for method in error.valid_methods or ())
        if has("405-as-200"):
            return jsonify({}), 200
    return answer


@app.before_request
def who():
    if request.endpoint in (None, "health") or request.routing_exception:
        return None
    if has("folders-listed-for-anybody") and request.endpoint == "list_folders":
        return None
    given = request.authorization
    if given is None or given.type != "basic":
        if has("login-page-for-strangers"):
            return Response("<h1>log in</h1>", 401, content_type="text/html", headers={"WWW-Authenticate": "Basic"})
        return problem(401, "no credentials") if not has("strangers-403") else problem(403, "no")
    if (given.username, given.password) != ("ann", "secret") and not (
            has("any-password-taken") and given.username == "ann") and not (
            has("any-user-removes") and request.method == "DELETE"):
        return problem(401, "wrong credentials")
    return None


class Bad(Exception):
    pass


@app.errorhandler(Bad)
def bad(error):
    return problem(400, str(error))


def number(name, least, most, default):
    text = request.args.get(name)
    if text is None:
        return default
    if has("word-for-number-crashes"):
        int(text)
    if not re.fullmatch(r"-?\d{1,18}", text) or not least <= int(text) <= most:
        raise Bad(name)
    return int(text)


def checked_slug(slug):
    if not SLUG.fullmatch(slug):
        raise Bad("slug")
    return slug


def sent_folder():
    if request.mimetype != "application/json":
        return None, problem(415, "JSON only")
    body = request.get_json(force=True, silent=True)
    if has("array-body-crashes") and isinstance(body, list):
        body["slug"]
    if has("malformed-body-crashes"):
        import json
        json.loads(request.get_data())
    error = next(FOLDER.iter_errors(body), None)
    if error is not None:
        return None, problem(400, error.message[:200])
    return body, None


def shown(folder, reading=False):
    body = {name: value for name, value in folder.items() if name != "pin" or has("pin-shown")}
    if has("colour-dropped-to-text") and folder.get("colour", 0) is None:
        body["colour"] = "none"
    if has("created-without-time"):
        body["created"] = body["created"][:10]
    if has("due-with-time") and "due" in body:
        body["due"] += "T00:00:00Z"
    if has("ratio-as-percentage") and "ratio" in body:
        body["ratio"] = body["ratio"] * 100
    if has("labels-null-when-empty") and body.get("labels") == []:
        body["labels"] = None
    if has("internal-number-shown") and reading:
        body["_id"] = 7
    return body


@app.get("/api/v1/folders")
def list_folders():
    page, size = number("page", 1, 1000, 1), number("per_page", 1, 10, 5)
    query = request.args.get("q", "")
    if len(query) > 12:
        raise Bad("q")
    if has("quote-in-query-crashes") and "'" in query:
        raise RuntimeError("SQL")
    if has("percent-in-query-crashes"):
        query % ()
    if has("empty-query-crashes") and request.args.get("q") == "":
        raise RuntimeError("empty")
    found = [folder for folder in list(folders.values()) if query in folder["title"]]
    chosen = found[(page - 1) * size:page * size]
    answer = jsonify([shown(folder) for folder in chosen])
    answer.headers["X-Total"] = str(len(found))
    if has("total-header-missing-when-none") and not chosen:
        del answer.headers["X-Total"]
    if has("total-header-as-word") and page > 1:
        answer.headers["X-Total"] = "many"
    if has("late-page-404") and page > 1 and not chosen:
        return problem(404, "no such page")
    return answer


@app.post("/api/v1/folders")
def add_folder():
    global made
    body, refusal = sent_folder()
    if refusal:
        return refusal
    with lock:
        made += 1
        if has("one-in-twenty-fails") and made % 20 == 0:
            raise RuntimeError("flaky")
        if body["slug"] in folders:
            return problem(422 if has("conflict-is-422") else 409, "it is there")
        if len(folders) > 500:
            folders.pop(next(iter(folders)))
        body = body | {"created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}
        if has("emoji-crashes"):
            body["title"].encode("utf-16")
            if any(ord(character) > 0xFFFF for character in body["title"]):
                raise RuntimeError("utf8mb3")
        if not has("blue-folder-lost") or body.get("colour") != "blue":
            folders[body["slug"]] = body
    answer = jsonify(shown(body))
    answer.status_code = 201
    answer.headers["Location"] = f"/api/v1/folders/{body['slug']}"
    if has("location-without-base"):
        answer.headers["Location"] = f"/folders/{body['slug']}"
        answer.autocorrect_location_header = False
    if has("made-as-text"):
        answer.content_type = "text/plain; charset=utf-8"
    return answer


@app.get("/api/v1/folders/<slug>")
def get_folder(slug):
    folder = folders.get(checked_slug(slug))
    if folder is None:
        if has("lost-folder-text"):
            return Response("not found", 404, content_type="text/plain")
        if has("problem-without-status"):
            return Response('{"title": "no"}', 404, content_type="application/problem+json")
        return problem(404, "no such folder")
    answer = jsonify(shown(folder, reading=True))
    if not has("etag-missing"):
        answer.set_etag(str(abs(hash(str(folder)))))
    return answer


@app.put("/api/v1/folders/<slug>")
def change_folder(slug):
    checked_slug(slug)
    reason = request.headers.get("X-Reason")
    if has("missing-reason-crashes"):
        len(reason)
    if reason is None and not has("reason-not-required"):
        raise Bad("X-Reason")
    if reason is not None and not (3 if not has("short-reason-taken") else 1) <= len(reason) <= 40:
        raise Bad("X-Reason")
    body, refusal = sent_folder()
    if refusal:
        return refusal
    with lock:
        old = folders.get(slug)
        if old is None:
            return problem(404, "no such folder")
        if body["slug"] != slug:
            if has("renaming-crashes"):
                raise RuntimeError("rename")
            return problem(409, "its slug is its own")
        body = body | {"created": old["created"]}
        if not has("change-lost"):
            folders[slug] = body
    return jsonify(shown(body if not has("change-answers-old") else old))


@app.delete("/api/v1/folders/<slug>")
def remove_folder(slug):
    checked_slug(slug)
    with lock:
        if slug not in folders:
            if has("second-removal-crashes"):
                return folders[slug]
            return problem(404, "no such folder")
        if not has("removed-stays"):
            del folders[slug]
    if has("removal-with-body"):
        return jsonify({"gone": slug}), 200
    return Response(status=204)


def checked_note(slug, text):
    checked_slug(slug)
    if not re.fullmatch(r"-?\d{1,9}", text) or not 1 <= int(text) <= (100 if has("note-100-taken") else 99):
        raise Bad("number")
    return slug, int(text)


@app.put("/api/v1/folders/<slug>/notes/<key>")
def write_note(slug, key):
    slug, key = checked_note(slug, key)
    content = request.get_data()
    if request.mimetype == "text/plain":
        try:
            text = content.decode(request.mimetype_params.get("charset", "utf-8"))
        except (UnicodeDecodeError, LookupError):
            raise Bad("text") from None
        if not text and not has("empty-note-taken") or len(text) > (200 if not has("long-note-taken") else 2000):
            raise Bad("text")
        if has("long-note-crashes") and len(text) == 200:
            raise RuntimeError("long")
        if has("ascii-notes-only"):
            text.encode("ascii")
    elif request.mimetype != "application/octet-stream" and not has("any-media-type-taken"):
        return problem(415, "text or bytes")
    elif has("bytes-read-as-text"):
        content.decode()
    if slug not in folders:
        return problem(404, "no such folder")
    status = 200 if (slug, key) in notes else 201
    notes[slug, key] = (request.mimetype, content)
    if len(notes) > 500:
        notes.pop(next(iter(notes)))
    return jsonify(bytes=len(content), media=request.mimetype), status


@app.get("/api/v1/folders/<slug>/notes/<key>")
def read_note(slug, key):
    slug, key = checked_note(slug, key)
    if (slug, key) not in notes:
        return problem(404, "no such note")
    media, content = notes[slug, key]
    if has("notes-as-html"):
        media = "text/html"
    return Response(content, content_type=media + ("; charset=utf-8" if media.startswith("text") else ""))


@app.get("/api/v1/health")
def health():
    body = {"status": "ok", "uptime": time.monotonic() - started, "parent": None}
    if has("health-without-parent"):
        del body["parent"]
    if has("uptime-as-text"):
        body["uptime"] = str(body["uptime"])
    if has("health-is-up"):
        body["status"] = "up"
    if has("health-broken-json"):
        return Response('{"status": "ok",', content_type="application/json")
    if has("health-latin-1"):
        return Response('{"status": "ok", "uptime": 1, "parent": "Zo\u00eb"}'.encode("latin-1"), content_type="application/json")
    return jsonify(body)


if __name__ == "__main__":
    import logging
    logging.getLogger("werkzeug").disabled = True
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
