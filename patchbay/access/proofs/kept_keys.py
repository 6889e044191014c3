"""The public keys of an issuer, kept: fetched early enough for new ones, and not by strangers' wish.

fresh    as long as the issuer says, within bounds; then they serve on while others are fetched
stale    the issuer is away: they serve for an hour
unknown  a token names a key that is not among them: fetched anew, where that was not done a moment ago
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import TYPE_CHECKING

import structlog

from patchbay.access.proofs.unauthenticated import IdentityUnavailable
from patchbay.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from joserfc.jwk import Key

    from patchbay.access.proofs.jwks import PublicKeys
    from patchbay.access.proofs.key_fetching import Fetched

MIN_FRESH_SECONDS = 30.0
"""How long keys are fresh at least; also where the issuer does not say."""

MAX_FRESH_SECONDS = 600.0
"""A key that the issuer has withdrawn is accepted no longer than that, as long as it can be asked."""

STALE_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 10.0
"""How long keys are not fetched again because of a token that names another one, whoever sends how many."""

FAILED_SECONDS = 1.0
"""How long nobody asks again where there are no keys at all."""

_log = structlog.get_logger("patchbay.access")


class KeptKeys:
    """Keys of one issuer. Use it in one event loop.

    Args:
        issuer: its name, for the log.
        fetch: brings them; may raise UpstreamError.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        issuer: str,
        fetch: Callable[[], Awaitable[Fetched]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: PublicKeys | None = None
        self._fresh_until = self._usable_until = self._asked_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._has_failed = False
        self._closed = False

    def current(self) -> PublicKeys | None:
        """Those that serve now; None where there are none. Others are fetched meanwhile if it is time."""
        now = self._clock()
        if now >= self._fresh_until and now - self._asked_at >= self._pause_seconds:
            self._start()
        return self._keys if now < self._usable_until else None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names; see PublicKeys. None where the issuer has none.

        Raises:
            IdentityUnavailable: nobody can tell, as the issuer is away.
        """
        keys = self.current()
        if keys is None:
            await self._fetched()
            keys = self.current()
            if keys is None:
                raise IdentityUnavailable
        found = keys.find(kid, algorithm)
        if found is not None:
            return found
        if await self._asked_anew():
            keys = self.current() or keys
            found = keys.find(kid, algorithm)
        if found is None and self._has_failed:
            raise IdentityUnavailable
        return found

    async def refresh(self) -> bool:
        """Fetch now, where that was not done a moment ago; whether there are others than before."""
        before = self._keys
        return await self._asked_anew() and self._keys is not before

    async def close(self) -> None:
        """End the fetch under way. Nothing is fetched from then on."""
        self._closed = True
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait((self._fetching,))

    @property
    def _pause_seconds(self) -> float:
        return FAILED_SECONDS if self._keys is None else ASK_AGAIN_SECONDS

    async def _asked_anew(self) -> bool:
        """Whether keys were asked for, now or by somebody else who waits."""
        if self._fetching is None and self._clock() - self._asked_at < ASK_AGAIN_SECONDS:
            return False
        self._start()
        await self._fetched()
        return True

    async def _fetched(self) -> None:
        """Returns when the fetch under way, if there is one, has ended."""
        # Not awaited itself: a cancelled asker would cancel it for all.
        if self._fetching is not None:
            await asyncio.wait((self._fetching,))

    def _start(self) -> None:
        if self._closed or self._fetching is not None:
            return
        self._asked_at = self._clock()
        # A context of its own: the keys serve more than the operation that happens to ask first.
        self._fetching = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        asked_at = self._asked_at
        try:
            fetched = await self._fetch()
        except UpstreamError as error:
            self._has_failed = True
            cause = str(error.__cause__) if error.__cause__ is not None else None
            _log.warning("no_issuer_keys", issuer=self._issuer, error=str(error), cause=cause)
        else:
            self._take(fetched, asked_at)
        finally:
            self._fetching = None

    def _take(self, fetched: Fetched, asked_at: float) -> None:
        self._has_failed = False
        stated = fetched.max_age_seconds or 0.0
        self._fresh_until = asked_at + min(max(stated, MIN_FRESH_SECONDS), MAX_FRESH_SECONDS)
        self._usable_until = self._fresh_until + STALE_SECONDS
        # The same object for the same keys: what was verified with them stays so.
        if self._keys is None or self._keys.digest != fetched.keys.digest:
            self._keys = fetched.keys
            log = _log.info if len(fetched.keys) else _log.warning
            log("issuer_keys", issuer=self._issuer, usable=len(fetched.keys))
