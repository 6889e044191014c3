"""An event has a read forget, or ask anew for, what it tells of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from patchbay.cached import Ttl
from patchbay.caller import ANONYMOUS
from patchbay.calls import Resources
from patchbay.errors import ConfigurationError
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.inbox.signatures import StripeSignature
from patchbay.upstreams import Runtime, Webhook
from tests.cache.things import ANN, BEN, Served, Thing, rest, runtime, serving, until
from tests.inbox.database import all_applied, states
from tests.inbox.vendor import Payment as VendorPayment
from tests.inbox.vendor import PaymentEvent, environment, payment_event, payment_from_event
from tests.patchbay.wire import Wire, json_reply

CALLERS = (ANN, BEN, ANONYMOUS)


async def sizes_of_all(served: Served, key: str) -> list[int]:
    return [(await served.sizes([key], caller))[0] for caller in CALLERS]


class Changed(msgspec.Struct, frozen=True):
    id: str | None


class ThingEvent(msgspec.Struct, frozen=True):
    data: Changed


def event(key: str | None) -> bytes:
    return msgspec.json.encode({"data": {"id": key}})


@asynccontextmanager
async def receiving(webhook: Webhook, inbox: Inbox) -> AsyncIterator[None]:
    await webhook.open(Runtime(environment(), inbox))
    try:
        yield
    finally:
        await webhook.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
async def inbox(path: Path) -> AsyncIterator[Inbox]:
    inbox = Inbox(path, options=InboxOptions(attempts=1))
    await inbox.open()
    yield inbox
    await inbox.close()


def things_webhook() -> Webhook:
    return Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))


class TestEvents:
    async def test_an_event_has_the_record_asked_for_anew(self, inbox: Inbox, path: Path) -> None:
        webhook = things_webhook()
        async with serving(Ttl(60, shared=True)) as served:
            webhook.changes(served.read, event=ThingEvent, key=lambda event: event.data.id, refresh=True)
            await served.sizes(["a", "b"])
            served.things.size = 2
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event("a")))
                await until(lambda: len(served.asked) == 2)
                await asyncio.sleep(0.05)
            assert await served.sizes(["a", "b"]) == [2, 1]
            assert served.asked == [["a", "b"], ["a"]]
        assert states(path) == [("e1", "applied")]

    async def test_an_event_has_the_record_forgotten(self, inbox: Inbox, path: Path) -> None:
        webhook = things_webhook()
        async with serving(Ttl(60)) as served:
            webhook.changes(served.read, event=ThingEvent, key=lambda event: event.data.id)
            await sizes_of_all(served, "a")
            served.things.size = 2
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event("a")))
                await all_applied(path)
                # It is told after the commit.
                await until(lambda: served.has_sizes(["a"], [2]))
                assert await sizes_of_all(served, "a") == [2, 2, 2]

    async def test_an_event_has_all_of_a_read_forgotten(self, inbox: Inbox) -> None:
        webhook = things_webhook()
        async with serving(Ttl(60)) as served:
            webhook.changes(
                served.read, event=ThingEvent, key=lambda event: event.data.id and (), refresh=True
            )
            await served.sizes(["a", "b"])
            served.things.size = 2
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event("a")))
                await until(lambda: served.has_sizes(["a", "b"], [2, 2]))

    async def test_an_event_has_a_list_asked_for_anew(self, inbox: Inbox) -> None:
        upstream, webhook = rest(), things_webhook()
        read = upstream.list("GET /all", Thing, cache=Ttl(60, shared=True))
        webhook.changes(read, event=ThingEvent, key=lambda event: event.data.id, refresh=True)
        async with Wire(json_reply([{"id": "a"}])) as wire:
            await upstream.open(runtime(wire.url, Resources()))
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event("a")))
                await until(lambda: wire.requests)
                await asyncio.sleep(0.05)
                assert await read() == [Thing("a")]
                wire.answer = json_reply([{"id": "b"}])
                await inbox.store("payments", Arrival("e2", event("b")))
                await until(lambda: len(wire.requests) == 2)
                await asyncio.sleep(0.05)
                (await read()).clear()
                assert await read() == [Thing("b")]
                assert len(wire.requests) == 2
            await upstream.close()

    async def test_an_event_about_something_else_is_ignored_and_one_that_cannot_be_read_is_given_up(
        self, inbox: Inbox, path: Path
    ) -> None:
        webhook = things_webhook()
        async with serving(Ttl(60, shared=True)) as served:
            webhook.changes(served.read, event=ThingEvent, key=lambda event: event.data.id, refresh=True)
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event(None)))
                await inbox.store("payments", Arrival("e2", b'{"data": 7}'))
                await all_applied(path)
            assert served.asked == []
        assert states(path) == [("e1", "ignored"), ("e2", "dead")]

    async def test_records_and_changes_can_come_of_one_event(self, inbox: Inbox) -> None:
        webhook = things_webhook()
        records = webhook.records(
            VendorPayment, event=PaymentEvent, build=payment_from_event, key="id", version="version"
        )
        async with serving(Ttl(60, shared=True)) as served:
            webhook.changes(
                served.read, event=PaymentEvent, key=lambda event: event.data.order_id, refresh=True
            )
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", payment_event("pi_1", order_id="a")))
                await until(lambda: len(served.asked) == 1)
                assert [record.id for record in await records.by("id")(["pi_1"]) if record] == ["pi_1"]  # type: ignore[union-attr]

    async def test_a_listener_that_breaks_holds_up_no_event(self, inbox: Inbox, path: Path) -> None:
        class Breaks:
            name, source = "x", "x"

            async def forget(self, keys: object = None) -> None:
                raise RuntimeError(f"secret {keys}")

            async def refresh(self, keys: object, **arguments: object) -> None:
                raise RuntimeError(f"secret {keys} {arguments}")

        webhook = things_webhook()
        webhook.changes(Breaks(), event=ThingEvent, key=lambda event: event.data.id)
        with capture_logs() as logs:
            async with receiving(webhook, inbox):
                await inbox.store("payments", Arrival("e1", event("a")))
                await inbox.store("payments", Arrival("e2", event("b")))
                await all_applied(path)
                await until(lambda: logs)
        assert states(path) == [("e1", "applied"), ("e2", "applied")]
        assert logs[0]["event"] == "change not told"
        assert "secret" not in str(logs)

    async def test_an_upstream_that_is_down_costs_the_refetch_only(self, inbox: Inbox, path: Path) -> None:
        webhook = things_webhook()
        async with serving(Ttl(60, shared=True)) as served:
            webhook.changes(served.read, event=ThingEvent, key=lambda event: event.data.id, refresh=True)
            await served.sizes(["a"])
            served.things.status = "503 Busy"
            async with receiving(webhook, inbox):
                with capture_logs() as logs:
                    await inbox.store("payments", Arrival("e1", event("a")))
                    await until(lambda: logs)
                assert logs[0]["event"] == "not_refreshed"
                served.things.status, served.things.size = None, 2
                assert await served.sizes(["a"]) == [2]
        assert states(path) == [("e1", "applied")]

    def test_an_event_must_be_a_frozen_struct(self) -> None:
        class Loose(msgspec.Struct):
            id: str

        with pytest.raises(ConfigurationError, match="Loose must be a frozen msgspec struct"):
            things_webhook().changes(rest().list("GET /x", Thing), event=Loose, key=lambda event: event.id)
