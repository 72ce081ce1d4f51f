"""Bookings of rooms: FastAPI with pydantic, a document that FastAPI writes, bearer tokens."""

import os
import sys
import time
import uuid
from datetime import date, datetime, timezone
from enum import Enum
from typing import Annotated, Literal

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

DEFECTS = set(filter(None, os.environ.get("DEFECT", "").split(",")))


def has(defect):
    """Whether a defect is switched on."""
    return defect in DEFECTS


def text_only(value):
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


Day = Annotated[date, BeforeValidator(text_only)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Size(str, Enum):
    small = "small"
    medium = "medium"
    large = "large"


class Guest(Closed):
    name: str = Field(min_length=1, max_length=30, pattern=r"^[A-Za-z][A-Za-z '\-]*$")
    age: StrictInt | None = Field(default=None, ge=0, le=130)


class NewBooking(Closed):
    room: StrictInt = Field(ge=1, le=9)
    size: Size
    start: Day
    nights: StrictInt = Field(ge=1, le=28)
    guests: list[Guest] = Field(min_length=1, max_length=4)
    breakfast: StrictBool = False
    note: str | None = Field(default=None, max_length=80)


class Change(Closed):
    nights: StrictInt | None = Field(default=None, ge=1, le=28)
    note: str | None = Field(default=None, max_length=80)


class Booking(NewBooking):
    id: uuid.UUID
    state: Literal["held", "paid"]
    made_at: datetime


class Page(BaseModel):
    items: list[Booking]
    total: int = Field(ge=0)
    next: int | None = None


class Problem(BaseModel):
    detail: str


app = FastAPI(title="Bookings", version="1.0.0", docs_url=None, redoc_url=None)
bearer = HTTPBearer(auto_error=False)
store: dict[uuid.UUID, Booking] = {}
TOKENS = {"secret-token": "ann", "other-token": "ben"}
owners: dict[uuid.UUID, str] = {}
counter = 0


def told(text, status):
    return HTTPException(status, text, {"WWW-Authenticate": "Bearer"} if status == 401 else None)


def user(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)], request: Request) -> str:
    if has("auth-ignored-on-delete") and request.method == "DELETE":
        return "ann"
    if credentials is None:
        raise told("no token", 401)
    if has("any-token-taken") and request.method == "PATCH":
        return "ann"
    name = TOKENS.get(credentials.credentials)
    if name is None:
        raise told("wrong token", 401)
    return name


User = Annotated[str, Depends(user)]
Refused = {401: {"model": Problem}}
Lost = {401: {"model": Problem}, 404: {"model": Problem}}


def find(key: uuid.UUID, name: str) -> Booking:
    booking = store.get(key)
    if booking is None or (owners[key] != name and not has("other-users-booking-readable")):
        raise told("no such booking", 404)
    return booking


def shown(booking: Booking):
    body = booking.model_dump(mode="json")
    return body


@app.get("/rooms", operation_id="listRooms")
def list_rooms(
    response: Response,
    size: Annotated[list[Size] | None, Query()] = None,
    floor: Annotated[int | None, Query(ge=0, le=3)] = None,
    name: Annotated[str | None, Query(min_length=2, max_length=5)] = None,
) -> list[StrictInt]:
    if has("null-byte-crashes") and name and "\0" in name:
        raise RuntimeError("null byte")
    if has("unicode-crashes") and name:
        name.encode("latin-1")
    if has("repeated-filter-crashes") and size and len(size) != len(set(size)):
        raise RuntimeError("twice")
    if has("floor-zero-crashes") and floor is not None:
        1 // floor
    if has("rooms-differ-without-filter") and floor is None and name is None and size is None:
        return JSONResponse({"rooms": [1, 2]})
    if has("rooms-as-text-for-long-name") and name and len(name) == 5:
        return JSONResponse(["1"])
    return [number for number in range(1, 10) if floor is None or number % 4 == floor]


@app.get("/bookings", operation_id="listBookings", responses=Refused)
def list_bookings(
    name: User,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    offset: Annotated[int, Query(ge=0, le=10000)] = 0,
    since: Annotated[date | None, Query()] = None,
) -> Page:
    if has("deep-offset-crashes") and offset >= 10000:
        raise RuntimeError("offset")
    mine = [booking for key, booking in store.items() if owners[key] == name]
    if since:
        mine = [booking for booking in mine if booking.start >= since]
    if has("page-over-limit"):
        limit += 1
    page = {"items": [shown(booking) for booking in mine[offset:offset + limit]], "total": len(mine)}
    page["next"] = offset + limit if offset + limit < len(mine) else None
    if has("total-negative-when-past-the-end") and offset > len(mine):
        page["total"] = len(mine) - offset
    if has("total-missing-when-empty") and not page["items"]:
        del page["total"]
    return JSONResponse(page)


