"""Blog: posts, their authors and comments on them.

Kind: REST, JSON in camelCase.
Owner: the benchmark.
Docs: bench/upstream.py in this repository.
Auth: none.
Quota: none; at most 1,000 ids in one call.
Errors: 404 for an unknown path.
"""

from __future__ import annotations

import msgspec

from patchbay.scalars import Integer
from patchbay.upstreams import Rest

blog = Rest("blog", base_url="BLOG_URL")


class User(msgspec.Struct, frozen=True):
    """Someone who writes posts."""

    id: Integer
    name: str
    username: str
    email: str
    phone: str | None = None
    website: str | None = None


class Post(msgspec.Struct, frozen=True, rename="camel"):
    """A post."""

    id: Integer
    user_id: Integer
    title: str
    body: str


class Comment(msgspec.Struct, frozen=True, rename="camel"):
    """A comment on a post."""

    id: Integer
    post_id: Integer
    body: str


posts = blog.list("GET /posts", Post)
comments = blog.list("GET /comments", Comment)
posts_by_ids = blog.batch("GET /posts?id={ids*}", Post, match="id", max_size=1000)
users_by_ids = blog.batch("GET /users?id={ids*}", User, match="id", max_size=1000)
