"""What the benchmark's upstream serves: posts by users, with comments. The same bytes on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = (
    "aut", "dolor", "qui", "nihil", "sunt", "facere", "repellat", "provident", "occaecati", "excepturi",
    "optio", "reprehenderit", "est", "esse", "rerum", "tempore", "vitae", "sequi", "sint", "quia",
    "voluptatem", "quas", "iusto", "ratione", "eum", "dolorem", "ipsam", "magnam", "harum", "natus",
)  # fmt: skip

TITLE_WORDS = 5
BODY_WORDS = 32


def _text(seed: int, words: int) -> str:
    """Words that follow from the seed alone."""
    return " ".join(_WORDS[(seed * 7 + index * (seed % 11 + 1)) % len(_WORDS)] for index in range(words))


def users(number: int) -> list[dict[str, Any]]:
    """Users 1 to `number`, with members that no query selects, as real answers have them."""
    return [
        {
            "id": id_,
            "name": f"{_text(id_, 1).title()} {_text(id_ + 3, 1).title()}",
            "username": f"user{id_}",
            "email": f"user{id_}@example.org",
            "address": {
                "street": _text(id_ + 5, 2),
                "city": _text(id_ + 8, 1).title(),
                "zipcode": f"{id_:05}",
            },
            "phone": f"+1-555-{id_:04}" if id_ % 3 else None,
            "website": f"user{id_}.example.org",
            "company": {"name": _text(id_ + 2, 2).title(), "catchPhrase": _text(id_ + 9, 5)},
        }
        for id_ in range(1, number + 1)
    ]


def posts(number: int, users_: int) -> list[dict[str, Any]]:
    """Posts 1 to `number`; each user has written as many, one after the other."""
    return [
        {
            "userId": (id_ - 1) * users_ // number + 1,
            "id": id_,
            "title": _text(id_, TITLE_WORDS),
            "body": _text(id_ + 1, BODY_WORDS),
        }
        for id_ in range(1, number + 1)
    ]


def comments(number: int, posts_: int) -> list[dict[str, Any]]:
    """Comments 1 to `number`; each post has as many."""
    return [
        {
            "postId": (id_ - 1) * posts_ // number + 1,
            "id": id_,
            "name": _text(id_ + 4, 3),
            "email": f"reader{id_}@example.org",
            "body": _text(id_ + 6, 12),
        }
        for id_ in range(1, number + 1)
    ]


def by_id(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows by their id as text, as it stands in a query string."""
    return {str(row["id"]): row for row in rows}
