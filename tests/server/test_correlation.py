"""What breaks is told by a number alone, and the log has the cause under it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from patchbay.caller import Caller
from patchbay.scope import Scope
from patchbay.server.correlation import correlation_id
from tests.server.things import Running, named, running

BROKEN = "{ broken again: broken kept }"
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def asked(server: Running, query: str, **headers: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.post(server.url, json={"query": query}, headers=headers)
    body: dict[str, Any] = response.json()
    return body


async def test_an_operation_has_one_number_in_its_errors_and_in_the_log(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with running(named, tmp_path) as server:
            first = await asked(server, BROKEN)
            second = await asked(server, BROKEN)
            fine = await asked(server, "{ kept }")
    numbers = [{error["extensions"]["correlationId"] for error in each["errors"]} for each in (first, second)]
    assert [len(each) for each in numbers] == [1, 1]
    assert numbers[0] != numbers[1]
    assert first["data"]["kept"] == 1
    assert fine == {"data": {"kept": 1}}
    for (number,) in numbers:
        assert re.fullmatch("[0-9a-f]{16}", number)
        causes = [line for line in lines if line["event"] == "unexpected_error" and _is_of(line, number)]
        assert [str(line["exc_info"]) for line in causes] == ["it is broken"] * 2
        operations = [line for line in lines if line["event"] == "operation" and _is_of(line, number)]
        assert len(operations) == 1
    (last,) = [line for line in lines if line["event"] == "operation" and not line["errors"]]
    assert "correlation_id" not in last


def _is_of(line: Any, number: str) -> bool:
    return bool(line.get("correlation_id") == number)


async def test_nothing_else_is_told_of_what_broke(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        told = await asked(server, "{ broken }")
    (error,) = told["errors"]
    assert error["message"] == "internal error"
    assert set(error["extensions"]) == {"code", "correlationId"}
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "it is broken" not in str(told)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-request-id": "req-2026.11_30:1"}, None),
        ({"x-request-id": "4f1c-a.b_c-9"}, "4f1c-a.b_c-9"),
        ({"x-request-id": "short"}, None),
        ({"x-request-id": "a" * 65}, None),
        ({"x-request-id": 'a"b\\c{}12345'}, None),
        ({"x-request-id": "abcdefgh\n"}, None),
        ({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, TRACE),
        ({"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"}, None),
        ({"traceparent": f"00-{TRACE}"}, None),
        (
            {"x-request-id": "of-the-client", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
            "of-the-client",
        ),
        ({}, None),
    ],
)
def test_a_number_that_the_client_sends_is_taken_where_it_can_stand_in_a_log(
    headers: dict[str, str], expected: str | None
) -> None:
    scope = Scope(Caller([(name.encode(), value.encode()) for name, value in headers.items()]))
    number = correlation_id(scope)
    assert number == correlation_id(scope)
    if expected is None:
        assert re.fullmatch("[0-9a-f]{16}", number)
    else:
        assert number == expected
