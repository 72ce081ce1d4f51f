"""Every style of parameters, decoded by hand: Starlette, values held to the document by jsonschema."""

import datetime
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, unquote_plus

import uvicorn
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

DEFECTS = set(filter(None, os.environ.get("DEFECT", "").split(",")))
DOCUMENT = yaml.safe_load((Path(__file__).parent / "document.yaml").read_text())


def has(defect):
    """Whether a defect is switched on."""
    return defect in DEFECTS


class Bad(Exception):
    pass


formats = FormatChecker([])


@formats.checks("date", ValueError)
def is_date(text):
    if has("any-when-taken"):
        return True
    return not isinstance(text, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.date.fromisoformat(text))


def resolved(schema):
    if isinstance(schema, dict):
        if "$ref" in schema:
            return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]])
        return {key: resolved(part) if key != "pattern" else part.replace("$", r"\Z") for key, part in schema.items()}
    return [resolved(part) for part in schema] if isinstance(schema, list) else schema


def typed(schema, value):
    """A text as the type that a schema wants, where it can be read as that."""
    kind = schema.get("type")
    if kind == "array" and isinstance(value, list):
        return [typed(schema["items"], item) for item in value]
    if kind == "object" and isinstance(value, dict):
        return {name: typed(schema["properties"].get(name, {}), member) for name, member in value.items()}
    if isinstance(value, str):
        if kind == "integer" and re.fullmatch(r"-?(0|[1-9]\d{0,17})", value):
            return int(value)
        if kind == "number":
            try:
                number = float(value)
                return number if re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", value) else value
            except ValueError:
                return value
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
    return value


def held(schema, value, name):
    value = typed(schema, value)
    error = next(Draft202012Validator(schema, format_checker=formats).iter_errors(value), None)
    if error:
        raise Bad(f"{name}: {error.message[:200]}")
    return value


def pairs(parts):
    parts = list(parts)
    if len(parts) % 2:
        raise Bad("an object of an odd number of parts")
    return dict(zip(parts[::2], parts[1::2]))


def split_pairs(parts):
    found = [part.split("=", 1) for part in parts]
    if any(len(pair) != 2 for pair in found):
        raise Bad("no name and value")
    return {name: unquote(value) for name, value in found}


def raw_segments(request, count):
    segments = request.scope["raw_path"].decode("latin-1").split("?")[0].split("/")[2:]
    if len(segments) != count:
        raise Bad("path")
    return segments


def schema_of(operation, name):
    for path in DOCUMENT["paths"].values():
        for details in path.values():
            if details["operationId"] == operation:
                for parameter in details["parameters"]:
                    if parameter["name"] == name:
                        schema = resolved(parameter["schema"] if "schema" in parameter
                                          else parameter["content"]["application/json"]["schema"])
                        for defect, (place, change) in CHANGES.items():
                            if has(defect) and place == name:
                                change(schema)
                        return schema
    raise KeyError(name)


def drop(*keys):
    def change(schema):
        for key in keys[:-1]:
            schema = schema[key]
        schema.pop(keys[-1], None)
    return change


def put(*keys):
    def change(schema):
        for key in keys[:-2]:
            schema = schema[key]
        schema[keys[-2]] = keys[-1]
    return change


CHANGES = {
    "matrix-below-taken": ("matrix", put("minimum", -6)), "matrix-list-of-four-taken": ("matrixList", drop("maxItems")),
    "colour-without-g-taken": ("matrixObject", put("required", ["r"])),
    "label-any-word-taken": ("label", drop("enum")), "label-list-of-one-taken": ("labelList", drop("minItems")),
    "label-list-256-taken": ("labelList", put("items", "maximum", 256)),
    "simple-list-twice-taken": ("list", drop("uniqueItems")), "header-eleven-taken": ("X-Numbers", put("items", "maximum", 11)),
    "header-four-taken": ("X-Numbers", drop("maxItems")), "mode-any-taken": ("X-Mode", drop("enum")),
    "exploded-d-taken": ("exploded", drop("items", "enum")), "joined-zero-taken": ("joined", put("items", "minimum", 0)),
    "spaced-one-taken": ("spaced", drop("minItems")), "piped-long-taken": ("piped", drop("items", "maxLength")),
    "filter-unknown-taken": ("filter", drop("additionalProperties")),
    "filter-age-100-taken": ("filter", put("properties", "age", "maximum", 100)),
    "filter-empty-name-taken": ("filter", drop("properties", "name", "minLength")),
    "ratio-zero-taken": ("ratio", put("exclusiveMinimum", -1)), "json-without-a-taken": ("json", drop("required")),
    "json-b-of-anything-taken": ("json", drop("properties", "b", "items")),
    "visits-1001-taken": ("visits", put("maximum", 1001)), "visitor-long-taken": ("visitor", put("pattern", "^[a-f0-9]{8}")),
}