@app.post("/bookings", operation_id="makeBooking", status_code=201, response_model=Booking, responses={
    **Refused, 201: {"headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}}})
async def make_booking(new: NewBooking, name: User):
    global counter
    counter += 1
    if has("every-seventh-fails") and counter % 7 == 0:
        raise RuntimeError("flaky")
    if has("breakfast-crashes") and new.breakfast and new.nights == 28:
        raise RuntimeError("too much breakfast")
    if has("made-with-200"):
        status = 200
    else:
        status = 201
    if has("leap-day-crashes"):
        new.start.replace(year=new.start.year + 1) if new.start.year < 9999 else None
    booking = Booking(**new.model_dump(mode="json"), id=uuid.uuid4(), state="held", made_at=datetime.now(timezone.utc))
    if len(store) > 2000:
        oldest = next(iter(store))
        del store[oldest], owners[oldest]
    if not has("made-and-lost"):
        store[booking.id], owners[booking.id] = booking, name
    body = shown(booking)
    if has("nights-as-text"):
        body["nights"] = str(body["nights"])
    if has("state-outside-enum-when-no-guest-age") and all(guest.age is None for guest in new.guests):
        body["state"] = "pending"
    headers = {} if has("location-missing") else {"Location": f"/bookings/{booking.id}"}
    return JSONResponse(body, status, headers)


Key = Annotated[uuid.UUID, Path()]


@app.get("/bookings/{key}", operation_id="getBooking", responses=Lost)
def get_booking(key: Key, name: User) -> Booking:
    booking = find(key, name)
    body = shown(booking)
    if has("guests-null-when-read"):
        body["guests"] = None
    if has("id-no-uuid-when-read"):
        body["id"] = body["id"][:-1]
    if has("password-shown"):
        body["owner_token"] = "secret-token"
    return JSONResponse(body)


@app.patch("/bookings/{key}", operation_id="changeBooking", responses=Lost)
def change_booking(key: Key, change: Change, name: User) -> Booking:
    booking = find(key, name)
    if has("empty-change-crashes") and not change.model_fields_set:
        raise RuntimeError("nothing to change")
    if "nights" in change.model_fields_set and change.nights is not None:
        booking.nights = change.nights
    if "note" in change.model_fields_set:
        booking.note = change.note
    if has("changed-lacks-made-at"):
        body = shown(booking)
        del body["made_at"]
        return JSONResponse(body)
    return JSONResponse(shown(booking))


@app.delete("/bookings/{key}", operation_id="cancelBooking", status_code=204, responses=Lost)
def cancel_booking(key: Key, name: User):
    find(key, name)
    if has("delete-answers-200"):
        return JSONResponse({"deleted": True}, 200)
    if not has("cancelled-stays"):
        del store[key], owners[key]
    return Response(status_code=204)


@app.post("/bookings/{key}/pay", operation_id="payBooking", responses={**Lost, 409: {"model": Problem}})
def pay_booking(key: Key, name: User, x_amount: Annotated[int, Header(ge=1, le=100000)]) -> Booking:
    booking = find(key, name)
    if has("hangs-on-one") and x_amount == 1:
        time.sleep(60)
    if booking.state == "paid":
        if has("paid-twice-is-402"):
            return JSONResponse({"detail": "paid"}, 402)
        raise told("it is paid", 409)
    booking.state = "paid"
    return JSONResponse(shown(booking))


LENIENT = {
    "nights-zero-taken": ("nights", 0),
    "nights-29-taken": ("nights", 29),
}


@app.middleware("http")
async def bend(request: Request, call_next):
    """Defects of validation: what is refused is mended before it is validated, as a validator would that lacks it."""
    if request.method == "POST" and request.url.path == "/bookings" and DEFECTS:
        import json
        raw = await request.body()
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if isinstance(body, dict):
            for defect, (member, value) in LENIENT.items():
                if has(defect) and type(body.get(member)) is int and body[member] == value:
                    body[member] = 7
            if has("size-in-capitals-taken") and isinstance(body.get("size"), str):
                body["size"] = body["size"].lower()
            if has("unknown-members-taken"):
                body = {name: value for name, value in body.items() if name in NewBooking.model_fields}
            if has("five-guests-taken") and isinstance(body.get("guests"), list) and len(body["guests"]) == 5:
                body["guests"].pop()
            if has("guest-name-unanchored") and isinstance(body.get("guests"), list):
                for guest in body["guests"]:
                    if isinstance(guest, dict) and isinstance(guest.get("name"), str) and guest["name"][:1].isascii() \
                            and guest["name"][:1].isalpha() and len(guest["name"]) <= 30:
                        guest["name"] = "Ann"
            if has("guest-without-name-taken") and isinstance(body.get("guests"), list):
                for guest in body["guests"]:
                    if isinstance(guest, dict):
                        guest.setdefault("name", "Ann")
            if has("long-note-taken") and isinstance(body.get("note"), str):
                body["note"] = body["note"][:80]
            if has("any-start-taken") and isinstance(body.get("start"), str):
                body["start"] = "2024-01-01"
            request._body = json.dumps(body).encode()
    try:
        response = await call_next(request)
    except RuntimeError as error:
        if has("errors-as-200") :
            return JSONResponse({"detail": str(error)}, 200)
        raise
    if response.status_code == 405 and "allow" in response.headers:
        allowed = [method for route in app.routes if getattr(route, "path_regex", None)
                   and route.path_regex.match(request.url.path) for method in (route.methods or ())]
        response.headers["allow"] = ", ".join(sorted(set(allowed)))
    return response


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False)
