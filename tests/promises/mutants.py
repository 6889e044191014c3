"""Mistakes that somebody could make, one at a time, patched into the server's process from outside.

Each is a function that patches one point. A row of the promises that holds with its mutant shows nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin
from urllib.request import urlopen
from weakref import WeakKeyDictionary

from patchbay.address import parse_address
from patchbay.cached.ttl import Ttl, Use
from patchbay.caller import Caller
from patchbay.calls import attempts
from patchbay.calls.breaker import Circuit
from patchbay.calls.call import Call, Reply
from patchbay.calls.connection import Connection
from patchbay.calls.egress import Guard
from patchbay.calls.gate import Gate
from patchbay.calls.quota import Allowance, Window
from patchbay.calls.redirects import Redirects
from patchbay.calls.retry import Budget
from patchbay.calls.shared_quota import SharedWindow
from patchbay.flights import Flights
from patchbay.inbox.applying import ApplyLoop
from patchbay.inbox.feed import ChangeFeed
from patchbay.scope import Scope
from patchbay.server.answer import answer_of
from patchbay.server.door import Door
from patchbay.server.presence import Presence
from patchbay.server.transports import fast_path
from patchbay.upstreams import soap_replies
from patchbay.upstreams.soap_documents import Documents
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.egress.reading import parse_as_lxml_likes
from tests.egress.taking import cap_before_decompression
from tests.promises.bombing_mutants import BOMBING_MUTANTS
from tests.promises.forging_mutants import FORGING_MUTANTS
from tests.promises.graph.options import TOTAL_SECONDS
from tests.promises.inbox_mutants import INBOX_MUTANTS
from tests.promises.leaking_mutants import LEAKING_MUTANTS
from tests.promises.luring_mutants import LURING_MUTANTS
from tests.promises.patching import patch as _patch
from tests.promises.socketing_mutants import SOCKETING_MUTANTS
from tests.promises.trespassing_mutants import TRESPASSING_MUTANTS

FOR_EVER_SECONDS: Final = 3600.0


def shared_places() -> None:
    """One bulkhead for all upstreams."""
    kept: list[Gate] = []

    def shared(*arguments: Any) -> Gate:
        if not kept:
            kept.append(Gate(*arguments))
        return kept[0]

    _patch(attempts, "Gate", shared)


def no_deadline() -> None:
    """Calls may take a minute."""
    _patch(Scope, "allowance_seconds", lambda *_: 60.0)


def deadline_per_read() -> None:
    """The deadline starts anew with each piece that arrives."""
    exchange, data_received = Connection.exchange, Connection.data_received
    idle: WeakKeyDictionary[Connection, asyncio.Timeout] = WeakKeyDictionary()

    async def timed(self: Connection, request: bytes) -> Reply:
        async with asyncio.timeout(TOTAL_SECONDS) as idle[self]:
            return await exchange(self, request)

    def received(self: Connection, data: bytes) -> None:
        if not idle[self].expired():
            idle[self].reschedule(asyncio.get_running_loop().time() + TOTAL_SECONDS)
        data_received(self, data)

    no_deadline()
    _patch(Connection, "exchange", timed)
    _patch(Connection, "data_received", received)


def no_breaker() -> None:
    """The breaker never opens."""
    _patch(Circuit, "failed", lambda _: None)


def retry_without_budget() -> None:
    """Retries are free."""
    pause_seconds = Budget.pause_seconds

    def free(self: Budget, attempt: int) -> float | None:
        self.left = 10.0
        return pause_seconds(self, attempt)

    _patch(Budget, "pause_seconds", free)


def no_retry() -> None:
    """A call that failed is not made again."""
    _patch(Budget, "pause_seconds", lambda *_: None)


def writes_retried() -> None:
    """Writes are taken for reads."""
    _patch(Call, "is_safe", property(lambda _: True))


def no_stale() -> None:
    """What is no longer fresh is thrown away."""
    use_of = Ttl.use_of
    _patch(Ttl, "use_of", lambda *of: Use.NONE if use_of(*of) is Use.FALLBACK else use_of(*of))


def stale_for_ever() -> None:
    """What is kept is served at any age."""
    _patch(Ttl, "use_of", lambda *_: Use.FALLBACK)
    _patch(Ttl, "lifetime_seconds", FOR_EVER_SECONDS)


def stale_unsaid() -> None:
    """Older answers are served without a word."""
    _patch(Scope, "warn_stale", lambda *_: None)


def no_door() -> None:
    """Nobody is refused."""
    _patch(Door, "refuses", lambda _: False)


def no_disconnect_watch() -> None:
    """Nobody looks whether the client is still there."""
    _patch(Presence, "_begin", lambda _: None)


def no_single_flight() -> None:
    """Nobody joins what is under way."""
    _patch(Flights, "get", lambda *_: None)


def one_identity() -> None:
    """All clients are taken for one."""
    _patch(Caller, "digest", property(lambda _: ""))


def foreign_unmapped() -> None:
    """A connection that breaks ends a call with the exception of its own layer."""

    class _Never(Exception):
        pass

    _patch(attempts, "BrokenConnectionError", _Never)


def one_spoils_all() -> None:
    """An answer with an error has no data."""

    def spoilt(result: Any, *arguments: Any) -> Any:
        if result.errors:
            result.data = None
        return answer_of(result, *arguments)

    _patch(fast_path, "answer_of", spoilt)


def entities_resolved() -> None:
    """XML is read by a parser that loads what a document names."""
    _patch(soap_replies, "parsed", parse_as_lxml_likes)


def wsdl_from_anywhere() -> None:
    """A WSDL's documents are loaded from wherever it says."""
    fetched, is_own = Documents._fetched, Documents._is_own  # noqa: SLF001 - where it is asked whose one is

    def anybodys(self: Documents, url: str) -> bytes:
        if is_own(self, url):
            return fetched(self, url)
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - any scheme, which is the mistake
            content: bytes = answer.read()
            return content

    _patch(Documents, "_fetched", anybodys)


