"""A server that speaks a description by itself: answers made of the response's schema, the same each time.

It knows nothing of the importer, and reads the document with a JSON or YAML parser alone.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

DEEPEST = 5
"""Objects in objects; behind it only what is required, and no lists' items."""

TEXTS = {
    "date-time": "2026-05-04T03:02:01Z",
    "date": "2026-05-04",
    "time": "03:02:01Z",
    "uuid": "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
    "email": "ada@example.com",
    "uri": "https://example.com/a",
    "byte": "YQ==",
    "decimal": "12.50",
}


class Answers:
    """Values that a description's schemas allow.

    Args:
        document: OpenAPI 3 or Swagger 2.0, in one file.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def resolved(self, node: Any) -> Any:
        """The node, or what it refers to."""
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def value(self, schema: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - a kind of schema each
        """A value of a schema."""
        schema = self.resolved(schema)
        if not isinstance(schema, dict):
            return None
        for word in ("oneOf", "anyOf"):
            if schema.get(word):
                return self._alternative(schema, schema[word], depth)
        if "allOf" in schema:
            return self._all_of(schema, depth)
        if "enum" in schema or "const" in schema:
            return schema["enum"][0] if "enum" in schema else schema["const"]
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), None)
        if kind == "object" or "properties" in schema or isinstance(schema.get("additionalProperties"), dict):
            return self._object(schema, depth)
        if kind == "array":
            return [] if depth > DEEPEST else [self.value(schema.get("items"), depth + 1)]
        return self._scalar(kind, schema)

    def _alternative(self, schema: Mapping[str, Any], alternatives: list[Any], depth: int) -> Any:
        found = [each for each in alternatives if self.resolved(each).get("type") != "null"]
        plain = [each for each in found if "properties" not in self.resolved(each)]
        # Deep down, an expandable field stays a text.
        chosen = (plain if depth > 1 and plain else found)[0]
        value = self.value(chosen, depth)
        told = schema.get("discriminator")
        if isinstance(value, dict) and isinstance(told, dict):
            value.setdefault(told["propertyName"], self._told(told, chosen))
        return value

    @staticmethod
    def _told(told: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
        ref = str(chosen.get("$ref", ""))
        named = {target: value for value, target in told.get("mapping", {}).items()}
        return str(named.get(ref, ref.rpartition("/")[2]))

    def _all_of(self, schema: Mapping[str, Any], depth: int) -> Any:
        parts = [{key: each for key, each in schema.items() if key != "allOf"}, *schema["allOf"]]
        values = [self.value(each, depth) for each in parts if self.resolved(each)]
        objects = [each for each in values if isinstance(each, dict)]
        if objects:
            return {key: value for each in objects for key, value in each.items()}
        return next((each for each in values if each is not None), None)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        wanted = schema.get("properties") or {}
        if depth > DEEPEST:
            wanted = {name: each for name, each in wanted.items() if name in schema.get("required", ())}
        if depth > 3 * DEEPEST:
            return {}
        made = {
            name: self.value(each, depth + 1)
            for name, each in wanted.items()
            if not self.resolved(each).get("writeOnly")
        }
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and more and not made and depth <= DEEPEST:
            made["any-name"] = self.value(more, depth + 1)
        return made

    @staticmethod
    def _scalar(kind: str | None, schema: Mapping[str, Any]) -> Any:
        if kind in {"integer", "number"}:
            least = schema.get("minimum", 1)
            return int(least) if kind == "integer" else float(least)
        if kind == "boolean":
            return True
        if kind == "string":
            return TEXTS.get(schema.get("format", ""), "text")
        return {"any": "thing"} if kind is None else None

    def answer(self, method: str, path: str) -> tuple[int, str, Any] | None:
        """Status, media type and value for a request; None where no path of the document is like this one."""
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(template))
            if method in item and re.fullmatch(pattern, path):
                return self._of_operation(item[method])
        return None

    def _of_operation(self, operation: Mapping[str, Any]) -> tuple[int, str, Any]:
        answers = operation.get("responses", {})
        status = next((key for key in answers if str(key).startswith("2")), "default")
        answer = self.resolved(answers.get(status, {}))
        number = 200 if status == "default" else int(str(status).replace("X", "0"))
        if "schema" in answer:
            return number, "application/json", self.value(answer["schema"])
        content = answer.get("content") or {}
        if not content:
            return 204 if number == 200 else number, "", None
        media = next((each for each in content if "json" in each), next(iter(content)))
        return number, media, self.value(content[media].get("schema"))


def load(path: Path) -> Answers:
    """The answers of a document."""
    text = path.read_text()
    document = json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
    return Answers(document)


@contextmanager
def answering(answers: Answers, base_path: str = "") -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: its address, and "METHOD path?query" of all that it is asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet; two would wait for each other.
        wbufsize = -1

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            asked.append(f"{self.command} {self.path}")
            path = urlsplit(self.path).path.removeprefix(base_path)
            found = answers.answer(self.command.lower(), path)
            status, media, value = found or (404, "application/json", {"message": "no such path"})
            body = b"" if not media else json.dumps(value, default=str).encode()
            if media and "json" not in media:
                body = str(value).encode()
            self.send_response(status)
            if media:
                self.send_header("Content-Type", media.replace("*/*", "application/json"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{base_path}", asked
    finally:
        server.shutdown()
        server.server_close()