def matrix(request):
    first, second, third = raw_segments(request, 3)
    if not (first.startswith(";matrix=") and second.startswith(";matrixList=") and third.startswith(";")):
        raise Bad("no matrix")
    values = {
        "matrix": held(schema_of("matrix", "matrix"), unquote(first[8:]), "matrix"),
        "matrixList": held(schema_of("matrix", "matrixList"), [unquote(item) for item in second[12:].split(",")], "matrixList"),
        "matrixObject": held(schema_of("matrix", "matrixObject"), split_pairs(third[1:].split(";")), "matrixObject"),
    }
    if has("negative-matrix-crashes") and values["matrix"] < 0:
        raise RuntimeError("negative")
    if has("colour-without-b-crashes"):
        values["matrixObject"]["b"]
    return values


def label(request):
    first, second, third = raw_segments(request, 3)
    if not (first.startswith(".") and second.startswith(".") and third.startswith(".")):
        raise Bad("no label")
    values = {
        "label": held(schema_of("label", "label"), unquote(first[1:]), "label"),
        "labelList": held(schema_of("label", "labelList"), [unquote(item) for item in second[1:].split(".")], "labelList"),
        "labelObject": held(schema_of("label", "labelObject"), pairs(map(unquote, third[1:].replace(".", ",").split(","))), "labelObject"),
    }
    if has("three-labels-crash") and len(values["labelList"]) == 3:
        raise RuntimeError("three")
    return values


def simple(request):
    first, second = raw_segments(request, 2)
    numbers = request.headers.get("x-numbers")
    if numbers is None:
        if has("numbers-not-required"):
            return {}
        raise Bad("X-Numbers")
    values = {
        "list": held(schema_of("simple", "list"), [unquote(item) for item in first.split(",")], "list"),
        "object": held(schema_of("simple", "object"), split_pairs(second.split(",")), "object"),
        "X-Numbers": held(schema_of("simple", "X-Numbers"), [item.strip() for item in numbers.split(",")], "X-Numbers"),
    }
    if "x-mode" in request.headers:
        values["X-Mode"] = held(schema_of("simple", "X-Mode"), request.headers["x-mode"], "X-Mode")
    if has("slow-mode-crashes") and values.get("X-Mode") == "slow":
        raise RuntimeError("slow")
    if has("no-mode-is-204") and "X-Mode" not in values:
        return None
    return values


