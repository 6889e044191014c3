"""The systems of the order chain as adapters reach them: the event that sets it off, and its writes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from adapters import accounting, carrier, chat, shop
from demo import data, events
from demo.launch import Demo
from patchbay.calls import Resources
from patchbay.environment import Environment
from patchbay.errors import UpstreamError, UpstreamRefused
from patchbay.inbox import Arrival, Inbox
from patchbay.upstreams import Rest, Runtime
from tests.serving import GraphServer


class Step(NamedTuple):
    """A write of the chain: its upstream, the call for an order and a key, and whose order a row is of."""

    upstream: Rest
    write: Callable[[str, str], Awaitable[Any]]
    order: Callable[[dict[str, Any]], str]


async def label(order_id: str, key: str) -> carrier.Label | None:
    parcel = carrier.NewLabel(order_id, "C1007", [carrier.ParcelItem("SKU-0001", 2)])
    return await carrier.create_label(parcel, idempotency_key=key)


async def transaction(order_id: str, key: str) -> accounting.Transaction | None:
    booking = accounting.NewTransaction(order_id, "C1007", accounting.Amount(1999, "EUR"))
    return await accounting.record_transaction(booking, idempotency_key=key)


async def message(order_id: str, key: str) -> chat.Message | None:
    return await chat.post_message(chat.NewMessage("orders", order_id), idempotency_key=key)


STEPS = (
    Step(carrier.carrier, label, lambda row: str(row["orderId"])),
    Step(accounting.accounting, transaction, lambda row: str(row["order_id"])),
    Step(chat.chat, message, lambda row: str(row["text"])),
)


@pytest.fixture(params=STEPS, ids=lambda step: step.upstream.name)
async def step(request: pytest.FixtureRequest, demo: Demo, tmp_path: Path) -> AsyncIterator[Step]:
    step: Step = request.param
    inbox = Inbox(tmp_path / "unused.sqlite3")
    await step.upstream.open(Runtime(Environment(demo.environment), inbox, Resources()))
    yield step
    await step.upstream.close()


@pytest.fixture
def order_id() -> str:
    """Of no other test."""
    return f"O-{uuid.uuid4()}"


def happened(demo: Demo, step: Step, order_id: str) -> list[dict[str, Any]]:
    return [row for row in demo[step.upstream.name].happened() if step.order(row) == order_id]


async def test_a_write_happens_once_for_its_key(demo: Demo, step: Step, order_id: str) -> None:
    key = str(uuid.uuid4())
    first, again = [await step.write(order_id, key) for _ in range(2)]
    assert first == again
    (row,) = happened(demo, step, order_id)
    assert row["id"] == first.id
    other = await step.write(order_id, str(uuid.uuid4()))
    assert other.id != first.id
    assert sum(demo[step.upstream.name].calls().values()) == 3


async def test_a_write_whose_answer_is_lost_can_be_made_again(demo: Demo, step: Step, order_id: str) -> None:
    key = str(uuid.uuid4())
    demo[step.upstream.name].fault(mode="lose")
    with pytest.raises(UpstreamError):
        await step.write(order_id, key)
    assert sum(demo[step.upstream.name].calls().values()) == 1
    demo[step.upstream.name].heal()
    result = await step.write(order_id, key)
    assert [row["id"] for row in happened(demo, step, order_id)] == [result.id]


async def test_a_key_that_was_used_for_something_else_is_refused(
    demo: Demo, step: Step, order_id: str
) -> None:
    key = str(uuid.uuid4())
    await step.write(order_id, key)
    with pytest.raises(UpstreamRefused):
        await step.write(f"{order_id}-2", key)
    assert happened(demo, step, f"{order_id}-2") == []


async def test_a_result_is_the_same_after_it_was_kept_as_json(step: Step, order_id: str) -> None:
    result = await step.write(order_id, str(uuid.uuid4()))
    assert msgspec.json.decode(msgspec.json.encode(result), type=type(result)) == result


async def test_a_placed_order_becomes_a_record(demo: Demo, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite3")
    await inbox.open()
    await shop.shop_events.open(Runtime(Environment(demo.environment), inbox))
    order = data.orders_by_customer()["C1007"][0]
    event = events.order_placed(order.id)
    by_id = shop.placed_orders.by("id")
    try:
        await inbox.store("shop_events", Arrival("msg_other", b'{"type": "order.paid"}', "order.paid"))
        await inbox.store("shop_events", Arrival(event.id, event.body, "order.placed"))
        async with asyncio.timeout(10):
            while (await by_id([order.id])) == [None]:  # noqa: ASYNC110 - the inbox tells nobody of it here
                await asyncio.sleep(0.01)
        (record,) = await by_id([order.id])
    finally:
        await shop.shop_events.close()
        await inbox.close()
    skus = [data.products()[item.product_id].sku for item in order.items]
    assert record == shop.OrderPlaced(
        id=order.id,
        customer_id="C1007",
        placed_at=order.placed_at,
        total=shop.Money(order.total.cents, "EUR"),
        items=[shop.PlacedItem(sku, item.quantity) for sku, item in zip(skus, order.items, strict=True)],
        version=1,
    )


def test_the_server_takes_no_order_that_is_not_signed(graph: GraphServer) -> None:
    body = events.order_placed(data.orders_by_customer()["C1007"][1].id).body
    answer = graph.request("POST", "/webhooks/shop_events", content=body)
    assert answer.status_code in {400, 401}
