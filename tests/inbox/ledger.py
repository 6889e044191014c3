"""An upstream that carries out what it is told, and a graph whose reactions tell it.

The ledger is a server on a real socket. It notes what it has carried out, once for each key where it honours
keys; the next calls can be refused, or carried out and never answered.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec

from patchbay.calls import Limits
from patchbay.environment import Environment
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.reactions import Reaction, Step, StepRetry
from patchbay.upstreams import Rest
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, eventually, rows
from tests.inbox.vendor import Payment, payment_event, payments_webhook
from tests.patchbay.wire import Request, Wire, json_reply, reply

SOON = StepRetry(attempts=4, first_backoff_seconds=0.02, max_backoff_seconds=0.05)
DEADLINE_SECONDS = 1.0

ledger = Rest("ledger", base_url="LEDGER_URL", breaker=None, limits=Limits(deadline_seconds=0.5))


class Entry(msgspec.Struct, frozen=True):
    number: int


class Ledger(Wire):
    """`entries` are (path, key) as they were carried out. Call `fail` for what comes next."""

    def __init__(self, *, honours_keys: bool = True) -> None:
        super().__init__(self._answer)
        self.entries: list[tuple[str, str]] = []
        self.calls: list[tuple[str, str]] = []
        self._honours_keys = honours_keys
        self._troubles: list[int | str] = []
        self.release = asyncio.Event()

    def fail(self, *troubles: int | str) -> None:
        """What becomes of the next calls: a status instead, "lost" or "held" afterwards, or "fine"."""
        self._troubles.extend(troubles)

    def counts(self) -> Counter[str]:
        """How often each path was carried out."""
        return Counter(path for path, _ in self.entries)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        (key,) = request.query("key")
        call = (urlsplit(request.target).path, key)
        self.calls.append(call)
        trouble = self._troubles.pop(0) if self._troubles else None
        if isinstance(trouble, int):
            writer.write(reply(status=f"{trouble} Trouble"))
            return
        if call not in self.entries or not self._honours_keys:
            self.entries.append(call)
        if trouble == "lost":
            writer.close()
            return
        if trouble == "held":
            await self.release.wait()
        writer.write(json_reply({"number": self.entries.index(call)}))


class World:
    """An open inbox, a webhook, reactions to its payments, and the ledger that they write to."""

    def __init__(self, location: Location, inbox: Inbox) -> None:
        self.location = location
        self.inbox = inbox

    async def tell(self, payment_id: str = "pi_1", event_id: str = "evt_1", **event: Any) -> None:
        await self.inbox.store("payments", Arrival(event_id, payment_event(payment_id, **event)))

    def reactions(self) -> list[str]:
        """Their states, in the order of being set off."""
        return [state for (state,) in rows(self.location, "SELECT state FROM reactions ORDER BY id")]

    def steps(self) -> list[tuple[str, str]]:
        """(name, state), of all reactions."""
        return [
            (str(name), str(state))
            for name, state in rows(
                self.location, "SELECT name, state FROM steps ORDER BY reaction_id, place"
            )
        ]

    def errors(self) -> list[str]:
        """Those of steps, in their order."""
        found = rows(
            self.location, "SELECT error FROM steps WHERE error IS NOT NULL ORDER BY reaction_id, place"
        )
        return [str(error) for (error,) in found]

    async def until(self, *states: str) -> None:
        """Returns when the reactions are in these states."""
        try:
            await eventually(lambda: self.reactions() == list(states))
        except AssertionError as error:
            raise AssertionError(f"{self.reactions()} {self.steps()} {self.errors()}") from error


def payments_reaction(name: str = "paid", **options: Any) -> Reaction[Payment]:
    """A reaction to payments, without steps."""
    _, records = payments_webhook()
    return Reaction(name, records, **options)


async def write(path: str, step: Step) -> Entry | None:
    """Have the ledger carry something out."""
    return await ledger.write(f"POST /{path}?key={{key}}", Entry)(key=step.key())


@asynccontextmanager
async def running(
    location: Location,
    wire: Wire | None,
    reactions: Sequence[Reaction[Payment]],
    *,
    signs_ids: bool = True,
    url: str = "",
) -> AsyncIterator[World]:
    """A process of a release with these reactions, from its start to its end."""
    webhook, _ = payments_webhook()
    inbox = Inbox(
        location, options=InboxOptions(attempts=3, first_backoff_seconds=0.01, max_backoff_seconds=0.02)
    )
    inbox.react(reactions, {"payments": signs_ids})
    await inbox.open()
    address = {"LEDGER_URL": url or (wire.url if wire else "http://127.0.0.1:9")}
    variables = {"PAYMENTS_WEBHOOK_SECRET": "whsec_payments-are-signed-with-this", **address}
    runtime = Runtime(Environment(variables), inbox)
    await ledger.open(runtime)
    await webhook.open(runtime)
    inbox.start_reacting()
    try:
        yield World(location, inbox)
    finally:
        await inbox.stop_reacting()
        await webhook.close()
        await ledger.close()
        await inbox.close()


def reserve_and_ship(*, idempotent: bool, checked: bool = False, **options: float) -> Reaction[Payment]:
    """A reaction whose first step is as told; the second one is idempotent, and needs its result."""
    reaction = payments_reaction()

    async def find(payment: Payment, step: Step) -> Entry | None:
        return await write("find", step)

    @reaction.step(idempotent=idempotent, check=find if checked else None, retry=SOON, **options)
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    @reaction.step(idempotent=True, retry=SOON)
    async def ship(payment: Payment, step: Step) -> Entry | None:
        assert isinstance(step.result_of(reserve), Entry)
        return await write("ship", step)

    return reaction