def query(request):
    given = parse_qsl(request.url.query, keep_blank_values=True)
    names = [name for name, _ in given]
    one = dict(given)
    values = {}
    for name in ("joined", "spaced", "piped", "flag", "ratio", "when", "json"):
        if names.count(name) > 1:
            raise Bad(f"{name} twice")
    if "exploded" in one:
        values["exploded"] = held(schema_of("query", "exploded"), [value for name, value in given if name == "exploded"], "exploded")
    # A comma, a space or a bar in an item is written with a percent sign where it does not separate.
    raw = dict(part.partition("=")[::2] for part in request.url.query.split("&"))
    for name, separator in (("joined", ","), ("spaced", "%20| |\\+"), ("piped", "\\||%7C|%7c")):
        if name in one:
            items = [unquote_plus(item) for item in re.split(separator, raw[name])]
            values[name] = held(schema_of("query", name), items, name)
    deep = {re.fullmatch(r"filter\[(\w+)\]", name).group(1): value for name, value in given
            if re.fullmatch(r"filter\[(\w+)\]", name)}
    if deep or any(name.startswith("filter") for name in names):
        if any(name.startswith("filter") and not re.fullmatch(r"filter\[(\w+)\]", name) for name in names):
            raise Bad("filter")
        if len(deep) != sum(name.startswith("filter") for name in names):
            raise Bad("filter twice")
        values["filter"] = held(schema_of("query", "filter"), deep, "filter")
    for name in ("flag", "ratio", "when"):
        if name in one:
            if has("capital-true-crashes") and name == "flag":
                {"true": 1, "false": 0}[one[name]]
            values[name] = held(schema_of("query", name), one[name], name)
    if "json" in one:
        try:
            sent = json.loads(one["json"])
        except ValueError:
            if has("broken-json-crashes"):
                raise RuntimeError("JSON") from None
            raise Bad("json") from None
        values["json"] = held(schema_of("query", "json"), sent, "json")
        if has("json-null-crashes"):
            0 if values["json"]["a"] is None and 1 // 0 else 0
    if has("filter-without-age-crashes") and "filter" in values:
        values["filter"]["age"]
    if has("ratio-of-one-crashes") and values.get("ratio") == 1:
        raise RuntimeError("one")
    if has("nothing-asked-differs") and not values:
        return []
    return values


def cookies(request):
    jar = {}
    for part in request.headers.get("cookie", "").split(";"):
        name, separator, value = part.strip().partition("=")
        if separator:
            jar.setdefault(name, unquote(value))
    if "visitor" not in jar:
        if has("visitor-not-required"):
            return {}
        raise Bad("visitor")
    values = {"visitor": held(schema_of("cookies", "visitor"), jar["visitor"], "visitor")}
    if "visits" in jar:
        values["visits"] = held(schema_of("cookies", "visits"), jar["visits"], "visits")
        if has("no-visits-crashes"):
            1 // values["visits"]
    return values


async def form(request):
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Bad("a form, please")
    raw = (await request.body()).decode("latin-1")
    given = parse_qsl(raw, keep_blank_values=True)
    schema = resolved(DOCUMENT["paths"]["/f"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"])
    if has("fifty-one-taken"):
        schema["properties"]["sizes"]["items"]["maximum"] = 51
    if has("tags-of-four-taken"):
        del schema["properties"]["tags"]["maxItems"]
    if has("form-unknown-taken"):
        del schema["additionalProperties"]
    if has("form-without-name-taken"):
        schema["required"] = ["sizes"]
    values = {}
    for name, value in given:
        if name == "sizes":
            values.setdefault(name, []).append(value)
        elif name in values:
            raise Bad(f"{name} twice")
        else:
            values[name] = value
    if "tags" in values:
        written = next(part for part in raw.split("&") if part.startswith("tags="))[5:]
        values["tags"] = [unquote_plus(item) for item in re.split(",|%2C|%2c", written)] if written else []
    values = held(schema, values, "form")
    if has("no-tags-crashes"):
        values["tags"]
    if has("three-sizes-crash") and len(values["sizes"]) == 3:
        raise RuntimeError("three")
    return values


def endpoint(decode):
    async def answer(request):
        try:
            values = decode(request)
            values = await values if hasattr(values, "__await__") else values
        except Bad as error:
            if has("refusals-without-error"):
                return JSONResponse({"message": str(error)}, 400)
            if has("refusals-as-text"):
                return PlainTextResponse(str(error), 400)
            if has("refusals-are-422"):
                return JSONResponse({"error": str(error)}, 422)
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"values": values})
    return answer


async def wrong_method(request, error):
    allowed = error.headers["Allow"].replace("HEAD, ", "").replace(", HEAD", "")
    return JSONResponse({"error": "no such method"}, 405, {"Allow": allowed})


app = Starlette(routes=[
    Route("/m/{a}/{b}/{c}", endpoint(matrix)), Route("/l/{a}/{b}/{c}", endpoint(label)),
    Route("/s/{a}/{b}", endpoint(simple)), Route("/q", endpoint(query)), Route("/c", endpoint(cookies)),
    Route("/f", endpoint(form), methods=["POST"]),
], exception_handlers={405: wrong_method})

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False)
