"""A limit: the benchmark's queries answered by hand. No GraphQL; ASGI, aiohttp and orjson, nothing between.

    UPSTREAM=http://127.0.0.1:9000 granian --interface asgi bench.by_hand:app

It knows the benchmark's query texts and nothing else. Each request makes its own upstream calls.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from yarl import URL

from bench.cases import GREET, POSTS_AND_USERS, TITLES, TREE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.types import Receive, Scope, Send

_UPSTREAM = os.environ.get("UPSTREAM", "")
_HEADERS = [(b"content-type", b"application/json")]


class _Upstream:
    """One session, made at the first call, as only then a loop runs."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str) -> Any:
        """The decoded answer to a GET."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=30),
            )
        async with self._session.get(URL(_UPSTREAM + path, encoded=True)) as response:
            return orjson.loads(await response.read())

    async def by_ids(self, path: str, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Rows by id, each asked for once."""
        query = "&".join([f"id={id_}" for id_ in dict.fromkeys(ids)])
        return {row["id"]: row for row in await self.get(f"{path}?{query}")}


_upstream = _Upstream()


def _user(user: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if user is None else {"id": user["id"], "name": user["name"], "email": user["email"]}


async def posts_and_users() -> dict[str, Any]:
    """The data of Q1, Q4 and C1."""
    posts = await _upstream.get("/posts")
    found = await _upstream.by_ids("/users", [post["userId"] for post in posts])
    users = {id_: _user(user) for id_, user in found.items()}
    return {
        "posts": [
            {
                "id": post["id"],
                "userId": post["userId"],
                "title": post["title"],
                "user": users.get(post["userId"]),
            }
            for post in posts
        ]
    }


async def titles() -> dict[str, Any]:
    """The data of Q2."""
    return {"posts": [{"title": post["title"]} for post in await _upstream.get("/posts")]}


async def greet() -> dict[str, Any]:
    """The data of Q3."""
    return {"greet": "Hello World!"}


async def tree() -> dict[str, Any]:
    """The data of Q5."""
    comments = await _upstream.get("/comments")
    posts = await _upstream.by_ids("/posts", [comment["postId"] for comment in comments])
    users = await _upstream.by_ids("/users", [post["userId"] for post in posts.values()])
    shown = {
        id_: {"id": id_, "title": post["title"], "user": _user(users.get(post["userId"]))}
        for id_, post in posts.items()
    }
    return {
        "comments": [
            {"id": comment["id"], "body": comment["body"], "post": shown.get(comment["postId"])}
            for comment in comments
        ]
    }


ANSWERS: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
    POSTS_AND_USERS: posts_and_users,
    TITLES: titles,
    GREET: greet,
    TREE: tree,
}


async def body_of(receive: Receive) -> bytes:
    """The request's whole body."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def reply(send: Send, body: bytes) -> None:
    """Answer 200 with JSON."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": body})


async def answer(body: bytes) -> bytes:
    """The response to a request's body."""
    return orjson.dumps({"data": await ANSWERS[orjson.loads(body)["query"]]()})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["type"] == "http":
        await reply(send, await answer(await body_of(receive)))
