"""An event whose handlers always fail: tried some times, then put aside; mended, it is applied after all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook import Webhook
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.vendor import (
    Payment,
    PaymentEvent,
    environment,
    payment_event,
    payment_from_event,
    payments_webhook,
)

BACKOFF_SECONDS = 0.1


@pytest.fixture
async def patient(location: Location) -> AsyncIterator[Inbox]:
    options = InboxOptions(attempts=4, first_backoff_seconds=BACKOFF_SECONDS, max_backoff_seconds=0.3)
    inbox = Inbox(location, options=options)
    await inbox.open()
    yield inbox
    await inbox.close()


class Breakable:
    """Builds payments, but fails where it is broken; remembers when it was asked for what."""

    def __init__(self) -> None:
        self.broken = True
        self.asked: list[tuple[str, str, float]] = []

    def __call__(self, event: PaymentEvent) -> Payment | None:
        self.asked.append((event.data.id, event.data.status, time.monotonic()))
        if self.broken and event.data.status == "poison":
            raise KeyError(event.data.id)
        return payment_from_event(event)


async def opened(inbox: Inbox, build: Breakable) -> Webhook:
    usual, _ = payments_webhook()
    webhook = Webhook("payments", signature=usual._signature)  # noqa: SLF001 - the scheme is not the point here
    webhook.records(
        Payment, event=PaymentEvent, build=build, key="id", version="version", lookups=("order_id",)
    )
    await webhook.open(Runtime(environment(), inbox))
    return webhook


async def store(inbox: Inbox, event_id: str, body: bytes) -> None:
    await inbox.store("payments", Arrival(event_id, body))


async def test_a_poison_event_is_tried_some_times_and_holds_up_nobody(
    patient: Inbox, location: Location
) -> None:
    build = Breakable()
    await opened(patient, build)
    with capture_logs() as logs:
        await store(patient, "good1", payment_event("pi_1", 1))
        await store(patient, "bad", payment_event("pi_1", 2, status="poison"))
        await store(patient, "good2", payment_event("pi_1", 3))
        await store(patient, "good3", payment_event("pi_2", 1))
        await eventually(lambda: dict(states(location))["good3"] == "applied")
        assert dict(states(location))["bad"] == "new"
        found = await patient.by_keys("payments.Payment", ["pi_1", "pi_2"])
        assert b'"version":3' in found["pi_1"].body
        await all_applied(location)
    assert dict(states(location)) == {
        "good1": "applied",
        "bad": "dead",
        "good2": "applied",
        "good3": "applied",
    }
    # Two good ones, and four tries of the bad one: at once, and after 0.1, 0.2 and 0.3 seconds.
    assert len([key for key, _, _ in build.asked if key == "pi_1"]) == 6
    tries = [at for _, status, at in build.asked if status == "poison"]
    assert len(tries) == 4
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[0] >= 0.09
    assert pauses[1] >= 0.18
    assert pauses[2] >= 0.27
    ((attempts, error, failed_at),) = rows(location, "SELECT attempts, error, failed_at FROM dead_letters")
    assert attempts == 4
    assert error.startswith("KeyError at test_dead_letters.py:")
    assert time.time() - failed_at < 60
    assert [entry["event"] for entry in logs if "attempts" in entry] == ["event failed"] * 3 + [
        "event given up"
    ]


async def test_a_dead_letter_is_tried_no_more_until_it_is_replayed(
    patient: Inbox, location: Location
) -> None:
    build = Breakable()
    await opened(patient, build)
    await store(patient, "bad", payment_event("pi_1", 2, status="poison"))
    await all_applied(location)
    build.broken = False
    asked = len(build.asked)
    await store(patient, "good", payment_event("pi_1", 1))
    await all_applied(location)
    assert len(build.asked) == asked + 1
    assert await patient.administration.replay("payments", "bad") == "replayed"
    await all_applied(location)
    assert dict(states(location)) == {"bad": "applied", "good": "applied"}
    assert rows(location, "SELECT * FROM dead_letters") == []
    assert rows(location, "SELECT attempts, error FROM events") == [(0, None)] * 2
    found = await patient.by_keys("payments.Payment", ["pi_1"])
    assert b'"version":2' in found["pi_1"].body
    orders = await patient.newest_by_lookup("payments.Payment", "order_id", ["O1"])
    assert orders["O1"].key == "pi_1"


async def test_a_replay_that_fails_again_is_a_dead_letter_again(patient: Inbox, location: Location) -> None:
    build = Breakable()
    await opened(patient, build)
    await store(patient, "bad", payment_event(status="poison"))
    await all_applied(location)
    await patient.administration.replay("payments", "bad")
    await all_applied(location)
    assert len(build.asked) == 8
    assert rows(location, "SELECT attempts FROM dead_letters") == [(4,)]
    assert states(location) == [("bad", "dead")]


async def test_a_start_goes_on_with_the_tries_that_are_left(location: Location) -> None:
    build = Breakable()
    options = InboxOptions(attempts=3, first_backoff_seconds=0.5)
    first = Inbox(location, options=options)
    await first.open()
    await opened(first, build)
    await store(first, "bad", payment_event(status="poison"))
    await eventually(lambda: len(build.asked) == 1)
    await first.close()
    second = Inbox(location, options=options)
    await second.open()
    await opened(second, build)
    await all_applied(location)
    await second.close()
    assert len(build.asked) == 3
    assert states(location) == [("bad", "dead")]


async def test_one_handler_of_two_that_fails_keeps_the_whole_event(
    patient: Inbox, location: Location
) -> None:
    build = Breakable()
    webhook, _ = payments_webhook()
    webhook.changes(Forgetting(), event=PaymentEvent, key=lambda event: build(event) and event.data.id)
    await webhook.open(Runtime(environment(), patient))
    await store(patient, "bad", payment_event("pi_1", 1, status="poison"))
    await all_applied(location)
    assert rows(location, "SELECT * FROM records") == []
    build.broken = False
    assert await patient.administration.replay("payments", "bad") == "replayed"
    await all_applied(location)
    assert len(rows(location, "SELECT * FROM records")) == 1


class Forgetting:
    """A read that forgets."""

    name = "things.by_id"
    source = "things"

    async def forget(self, keys: Sequence[Any] | None = None, **_: Any) -> None:
        """Nothing to forget."""

    async def refresh(self, keys: Sequence[Any], **_: Any) -> None:
        """Nothing to ask for."""
