"""Which events become records: by type, and those that delete one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from patchbay.cached.changes import Forgetful
from patchbay.errors import ConfigurationError
from patchbay.inbox import Arrival, Inbox
from patchbay.upstreams import Gone, WebhookRecords
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.sales import Sale, SaleEvent, opened, sales_webhook, tell
from tests.inbox.vendor import environment

GARBAGE = b'{"type": 7, "data": "no sale"}'


async def arrive(inbox: Inbox, event_id: str, type_: str | None, body: bytes = GARBAGE) -> None:
    await inbox.store("sales", Arrival(event_id, body, type_))


async def test_an_event_of_another_type_is_not_decoded_and_so_is_no_poison(
    inbox: Inbox, location: Location
) -> None:
    records = await opened(inbox, types=("sale.*", "refund.created"))
    for number, type_ in enumerate(("sale.made", "sale.", "refund.created", None)):
        await arrive(inbox, f"read{number}", type_)
    for number, type_ in enumerate(("sale", "SALE.made", "presale.made", "refund.created.x", "")):
        await arrive(inbox, f"other{number}", type_)
    await tell(inbox, Sale("a"), "sale.made")
    await all_applied(location)
    found = dict(states(location))
    assert {state for name, state in found.items() if name.startswith("read")} == {"dead"}
    assert {state for name, state in found.items() if name.startswith("other")} == {"ignored"}
    assert await records.by("id")(["a"]) == [Sale("a")]


async def test_without_types_events_of_any_type_are_read(inbox: Inbox, location: Location) -> None:
    await opened(inbox)
    await arrive(inbox, "one", "whatever")
    await all_applied(location)
    assert states(location) == [("one", "dead")]


class Kept(Forgetful):
    name, source = "GET /things", "things"

    def __init__(self) -> None:
        self.forgotten: list[Any] = []

    async def forget(self, keys: Any = None) -> None:
        self.forgotten.append(keys)

    async def refresh(self, keys: Any, **arguments: Any) -> None:
        self.forgotten.append((keys, arguments))


async def test_changes_go_by_type_as_well(inbox: Inbox, location: Location) -> None:
    webhook, _ = sales_webhook(types=("nothing",))
    kept = Kept()
    webhook.changes(kept, event=SaleEvent, key=lambda event: event.type, types=("sale.*",))
    await webhook.open(Runtime(environment(), inbox))
    await arrive(inbox, "one", "other")
    await tell(inbox, Sale("a"), "sale.made")
    await all_applied(location)
    # What reads keep is forgotten behind the commit, which others see before.
    await eventually(lambda: bool(kept.forgotten))
    assert kept.forgotten == [["sale.made"]]
    assert [state for _, state in states(location)] == ["ignored", "applied"]


@pytest.mark.parametrize("types", ["sale.*", ("sale.*", "")])
def test_patterns_that_cannot_be_meant_are_refused(types: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^sales: types must be a sequence of patterns$"):
        sales_webhook(types=types)


async def ids(records: WebhookRecords[Sale]) -> list[list[str]]:
    """The records by key, by lookup and on a page of all."""
    by_key = await records.by("id")(["a", "b"])
    (of_order,) = await records.by("order_id", many=True)(["O1"])
    (page,) = await records.pages()([()], offset=0, limit=9)
    assert isinstance(of_order, list)
    return [[each.id for each in found if isinstance(each, Sale)] for found in (by_key, of_order, page.items)]  # type: ignore[union-attr] # a page


@pytest.mark.parametrize("late", ["before", "after"])
async def test_a_deletion_holds_against_older_versions_and_not_against_newer_ones(
    inbox: Inbox, location: Location, late: str
) -> None:
    records = await opened(inbox)
    await tell(inbox, Sale("b", order_id="O1"))
    versions: list[tuple[int, str]] = [(1, "sale.made"), (3, "sale.deleted"), (2, "sale.changed")]
    for version, type_ in versions if late == "after" else reversed(versions):
        await tell(inbox, Sale("a", version, order_id="O1"), type_)
        await all_applied(location)
    assert await ids(records) == [["b"]] * 3
    assert rows(location, "SELECT version, body FROM records WHERE key = 'a'") == [(3, None)]
    assert rows(location, "SELECT * FROM lookups WHERE key = 'a'") == []
    await tell(inbox, Sale("a", 4, order_id="O1"))
    await all_applied(location)
    assert await ids(records) == [["a", "b"]] * 3


async def test_a_deletion_is_no_update_of_a_record(inbox: Inbox, location: Location) -> None:
    records = await opened(inbox)
    updates = records.updates()
    await tell(inbox, Sale("a", 1))
    await tell(inbox, Sale("a", 2), "sale.deleted")
    await tell(inbox, Sale("b", 1))
    assert [(await anext(updates)).node.id for _ in range(2)] == ["a", "b"]
    await updates.aclose()


@pytest.mark.parametrize(("key", "version"), [("", 1), ("x" * 256, 1), (True, 1), ("a", 2**63), ("a", True)])
async def test_a_deletion_that_cannot_be_is_a_failed_event(
    inbox: Inbox, location: Location, key: Any, version: Any
) -> None:
    await opened(inbox, build=lambda _: Gone(key, version))
    await tell(inbox, Sale("a"))
    await all_applied(location)
    assert [state for _, state in states(location)] == ["dead"]


async def test_an_attribute_that_cannot_be_kept_fails_its_event_alone(
    inbox: Inbox, location: Location
) -> None:
    records = await opened(inbox)
    await tell(inbox, Sale("a", note="x" * 256))
    await tell(inbox, Sale("b", note="a\0b"))
    await tell(inbox, msgspec.structs.replace(Sale("c"), note="x" * 255))
    await all_applied(location)
    errors = rows(location, "SELECT error FROM events ORDER BY seq")
    assert errors[0] == errors[1] == ("note must have 1 to 255 characters, none of them NUL",)
    found = await records.by("id")(["a", "b", "c"])
    assert [each is None for each in found] == [True, True, False]
