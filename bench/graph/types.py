"""Users and posts."""

from __future__ import annotations

import strawberry

from bench.graph import blog, links
from patchbay.records import is_record


@strawberry.type
class User:
    """Read from blog.User."""

    is_type_of = is_record(blog.User)

    id: int
    name: str
    username: str
    email: str
    phone: str | None
    website: str | None


@strawberry.type
class Post:
    """Read from blog.Post."""

    is_type_of = is_record(blog.Post)

    id: int
    user_id: int
    title: str
    body: str
    user: User | None = links.user_of_post
