"""The schema of posts and their users."""

from __future__ import annotations

import strawberry

from bench.graph import links
from bench.graph.types import Post
from patchbay.server import GraphSchema


@strawberry.type
class Query:
    """Where queries start."""

    posts: list[Post | None] | None = links.all_posts

    @strawberry.field
    def greet(self) -> str:
        """What asks no upstream."""
        return "Hello World!"


schema = GraphSchema(query=Query)
