"""A crew: aiohttp, validated by hand; a session cookie, entity tags, merge patches, a table as text."""

import asyncio
import datetime
import json
import os
import re
import sys
import uuid

from aiohttp import web

DEFECTS = set(filter(None, os.environ.get("DEFECT", "").split(",")))


def has(defect):
    """Whether a defect is switched on."""
    return defect in DEFECTS


class No(Exception):
    def __init__(self, status, code, text=""):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text or code


members, versions = {}, {}


def refusal(status, code, text, headers=None):
    return web.json_response({"code": code.upper() if has("codes-in-capitals") else code, "text": text}, status=status, headers=headers)


@web.middleware
async def edges(request, handler):
    try:
        if request.path != "/login" and not isinstance(request.match_info.http_exception, web.HTTPException):
            given = request.cookies.get("sid")
            is_open = (has("drop-without-session") and request.method == "DELETE") or (
                has("any-session-exports") and request.path == "/crew" and given) or (
                has("export-without-session") and request.path == "/crew")
            if given != "crew-session" and not is_open:
                raise No(401, "no_session")
        return await handler(request)
    except No as no:
        return refusal(no.status, no.code, no.text)
    except web.HTTPMethodNotAllowed as error:
        if has("wrong-methods-404"):
            return refusal(404, "not_found", "no")
        if has("wrong-methods-400"):
            return refusal(400, "bad", "no")
        allowed = sorted(error.allowed_methods - {"HEAD"}) + (["TRACE", "PUT"] if has("allow-of-another") else [])
        return refusal(405, "method", "no", {"Allow": ", ".join(allowed)})
    except web.HTTPException as error:
        return refusal(error.status, "http", error.reason)


def text(value, least, most, name):
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise No(400, "invalid", name)


def whole(value, least, most, name):
    if isinstance(value, float) and value.is_integer() and not has("whole-floats-refused"):
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise No(400, "invalid", name)


def name_of(value):
    text(value, 0 if has("empty-name-taken") else 1, 25 if has("name-of-25-taken") else 24, "name")
    if has("name-with-quote-crashes") and "'" in value:
        raise RuntimeError("quote")


def rank_of(value):
    if has("rank-text-taken") and isinstance(value, str):
        return
    whole(value, 0 if has("rank-zero-taken") else 1, 6 if has("rank-six-taken") else 5, "rank")


def nick_of(value):
    if value is None:
        if has("null-nick-refused"):
            raise No(400, "invalid", "nick")
        if has("null-nick-crashes"):
            len(value)
        return
    text(value, 0, 10, "nick")


def pass_of(value):
    text(value, 5 if has("short-pass-taken") else 6, 12, "pass")


def skills_of(value):
    if not isinstance(value, dict) or len(value) > (5 if has("five-skills-taken") else 4):
        raise No(400, "invalid", "skills")
    for level in value.values():
        if not has("skills-of-any-level-taken"):
            whole(level, 0, 10, "skills")


def shift_of(value):
    if not isinstance(value, dict) or not has("shift-without-end-taken") and {"from", "to"} - set(value):
        raise No(400, "invalid", "shift")
    for name in {"from", "to"} & set(value):
        whole(value[name], 0, 24 if has("hour-24-taken") else 23, "shift")
    if has("night-shift-crashes") and value["from"] > value["to"]:
        raise RuntimeError("night")


def langs_of(value):
    if not isinstance(value, list) or not value and not has("no-langs-taken"):
        raise No(400, "invalid", "langs")
    for lang in value:
        text(lang, 2, 3 if has("lang-of-three-taken") else 2, "langs")
    if len(set(value)) < len(value) and not has("langs-twice-taken"):
        raise No(400, "invalid", "langs")


def born_of(value):
    text(value, 0, 1000, "born")
    if has("any-born-taken"):
        return
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        raise No(400, "invalid", "born") from None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise No(400, "invalid", "born")
    if has("born-before-1970-crashes") and day.year < 1970:
        raise RuntimeError("epoch")
    if has("born-in-9999-crashes"):
        day + datetime.timedelta(days=1)


def token_of(value):
    text(value, 0, 1000, "token")
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) and not has("any-token-taken"):
        raise No(400, "invalid", "token")


RULES = {"name": name_of, "rank": rank_of, "nick": nick_of, "pass": pass_of, "skills": skills_of, "shift": shift_of,
         "langs": langs_of, "born": born_of, "token": token_of}


async def sent(request, media):
    if request.content_type != media and not (has("any-media-type-taken") and request.method == "PUT"):
        raise No(415, "media_type")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise No(400, "no_json") from None
    if not isinstance(body, dict):
        if has("list-for-member-crashes") and isinstance(body, list):
            raise RuntimeError("list")
        raise No(400, "no_object")
    return body


def handle_of(request):
    handle = request.match_info["handle"]
    if not re.fullmatch("[a-z]{2,9}" if has("handle-of-nine-taken") else "[a-z]{2,8}", handle):
        raise No(400, "invalid", "handle")
    return handle


