"""The benchmark's upstream: rows by id, and a count of its calls."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from bench import data
from bench.asking import take_calls
from bench.cases import SMALL
from bench.processes import HOST, Process
from tests.bench.conftest import TINY


def get(upstream: Process, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(HOST, upstream.port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_it_answers_all_rows_and_rows_by_id(upstream: Process) -> None:
    assert get(upstream, "/posts") == (200, data.posts(TINY.posts, TINY.users))
    status, users = get(upstream, "/users?id=3&id=1&id=99&id=x&id=3")
    assert (status, [user["id"] for user in users]) == (200, [1, 3])


def test_it_counts_what_is_asked_and_nothing_else(upstream: Process) -> None:
    take_calls(upstream.port)
    assert get(upstream, "/nothing")[0] == 404
    for path in ("/posts", "/posts", "/users?id=1"):
        get(upstream, path)
    assert get(upstream, "/__calls") == (200, {"GET /posts": 2, "GET /users": 1})
    assert take_calls(upstream.port) == 3
    assert take_calls(upstream.port) == 0


def test_requests_may_come_in_pieces_and_together(upstream: Process) -> None:
    request = b"GET /users?id=2 HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((HOST, upstream.port), timeout=5) as connection:
        connection.sendall(request[:9])
        connection.sendall(request[9:] + request)
        received = b""
        while received.count(b"user2.example.org") < 2:
            received += connection.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_the_data_is_of_the_size_that_the_figures_are_about() -> None:
    body = json.dumps(data.posts(SMALL.posts, SMALL.users), separators=(",", ":"))
    assert 28_000 < len(body) < 29_500
    assert {post["userId"] for post in data.posts(SMALL.posts, SMALL.users)} == set(range(1, 11))
