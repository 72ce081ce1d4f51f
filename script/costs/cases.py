"""The requests that the stub is measured with, and the documents they belong to."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from processes import ROOT

TYK = ROOT / "openapi" / "documents" / "tyk-dashboard-admin.yaml"


@dataclass
class Case:
    """A request, and what the stub and Prism answer to it."""

    name: str
    title: str
    document: Path
    method: str
    target: str
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    prism_status: int = 200
    # The least size of the body, so that an answer that says less than it should is not measured.
    at_least: int = 1

    def wire(self):
        """The request as it goes over the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


# The request example of the Tyk document, as the stub gets it from a client.
TYK_BODY = {
    "DisplayName": "", "EmailAddress": "name@somewhere.com", "ForSection": "dashboard", "GroupID": "",
    "GroupsIDs": None, "OrgID": "588b4f0bb275ff0001cc7471", "SSOOnlyForRegisteredUsers": False,
    "UserNotAllowed": False,
}

# A client that asks for anything names what it can read all the same.
JSON = {"Accept": "application/json"}
SENT = {**JSON, "Content-Type": "application/json"}


def cases(folder):
    """The cases that the targets are about; the document of all but the first is written into `folder`."""
    shop = Path(folder) / "shop.json"
    shop.write_text(json.dumps(document(), indent=1))
    return [
        Case("tyk", "Tyk example, auth and body validated", TYK, "POST", "/admin/sso",
             {**SENT, "Admin-Auth": "secret"}, json.dumps(TYK_BODY).encode()),
        Case("parameters", "GET, parameters in path and query", shop, "GET",
             "/customers/4711/orders?status=paid&limit=20&tags=a&tags=b&since=2024-05-17", JSON),
        Case("dynamic", "reply generated (dynamic)", shop, "GET", "/orders/4711",
             {**JSON, "Prefer": "dynamic=true"}, at_least=50),
        Case("large", "example of 10 KB", shop, "GET", "/catalogue", JSON, at_least=10_000),
        Case("invalid", "invalid, 3 violations", shop, "POST", "/orders?dry=maybe", SENT,
             json.dumps({"lines": [{"article": "tea", "quantity": 0}]}).encode(), status=400, prism_status=422,
             at_least=200),
    ]


def document():
    """A shop whose operations are what one meets: a list, a thing, a catalogue, something to create."""
    reference = {"$ref": "#/components/schemas/Order"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/customers/{customer}/orders": {"get": {
                "operationId": "listOrders",
                "parameters": [
                    parameter("customer", "path", {"type": "integer", "minimum": 1}),
                    parameter("status", "query", {"type": "string", "enum": ["open", "paid", "sent"]}),
                    parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100}),
                    parameter("tags", "query", {"type": "array", "items": {"type": "string", "maxLength": 20}}),
                    parameter("since", "query", {"type": "string", "format": "date"}),
                ],
                "responses": {"200": answer({"type": "array", "items": reference}, [ORDER])},
            }},
            "/orders": {"post": {
                "operationId": "createOrder",
                "parameters": [parameter("dry", "query", {"type": "boolean"})],
                "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
                "responses": {"201": answer(reference, ORDER)},
            }},
            "/orders/{order}": {"get": {
                "operationId": "showOrder",
                "parameters": [parameter("order", "path", {"type": "integer"})],
                "responses": {"200": answer(reference, ORDER)},
            }},
            "/catalogue": {"get": {
                "operationId": "showCatalogue",
                "responses": {"200": answer({"type": "array", "items": {"$ref": "#/components/schemas/Article"}},
                                            catalogue())},
            }},
        },
        "components": {"schemas": {
            "Order": {
                "type": "object",
                "required": ["customer", "lines"],
                "properties": {
                    "id": {"type": "integer", "format": "int64"},
                    "customer": {"type": "integer", "minimum": 1},
                    "status": {"type": "string", "enum": ["open", "paid", "sent"]},
                    "created": {"type": "string", "format": "date-time"},
                    "note": {"type": "string", "nullable": True, "maxLength": 200},
                    "express": {"type": "boolean"},
                    "lines": {"type": "array", "minItems": 1, "maxItems": 5,
                              "items": {"$ref": "#/components/schemas/Line"}},
                },
            },
            "Line": {
                "type": "object",
                "required": ["article", "quantity"],
                "properties": {
                    "article": {"type": "string", "minLength": 1, "maxLength": 40},
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
                    "price": {"type": "number", "minimum": 0},
                },
            },
            "Article": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "description": {"type": "string"},
                    "price": {"type": "number", "minimum": 0},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        }},
    }


ORDER = {
    "id": 4711, "customer": 12, "status": "paid", "created": "2024-05-17T09:30:00Z", "note": None, "express": False,
    "lines": [{"article": "tea", "quantity": 2, "price": 4.5}],
}


def catalogue():
    """Articles whose JSON is a little over 10 KB."""
    articles = []
    while len(json.dumps(articles, separators=(",", ":"))) < 10_240:
        number = len(articles) + 1
        articles.append({
            "id": number, "name": f"Article {number}", "price": number + 0.5, "tags": ["tea", "green", "loose"],
            "description": "What one would read of it beside a picture, in a sentence that says rather little.",
        })
    return articles


def parameter(name, place, schema):
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def answer(schema, example):
    return {"description": "What was asked for.",
            "content": {"application/json": {"schema": schema, "example": example}}}
