"""Each record tells when the newest event about it was received, or when it was fetched."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from patchbay.errors import ConfigurationError
from patchbay.inbox import Inbox
from patchbay.inbox.signatures import StripeSignature
from patchbay.upstreams import Webhook, WebhookRecords
from tests.inbox.database import Location, all_applied, rows
from tests.inbox.sales import Sale, SaleEvent, fill, opened, tell


async def everywhere(records: WebhookRecords[Sale]) -> list[datetime | None]:
    """What each way of reading says of record "a"."""
    one: Any = (await records.by("id")(["a"]))[0]
    newest: Any = (await records.by("order_id")(["O1"]))[0]
    many: Any = (await records.by("order_id", many=True)(["O1"]))[0]
    page: Any = (await records.pages()([()], offset=0, limit=1))[0]
    nested: Any = (await records.pages(by="order_id")(["O1"], offset=0, limit=1))[0]
    return [each.as_of for each in (one, newest, many[0], page.items[0], nested.items[0])]


async def test_it_is_when_the_newest_event_was_received(inbox: Inbox, location: Location) -> None:
    records = await opened(inbox, as_of="as_of")
    updates = records.updates()
    seen: list[datetime | None] = []
    for version in (2, 3, 1):
        await tell(inbox, Sale("a", version, order_id="O1"))
        await all_applied(location)
        (as_of,) = set(await everywhere(records))
        seen.append(as_of)
        assert as_of is not None
        assert as_of.utcoffset() is not None
    received = rows(location, "SELECT received_at FROM events ORDER BY seq")
    told = [datetime.fromtimestamp(at, UTC) for (at,) in received]
    assert seen == [told[0], told[1], told[1]]
    assert [(await anext(updates)).node.as_of for _ in range(2)] == told[:2]
    await updates.aclose()


async def test_it_is_not_stored_with_the_record_whatever_the_vendor_says(
    inbox: Inbox, location: Location
) -> None:
    records = await opened(inbox, as_of="as_of")
    await tell(inbox, Sale("a", order_id="O1", as_of=datetime(1999, 1, 1, tzinfo=UTC)))
    await all_applied(location)
    ((body,),) = rows(location, "SELECT body FROM records")
    assert "asOf" not in msgspec.json.decode(body)
    assert {each.year for each in await everywhere(records) if each is not None} == {datetime.now(UTC).year}


async def test_of_a_fetched_record_it_is_when_it_was_asked_for(inbox: Inbox) -> None:
    records = await opened(inbox, as_of="as_of")
    before = time.time()
    await fill(inbox, records, [Sale("a", order_id="O1")])
    (as_of,) = set(await everywhere(records))
    assert as_of is not None
    assert before <= as_of.timestamp() <= time.time()


async def test_without_the_declaration_the_attribute_is_an_ordinary_one(
    inbox: Inbox, location: Location
) -> None:
    records = await opened(inbox)
    at = datetime(1999, 1, 1, tzinfo=UTC)
    await tell(inbox, Sale("a", order_id="O1", as_of=at))
    await all_applied(location)
    assert await everywhere(records) == [at] * 5


class Late(msgspec.Struct, frozen=True):
    id: str
    version: int
    required: datetime | None
    text: str | None = None


@pytest.mark.parametrize("name", ["required", "text", "version"])
def test_an_attribute_that_cannot_be_filled_in_is_refused(name: str) -> None:
    webhook = Webhook("late", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
    with pytest.raises(ConfigurationError, match=r"must be 'datetime \| None = None', to be filled in"):
        webhook.records(Late, event=SaleEvent, build=lambda _: None, key="id", version="version", as_of=name)
    with pytest.raises(ConfigurationError, match="Late has no attribute 'nope'"):
        webhook.records(
            Late, event=SaleEvent, build=lambda _: None, key="id", version="version", as_of="nope"
        )
