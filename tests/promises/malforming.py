"""Row 32: what is no request of GraphQL's is refused in one sentence, and breaks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from tests.promises import operations
from tests.promises.load import Answer
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.promises.server import Server
    from tests.promises.world import World

_HEAD: Final = "HTTP/1.1\r\nHost: patchbay\r\nAccept: application/graphql-response+json\r\n"
MOST_CHARACTERS: Final = 1_100
"""Of a readable sentence."""

_DEEP: Final = 60_000
"""Levels: as many as a body of 128 KB holds with their ends."""


def _text(document: bytes) -> bytes:
    return b'{"query": "' + document + b'"}'


def _value(of_a_variable: bytes) -> bytes:
    return b'{"query": "{ __typename }", "variables": {"a": ' + of_a_variable + b"}}"


def _offset(value: bytes) -> bytes:
    document = b"query($o: Int!) { customers(offset: $o) { id } }"
    return b'{"query": "' + document + b'", "variables": {"o": ' + value + b"}}"


def _id(value: bytes) -> bytes:
    document = b"query($i: String!) { product(id: $i) { id } }"
    return b'{"query": "' + document + b'", "variables": {"i": ' + value + b"}}"


MALFORMED: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a text": b'"{ __typename }"',
    "a list": b"[]",
    "a list of null": b"[null]",
    "cut off": b'{"query": "{ __typen',
    "two values": b'{"query": "{ __typename }"} {}',
    "HTML": b"<html></html>",
    "NUL": b"\x00",
    "NUL in a text": _text(b"{ __typename }\x00"),
    "NUL in a document": _text(b"{ __typename \\u0000 }"),
    "bad UTF-8": _value(b'"\xff\xfe"'),
    "bad UTF-8 in a document": _text(b"{ \xc3\x28 }"),
    "overlong UTF-8": _value(b'"\xc0\x80"'),
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "lone surrogate": _value(b'"\\ud800"'),
    "lone surrogate in a document": _text(b"{ \\ud800 }"),
    "lone surrogate in a name": b'{"query": "{ __typename }", "\\udfff": 1}',
    "surrogate as bytes": _value(b'"\xed\xa0\x80"'),
    "surrogate in a literal": _text(b'{ product(id: \\"\\\\uD800\\") { id } }'),
    "braced surrogate in a literal": _text(b'{ product(id: \\"\\\\u{D800}\\") { id } }'),
    "too large a code point": _text(b'{ product(id: \\"\\\\u{110000}\\") { id } }'),
    "5,000 digits": _value(b"9" * 5_000),
    "5,000 digits in a document": b'{"query": "{ customers(offset: ' + b"9" * 5_000 + b') { id } }"}',
    "5,000 digits of a list": b'{"query": "{ customers(offset: [[' + b"9" * 5_000 + b']]) { id } }"}',
    "NaN": _value(b"NaN"),
    "Infinity": _value(b"-Infinity"),
    "1e999": _value(b"1e999"),
    "1e999999999": _value(b"1e999999999"),
    "1e999 in a document": _text(b"{ weather(latitude: 1e999, longitude: 0) { temperatureCelsius } }"),
    "2^31": _offset(b"2147483648"),
    "2^31 in a document": _text(b"{ customers(offset: 2147483648) { id } }"),
    "2^64": _offset(b"18446744073709551616"),
    "leading zero": _value(b"01"),
    "deep lists": _value(b"[" * _DEEP + b"]" * _DEEP),
    "deep objects": _value(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "deep and cut off": b"[" * 120_000,
    "deep document": _text(b"{a" * _DEEP),
    "deep literal": _text(b"{ product(id: " + b"[" * _DEEP),
    "variables: a list": b'{"query": "{ __typename }", "variables": []}',
    "variables: a text": _text(b'{ __typename }", "variables": "{}'),
    "extensions: a text": _text(b'{ __typename }", "extensions": "x'),
    "query: a number": b'{"query": 1}',
    "query: null": b'{"query": null}',
    "query: a list": b'{"query": ["{ __typename }"]}',
    "no query": b'{"operationName": "A"}',
    "empty document": _text(b""),
    "only a comment": _text(b"# nothing"),
    "only a fragment": _text(b"fragment F on Query { __typename }"),
    "only a type": _text(b"type Query { a: Int }"),
    "operationName: a number": b'{"query": "query A { __typename }", "operationName": 1}',
    "operationName: nothing's": _text(b'query A { __typename }", "operationName": "B'),
    "two anonymous": _text(b"{ __typename } { __typename }"),
    "unknown escape": _text(b'{ product(id: \\"\\\\x\\") { id } }'),
    "open text": _text(b'{ product(id: \\"\\"\\"abc) { id } }'),
    "wrong variable": _id(b'{"a": []}'),
}  # fmt: skip
"""Name -> the body of a POST. Each is to be refused."""

ODD: Final[Mapping[str, bytes]] = {
    "twice the same member": _text(b'{ nothing }", "query": "{ __typename }'),
    "twice the same variable": b'{"query": "{ __typename }", "variables": {"o": 1, "o": 2}}',
    "NUL in a variable": _id(b'"a\\u0000b"'),
    "1e-999": _value(b"1e-999"),
    "-0": _offset(b"-0"),
    "spaces": b' \t\r\n{"query": "\\t{ __typename }\\ufeff"} \n',
}  # fmt: skip
"""As MALFORMED, of what may be answered as well."""

ADDRESSES: Final = (
    "/graphql?query=%7B__typename", "/graphql?query=%ff%fe", "/graphql?query=%ED%A0%80", "/graphql?query=%00",
    "/graphql?query=%7B__typename%7D&variables=%5B%5B", "/graphql?query=%7B__typename%7D&variables=1",
    "/graphql?query=%7B__typename%7D&variables=" + "%5B" * 4_000,
    "/graphql?query=%7B__typename%7D&extensions=NaN", "/graphql?query=" + "%7Ba" * 3_000, "/graphql?query=%",
    "/graphql?variables=%7B%7D", "/graphql?query=", "/graphql?query=%7B__typename%7D&operationName=%00",
)  # fmt: skip


async def malformed(world: World, conditions: Conditions) -> Seen:
    """Row 32."""
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        answers = {name: await _posted(server, body) for name, body in {**MALFORMED, **ODD}.items()}
        answers |= {address[:60]: await _got(server, address) for address in ADDRESSES}
        after = await server.client.ask(operations.product(0))
    broken = [name for name, answer in answers.items() if not 200 <= answer.status < 500]
    seen.note(_counted("5xx or no answer", broken, len(answers)), holds=not broken)
    passed = [name for name, answer in answers.items() if name not in ODD and not _is_refused(answer)]
    seen.note(_counted("malformed, and no 4xx with one sentence", passed, len(answers)), holds=not passed)
    seen.note("the next operation is answered", holds=after.is_fine)
    return seen


def _counted(what: str, names: list[str], total: int) -> str:
    return f"{len(names)} of {total} {what}" + (f" ({', '.join(names[:9])})" if names else "")


def _is_refused(answer: Answer) -> bool:
    if not 400 <= answer.status < 500 or not answer.errors or "data" in answer.document:
        return False
    messages = [error.get("message") for error in answer.errors]
    return all(_is_readable(message) for message in messages) and "?" not in answer.codes


def _is_readable(message: Any) -> bool:
    return isinstance(message, str) and 0 < len(message) <= MOST_CHARACTERS and "Traceback" not in message


async def _posted(server: Server, body: bytes) -> Answer:
    head = f"POST /graphql {_HEAD}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return await _exchanged(server, head.encode() + body)


async def _got(server: Server, address: str) -> Answer:
    head = f"GET {address} {_HEAD}GraphQL-Require-Preflight: 1\r\n\r\n"
    return await _exchanged(server, head.encode())


async def _exchanged(server: Server, request: bytes) -> Answer:
    try:
        status, body = await server.client.exchange(request)
    except (OSError, EOFError):
        return Answer.of(0.0)
    if body:
        orjson.loads(body)
    return Answer.of(0.0, status, body)


ROWS: Final = (
    Row(
        32,
        "malformed input",
        "never 5xx",
        f"{len(MALFORMED) + len(ODD)} bodies and {len(ADDRESSES)} query strings: JSON, UTF-8, numbers, "
        "surrogates, NULs, depths, documents and members that are wrong in one way each. All but a few, "
        "which may be answered, are to be a 4xx with a readable sentence and a code.",
        malformed,
        {
            "json-by-the-book": "bodies are read by the standard library, whose errors nobody expects",
        },
    ),
)
