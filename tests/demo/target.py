"""A server that keeps what a sender posts to it."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Post(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Target(ThreadingHTTPServer):
    """A server that keeps what it is sent; `answers` holds statuses to give first, then 200."""

    daemon_threads = True

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answers: list[int] = []
        self.live = True
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def posts_of(self, event_id: str) -> list[Post]:
        return [each for each in list(self.posts) if identity(each) == event_id]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Target

    def do_GET(self) -> None:
        self.answer(200 if self.server.live else 503)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posts.append(Post(self.path, headers, body))
        self.answer(self.server.answers.pop(0) if self.server.answers else 200)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass


def identity(post: Post) -> str:
    return post.headers.get("webhook-id") or str(json.loads(post.body)["id"])


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


@contextlib.contextmanager
def serving(*, live: bool) -> Iterator[Target]:
    with Target() as server:
        server.live = live
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
