"""An access token that is kept, and renewed before it ends."""

from __future__ import annotations

import asyncio
import contextvars
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from patchbay.errors import UpstreamError, UpstreamUnauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from patchbay.calls.credentials.token_endpoint import TokenReply
    from patchbay.environment import Secret

RENEW_BEFORE_SECONDS = 60.0
"""How long before its end a token is renewed; a quarter of its life where that is less."""

REMEMBER_FAILURE_SECONDS = 1.0
"""How long nobody asks again after the server gave no token."""

YOUNG_SECONDS = 10.0
"""A token that is refused at this age is not replaced: one that is as new would be refused as well."""

_log = structlog.get_logger("patchbay.calls")


@dataclass(frozen=True)
class Token:
    """A token. Times are time.monotonic()'s seconds.

    Args:
        header: the whole value of Authorization.
        fetched_at: when it was asked for.
        renew_at: from when on another one is fetched while this one serves.
        ends_at: from when on it serves no more.
    """

    header: Secret
    fetched_at: float
    renew_at: float
    ends_at: float


class KeptToken:
    """Fetches a token when it is first asked for, once for all who ask, and keeps it.

    Args:
        source: the upstream's name.
        label: a secret of the declaration, by whose variable the token is called where it is printed.
        ask: brings a new token; may raise UpstreamError.
    """

    def __init__(
        self, source: str, label: Secret, ask: Callable[[], Coroutine[Any, Any, TokenReply]]
    ) -> None:
        self._source = source
        self._label = label
        self._ask = ask
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token] | None = None
        self._failed_at = float("-inf")
        self._closed = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for it."""
        return self._fetching is None or self._fetching.done()

    @property
    def has_ended(self) -> bool:
        """Whether nothing is lost when it is forgotten: no token, no fetch, no failure of a moment ago."""
        now = time.monotonic()
        has_token = self._token is not None and now < self._token.ends_at
        return self.is_idle and not has_token and not self._has_failed(now)

    async def header(self) -> str:
        """The value of Authorization. Whoever asks may be cancelled, and the others get their token.

        Raises:
            UpstreamUnauthenticated: there is no token; the cause says why.
        """
        token, now = self._token, time.monotonic()
        if token is None or now >= token.ends_at:
            token = await self._fetched()
        elif now >= token.renew_at:
            self._start()
        return token.header.reveal()

    def refused(self, header: str | None) -> bool:
        """Told that this value was refused; whether asking for the token again may help."""
        token = self._token
        if token is None or token.header.reveal() != header:
            return True
        if time.monotonic() - token.fetched_at < YOUNG_SECONDS:
            return False
        self._token = None
        return True

    async def close(self) -> None:
        """End the fetch under way. Nothing is fetched from then on."""
        self._closed = True
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait((self._fetching,))

    async def _fetched(self) -> Token:
        self._start()
        fetching = self._fetching
        if fetching is None or self._closed:
            raise UpstreamUnauthenticated(self._source, "was closed")
        # Not awaited itself: a cancelled asker would cancel it for all.
        await asyncio.wait((fetching,))
        if fetching.cancelled():
            raise UpstreamUnauthenticated(self._source, "was closed")
        failure = fetching.exception()
        if isinstance(failure, UpstreamError):
            raise UpstreamUnauthenticated(self._source, "no access token could be had") from failure
        return fetching.result()

    def _start(self) -> None:
        """Fetch, unless that is under way or has failed a moment ago."""
        if self._closed or not self.is_idle or self._has_failed(time.monotonic()):
            return
        # A context of its own: the token serves more than the operation that happens to ask first.
        self._fetching = asyncio.get_running_loop().create_task(self._fetch(), context=contextvars.Context())
        self._fetching.add_done_callback(self._note)

    def _has_failed(self, now: float) -> bool:
        return now - self._failed_at < REMEMBER_FAILURE_SECONDS

    async def _fetch(self) -> Token:
        # What the server counts from is later than this by however long the call took.
        asked_at = time.monotonic()
        reply = await self._ask()
        seconds = reply.lifetime_seconds
        margin_seconds = min(RENEW_BEFORE_SECONDS, seconds / 4)
        header = self._label.derive(f"Bearer {reply.access_token}")
        ends_at = asked_at + seconds
        self._token = Token(header, asked_at, ends_at - margin_seconds, ends_at)
        return self._token

    def _note(self, fetching: asyncio.Task[Token]) -> None:
        if fetching.cancelled():
            return
        # Those who wait may all be gone when it fails; asyncio would then log the error as never seen.
        failure = fetching.exception()
        if failure is not None:
            self._failed_at = time.monotonic()
            told = str(failure) if isinstance(failure, UpstreamError) else type(failure).__name__
            _log.warning("no_access_token", upstream=self._source, error=told)
