"""What one read keeps, between the read and its upstream; see patchbay.cached.ttl for the times."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import msgspec
import structlog

from patchbay.cached.refreshes import Refreshes
from patchbay.cached.shared_asks import SharedAsks
from patchbay.cached.ttl import Use
from patchbay.caller import ANONYMOUS
from patchbay.calls.cache.outage import Outage, allows_stale
from patchbay.calls.cache.shelf import CLOCKS_APART_SECONDS, Shelf, digest_of
from patchbay.calls.cache.store import Codec, Kept
from patchbay.errors import UpstreamError
from patchbay.keys import wire_keys
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from patchbay.cached.ttl import Ttl
    from patchbay.caller import Caller
    from patchbay.calls import Resources
    from patchbay.keys import Key, WireKey
    from patchbay.scope import Scope

R = TypeVar("R")

Outcome: TypeAlias = "R | UpstreamError | None"
Ask: TypeAlias = "Callable[[Sequence[Any], dict[str, Any]], Awaitable[Sequence[Outcome[R]]]]"

_log = structlog.get_logger("patchbay.cache")
_arguments = msgspec.json.Encoder(order="deterministic")


class KeptRead(Generic[R]):
    """What one read keeps. Until it is opened it keeps nothing.

    Args:
        ttl: for how long.
        source: the upstream's name.
        operation: the read's name.
        shelf: a digest that no other read has.
        record: the type of what is kept for one key.
    """

    def __init__(self, ttl: Ttl, source: str, operation: str, *, shelf: str, record: Any) -> None:
        self.operation = operation
        self._ttl = ttl
        self._source = source
        self._shelf_name = shelf
        self._codec: Codec[R] = Codec(record)
        self._shelf: Shelf[R] | None = None
        self._changed: Callable[[], Awaitable[None]] | None = None
        self._begin()

    def _begin(self) -> None:
        self._asks: SharedAsks[R] = SharedAsks(self._source)
        self._refreshes = Refreshes(self._source)
        self._outage = Outage()
        self._counts = dict.fromkeys(("hits", "misses", "stale", "stored"), 0)

    def open(self, resources: Resources, changed: Callable[[], Awaitable[None]] | None = None) -> None:
        """Keep from now on.

        Args:
            resources: with the store.
            changed: told before keys are forgotten, so that nothing below answers from before.
        """
        self._begin()
        self._changed = changed
        self._shelf = Shelf(
            resources.store,
            self._shelf_name,
            self._codec,
            lifetime_seconds=self._ttl.lifetime_seconds,
            now=resources.now,
        )

    async def close(self) -> None:
        """Keep nothing any more, and give up refreshes. Harmless when not open."""
        self._shelf = None
        await self._refreshes.close()

    def status(self) -> dict[str, int]:
        """How many keys were answered by an entry, asked for, answered by one past its time, and kept."""
        return dict(self._counts)

    async def read(self, ids: Sequence[Key], arguments: dict[str, Any], ask: Ask[R]) -> list[Outcome[R]]:
        """One outcome per key, in the keys' order.

        Args:
            ids: keys, as the read is given them.
            arguments: what else it is given.
            ask: the read itself, without what is kept.
        """
        shelf, scope = self._shelf, current_scope()
        variant = None if shelf is None or not ids else self._variant(scope.caller, arguments)
        if shelf is None or variant is None:
            return list(await ask(ids, arguments))
        keys = wire_keys(ids)
        different = list(dict.fromkeys(keys))
        found, generations = await shelf.look(variant, _tags(different))
        now = shelf.now()
        fresh_after, latest = now - self._ttl.seconds, now + CLOCKS_APART_SECONDS
        outcomes: dict[WireKey, Outcome[R]] = {}
        others: dict[WireKey, Kept[R] | None] = {}
        for key, kept, generation in zip(different, found, generations, strict=True):
            if kept is None or kept.generation != generation or kept.at > latest:
                others[key] = None
            elif kept.at <= fresh_after or kept.value is None:
                others[key] = kept
            else:
                outcomes[key] = kept.value
        self._counts["hits"] += len(outcomes)
        if others:
            look = _Look(shelf, variant, dict(zip(different, generations, strict=True)), arguments, ask)
            await self._complete(outcomes, others, look, scope)
        return [outcomes[key] for key in keys]

    async def forget(self, ids: Sequence[Key] | None) -> None:
        """Ask anew for these keys, or for all, under every identity and with any arguments."""
        keys = None if ids is None else wire_keys(ids)
        self._asks.forget(None if keys is None else frozenset(keys))
        if self._changed is not None:
            await self._changed()
        if self._shelf is not None:
            await self._shelf.forget(None if keys is None else _tags(keys))

    async def refresh(self, ids: Sequence[Key], arguments: dict[str, Any], ask: Ask[R]) -> None:
        """Forget these keys; where all callers share the answers, ask for them in the background at once."""
        await self.forget(ids)
        variant = self._variant(ANONYMOUS, arguments)
        if self._shelf is not None and self._ttl.shared and variant is not None and ids:
            look = _Look(self._shelf, variant, {}, arguments, ask)
            self._refresh(look, wire_keys(ids), ANONYMOUS, changed=True)

    def _variant(self, caller: Caller, arguments: Mapping[str, Any]) -> str | None:
        """A digest of what the outcomes depend on beside the keys; None where that cannot be told."""
        whom = "all" if self._ttl.shared else f"one {caller.digest}"
        if not arguments:
            return digest_of(whom)
        try:
            return digest_of(whom, _arguments.encode(sorted(arguments.items())).decode())
        except (TypeError, ValueError, OverflowError):
            return None

    async def _complete(
        self,
        outcomes: dict[WireKey, Outcome[R]],
        others: dict[WireKey, Kept[R] | None],
        look: _Look[R],
        scope: Scope,
    ) -> None:
        """Add the outcomes of keys that are not known to be fresh."""
        now = look.shelf.now()
        missing: list[WireKey] = []
        refreshed: list[WireKey] = []
        fallbacks: dict[WireKey, Kept[R]] = {}
        for key, kept in others.items():
            use = None if kept is None else self._ttl.use_of(kept, now)
            if kept is None or use is Use.NONE:
                missing.append(key)
            elif use is Use.FALLBACK:
                fallbacks[key] = kept
            else:
                outcomes[key] = kept.value
                if use is Use.REFRESH:
                    refreshed.append(key)
        self._counts["hits"] += len(others) - len(missing) - len(fallbacks) - len(refreshed)
        self._counts["stale"] += len(refreshed)
        (refreshed if self._outage.lasts else missing).extend(fallbacks)
        self._counts["misses"] += len(missing)
        if refreshed:
            self._refresh(look, refreshed, scope.caller)
        if missing:
            ask = partial(self._ask, look)
            outcomes.update(await self._asks.outcomes(look.variant, missing, ask, scope))
        self._fall_back(outcomes, fallbacks, scope, now)

    def _fall_back(
        self,
        outcomes: dict[WireKey, Outcome[R]],
        fallbacks: dict[WireKey, Kept[R]],
        scope: Scope,
        now: float,
    ) -> None:
        """Serve older records to those whose key was not asked for, or could not be had."""
        for key, kept in fallbacks.items():
            if key in outcomes:
                outcome = outcomes[key]
                if not isinstance(outcome, UpstreamError) or not allows_stale(outcome):
                    continue
            self._counts["stale"] += 1
            scope.warn_stale(self._source, now - kept.at)
            outcomes[key] = kept.value

    async def _ask(self, look: _Look[R], keys: list[WireKey]) -> dict[WireKey, Outcome[R]]:
        """Ask the upstream in the current scope, and keep what it says."""
        ttl, scope, at = self._ttl, current_scope(), look.shelf.now()
        outcomes = dict(zip(keys, await look.ask(keys, look.arguments), strict=True))
        entries: dict[str, Kept[R]] = {}
        for (key, outcome), tag in zip(outcomes.items(), _tags(keys), strict=True):
            if isinstance(outcome, UpstreamError):
                self._outage.saw(outcome, scope)
            elif outcome is not None:
                entries[tag] = Kept(outcome, at, at + ttl.lifetime_seconds, look.generations[key])
            elif ttl.missing_seconds:
                entries[tag] = Kept(None, at, at + ttl.missing_seconds, look.generations[key])
        if not all(isinstance(outcome, UpstreamError) for outcome in outcomes.values()):
            self._outage.ended()
        if entries:
            self._counts["stored"] += len(entries)
            await look.shelf.keep(look.variant, entries)
        return outcomes

    def _refresh(
        self, look: _Look[R], keys: Sequence[WireKey], caller: Caller, *, changed: bool = False
    ) -> None:
        async def ask(due: list[WireKey]) -> bool:
            # Its generation now, which is another one where it was forgotten meanwhile.
            _, generations = await look.shelf.look(look.variant, _tags(due))
            anew = msgspec.structs.replace(look, generations=dict(zip(due, generations, strict=True)))
            outcomes = await self._ask(anew, due)
            errors = [outcome for outcome in outcomes.values() if isinstance(outcome, UpstreamError)]
            if errors:
                _log.warning(
                    "not_refreshed",
                    upstream=self._source,
                    operation=self.operation,
                    keys=len(errors),
                    error=str(errors[0]),
                )
            return not errors

        self._refreshes.start(look.variant, keys, ask, caller, changed=changed)


class _Look(msgspec.Struct, Generic[R], frozen=True):
    """A look at what is kept: where, and how to ask for what is not.

    Args:
        shelf: where.
        variant: what the outcomes depend on beside the key.
        generations: key -> the generation that it has.
        arguments: what the read is given beside keys.
        ask: the read without what is kept.
    """

    shelf: Shelf[R]
    variant: str
    generations: dict[WireKey, str]
    arguments: dict[str, Any]
    ask: Ask[R]


def _tags(keys: Sequence[WireKey]) -> list[str]:
    """The keys as text, different for different keys of one read."""
    return [key if isinstance(key, str) else "".join(f"{len(part)}:{part}" for part in key) for key in keys]