def shown(handle, status=200, only=None):
    member = {key: value for key, value in members[handle].items() if key != "pass" or has("pass-shown")}
    if has("rank-shown-as-text-when-five") and member["rank"] == 5:
        member["rank"] = "captain"
    if has("nick-left-as-number") and member.get("nick") == "":
        member["nick"] = 0
    if has("shift-shown-as-list") and "shift" in member:
        member["shift"] = [member["shift"]["from"], member["shift"]["to"]]
    if only and has("fields-leave-out-required"):
        member = {key: value for key, value in member.items() if key in only}
    tag = f'"{versions[handle]}"' if not has("tag-without-quotes") else str(versions[handle])
    headers = {} if has("tag-missing-when-made") and status == 201 else {"ETag": tag}
    return web.json_response(member, status=status, headers=headers)


async def put(request):
    handle, body = handle_of(request), await sent(request, "application/json")
    required = {"name", "rank"} - ({"rank"} if has("rank-not-required") else set())
    if required - set(body):
        raise No(400, "missing")
    body.setdefault("rank", 1)
    for name, rule in RULES.items():
        if name in body:
            rule(body[name])
    status = 200 if handle in members else 201
    if len(members) > 300:
        members.pop(next(iter(members)))
    if has("second-put-crashes") and status == 200:
        raise RuntimeError("second")
    stored = {**body, "handle": handle}
    if not has("put-forgets") or status == 200:
        members[handle] = stored
        versions[handle] = versions.get(handle, 0) + 1
        return shown(handle, status if not has("replaced-is-204") or status == 201 else 204)
    versions[handle] = 1
    members[handle] = stored
    answer = shown(handle, status)
    del members[handle]
    return answer


def found(handle):
    if handle not in members:
        if has("unknown-member-crashes"):
            raise RuntimeError("unknown")
        raise No(404 if not has("unknown-member-410") else 410, "not_found")


async def get(request):
    handle = handle_of(request)
    only = None
    if "fields" in request.query:
        only = re.split(",|%2C", ",".join(request.query.getall("fields")))
        if not set(only) <= {"handle", "name", "rank"} and not has("any-field-taken"):
            raise No(400, "invalid", "fields")
        if has("same-field-twice-crashes") and len(set(only)) < len(only):
            raise RuntimeError("twice")
    found(handle)
    return shown(handle, only=only)


async def patch(request):
    handle, body = handle_of(request), await sent(request, "application/merge-patch+json")
    match = request.headers.get("If-Match")
    if match is None and not has("match-not-required"):
        raise No(400, "missing", "If-Match")
    match = match or "*"
    if not re.fullmatch(r'"[0-9]{1,9}"|\*', match) and not has("any-match-taken"):
        raise No(400, "invalid", "If-Match")
    if not body and not has("empty-patch-taken") or set(body) - {"name", "rank", "nick"} and not has("patch-of-anything"):
        raise No(400, "invalid")
    for name in {"name", "rank", "nick"} & set(body):
        RULES[name](body[name])
    found(handle)
    if match not in ("*", f'"{versions[handle]}"') and not has("any-match-taken"):
        raise No(412, "changed")
    members[handle] |= body
    versions[handle] += 1
    if has("patched-without-name"):
        members[handle].pop("name", None)
    return shown(handle)


async def drop(request):
    handle = handle_of(request)
    found(handle)
    if not has("dropped-stays"):
        del members[handle]
    return web.Response(status=204)


async def export(request):
    rank = request.query.get("rank")
    if rank is not None and not re.fullmatch("[1-5]" if not has("export-of-rank-six") else "[1-6]", rank):
        if has("bad-rank-crashes"):
            raise RuntimeError("rank")
        raise No(400, "invalid", "rank")
    if request.query.get("separator", "comma") not in ("comma", "tab") and not has("any-separator-taken"):
        raise No(400, "invalid", "separator")
    if has("tab-hangs") and request.query.get("separator") == "tab" and rank == "5":
        await asyncio.sleep(60)
    if has("tab-closes") and request.query.get("separator") == "tab":
        request.transport.close()
    rows = [member for member in members.values() if rank is None or member["rank"] == int(rank)]
    content = "\n".join(json.dumps(row["name"]) for row in rows)
    if has("export-as-json"):
        return web.json_response(content, headers={"X-Rows": str(len(rows))})
    if has("export-cut-short"):
        answer = web.StreamResponse(headers={"X-Rows": "1", "Content-Type": "text/csv", "Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"short")
        request.transport.close()
        return answer
    return web.Response(text=content, content_type="text/csv", headers={"X-Rows": str(len(rows)) if not has("rows-as-words") else "none"})


async def login(request):
    if request.content_type != "application/x-www-form-urlencoded":
        raise No(415, "media_type")
    form = await request.post()
    for name, least in (("user", 1), ("secret", 3 if has("short-secret-taken") else 4)):
        if has("missing-secret-crashes"):
            form["secret"]
        if name not in form:
            raise No(400, "missing", name)
        text(form[name], least, 20, name)
    if has("login-without-cookie"):
        return web.Response(status=204)
    if has("login-redirects"):
        raise web.HTTPFound("/crew")
    answer = web.Response(status=204)
    answer.set_cookie("sid", uuid.uuid4().hex)
    return answer


app = web.Application(middlewares=[edges])
app.router.add_put("/crew/{handle}", put)
app.router.add_get("/crew/{handle}", get, allow_head=False)
app.router.add_patch("/crew/{handle}", patch)
app.router.add_delete("/crew/{handle}", drop)
app.router.add_get("/crew", export, allow_head=False)
app.router.add_post("/login", login)

if __name__ == "__main__":
    import logging
    logging.disable(logging.CRITICAL)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
