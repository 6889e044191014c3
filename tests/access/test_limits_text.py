"""Texts are measured before they are parsed."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from graphql import GraphQLError, Lexer, Source, TokenKind, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from patchbay.access.limits.checks import Limits, check_text
from patchbay.access.limits.lexing import lexed
from patchbay.errors import LimitExceeded

LIMITS = Limits()
BODY_CHARACTERS = 128 * 1024
FAST_SECONDS = 0.05
"""Of the process; the slowest of these texts takes a tenth of it where nothing else is done."""

_PIECES = (
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        "=",
        "!",
        "|",
        "&",
        "@",
        "$",
        "...",
        "name",
        "_a1",
        "0",
        "-12",
        "1.5e-3",
    ),
    *(
        '"text"',
        '"a\\"b{"',
        '""',
        '"""block"""',
        '"""a " b \\""" { \\ """',
        '"""""" ',
        "# comment {\n",
        " ",
        ",",
        "\n",
    ),
)


def _counted(text: str) -> int:
    """The tokens that graphql-core's lexer finds, comments included."""
    lexer = Lexer(Source(text))
    while lexer.advance().kind is not TokenKind.EOF:
        pass
    token, count = lexer.token, -1
    while token.kind is not TokenKind.SOF:
        assert token.prev is not None
        token = token.prev
        count += 1
    return count


@given(st.lists(st.sampled_from(_PIECES)).map(" ".join))
def test_the_tokens_are_those_of_graphql_cores_lexer(text: str) -> None:
    assert lexed(text, 10_000).tokens == _counted(text)


@given(st.text('"\\#{}[]()a1.-\n ', max_size=40))
def test_no_token_of_odd_texts_is_missed(text: str) -> None:
    try:
        expected = _counted(text)
    except GraphQLError:
        return
    assert lexed(text, 10_000).tokens == expected


@given(st.lists(st.sampled_from(("{", "}", "[", "(", '"{"', '"""{["""', "#{\n", "a")), max_size=30))
def test_brackets_in_texts_and_comments_are_none(pieces: list[str]) -> None:
    deepest = depth = 0
    for piece in pieces:
        depth += {"{": 1, "[": 1, "(": 1, "}": -1}.get(piece, 0)
        deepest = max(deepest, depth)
    assert lexed(" ".join(pieces), 10_000).nesting == deepest


@pytest.mark.parametrize(
    "piece",
    [
        *("{", "[", "(", '"', '"""', '"""\\', '"""a', '\\"""', '"\\"', '"a" ', "#\n", "a ", "-", "1", "0 "),
        *("1e", " ", "\n", "\r", ",", "\ufeff", "\0", "\ud800"),
        *("é ", "_", '"\\u{', "..", "...", "{a(b:[", '""'),
    ],
)  # fmt: skip
def test_no_text_takes_longer_than_it_is_long(piece: str) -> None:
    text = piece * (BODY_CHARACTERS // len(piece))
    began = time.process_time()
    with suppress(LimitExceeded):
        check_text(text, LIMITS)
    assert time.process_time() - began < FAST_SECONDS


@pytest.mark.parametrize("depth", [101, 1_000, 100_000])
@pytest.mark.parametrize("pair", [("{a", "}"), ("{a(b:{c:", "1})}"), ("{a(b:[", "])}")])
def test_deep_texts_are_refused_before_they_are_parsed(depth: int, pair: tuple[str, str]) -> None:
    with pytest.raises(LimitExceeded) as refused:
        check_text(pair[0] * depth + pair[1] * depth, Limits(tokens=10**7))
    assert refused.value.limit == "nesting"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{ a " + "a " * 4_000 + "}", "tokens"),
        ("#\n" * 4_000 + "{ a }", "tokens"),
        ("{ a(b: " + "9" * 5_000 + ") }", "number_characters"),
        ("{ a(b: 1e" + "9" * 5_000 + ") }", "number_characters"),
        ("{ a(b: -0." + "9" * 5_000 + ") }", "number_characters"),
        ("{ " + "a" * 5_000 + " }", "name_characters"),
        ("{ a(b: [" * 30 + "1" + "]) }" * 30, None),
        ("{ a }", None),
        (get_introspection_query(), None),
    ],
)  # fmt: skip
def test_each_limit_is_named(text: str, limit: str | None) -> None:
    if limit is None:
        check_text(text, LIMITS)
        return
    with pytest.raises(LimitExceeded) as refused:
        check_text(text, LIMITS)
    assert refused.value.extensions == {
        "code": "OPERATION_LIMIT_EXCEEDED",
        "limit": limit,
        "max": getattr(LIMITS, limit),
    }


@pytest.mark.parametrize(
    ("number", "is_refused"),
    [
        ("1e999", True),
        ("-1.5E400", True),
        ("1e308", False),
        ("1e-999", False),
        ("1e", False),
        ("0.1e1.2", False),
    ],
)
def test_a_number_that_python_takes_for_infinity_is_refused(number: str, *, is_refused: bool) -> None:
    text = f"{{ a(b: [{number}]) }}"
    if not is_refused:
        check_text(text, LIMITS)
        return
    with pytest.raises(LimitExceeded, match="a number of the document is above 1e308"):
        check_text(text, LIMITS)


@given(st.text(max_size=60) | st.lists(st.sampled_from(_PIECES)).map("".join))
def test_what_passes_is_parsed_or_a_syntax_error(text: str) -> None:
    with suppress(LimitExceeded, GraphQLError):
        check_text(text, LIMITS)
        parse(text)
