"""What clients send is read, or refused in one sentence that quotes nothing of it."""

from __future__ import annotations

import pytest

from patchbay.server.transports.messages import checked_envelope, decoded_json

NOT_JSON = "the body is not valid JSON in UTF-8"
TOO_DEEP = "the body is nested too deeply"
TOO_LARGE = "the body holds a number that is too large"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", NOT_JSON),
        (b"\x00", NOT_JSON),
        (b'{"a": 1} x', NOT_JSON),
        (b'{"a": NaN}', NOT_JSON),
        (b'{"a": 01}', NOT_JSON),
        (b'{"a": "\xff"}', NOT_JSON),
        (b'{"a": "\xed\xa0\x80"}', NOT_JSON),
        (b'{"a": "\\ud800"}', NOT_JSON),
        (b'{"a": "\x00"}', NOT_JSON),
        (b"\xef\xbb\xbf{}", NOT_JSON),
        ("{}".encode("utf-16"), NOT_JSON),
        (b'{"a": 1e999}', TOO_LARGE),
        (b'{"a": -1e999999999}', TOO_LARGE),
        (b'{"a": ' + b"9" * 5_000 + b"}", TOO_LARGE),
        (b"[" * 100_000 + b"]" * 100_000, TOO_DEEP),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, TOO_DEEP),
    ],
)
def test_what_is_no_json_is_said_in_one_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is compared whole
        decoded_json(body)
    assert str(refused.value) == sentence


def test_a_text_is_said_to_be_no_json() -> None:
    with pytest.raises(ValueError, match=r"^'variables' is not valid JSON$"):
        decoded_json("{", "'variables'")


def test_what_counts_of_members_that_come_twice_is_the_last() -> None:
    assert decoded_json(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "batches of operations are not enabled"),
        (None, "the body must be a JSON object with a member 'query'"),
        (1, "the body must be a JSON object with a member 'query'"),
        ({"query": 1}, "'query' must be a string or null"),
        ({"query": "{ a }", "operationName": {}}, "'operationName' must be a string or null"),
        ({"query": "{ a }", "variables": []}, "'variables' must be an object or null"),
        ({"query": "{ a }", "extensions": "x"}, "'extensions' must be an object or null"),
    ],
)
def test_the_shape_of_an_operation_is_checked(value: object, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is compared whole
        checked_envelope(value)
    assert str(refused.value) == sentence


def test_an_operation_is_left_as_it_is() -> None:
    value: dict[str, object] = {"query": None, "variables": None, "id": "abc", "extensions": {}}
    assert checked_envelope(value) is value
