"""What is too much: documents and variables that are to be refused, each with its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

MAX_BODY_BYTES: Final = 128 * 1024

TOO_MUCH: Final = "OPERATION_LIMIT_EXCEEDED"
INVALID: Final = "GRAPHQL_VALIDATION_FAILED"
TOO_LARGE: Final = "PAYLOAD_TOO_LARGE"
WRONG: Final = "BAD_USER_INPUT"


@dataclass(frozen=True)
class Bomb:
    """What is sent, and the code with which it is to be refused."""

    name: str
    content: Any
    code: str = TOO_MUCH

    def request(self, number: int) -> bytes:
        """As it stands on the wire. Each number has a text of its own: nothing is kept of the last."""
        content = self.content
        if isinstance(content, dict):
            content = {**content, "query": f"{content['query']} #{number}"}
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        head = "POST /graphql HTTP/1.1\r\nHost: patchbay\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _numbered(count: int, text: str) -> str:
    return " ".join(text.replace("#", str(number)) for number in range(count))


def _product(selections: str, fragments: str = "") -> dict[str, str]:
    return {"query": f'{{ product(id: "P0001") {{ {selections} }} }} {fragments}'}


def _types(selections: str, fragments: str = "") -> dict[str, str]:
    return {"query": f"{{ __schema {{ types {{ {selections} }} }} }} {fragments}"}


def _fan(levels: int) -> str:
    text = "fragment F# on __Type { ofType { ...F+ } name ...F+ }"
    each = (text.replace("#", str(level)).replace("+", str(level + 1)) for level in range(levels))
    return " ".join([*each, f"fragment F{levels} on __Type {{ kind }}"])


OVERLAP: Final = _product(
    # Valid but for its last field, so that it is refused even where it is validated in time.
    _numbered(90, "...F#") + " noSuchField",
    _numbered(
        90, "fragment F# on Product { stock { onHand sku } stock { sku onHand } stock { warehouse sku } }"
    ),
)

QUERY_BOMBS: Final = (
    Bomb("101 aliases", _product(_numbered(101, "a#: name"))),
    Bomb("batch of 10", [_product("name")] * 10, "BAD_REQUEST"),
    Bomb("500 duplicate fields", _product("name " * 500)),
    Bomb("500 directives", _product("name" + " @include(if: true)" * 500)),
    Bomb("26 root fields", {"query": "{" + _numbered(26, '_#: product(id: "P0001") { id }') + "}"}),
    Bomb("fragment cycle", _product("...A", "fragment A on Product { ...B } fragment B on Product { ...A }")),
    Bomb("2^24 fan-out", _types("...F0", _fan(24))),
    Bomb("depth 1,000", _types("ofType {" * 1_000 + "name" + "}" * 1_000)),
    Bomb("depth 50", _types("ofType {" * 50 + "name" + "}" * 50)),
    Bomb("circular introspection", _types("fields { type {" * 4 + "name" + "}}" * 4), INVALID),
    Bomb("overlapping fields", OVERLAP, INVALID),
    Bomb("60,000 tokens", _product("name " * 20_000)),
    Bomb("40,000 comments", {"query": "#\n" * 40_000 + "{ __typename }"}),
    Bomb("5,000-digit number", {"query": f"{{ product(id: {'9' * 5_000}) {{ id }} }}"}),
)  # fmt: skip

_LIST: Final = {"query": "query Sizes($sizes: [[Int!]!]!) { counted(sizes: $sizes) }"}


def _sizes(value: Any) -> dict[str, Any]:
    return {**_LIST, "variables": {"sizes": value}}


VARIABLE_BOMBS: Final = (
    Bomb("60,000 items", _sizes([[1] * 60_000])),
    Bomb("60 lists of 1,000", _sizes([[1] * 1_000] * 60)),
    Bomb("30,000 lists", _sizes([[]] * 30_000)),
    Bomb("wrong items", _sizes([["x"] * 900] * 10), WRONG),
    Bomb("depth 1,000", b'{"query":"{__typename}","variables":{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}}"),
    Bomb("10,001 members", {**_LIST, "variables": {f"v{number}": 1 for number in range(10_001)}}),
)
