"""Events in, and what subscribers are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from patchbay.inbox import Arrival, Inbox, Subscription, Update
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location
from tests.inbox.vendor import Payment, environment, payment_event, payments_webhook

TOGETHER = 200


@asynccontextmanager
async def replica(location: Location) -> AsyncIterator[tuple[Inbox, WebhookRecords[Payment]]]:
    """One more process's inbox on the same database."""
    inbox = Inbox(location)
    await inbox.open()
    webhook, records = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    try:
        yield inbox, records
    finally:
        await webhook.close()
        await inbox.close()


async def store(
    inbox: Inbox, payment_id: str, version: int = 1, *, order_id: str = "O1", status: str = "processing"
) -> None:
    """One event of a payment."""
    body = payment_event(payment_id, version, order_id=order_id, status=status)
    await inbox.store("payments", Arrival(f"{payment_id}_{version}", body))


async def store_many(
    inbox: Inbox, payment_ids: Sequence[str], *, order_id: str = "O1", status: str = "processing"
) -> None:
    """The first events of these payments, in their order, many in one commit."""
    for start in range(0, len(payment_ids), TOGETHER):
        await asyncio.gather(
            *(
                store(inbox, payment_id, order_id=order_id, status=status)
                for payment_id in payment_ids[start : start + TOGETHER]
            )
        )


async def following(subscription: Subscription[Payment], *, seconds: float = 10) -> Update[Payment]:
    """The next update."""
    return await asyncio.wait_for(anext(subscription), seconds)
