"""Declarations, and reactions that another release has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from patchbay.errors import ConfigurationError
from patchbay.inbox import Inbox, outbox
from patchbay.reactions import Reaction, Step, StepRetry
from tests.inbox.database import Location, eventually, rows
from tests.inbox.ledger import SOON, Entry, Ledger, payments_reaction, running, write
from tests.inbox.vendor import Payment


class OtherEntry(msgspec.Struct, frozen=True):
    """Entry, as a later release has it."""

    number: int
    color: str


def release(*names: str, reaction: str = "paid", returns: Any = Entry) -> list[Reaction[Payment]]:
    """A reaction with these steps; all are idempotent."""
    declared = payments_reaction(reaction)
    for name in names:
        declared.step(idempotent=True, retry=SOON)(_step(name, returns))
    return [declared]


def _step(name: str, returns: Any) -> Callable[[Payment, Step], Any]:
    async def run(payment: Payment, step: Step) -> Any:
        return await write(name, step)

    run.__name__ = name
    run.__annotations__["return"] = returns
    return run


async def stopped_at_ship(location: Location, ledger: Ledger) -> None:
    """A reaction whose `reserve` is done and whose `ship` waits for its next try."""
    async with running(location, ledger, release("reserve", "ship", "book")) as world:
        ledger.fail("fine", *[503] * 4)
        await world.tell()
        await world.until("failed")
        rows(location, "UPDATE steps SET state = 'waiting', attempts = 0 WHERE name = 'ship'")
        rows(location, "UPDATE reactions SET state = 'running', ended_at = NULL")
    ledger.calls.clear()


@pytest.mark.parametrize(
    ("reactions", "problem"),
    [
        (release("reserve", "book"), "this release has no step ship"),
        (release("reserve"), "this release has no step ship, book"),
        (release("reserve", "book", "ship"), "this release has its steps in another order"),
        (release("ship", "reserve", "book"), "this release has its steps in another order"),
        (release("reserve", "ship", "book", reaction="other"), "this release declares no such reaction"),
        ([], "this release declares no such reaction"),
        (
            release("reserve", "ship", "book", returns=OtherEntry),
            "the result of reserve is of another shape than this release's",
        ),
    ],
)
async def test_a_reaction_that_this_release_cannot_go_on_with_is_held_and_told(
    location: Location, reactions: list[Reaction[Payment]], problem: str
) -> None:
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        async with running(location, ledger, reactions) as world:
            await world.until("held")
            (report,) = await world.inbox.reactions.list("held")
            assert report.error == problem
            await asyncio.sleep(0.05)
            assert not ledger.calls
        # A release that knows it goes on at once.
        async with running(location, ledger, release("reserve", "ship", "book")) as world:
            await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/ship": 1, "/book": 1}


async def test_a_held_reaction_is_looked_at_again_by_and_by(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "HELD_SECONDS", 0.05)
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        async with running(location, ledger, []) as world:
            await world.until("held")
            ((first,),) = rows(location, "SELECT try_at FROM reactions")
            await eventually(lambda: rows(location, "SELECT try_at FROM reactions")[0][0] > first)


async def test_an_operator_can_end_a_held_reaction(location: Location) -> None:
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        async with running(location, ledger, release("reserve", "book")) as world:
            await world.until("held")
            await world.inbox.reactions.resolve(1)
            await world.until("done")
    # `ship` was said to be done, and `book` went on.
    assert [path for path, _ in ledger.calls] == ["/book"]


@pytest.mark.parametrize(
    "names",
    [("reserve", "ship", "book", "thank"), ("reserve", "weigh", "ship", "book"), ("ship", "book")],
)
async def test_steps_that_were_added_or_whose_work_is_done_keep_no_reaction_from_going_on(
    location: Location, names: tuple[str, ...]
) -> None:
    """It goes on with the steps that it was set off with."""
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        async with running(location, ledger, release(*names)) as world:
            await world.until("done")
    assert [path for path, _ in ledger.calls] == ["/ship", "/book"]


async def test_a_result_of_a_step_that_was_added_later_is_told_to_be_missing(location: Location) -> None:
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        (reaction,) = release("reserve", "weigh")

        @reaction.step(idempotent=True)
        async def ship(payment: Payment, step: Step) -> Entry | None:
            step.result_of(_named("weigh"))
            return await write("ship", step)

        reaction.step(idempotent=True)(_step("book", Entry))
        async with running(location, ledger, [reaction]) as world:
            await world.until("failed")
            assert world.errors() == ["there is no result of a step 'weigh' before this one"]
    assert not ledger.calls


def _named(name: str) -> Callable[..., Any]:
    return _step(name, Entry)


async def test_a_step_that_ran_when_another_release_began_waits_for_one_that_has_it(
    location: Location,
) -> None:
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        rows(location, "UPDATE steps SET state = 'running', attempts = 1 WHERE name = 'ship'")
        async with running(location, ledger, release("reserve", "book")) as world:
            await world.until("held")
        async with running(location, ledger, release("reserve", "ship", "book")) as world:
            await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/ship": 1, "/book": 1}


async def test_what_set_it_off_may_have_another_shape_by_now(location: Location) -> None:
    async with Ledger() as ledger:
        await stopped_at_ship(location, ledger)
        rows(location, "UPDATE reactions SET input = ?", b'{"id": "pi_1"}')
        async with running(location, ledger, release("reserve", "ship", "book")) as world:
            await world.until("held")
            (report,) = await world.inbox.reactions.list()
            assert report.error == "the record that set it off is of another shape than this release's"


def refusal(declare: Callable[[Reaction[Payment]], object]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        declare(payments_reaction())
    return str(raised.value)


async def one(payment: Payment, step: Step) -> int:
    return 1


async def none(payment: Payment, step: Step) -> None:
    return None


def plain(payment: Payment, step: Step) -> Awaitable[int]:
    return one(payment, step)


async def unannotated(payment: Payment, step: Step):  # type: ignore[no-untyped-def] # noqa: ANN201 - that is the point
    return 1


async def unknown(payment: Payment, step: Step) -> Nowhere:  # type: ignore[name-defined] # noqa: F821 - that is the point
    return 1


async def not_json(payment: Payment, step: Step) -> "type[int] | list[1]":  # type: ignore[valid-type] # noqa: UP037 - that is the point
    return int


@pytest.mark.parametrize(
    ("declare", "problem"),
    [
        (lambda reaction: [reaction.step()(one), reaction.step()(one)], "step one is declared twice"),
        (lambda reaction: reaction.step()(plain), "is no async function"),
        (lambda reaction: reaction.step()(unannotated), "what it returns is not annotated"),
        (lambda reaction: reaction.step()(unknown), "must be known at run time"),
        (lambda reaction: reaction.step(idempotent=True, check=one)(one), "one of them is meant"),
        (lambda reaction: reaction.step(check=none)(none), "returns None, which could not be told"),
        (lambda reaction: reaction.step(deadline_seconds=0)(one), "needs a deadline"),
        (lambda reaction: reaction.step(retry=StepRetry(0))(one), "at least one attempt"),
        (lambda _: payments_reaction("Not a name"), "a name is a-z, 0-9 and _"),
    ],
)  # fmt: skip
def test_a_declaration_that_contradicts_itself_is_refused(
    declare: Callable[[Reaction[Payment]], object], problem: str
) -> None:
    assert problem in refusal(declare)


@pytest.mark.parametrize(
    ("reactions", "signs_ids", "problem"),
    [
        ([*release("ship"), *release("ship")], {"payments": True}, "two reactions have the name paid"),
        (release(), {"payments": True}, "reaction paid has no steps"),
        (release("ship"), {"others": True}, "its webhook payments is not among the upstreams"),
    ],
)
def test_reactions_that_contradict_the_graph_are_refused(
    database: Location, reactions: list[Reaction[Payment]], signs_ids: dict[str, bool], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        Inbox(database).react(reactions, signs_ids)


def test_keys_are_stable_and_tell_steps_events_and_calls_apart() -> None:
    step = Step("paid", "payments", "evt_1", "evt_1", "reserve", 1, {})
    # Another release that made another key would do again what is under way.
    assert step.key() == "43c0ca96-b6e1-531b-8c0e-252c965467f5"
    others = [
        replace(step, reaction="other"),
        replace(step, upstream="other"),
        replace(step, cause="other"),
        replace(step, name="other"),
    ]
    assert len({each.key() for each in (step, *others)}) == 5
    assert len({step.key(), step.key("P1"), step.key("P2"), step.key("P1", "P2"), step.key("P1P2")}) == 5
    again = replace(step, attempt=2, results={"weigh": 1})
    assert again.key("P1") == step.key("P1")