def redirects_anywhere() -> None:
    """A redirect is followed wherever it leads."""
    _patch(Redirects, "_judged", lambda _, origin, target, to: parse_address(urljoin(origin + target, to)))


def no_guard() -> None:
    """A name may lead anywhere."""
    _patch(Guard, "admit", lambda *_: None)


def no_quota() -> None:
    """The quota is not kept."""
    _patch(Window, "take", lambda _: 0.0)


def no_shared_quota() -> None:
    """What replicas share is not counted."""

    async def free(_: SharedWindow) -> float:
        return 0.0

    _patch(SharedWindow, "take", free)


def no_retry_after() -> None:
    """What an answer says of the quota is not read."""
    _patch(Allowance, "is_told", staticmethod(lambda _: False))


def cursor_ignored() -> None:
    """A subscription begins with what changes from now on, whatever it was given."""
    updates = WebhookRecords.updates

    def forgetful(self: Any, wanted: Any = None, *, after: str | None = None) -> Any:
        del after
        return updates(self, wanted)

    _patch(WebhookRecords, "updates", forgetful)


def own_changes_only() -> None:
    """Subscribers are told of what their own process has applied, as from a bus inside it."""
    lead, offer = ApplyLoop._lead, ChangeFeed._offer  # noqa: SLF001 - see the module
    leading = [False]

    async def noted(self: ApplyLoop) -> None:
        leading[0] = False
        await lead(self)
        leading[0] = True

    _patch(ApplyLoop, "_lead", noted)
    _patch(ChangeFeed, "_offer", lambda self, change: offer(self, change) if leading[0] else 0)


MUTANTS: Final[dict[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        shared_places, no_deadline, deadline_per_read, no_breaker, retry_without_budget, no_retry,
        writes_retried, no_stale, stale_for_ever, stale_unsaid, no_door, no_disconnect_watch,
        no_single_flight, one_identity, foreign_unmapped, one_spoils_all, cap_before_decompression,
        entities_resolved, wsdl_from_anywhere, redirects_anywhere, no_guard, no_quota, no_shared_quota,
        no_retry_after, cursor_ignored, own_changes_only,
    )
} | dict(INBOX_MUTANTS) | dict(FORGING_MUTANTS) | dict(LURING_MUTANTS) | dict(BOMBING_MUTANTS)  # fmt: skip
MUTANTS.update(LEAKING_MUTANTS)
MUTANTS.update(SOCKETING_MUTANTS)
MUTANTS.update(TRESPASSING_MUTANTS)


def apply(name: str) -> None:
    """Break what this mutant breaks; nothing for an empty name. Raises KeyError for an unknown one."""
    if name:
        MUTANTS[name]()
