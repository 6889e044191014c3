"""Asking the guarded graph in somebody's name."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from patchbay.access.identity import NOBODY, Identity
from patchbay.caller import Caller
from patchbay.scope import Scope, enter_scope
from tests.access import guarded_reads
from tests.access.guarded_graph import POLICIES_ASKED, schema

HOUR_SECONDS = 3600.0


class Context(dict[str, Any]):
    """What resolvers are given; the schema reads the caller from it."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self.caller = Caller((), identity)


def identity(
    *,
    token: bool = False,
    scopes: Iterable[str] = (),
    claims: Iterable[str] = (),
    expired: bool = False,
) -> Identity:
    """A client that has proven this much."""
    if not token:
        return NOBODY
    ends = time.time() + (-HOUR_SECONDS if expired else HOUR_SECONDS)
    return Identity(
        kind="token",
        subject="somebody",
        issuer="https://issuer.example",
        scopes=frozenset(scopes),
        claims=dict.fromkeys(claims, True),
        expires_at=ends,
    )


class Told:
    """All that one operation told its client, over all its results, and what was called for it."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.errors: list[dict[str, Any]] = []
        self.calls: dict[str, int] = {}

    def take(self, formatted: Mapping[str, Any]) -> None:
        """One result, or a part of one."""
        self.data += [formatted[name] for name in ("data", "items") if formatted.get(name) is not None]
        self.errors += formatted.get("errors") or ()
        for name in ("incremental", "completed"):
            for part in formatted.get(name) or ():
                self.take(part)

    @property
    def codes(self) -> set[str]:
        """Of all errors."""
        return {error["extensions"]["code"] for error in self.errors}


async def ask(
    who: Identity, query: str, variables: Any = None, name: str | None = None, *, streams: bool = False
) -> Told:
    """Run an operation.

    Args:
        who: the client.
        query: the document.
        variables: of the operation.
        name: of the operation.
        streams: whether to take results as they come: subscriptions, and what is deferred or streamed.
    """
    calls: Counter[str] = Counter()
    guarded_reads.CALLS.set(calls)
    POLICIES_ASKED.clear()
    # What a test before this one has entered is no concern of this operation.
    enter_scope(Scope())
    told = Told()
    given: dict[str, Any] = {
        "variable_values": variables,
        "operation_name": name,
        "context_value": Context(who),
    }
    if streams:
        results: Any = await schema.stream(query, **given)
        async for each in results:
            told.take(_formatted(each))
    else:
        told.take(_formatted(await schema.execute(query, **given)))
    told.calls = dict(calls)
    return told


def _formatted(result: Any) -> dict[str, Any]:
    formatted = getattr(result, "formatted", None)
    if formatted is not None:
        return dict(formatted)
    return {"data": result.data, "errors": [error.formatted for error in result.errors or ()]}
