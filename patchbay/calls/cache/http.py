"""Answers kept as HTTP says: the upstream itself tells how long each one holds.

RFC 9111 (Cache-Control, Expires, ETag and Last-Modified, Vary) and RFC 5861 (stale-while-revalidate,
stale-if-error). What a call's answer depends on is its target, its headers and who asks; all of them are in
the key, so that `Vary` holds whatever it names.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from patchbay.calls.cache.background import Background
from patchbay.calls.cache.http_rules import (
    Answer,
    age_seconds,
    answer_of,
    decides_itself,
    freshened,
    is_failure,
    validating,
)
from patchbay.calls.cache.outage import Outage, allows_stale
from patchbay.calls.cache.shelf import CLOCKS_APART_SECONDS, MAX_SECONDS, Shelf, digest_of
from patchbay.calls.cache.store import Codec, Kept
from patchbay.calls.call import Call, Reply
from patchbay.errors import UpstreamError, UpstreamUnavailable
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from patchbay.calls.cache.store import Store
    from patchbay.scope import Scope

    Send: TypeAlias = Callable[[Call], Awaitable[Reply]]

VALIDATED_SECONDS = 86400.0
"""How long an answer that can be validated is kept when it is stale: a 304 saves its body."""


@dataclass(frozen=True)
class HttpCache:
    """Keep an upstream's answers as their headers allow.

    Args:
        stale_while_revalidate_seconds: where the answer does not say: how long beyond its time it is served
            while it is asked for anew.
        stale_if_error_seconds: where the answer does not say: how long beyond its time it is served when it
            cannot be had anew.
    """

    stale_while_revalidate_seconds: float = 0.0
    stale_if_error_seconds: float = 0.0

    def problems(self) -> list[str]:
        """What cannot be meant."""
        names = ("stale_while_revalidate_seconds", "stale_if_error_seconds")
        return [f"cache.{name} must be at least 0" for name in names if getattr(self, name) < 0]

    def open(self, source: str, store: Store, now: Callable[[], float]) -> HttpAnswers:
        """The kept answers of one upstream.

        Args:
            source: its name.
            store: where they are.
            now: seconds of the wall clock.
        """
        return HttpAnswers(self, source, store, now)


class HttpAnswers:
    """What has been kept of one upstream's answers. Made by HttpCache.open."""

    def __init__(self, cache: HttpCache, source: str, store: Store, now: Callable[[], float]) -> None:
        self._cache = cache
        self._source = source
        self._now = now
        self._shelf: Shelf[Answer] = Shelf(
            store,
            digest_of("http", source),
            Codec(Answer, Answer.weigh),
            lifetime_seconds=MAX_SECONDS,
            now=now,
        )
        self._background = Background(source)
        self._refreshing: set[str] = set()
        self._outage = Outage()
        self._last: Reply | None = None
        """What was kept last: those who shared one call bring one reply."""
        self._counts = dict.fromkeys(("hits", "misses", "revalidated", "stale", "stored"), 0)

    async def through(self, call: Call, identity: str, send: Send, scope: Scope) -> Reply:
        """The answer to a call: a kept one, or what it is sent for.

        A call that changes something is sent; what is kept of its target under any identity has to be
        validated afterwards, unless the upstream refused it.

        Args:
            call: any.
            identity: who asks, as far as the answer depends on it. Where it is empty the answer is
                everybody's, and the rules for shared caches hold.
            send: makes a call in the current scope (see current_scope), which is not always `scope`.
            scope: of the call.

        Raises:
            UpstreamError: what `send` raises, where no older answer may be served.
        """
        if not call.is_safe:
            return await self._change(call, send)
        if call.method != "GET" or decides_itself(call):
            return await send(call)
        return await self._kept_or_asked(await self._look(call, identity, send), scope)

    async def _kept_or_asked(self, asking: _Asking, scope: Scope) -> Reply:
        kept, answer = asking.kept, asking.answer
        if kept is None or answer is None:
            self._counts["misses"] += 1
            return await self._ask(asking)
        age = max(0.0, self._now() - kept.at)
        stale_seconds = age - answer.fresh_seconds if asking.holds else float("inf")
        if stale_seconds < 0:
            self._counts["hits"] += 1
            return answer.reply
        if stale_seconds < answer.while_revalidate_seconds:
            self._refresh(asking, scope)
            self._counts["stale"] += 1
            return answer.reply
        may_fail = stale_seconds < answer.if_error_seconds
        if may_fail and self._outage.lasts:
            self._refresh(asking, scope)
            return self._stale(answer, age, scope)
        return await self._ask_or_stale(asking, answer, age, scope, may_fail=may_fail)

    async def forget(self) -> None:
        """Have every answer validated before it is served again."""
        await self._shelf.forget(None)

    def status(self) -> dict[str, int]:
        """How often an answer was: kept and fresh, not kept, found to hold still, served stale, stored."""
        return dict(self._counts)

    async def close(self) -> None:
        """Give up refreshes that are under way."""
        await self._background.close()

    async def _look(self, call: Call, identity: str, send: Send) -> _Asking:
        headers = sorted((name.lower(), value) for name, value in (call.headers or {}).items())
        variant = digest_of(identity, *(text for pair in headers for text in pair))
        (kept,), (generation,) = await self._shelf.look(variant, (call.target,))
        if kept is not None and kept.at > self._now() + CLOCKS_APART_SECONDS:
            kept = None
        return _Asking(call, send, variant, generation, kept, shared=not identity)

    async def _ask(self, asking: _Asking) -> Reply:
        """Ask the upstream, in the current scope, and note how it does."""
        try:
            reply = await self._exchange(asking)
        except UpstreamError as error:
            self._outage.saw(error, current_scope())
            raise
        if is_failure(reply):
            failure = UpstreamUnavailable(self._source, f"answered HTTP {reply.status}")
            self._outage.saw(failure, current_scope())
        else:
            self._outage.ended()
        return reply

    async def _exchange(self, asking: _Asking) -> Reply:
        """Ask, if possible whether what is kept still holds, and keep what comes."""
        call, answer = asking.call, asking.answer
        now = self._now()
        reply = await asking.send(call if answer is None else validating(call, answer))
        if reply.status == HTTPStatus.NOT_MODIFIED and answer is not None:
            fresh = freshened(call, answer, reply, self._cache, shared=asking.shared)
            if fresh is not None:
                self._counts["revalidated"] += 1
                await self._keep(asking, fresh, reply, now)
                return fresh.reply
            reply = await asking.send(call)
        if reply is not self._last:
            new = answer_of(call, reply, self._cache, shared=asking.shared)
            if new is not None and new.is_of_use:
                await self._keep(asking, new, reply, now)
        return reply

    async def _ask_or_stale(
        self, asking: _Asking, answer: Answer, age: float, scope: Scope, *, may_fail: bool
    ) -> Reply:
        try:
            reply = await self._ask(asking)
        except UpstreamError as error:
            if not may_fail or not allows_stale(error):
                raise
        else:
            if not may_fail or not is_failure(reply):
                return reply
        return self._stale(answer, age, scope)

    def _stale(self, answer: Answer, age: float, scope: Scope) -> Reply:
        self._counts["stale"] += 1
        scope.warn_stale(self._source, age)
        return answer.reply

    async def _keep(self, asking: _Asking, answer: Answer, reply: Reply, now: float) -> None:
        """Keep it for as long as it can be of use.

        Args:
            asking: what it answers.
            answer: what is kept.
            reply: what came, whose age counts.
            now: when it was asked for.
        """
        self._last = reply
        at = now - age_seconds(reply, now)
        stale = max(answer.while_revalidate_seconds, answer.if_error_seconds)
        if answer.has_validator:
            stale = max(stale, VALIDATED_SECONDS)
        until = min(at + answer.fresh_seconds + stale, now + MAX_SECONDS)
        self._counts["stored"] += 1
        kept = Kept(answer, at, until, asking.generation)
        await self._shelf.keep(asking.variant, {asking.call.target: kept})

    def _refresh(self, asking: _Asking, scope: Scope) -> None:
        """Ask in the background, unless that is under way."""
        key = asking.variant + asking.call.target
        if key in self._refreshing:
            return
        self._refreshing.add(key)

        async def refresh() -> None:
            try:
                with suppress(UpstreamError):
                    await self._ask(asking)
            finally:
                self._refreshing.discard(key)

        self._background.start(refresh, scope.caller)

    async def _change(self, call: Call, send: Send) -> Reply:
        refused = False
        try:
            reply = await send(call)
            refused = HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        finally:
            # A call that failed may have changed something all the same.
            if not refused:
                await self._shelf.forget((call.target,))
        return reply


class _Asking(msgspec.Struct, frozen=True):
    """A call, and what is kept of its answer: `kept` holds where its generation is the present one."""

    call: Call
    send: Send
    variant: str
    generation: str
    kept: Kept[Answer] | None
    shared: bool

    @property
    def answer(self) -> Answer | None:
        """What is kept, if anything."""
        return None if self.kept is None else self.kept.value

    @property
    def holds(self) -> bool:
        """Whether it was not forgotten."""
        return self.kept is not None and self.kept.generation == self.generation
