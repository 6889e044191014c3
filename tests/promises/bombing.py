"""Rows 30 and 31: what is too much is refused at once, and nobody else notices."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import orjson

from tests.promises import operations
from tests.promises.load import Answer, open_loop, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.server import Server
    from tests.promises.world import World

REFUSED_SECONDS: Final = 0.15
STALL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 5.0
PROBES_PER_SECOND: Final = 20
WINDOWS: Final = 3
"""Of probes, each with a p99 of which the median counts: others on the same machine can spoil one."""

REPEATS: Final = 3
PAUSE_SECONDS: Final = 0.01
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


async def query_bombs(world: World, conditions: Conditions) -> Seen:
    """Row 30."""
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        await _bombed(server, conditions, seen, QUERY_BOMBS, REFUSED_SECONDS)
    return seen


async def variable_bombs(world: World, conditions: Conditions) -> Seen:
    """Row 31."""
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        at_cap, above = [(await _sent(server, _filled(size))).status for size in (0, 1)]
        seen.note(f"a body of {MAX_BODY_BYTES // 1024} KB: HTTP {at_cap}", holds=at_cap == 200)
        seen.note(f"one more byte: HTTP {above}", holds=above == 413)
        await _bombed(server, conditions, seen, VARIABLE_BOMBS, STALL_SECONDS)
    return seen


def _filled(more: int) -> bytes:
    """A request whose body is as large as may be, and so many bytes more."""
    start = b'{"query":"{__typename}","extensions":{"a":"'
    body = start + b"a" * (MAX_BODY_BYTES - len(start) - 3 + more) + b'"}}'
    return Bomb("", body).request(0)


async def _bombed(
    server: Server, conditions: Conditions, seen: Seen, bombs: tuple[Bomb, ...], most_seconds: float
) -> None:
    """Note how bombs are refused, and what an operation of somebody else's sees of it."""
    seconds = conditions.seconds(5.0, 1.0)
    count = 1 if conditions.mutant else WINDOWS
    await _probed(server, 0.5)
    base = await _windows(server, seconds, count)
    probing = asyncio.create_task(_windows(server, seconds, count))
    answers: dict[str, list[Answer]] = {bomb.name: [] for bomb in bombs}
    number = 0
    while number < REPEATS or not probing.done():
        for bomb in bombs:
            answers[bomb.name].append(await _sent(server, bomb.request(number)))
            await asyncio.sleep(PAUSE_SECONDS)
        number += 1
        if any(not answer.status for each in answers.values() for answer in each):
            # It hangs, and would for each of them.
            break
    during = await probing
    wrong = [bomb.name for bomb in bombs if any(not _is_refused(each, bomb) for each in answers[bomb.name])]
    seen.note(
        f"{len(bombs) - len(wrong)} of {len(bombs)} refused"
        + (f" (not {', '.join(wrong)})" if wrong else ""),
        holds=not wrong,
    )
    normal = percentile(base[0], 0.5)
    slowest, name = max((median(each.seconds for each in answers[bomb.name]), bomb.name) for bomb in bombs)
    seen.note(f"the slowest ({name}) after {slowest * 1000:.0f} ms", holds=slowest - normal <= most_seconds)
    more = _p99(during) - _p99(base)
    fine = all(answer.is_fine for window in during for answer in window)
    seen.note(
        f"a probe's p99 base {more * 1000:+.0f} ms" + ("" if fine else ", with errors"),
        holds=fine and more <= most_seconds,
    )


def _p99(windows: list[list[Answer]]) -> float:
    return median(percentile(window, 0.99) for window in windows)


async def _windows(server: Server, seconds: float, count: int) -> list[list[Answer]]:
    return [await _probed(server, seconds) for _ in range(count)]


async def _probed(server: Server, seconds: float) -> list[Answer]:
    return await open_loop(
        server.client,
        operations.product,
        per_second=PROBES_PER_SECOND,
        seconds=seconds,
        patience_seconds=PATIENCE_SECONDS,
    )


async def _sent(server: Server, request: bytes) -> Answer:
    at = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, body = await server.client.exchange(request)
    except (OSError, EOFError, TimeoutError):
        return Answer.of(at)
    return Answer.of(at, status, body)


def _is_refused(answer: Answer, bomb: Bomb) -> bool:
    return answer.data is None and answer.codes == [bomb.code] and answer.status < 500


ROWS: Final = (
    Row(
        30,
        "query bombs",
        "refused within 150 ms; a probe's p99 <= base + 150 ms",
        f"{', '.join(bomb.name for bomb in QUERY_BOMBS)}: one after the other, each several times and never "
        "twice in the same words, while somebody else asks for a product 20 times a second. Of each bomb the "
        "median counts, less what an operation takes that is no bomb; each is to be refused with its code.",
        query_bombs,
        {
            "no-text-limits": "a text is parsed however long it is",
            "no-structure-limits": "a document is validated whatever it holds",
            "fields-compared-in-pairs": "overlapping fields are looked for by graphql-core's rule",
        },
    ),
    Row(
        31,
        "variable bombs",
        "128 KB + 1 byte: 413; long lists: the loop stalls <= 200 ms",
        f"A body of the cap's size and one of a byte more; then {', '.join(b.name for b in VARIABLE_BOMBS)}, "
        "as in row 30. A stall is what the probe's p99 is longer than without bombs.",
        variable_bombs,
        {
            "no-body-cap": "a body may have any size",
            "no-value-limits": "variables are coerced however many they are",
        },
    ),
)
