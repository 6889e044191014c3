"""A peer: Strawberry and FastAPI as their documentation writes it, with a DataLoader for each request.

UPSTREAM=http://127.0.0.1:9000 uvicorn bench.plain_strawberry:app
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
from fastapi import FastAPI, Request
from strawberry.dataloader import DataLoader
from strawberry.fastapi import GraphQLRouter

UPSTREAM = os.environ.get("UPSTREAM", "")

Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class User:
    """A user."""

    id: int
    name: str
    username: str
    email: str
    phone: str | None
    website: str | None


@strawberry.type
class Post:
    """A post."""

    id: int
    user_id: int
    title: str
    body: str

    @strawberry.field
    async def user(self, info: Info) -> User | None:
        """Through the request's loader."""
        found: User | None = await info.context["users"].load(self.user_id)
        return found


@strawberry.type
class Comment:
    """A comment."""

    id: int
    body: str
    post_id: strawberry.Private[int]

    @strawberry.field
    async def post(self, info: Info) -> Post | None:
        """Through the request's loader."""
        found: Post | None = await info.context["posts"].load(self.post_id)
        return found


def as_user(row: dict[str, Any]) -> User:
    """A user from its JSON."""
    return User(
        id=row["id"],
        name=row["name"],
        username=row["username"],
        email=row["email"],
        phone=row["phone"],
        website=row["website"],
    )


def as_post(row: dict[str, Any]) -> Post:
    """A post from its JSON."""
    return Post(id=row["id"], user_id=row["userId"], title=row["title"], body=row["body"])


@strawberry.type
class Query:
    """Where queries start."""

    @strawberry.field
    async def posts(self, info: Info) -> list[Post | None] | None:
        """All posts."""
        response = await info.context["client"].get("/posts")
        return [as_post(row) for row in response.json()]

    @strawberry.field
    async def comments(self, info: Info) -> list[Comment | None] | None:
        """All comments."""
        response = await info.context["client"].get("/comments")
        return [Comment(id=row["id"], body=row["body"], post_id=row["postId"]) for row in response.json()]

    @strawberry.field
    def greet(self) -> str:
        """What asks no upstream."""
        return "Hello World!"


async def get_context(request: Request) -> dict[str, Any]:
    """The client, and loaders of this request alone."""
    client: httpx.AsyncClient = request.app.state.client

    async def load_users(keys: list[int]) -> list[User | None]:
        response = await client.get("/users", params={"id": keys})
        found = {row["id"]: as_user(row) for row in response.json()}
        return [found.get(key) for key in keys]

    async def load_posts(keys: list[int]) -> list[Post | None]:
        response = await client.get("/posts", params={"id": keys})
        found = {row["id"]: as_post(row) for row in response.json()}
        return [found.get(key) for key in keys]

    return {
        "client": client,
        "users": DataLoader(load_fn=load_users),
        "posts": DataLoader(load_fn=load_posts),
    }


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for all requests."""
    async with httpx.AsyncClient(base_url=UPSTREAM, timeout=30) as client:
        app.state.client = client
        yield


schema = strawberry.Schema(query=Query)
app = FastAPI(lifespan=lifespan)
app.include_router(GraphQLRouter[dict[str, Any], None](schema, context_getter=get_context), prefix="/graphql")
