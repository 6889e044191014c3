from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from patchbay.batch import ByIds
from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamUnavailable
from patchbay.inbox import Arrival, Inbox
from patchbay.inbox.database import Sql
from patchbay.inbox.database.postgres import PostgresConnection
from patchbay.inbox.database.sqlite import SqliteConnection
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams.base import Runtime, Upstream
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, rows
from tests.inbox.vendor import Payment, PaymentEvent, environment, payment_event, payments_webhook


def payment(payment_id: str, version: int, order_id: str | None) -> Payment:
    return Payment(payment_id, order_id, version, "processing")


async def fill(inbox: Inbox, location: Location, *payments: Payment) -> None:
    for n, one in enumerate(payments):
        body = payment_event(one.id, one.version, order_id=one.order_id, status=one.status)
        await inbox.store("payments", Arrival(f"{one.id}_{one.version}_{n}", body))
    await all_applied(location)


A1 = payment("a", 1, "O1")
B5 = payment("b", 5, "O1")
C3 = payment("c", 3, "O1")
D1 = payment("d", 1, "O2")
E1 = payment("e", 1, None)


async def test_records_come_back_by_key_in_the_order_asked(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await fill(inbox, location, A1, B5, D1)
    read: ByIds[Payment] = payments.by("id")
    assert (read.name, read.source) == ("payments.by_id", "payments")
    assert await read(["d", "none", "a", "d", ""]) == [D1, None, A1, D1, None]
    assert await read([]) == []


async def test_by_a_lookup_the_highest_version_wins(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await fill(inbox, location, A1, B5, C3, D1, E1)
    read = payments.by("order_id")
    assert read.name == "payments.by_order_id"
    assert await read(["O2", "O1", "O9", "O1"]) == [D1, B5, None, B5]


async def test_many_come_ordered_by_key(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await fill(inbox, location, C3, A1, B5, D1, E1)
    assert await payments.by("order_id", many=True)(["O9", "O1", "O2", "O9"]) == [[], [A1, B5, C3], [D1], []]
    assert await payments.by("id", many=True)(["a", "z"]) == [[A1], []]
    assert await payments.by("id", many=True)([]) == []


async def test_a_lookup_follows_its_record(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    moved, gone = payment("a", 2, "O2"), payment("a", 3, None)
    read = payments.by("order_id")
    await fill(inbox, location, A1)
    assert await read(["O1", "O2"]) == [A1, None]
    await fill(inbox, location, moved)
    assert await read(["O1", "O2"]) == [None, moved]
    await fill(inbox, location, gone)
    assert await read(["O1", "O2"]) == [None, None]
    assert await payments.by("id")(["a"]) == [gone]


async def test_hostile_keys_are_just_unknown(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await fill(inbox, location, A1, payment("ü\U0001f4a9'\"\\", 1, "O1"))
    hostile = ["a\0b", "\ud800", "a\ud800", "' OR 1=1 --", "x" * 100_000, "A", "a ", '["a"]']
    assert await payments.by("id")([*hostile, "a"]) == [None] * len(hostile) + [A1]
    assert (await payments.by("id")(["ü\U0001f4a9'\"\\"])) != [None]
    assert await payments.by("id")(["a\0b"]) == [None]


async def test_keys_of_any_scalar_type_match_as_text(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    seven = payment("7", 1, "O1")
    await fill(inbox, location, seven)
    assert await payments.by("id")([7, "7"]) == [seven, seven]


async def test_a_read_is_one_statement_and_one_call(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    kind = SqliteConnection if isinstance(location, Path) else PostgresConnection
    run = kind.run

    def traced(self: Any, statement: Sql, *values: Any) -> Any:
        statements.append(statement.sqlite)
        return run(self, statement, *values)

    monkeypatch.setattr(kind, "run", traced)
    await fill(inbox, location, A1, B5, C3, D1)
    enter_scope(scope := Scope())
    keys = [f"k{n}" for n in range(5000)]
    for read in (payments.by("id"), payments.by("order_id"), payments.by("order_id", many=True)):
        statements.clear()
        scope.calls.clear()
        await read([*keys, *keys])
        # The loop that looks for new events has statements of its own.
        assert len([text for text in statements if "records" in text]) == 1
        assert scope.calls == {("payments", read.name): 1}
    scope.calls.clear()
    await payments.by("id")([])
    assert not scope.calls


async def test_a_stored_record_of_another_shape_is_an_error_of_its_own_key(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await fill(inbox, location, A1, D1)
    rows(location, "UPDATE records SET body = ? WHERE key = 'a'", b'{"id":"a"}')
    bad, good = await payments.by("id")(["a", "d"])
    assert isinstance(bad, UpstreamBadData)
    assert good == D1
    many = await payments.by("order_id", many=True)(["O1", "O2"])
    assert isinstance(many[0], UpstreamBadData)
    assert many[1] == [D1]


async def test_a_read_without_a_database_is_an_error_per_key() -> None:
    _, records = payments_webhook()
    for read in (records.by("id"), records.by("order_id"), records.by("id", many=True)):
        outcomes = await read(["a", "b"])
        assert len(outcomes) == 2
        assert all(isinstance(outcome, UpstreamUnavailable) for outcome in outcomes)


async def test_a_read_takes_no_other_arguments(payments: WebhookRecords[Payment]) -> None:
    with pytest.raises(TypeError, match="limit"):
        await payments.by("id")(["a"], limit=3)


async def test_a_webhook_is_an_upstream_whose_check_is_the_inbox(inbox: Inbox) -> None:
    webhook: Upstream = payments_webhook()[0]
    assert (webhook.name, webhook.kind) == ("payments", "webhook")
    with pytest.raises(UpstreamUnavailable, match="payments: it is not open"):
        await webhook.check()
    await webhook.open(Runtime(environment(), inbox))
    await webhook.check()
    await inbox.close()
    with pytest.raises(UpstreamUnavailable):
        await webhook.check()
    await webhook.close()
    await webhook.close()


class Thawed(msgspec.Struct):
    id: str
    version: int


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    webhook, records = payments_webhook()

    def build(event: PaymentEvent) -> None:
        return None

    with pytest.raises(ConfigurationError, match="declared twice"):
        webhook.records(Payment, event=PaymentEvent, build=build, key="id", version="version")
    with pytest.raises(ConfigurationError, match="Thawed must be a frozen"):
        webhook.records(Thawed, event=PaymentEvent, build=build, key="id", version="version")
    for key, version in (("nope", "version"), ("id", "nope")):
        with pytest.raises(ConfigurationError, match="no attribute 'nope'"):
            webhook.records(Payment, event=PaymentEvent, build=build, key=key, version=version)
    with pytest.raises(ConfigurationError, match="no attribute 'nope'"):
        webhook.records(
            Payment, event=PaymentEvent, build=build, key="id", version="version", lookups=("nope",)
        )
    with pytest.raises(ConfigurationError, match="'status' is neither the key nor a lookup"):
        records.by("status")
