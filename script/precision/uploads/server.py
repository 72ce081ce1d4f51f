"""Pictures and the shapes drawn on them: FastAPI with multipart, forms, cookies and a discriminated union."""

import json
import os
import sys
import time
from typing import Annotated, Literal, Union

import uvicorn
from fastapi import Cookie, FastAPI, File, Form, HTTPException, Path, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

DEFECTS = set(filter(None, os.environ.get("DEFECT", "").split(",")))


def has(defect):
    """Whether a defect is switched on."""
    return defect in DEFECTS


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


Coordinate = Annotated[float, Field(ge=-1000, le=1000, strict=True)]


class Point(Closed):
    x: Coordinate
    y: Coordinate


class Circle(Closed):
    kind: Literal["circle"]
    center: Point
    radius: Annotated[float, Field(gt=0, le=500, strict=True)]


class Line(Closed):
    kind: Literal["line"]
    points: list[Point] = Field(min_length=2, max_length=6)
    dashed: StrictBool | None = None


class Label(Closed):
    kind: Literal["label"]
    at: Point
    text: StrictStr = Field(min_length=1, max_length=20)
    colour: str = Field(default="#000000", pattern=r"^#[0-9a-f]{6}$")


Shape = Annotated[Union[Circle, Line, Label], Field(discriminator="kind")]


class Problem(BaseModel):
    detail: str


class Picture(BaseModel):
    id: int = Field(ge=1)
    title: str = Field(max_length=40)
    tags: list[str]
    bytes: int = Field(ge=0)
    public: bool


app = FastAPI(title="Uploads", version="2.1.0", docs_url=None, redoc_url=None)
pictures: dict[int, Picture] = {}
shapes: dict[int, list] = {}
last = 0
NotFound = {404: {"model": Problem}}
Id = Annotated[int, Path(ge=1, le=2147483647)]


def find(number):
    if number not in pictures:
        raise HTTPException(404, "no such picture")
    return pictures[number]


@app.post("/pictures", operation_id="upload", status_code=201, response_model=Picture)
async def upload(
    title: Annotated[str, Form(min_length=1, max_length=40)],
    file: Annotated[UploadFile, File()],
    tags: Annotated[list[str], Form(max_length=5)] = [],
    public: Annotated[bool, Form()] = False,
):
    global last
    content = await file.read()
    if has("empty-file-crashes"):
        content[0]
    if has("three-tags-crash") and len(tags) == 3:
        raise RuntimeError("tags")
    last += 1
    if len(pictures) > 1000:
        pictures.pop(next(iter(pictures)))
    picture = Picture(id=last, title=title, tags=tags, bytes=len(content), public=public)
    pictures[last] = picture
    body = picture.model_dump()
    if has("public-picture-without-tags") and public:
        del body["tags"]
    if has("tags-as-text-when-one") and len(tags) == 1:
        body["tags"] = tags[0]
    if has("upload-answers-text"):
        return PlainTextResponse(json.dumps(body), 201)
    if has("upload-answers-202") and not public:
        return JSONResponse(body, 202)
    return JSONResponse(body, 201)


@app.get("/pictures", operation_id="listPictures")
def list_pictures(
    tag: Annotated[list[str], Query(max_length=3)] = [],
    sort: Annotated[Literal["id", "-id", "title"], Query()] = "id",
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
    theme: Annotated[Literal["dark", "light"] | None, Cookie()] = None,
) -> list[Picture]:
    if has("dark-theme-crashes") and theme == "dark":
        raise RuntimeError("dark")
    if has("sort-by-title-crashes") and sort == "title":
        raise RuntimeError("title")
    if has("limit-of-twenty-crashes") and limit == 20:
        raise RuntimeError("limit")
    if has("three-tags-undocumented-status") and len(tag) == 3:
        return JSONResponse({"detail": "too many"}, 400)
    found = [picture for picture in pictures.values() if not tag or set(tag) & set(picture.tags)]
    found.sort(key=lambda picture: picture.title if sort == "title" else picture.id, reverse=sort == "-id")
    body = [picture.model_dump() for picture in found[:limit]]
    if has("descending-lacks-bytes") and sort == "-id":
        for picture in body:
            del picture["bytes"]
    if has("nothing-for-none") and not body:
        return Response(status_code=204)
    return JSONResponse(body)


@app.get("/pictures/{number}", operation_id="getPicture", responses=NotFound)
def get_picture(number: Id) -> Picture:
    if has("missing-picture-crashes"):
        return pictures[number]
    if has("missing-picture-is-empty") and number not in pictures:
        return JSONResponse({})
    if has("missing-picture-is-400") and number not in pictures:
        return JSONResponse({"detail": "no"}, 400)
    if has("great-number-crashes") and number > 2000000000:
        raise RuntimeError("32 bits")
    picture = find(number)
    body = picture.model_dump()
    if has("title-null-when-long") and len(picture.title) > 20:
        body["title"] = None
    if has("bytes-negative-when-empty") and not picture.bytes:
        body["bytes"] = -1
    return JSONResponse(body)


