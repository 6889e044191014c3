"""What is asked, over which data, and how many clients ask at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class World:
    """How many rows of each kind the upstream holds."""

    name: str
    posts: int
    users: int
    comments: int = 0


@dataclass(frozen=True)
class Case:
    """One query. `connections` ask at once, each one request after the other."""

    name: str
    title: str
    query: str
    world: World
    connections: int = 64


SMALL: Final = World("small", posts=100, users=10)
LARGE: Final = World("large", posts=2_000, users=1_000)
DISCUSSION: Final = World("discussion", posts=1_000, users=100, comments=10_000)

POSTS_AND_USERS: Final = "{ posts { id userId title user { id name email } } }"
TITLES: Final = "{ posts { title } }"
GREET: Final = "{ greet }"
TREE: Final = "{ comments { id body post { id title user { id name email } } } }"

Q1: Final = Case("Q1", "100 posts and their 10 users", POSTS_AND_USERS, SMALL)
Q2: Final = Case("Q2", "100 posts, one field", TITLES, SMALL)
Q3: Final = Case("Q3", "one field, no upstream", GREET, SMALL)
Q4: Final = Case("Q4", "2,000 posts and their 1,000 users", POSTS_AND_USERS, LARGE, connections=8)
Q5: Final = Case(
    "Q5", "10,000 comments, their 1,000 posts and these posts' 100 users", TREE, DISCUSSION, connections=1
)
C1: Final = Case("C1", "Q1 over one connection", POSTS_AND_USERS, SMALL, connections=1)

CASES: Final = (Q1, Q2, Q3, Q4, Q5, C1)
WORLDS: Final = (SMALL, LARGE, DISCUSSION)
