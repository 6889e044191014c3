"""Writes of REST upstreams with an idempotency key: what stands on the wire."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest

from patchbay.calls import Breaker, Limits, Retry
from patchbay.errors import ConfigurationError, UpstreamError
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from patchbay.upstreams.rest_operations import Write
from tests.patchbay.calling import CANARY, opened
from tests.patchbay.wire import Answer, Wire, cut_off, json_reply, reply, silence


class Label(msgspec.Struct, frozen=True):
    id: str


class NewLabel(msgspec.Struct, frozen=True, rename="camel"):
    order_id: str


# Everything that could repeat a call is on.
carrier = Rest(
    "carrier",
    base_url="CARRIER_URL",
    limits=Limits(deadline_seconds=0.5),
    retry=Retry(),
    breaker=Breaker(),
)
create = carrier.write("POST /labels", Label, idempotency_header="Idempotency-Key")
cancel = carrier.write("DELETE /labels/{id}", Label, idempotency_header="X-Request-Id")
plain = carrier.write("POST /labels", Label)

MADE = json_reply({"id": "L1"}, "201 Created")


async def test_the_key_is_a_header_beside_the_body() -> None:
    key = str(uuid.uuid4())
    async with Wire(MADE) as wire, opened(carrier, CARRIER_URL=wire.url):
        assert await create(NewLabel("O1"), idempotency_key=key) == Label("L1")
    (request,) = wire.requests
    assert request.headers["idempotency-key"] == key
    assert request.headers["content-type"] == "application/json"
    assert request.body == b'{"orderId":"O1"}'


async def test_the_header_has_the_name_that_was_declared_and_needs_no_body() -> None:
    async with Wire(json_reply({"id": "L1"})) as wire, opened(carrier, CARRIER_URL=wire.url):
        await cancel(id="L1", idempotency_key="once")
    (request,) = wire.requests
    assert (request.method, request.target, request.body) == ("DELETE", "/labels/L1", b"")
    assert request.headers["x-request-id"] == "once"
    assert "idempotency-key" not in request.headers
    assert "content-type" not in request.headers


@pytest.mark.parametrize("write", [create, plain], ids=["declared", "not declared"])
async def test_without_a_key_no_header_is_sent(write: Write[Label]) -> None:
    async with Wire(MADE) as wire, opened(carrier, CARRIER_URL=wire.url):
        await write(NewLabel("O1"))
    assert "idempotency-key" not in wire.requests[0].headers


def test_a_write_says_whether_it_may_be_repeated() -> None:
    assert create.idempotent
    assert cancel.idempotent
    assert not plain.idempotent


@pytest.mark.parametrize(
    "answer", [cut_off(b""), silence, reply(b"", "503 Odd")], ids=["reset", "silent", "503"]
)
async def test_the_pipeline_still_makes_it_once(answer: Answer | bytes) -> None:
    async with Wire(answer) as wire, opened(carrier, CARRIER_URL=wire.url):
        with pytest.raises(UpstreamError):
            await create(NewLabel("O1"), idempotency_key="once")
        assert len(wire.requests) == 1
        wire.answer = MADE
        assert await create(NewLabel("O1"), idempotency_key="once") == Label("L1")
    assert [request.headers["idempotency-key"] for request in wire.requests] == ["once", "once"]


@pytest.mark.parametrize(
    "key",
    ["", " ", f"{CANARY} ", f"{CANARY}\r\nX-Evil: 1", f"{CANARY}\n", "schlüssel", "\0", "\ud800", "k" * 256],
)
async def test_a_key_that_cannot_be_one_stops_the_call(key: str) -> None:
    enter_scope(scope := Scope())
    async with Wire(MADE) as wire, opened(carrier, CARRIER_URL=wire.url):
        with pytest.raises(ConfigurationError) as caught:
            await create(NewLabel("O1"), idempotency_key=key)
        await create(NewLabel("O1"), idempotency_key="k" * 255)
    assert str(caught.value) == (
        "carrier: POST /labels: an idempotency key has 1 to 255 visible ASCII characters"
    )
    assert len(wire.requests) == sum(scope.calls.values()) == 1


async def test_a_key_is_not_dropped_in_silence() -> None:
    async with Wire(MADE) as wire, opened(carrier, CARRIER_URL=wire.url):
        with pytest.raises(ConfigurationError) as caught:
            await plain(NewLabel("O1"), idempotency_key="once")
    assert str(caught.value) == "carrier: POST /labels is not declared to take idempotency keys"
    assert wire.requests == []


@pytest.mark.parametrize(
    "header", ["", "Idempotency Key", "Key:", "Key\r\nX-Evil", "Content-Type", "authorization", "HOST"]
)
def test_a_header_that_cannot_hold_a_key_is_refused_where_it_is_declared(header: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^carrier: POST /labels: idempotency_header="):
        carrier.write("POST /labels", Label, idempotency_header=header)