@app.delete("/pictures/{number}", operation_id="removePicture", status_code=204, responses=NotFound)
def remove_picture(number: Id):
    find(number)
    if not has("removed-only-from-list"):
        pictures.pop(number)
    shapes.pop(number, None)
    return Response(status_code=204)


@app.put("/pictures/{number}/shapes", operation_id="draw", responses=NotFound)
def draw(number: Id, drawn: Annotated[list[Shape], Field(max_length=8)]) -> list[Shape]:
    find(number)
    if has("no-shapes-crashes"):
        drawn[0]
    if has("tiny-circle-crashes"):
        [1 / int(shape.radius) for shape in drawn if shape.kind == "circle"]
    if has("dashed-null-crashes") and any(
            shape.kind == "line" and "dashed" in shape.model_fields_set and shape.dashed is None for shape in drawn):
        raise RuntimeError("null")
    shapes[number] = drawn
    body = [shape.model_dump(exclude_unset=True) for shape in drawn]
    for shape in body:
        if has("kind-in-capitals-shown") and shape["kind"] == "label":
            shape["kind"] = "LABEL"
        if has("center-as-array") and shape["kind"] == "circle":
            shape["center"] = [shape["center"]["x"], shape["center"]["y"]]
        if has("line-cut-to-one-point") and shape["kind"] == "line":
            shape["points"] = shape["points"][:1]
    return JSONResponse(body)


@app.post("/feedback", operation_id="feedback", status_code=200)
def feedback(
    subject: Annotated[Literal["bug", "wish", "praise"], Form()],
    stars: Annotated[int, Form(ge=1, le=5)],
    text: Annotated[str | None, Form(max_length=60)] = None,
    session: Annotated[str | None, Cookie(min_length=4, max_length=12, pattern="^[a-z0-9]+$")] = None,
) -> dict[str, StrictInt]:
    if has("five-stars-crash") and stars == 5:
        raise RuntimeError("five")
    if has("feedback-hangs-on-praise") and subject == "praise" and stars == 1:
        time.sleep(60)
    if has("session-crashes") and session:
        raise RuntimeError("session")
    if has("count-as-float") and text:
        return JSONResponse({"count": 0.5})
    return JSONResponse({"count": stars})


def form_of(raw):
    from urllib.parse import parse_qsl
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="utf-8")


@app.middleware("http")
async def bend(request: Request, call_next):
    """Defects of validation: what is refused is mended before it is validated, as by a validator that lacks the rule."""
    if DEFECTS:
        raw = await request.body()
        if request.url.path == "/feedback" and has("six-stars-taken"):
            request._body = raw.replace(b"stars=6", b"stars=5")
        if request.url.path == "/feedback" and has("any-subject-taken"):
            from urllib.parse import urlencode
            pairs = form_of(raw)
            request._body = urlencode([(name, "bug" if name == "subject" else value) for name, value in pairs]).encode()
        if request.url.path.endswith("/shapes"):
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            if isinstance(body, list):
                if has("nine-shapes-taken"):
                    body = body[:8]
                for shape in filter(lambda shape: isinstance(shape, dict), body):
                    if has("circle-with-points-taken") and shape.get("kind") == "circle":
                        shape.pop("points", None), shape.pop("extra", None)
                        for name in set(shape) - {"kind", "center", "radius"}:
                            del shape[name]
                    if has("radius-zero-taken") and shape.get("radius") in (0, 0.0) and shape.get("kind") == "circle":
                        shape["radius"] = 1.0
                    if has("point-outside-taken") and isinstance(shape.get("center"), dict):
                        for axis in ("x", "y"):
                            value = shape["center"].get(axis)
                            if isinstance(value, (int, float)) and not isinstance(value, bool):
                                shape["center"][axis] = max(-1000.0, min(1000.0, value))
                    if has("colour-unanchored") and isinstance(shape.get("colour"), str) and "#" in shape["colour"]:
                        import re
                        match = re.search("#[0-9a-f]{6}", shape["colour"])
                        shape["colour"] = match.group() if match else shape["colour"]
                    if has("kind-in-capitals-taken") and isinstance(shape.get("kind"), str):
                        shape["kind"] = shape["kind"].lower()
                request._body = json.dumps(body).encode()
    response = await call_next(request)
    if response.status_code == 405:
        allowed = {method for route in app.routes if route.path_regex.match(request.url.path) for method in route.methods}
        if allowed and not has("allow-missing"):
            response.headers["allow"] = ", ".join(sorted(allowed))
        elif has("allow-missing") and "allow" in response.headers:
            del response.headers["allow"]
    return response


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False)
