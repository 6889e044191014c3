"""The chat on the wire."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire

NOTE = {"channel": "orders", "text": "Ordered: 2 “Öko-Hocker”"}


def test_a_message_is_said(chat: Wire) -> None:
    answer = chat.post("/messages", NOTE)
    assert answer.status == 201
    said = answer.json
    assert re.fullmatch("M[0-9]{6}", said["id"])
    assert {name: said[name] for name in NOTE} == NOTE
    assert abs(datetime.now(UTC) - datetime.fromisoformat(said["sent_at"])) < timedelta(seconds=30)


@pytest.mark.parametrize(
    "change", [{"text": ""}, {"text": "a" * 4001}, {"channel": "Orders!"}, {"channel": None}]
)
def test_a_message_is_checked(demo: Demo, chat: Wire, change: dict[str, Any]) -> None:
    before = demo["chat"].happened()
    answer = chat.post("/messages", {**NOTE, **change})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert demo["chat"].happened() == before


def test_a_wrong_token_is_refused(chat: Wire) -> None:
    chat.headers["authorization"] = "Bearer wrong"
    assert chat.post("/messages", NOTE).status == 401
