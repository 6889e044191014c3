"""A small shop behind an OpenAPI document of its own: a server of this process, and what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ORDERS = {
    str(number): {
        "id": str(number),
        "customer_id": f"C{number % 3}",
        "status": "paid" if number % 2 else "in-transit",
        "labels": {"gift": "yes", "size": str(number)},
        "payment": {"kind": "card", "last4": "4242"} if number % 2 else {"kind": "bank", "iban": "DE00"},
        "placed_at": "2026-01-31T12:00:00Z",
        "total": {"cents": number * 100, "currency": "EUR"},
    }
    for number in range(1, 8)
}
CUSTOMERS = {f"C{number}": {"id": f"C{number}", "name": f"Customer {number}"} for number in range(3)}

_TEXT = {"type": "string"}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "It.", "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, **more}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(url: str) -> dict[str, Any]:
    """The shop's description."""
    ids = {"type": "array", "maxItems": 50, "items": _TEXT}
    problem = {"404": _answer(_ref("Problem")), "422": _answer(_ref("Problem"))}
    integer = {"type": "integer", "format": "int32"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Little shop", "version": "1.2"},
        "servers": [{"url": url}],
        "paths": {
            "/orders": {
                "get": {
                    "operationId": "listOrders",
                    "summary": "Orders, oldest first.",
                    "tags": ["orders"],
                    "parameters": [
                        _parameter("status", "query", _ref("Status"), description="Only of this status."),
                        _parameter("X-Tenant", "header", _TEXT),
                        _parameter("offset", "query", integer),
                        _parameter("limit", "query", {**integer, "maximum": 3}),
                    ],
                    "responses": {
                        "200": _answer(
                            {
                                "type": "object",
                                "required": ["data", "total"],
                                "properties": {
                                    "data": {"type": "array", "items": _ref("Order")},
                                    "total": integer,
                                },
                            }
                        )
                    },
                },
                "post": {
                    "operationId": "createOrder",
                    "tags": ["orders"],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": _ref("NewOrder")}},
                    },
                    "responses": {"201": _answer(_ref("Order")), **problem},
                },
            },
            "/orders/{id}": {
                "get": {
                    "operationId": "getOrder",
                    "tags": ["orders"],
                    "parameters": [_parameter("id", "path", _TEXT, required=True)],
                    "responses": {"200": _answer(_ref("Order")), **problem},
                }
            },
            "/customers": {
                "get": {
                    "operationId": "listCustomers",
                    "summary": "Customers by number.",
                    "tags": ["customers"],
                    "parameters": [_parameter("ids", "query", ids, explode=False, required=True)],
                    "responses": {"200": _answer({**ids, "items": _ref("Customer")})},
                }
            },
            "/internal": {
                "delete": {
                    "operationId": "wipe",
                    "tags": ["internal"],
                    "responses": {"204": {"description": "Gone."}},
                }
            },
        },
        "components": {
            "schemas": {
                "Status": {"type": "string", "enum": ["paid", "in-transit"]},
                "Money": {
                    "type": "object",
                    "description": "An amount.",
                    "required": ["cents", "currency"],
                    "properties": {"cents": {"type": "integer", "format": "int64"}, "currency": _TEXT},
                },
                "Card": {
                    "type": "object",
                    "required": ["kind", "last4"],
                    "properties": {"kind": _TEXT, "last4": _TEXT},
                },
                "Bank": {
                    "type": "object",
                    "required": ["kind", "iban"],
                    "properties": {"kind": _TEXT, "iban": _TEXT},
                },
                "Order": {
                    "type": "object",
                    "description": "Something that was bought.",
                    "required": ["id", "customer_id", "status", "total"],
                    "properties": {
                        "id": _TEXT,
                        "customer_id": {**_TEXT, "description": "Who bought it."},
                        "status": _ref("Status"),
                        "labels": {"type": "object", "additionalProperties": _TEXT},
                        "payment": {
                            "oneOf": [_ref("Card"), _ref("Bank")],
                            "discriminator": {
                                "propertyName": "kind",
                                "mapping": {
                                    "card": "#/components/schemas/Card",
                                    "bank": "#/components/schemas/Bank",
                                },
                            },
                        },
                        "placed_at": {"type": "string", "format": "date-time"},
                        "refunds": {"type": "array", "maxItems": 4, "items": _ref("Money")},
                        "total": _ref("Money"),
                    },
                },
                "NewOrder": {
                    "type": "object",
                    "required": ["customer_id"],
                    "properties": {
                        "customer_id": _TEXT,
                        "note": {**_TEXT, "nullable": True},
                        "labels": {"type": "object", "additionalProperties": _TEXT},
                    },
                },
                "Customer": {
                    "type": "object",
                    "required": ["id", "name"],
                    "properties": {"id": _TEXT, "name": _TEXT},
                },
                "Problem": {"type": "object", "properties": {"title": _TEXT}},
            }
        },
    }


class _Handler(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"GET {self.path}")
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/orders":
            rows = [each for each in ORDERS.values() if query.get("status") in (None, each["status"])]
            start, size = int(query.get("offset", 0)), int(query.get("limit", 3))
            return self._answer(200, {"data": rows[start : start + size], "total": len(rows)})
        if parts.path == "/customers":
            return self._answer(200, [CUSTOMERS[key] for key in query["ids"].split(",") if key in CUSTOMERS])
        order = ORDERS.get(parts.path.rpartition("/")[2])
        return self._answer(200, order) if order else self._answer(404, {"title": "no such order"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(f"POST {self.path} {json.dumps(body)}")
        if body["customer_id"] not in CUSTOMERS:
            return self._answer(422, {"title": "unknown customer", "secret": "x"})
        return self._answer(201, {**ORDERS["1"], "id": "99", **body})

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Nothing: it is a test's."""


class Shop:
    """Its address, and the calls that it got."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url = url
        self.asked = asked

    def write(self, folder: Path) -> Path:
        """Its description, as a file."""
        path = folder / "shop.openapi.json"
        path.write_text(json.dumps(document(self.url)))
        return path


@contextmanager
def served_shop() -> Iterator[Shop]:
    """The shop, for as long as the block."""
    asked: list[str] = []
    handler = type("Handler", (_Handler,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Shop(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
