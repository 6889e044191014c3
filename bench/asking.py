"""Single questions to servers and the upstream, outside of what is measured."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final

from bench.processes import HOST

TIMEOUT_SECONDS: Final = 60.0


class WrongAnswer(Exception):
    """A server answers something else than the join written by hand; the message names both."""


def ask(port: int, query: str) -> Any:
    """The decoded answer of a server to a query. Raises WrongAnswer where it is no JSON with status 200."""
    body = json.dumps({"query": query})
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    status, content = _request(port, "POST", "/graphql", body, headers)
    if status != http.client.OK:
        raise WrongAnswer(f"HTTP {status}: {content[:500].decode(errors='replace')}")
    return json.loads(content)


def require_same(name: str, case: str, answer: Any, expected: Any) -> None:
    """Raise WrongAnswer where the two differ, in members, values or order of rows."""
    if answer != expected:
        raise WrongAnswer(
            f"{name} answers {case} with {str(answer)[:300]}… and not with {str(expected)[:300]}…"
        )


def take_calls(upstream_port: int) -> int:
    """How often the upstream was called since the last time; starts the count anew."""
    _, content = _request(upstream_port, "DELETE", "/__calls")
    return sum(json.loads(content).values())


def _request(
    port: int, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
