"""The benchmark's graph: its schema, its answers, and the upstream calls of a query."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench import data
from bench.asking import ask, take_calls
from bench.cases import GREET, POSTS_AND_USERS, TITLES, TREE
from bench.graph.posts import schema
from bench.processes import Process
from tests.bench.conftest import TINY

SDL = """\
type Post {
  id: Int!
  userId: Int!
  title: String!
  body: String!
  user: User
}

type Query {
  posts: [Post]
  greet: String!
}

type User {
  id: Int!
  name: String!
  username: String!
  email: String!
  phone: String
  website: String
}"""

USERS = {row["id"]: {name: row[name] for name in ("id", "name", "email")} for row in data.users(TINY.users)}
POSTS = {row["id"]: row for row in data.posts(TINY.posts, TINY.users)}


@pytest.fixture(scope="module")
def posts(graph: Callable[[str], Process]) -> Process:
    return graph("bench.graph")


@pytest.fixture(scope="module")
def discussion(graph: Callable[[str], Process]) -> Process:
    return graph("bench.graph.discussion")


def test_the_schema_is_the_one_of_the_benchmark() -> None:
    assert schema.as_str() == SDL


def test_posts_and_their_users_take_two_calls(posts: Process, upstream: Process) -> None:
    take_calls(upstream.port)
    assert ask(posts.port, POSTS_AND_USERS)["data"]["posts"] == [
        {"id": id_, "userId": post["userId"], "title": post["title"], "user": USERS[post["userId"]]}
        for id_, post in POSTS.items()
    ]
    assert take_calls(upstream.port) == 2


def test_titles_take_one_call(posts: Process, upstream: Process) -> None:
    take_calls(upstream.port)
    answer = ask(posts.port, TITLES)
    assert answer == {"data": {"posts": [{"title": post["title"]} for post in POSTS.values()]}}
    assert take_calls(upstream.port) == 1


def test_a_greeting_takes_no_call(posts: Process, upstream: Process) -> None:
    take_calls(upstream.port)
    assert ask(posts.port, GREET) == {"data": {"greet": "Hello World!"}}
    assert take_calls(upstream.port) == 0


def test_every_query_makes_its_own_calls_where_single_flight_is_off(
    posts: Process, upstream: Process
) -> None:
    take_calls(upstream.port)
    for _ in range(3):
        ask(posts.port, POSTS_AND_USERS)
    assert take_calls(upstream.port) == 6


def test_a_tree_of_three_levels_takes_three_calls(discussion: Process, upstream: Process) -> None:
    take_calls(upstream.port)
    comments = ask(discussion.port, TREE)["data"]["comments"]
    assert len(comments) == TINY.comments
    for comment, row in zip(comments, data.comments(TINY.comments, TINY.posts), strict=True):
        post = POSTS[row["postId"]]
        assert comment == {
            "id": row["id"],
            "body": row["body"],
            "post": {"id": post["id"], "title": post["title"], "user": USERS[post["userId"]]},
        }
    assert take_calls(upstream.port) == 3
