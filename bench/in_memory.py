"""Posts and users as records in memory, and two Strawberry schemas over them: one loads, one links.

What is left to measure is execution alone: no upstream, no HTTP, no JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from bench import data
from patchbay.batch import Batch, Matched
from patchbay.links import link
from patchbay.server import GraphSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

POSTS_PER_USER = 10
"""As in Q1."""

Info = strawberry.Info[Any, Any]


class UserRecord(msgspec.Struct, frozen=True):
    """A user."""

    id: int
    name: str
    email: str


class PostRecord(msgspec.Struct, frozen=True, rename="camel"):
    """A post."""

    id: int
    user_id: int
    title: str


class Store:
    """The records that both schemas and the loop by hand read."""

    def __init__(self) -> None:
        self.posts: list[PostRecord] = []
        self.users: dict[int, UserRecord] = {}

    def fill(self, rows: int) -> None:
        """Hold so many posts, and a tenth as many users."""
        users = max(1, rows // POSTS_PER_USER)
        self.posts = msgspec.convert(data.posts(rows, users), list[PostRecord])
        self.users = {user.id: user for user in msgspec.convert(data.users(users), list[UserRecord])}

    async def load(self, ids: list[int]) -> list[UserRecord | None]:
        """As a DataLoader asks."""
        return [self.users.get(id_) for id_ in ids]

    async def fetch(self, keys: Sequence[Any]) -> Matched[UserRecord]:
        """As a Batch asks: keys are text."""
        return Matched([self.users[int(key)] for key in keys])


store = Store()

users_by_ids = Batch(name="users", source="memory", fetch=store.fetch, match="id", max_size=10**9)


@strawberry.type
class User:
    """Read from UserRecord."""

    id: int
    name: str
    email: str


@strawberry.type(name="Post")
class LoadedPost:
    """Read from PostRecord; its user through a DataLoader."""

    id: int
    user_id: int
    title: str

    @strawberry.field
    async def user(self, info: Info) -> User | None:
        """Through the operation's loader."""
        found: User | None = await info.context.load(self.user_id)
        return found


@strawberry.type(name="Post")
class LinkedPost:
    """Read from PostRecord; its user through a link."""

    id: int
    user_id: int
    title: str
    user: User | None = link(users_by_ids, key="user_id")


def _posts() -> Any:
    return store.posts


@strawberry.type(name="Query")
class LoadedQuery:
    """Where queries start."""

    posts: list[LoadedPost | None] | None = strawberry.field(resolver=_posts)


@strawberry.type(name="Query")
class LinkedQuery:
    """Where queries start."""

    posts: list[LinkedPost | None] | None = strawberry.field(resolver=_posts)


def loader() -> DataLoader[int, UserRecord | None]:
    """One operation's."""
    return DataLoader(load_fn=store.load)


def plain_schema() -> strawberry.Schema:
    """Strawberry as it is, with its caches of parsed and validated documents."""
    return strawberry.Schema(LoadedQuery, extensions=[ParserCache, ValidationCache])


def compiled_schema() -> GraphSchema:
    """The same with links, as this server runs it."""
    return GraphSchema(query=LinkedQuery)


def posts_and_users_by_hand() -> dict[str, Any]:
    """What Q1 answers, in a loop."""
    users = store.users
    return {
        "posts": [
            {
                "id": post.id,
                "userId": post.user_id,
                "title": post.title,
                "user": None
                if (user := users.get(post.user_id)) is None
                else {"id": user.id, "name": user.name, "email": user.email},
            }
            for post in store.posts
        ]
    }


def titles_by_hand() -> dict[str, Any]:
    """What Q2 answers, in a loop."""
    return {"posts": [{"title": post.title} for post in store.posts]}
