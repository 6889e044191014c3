"""The upstream of the benchmark: `python -m bench.upstream --port P --posts 100 --users 10 --comments 0`.

``GET /posts``, ``GET /users``, ``GET /comments``
    all rows, a JSON list
``GET /posts?id=1&id=2``, ``GET /users?id=1&id=2``
    the rows of these ids, in the order of the ids' numbers; unknown ids are left out
``GET /__calls``, ``DELETE /__calls``
    how often each of the above was called, as {"GET /posts": 3}; the same, and starts anew

It must never be what limits a server under test: whole responses are kept as bytes by their target, and
requests are read by hand, as only clients of the benchmark send them (no bodies).
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson
import uvloop

from bench import data

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_TARGETS = 1024
CALLS = "/__calls"
END_OF_HEAD = b"\r\n\r\n"


class Answers:
    """Responses by target, and a tally of the calls."""

    def __init__(self, posts: int, users: int, comments: int) -> None:
        self._rows = {
            "/posts": data.posts(posts, users),
            "/users": data.users(users),
            "/comments": data.comments(comments, posts) if comments else [],
        }
        self._by_id = {path: data.by_id(rows) for path, rows in self._rows.items()}
        self._calls: Counter[str] = Counter()
        self._of_target = lru_cache(KEPT_TARGETS)(self._make)

    def answer(self, method: str, target: str) -> bytes:
        """The whole response."""
        path = target.partition("?")[0]
        if path == CALLS:
            return self._tally(anew=method == "DELETE")
        if method != "GET" or path not in self._rows:
            return _response("404 Not Found", {"error": "there is nothing here"})
        self._calls[f"GET {path}"] += 1
        return self._of_target(target)

    def _make(self, target: str) -> bytes:
        parts = urlsplit(target)
        ids = parse_qs(parts.query).get("id")
        if ids is None:
            return _response("200 OK", self._rows[parts.path])
        known = self._by_id[parts.path]
        wanted = sorted({id_ for id_ in ids if id_ in known}, key=int)
        return _response("200 OK", [known[id_] for id_ in wanted])

    def _tally(self, *, anew: bool) -> bytes:
        answer = _response("200 OK", self._calls)
        if anew:
            self._calls.clear()
        return answer


class Connection(asyncio.Protocol):
    """One client's connection, kept open."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: asyncio.WriteTransport | None = None
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        # uvloop's stream transports are no asyncio.WriteTransport by type, but are by what they do.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request whose head has arrived."""
        assert self._transport is not None  # noqa: S101 - connection_made came first
        self._head += data
        while END_OF_HEAD in self._head:
            request, _, self._head = self._head.partition(END_OF_HEAD)
            method, target, _ = request.split(b" ", 2)
            self._transport.write(self._answers.answer(method.decode(), target.decode()))


def _response(status: str, content: Any) -> bytes:
    body = orjson.dumps(content)
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(port: int, answers: Answers) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", port, backlog=1024)
    await ended.wait()
    server.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bench.upstream")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--comments", type=int, default=0)
    chosen = parser.parse_args(arguments)
    answers = Answers(chosen.posts, chosen.users, chosen.comments)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(chosen.port, answers))


if __name__ == "__main__":
    main()
