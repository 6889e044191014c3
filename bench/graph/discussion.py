"""The schema of comments, their posts and their users; `python -m bench.graph.discussion` serves it."""

from __future__ import annotations

import sys
from typing import Any

import strawberry

from bench.graph import blog, links
from bench.graph.application import main
from bench.graph.types import Post
from patchbay.records import is_record
from patchbay.server import GraphSchema


@strawberry.type
class Comment:
    """Read from blog.Comment."""

    is_type_of = is_record(blog.Comment)

    id: int
    body: str
    post: Post | None = links.post_of_comment


async def comments() -> Any:
    """All comments, as records; the field says which GraphQL type they have."""
    return await blog.comments()


@strawberry.type
class Query:
    """Where queries start."""

    comments: list[Comment | None] | None = strawberry.field(resolver=comments)


schema = GraphSchema(query=Query)

if __name__ == "__main__":
    sys.exit(main(schema))
