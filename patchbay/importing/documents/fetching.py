"""Documents by URL, for work that is done in a thread: the fetches go through a line of the event loop.

    model = await in_thread("shop", url, lambda fetch: compiled(open_documents(url, fetch)), runtime=runtime)

A fetch has a deadline, a cap and the guard of every outbound call, and goes to the description's own origin
alone, credentials with it; a redirect is followed inside that origin.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from patchbay.address import parse_address
from patchbay.calls import Call, CallPolicy, Egress, Limits, require_success
from patchbay.collector import paused_collector
from patchbay.errors import UpstreamForbidden, UpstreamTimeout, UpstreamUnavailable
from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.sources import is_url
from patchbay.upstreams.base import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.calls import Credentials
    from patchbay.importing.documents.sources import Fetch
    from patchbay.upstreams.base import Surroundings

R = TypeVar("R")

OPERATION = "GET description"

ACCEPT = "application/json, application/yaml;q=0.9, text/yaml;q=0.9, text/xml;q=0.8, */*;q=0.5"
"""Servers that show people a page of the same address look at this."""

FETCH_POLICY = CallPolicy(
    limits=Limits(deadline_seconds=30.0, concurrency=4, max_body_bytes=DocumentLimits.max_bytes),
    breaker=None,
    egress=Egress(redirects=3),
)

MAX_SECONDS = 120.0
"""For all fetches of one description."""


class Fetching:
    """Fetches documents of one origin. Opened and closed in the event loop, used in a thread.

    Args:
        source: the upstream's name.
        url: of the description.
        credentials: sent with each fetch; None for a description that everyone may read.
        policy: of the calls.
        max_seconds: for all fetches together, from `open` on.
    """

    def __init__(
        self,
        source: str,
        url: str,
        *,
        credentials: Credentials | None = None,
        policy: CallPolicy = FETCH_POLICY,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self._source = source
        self._url = url
        self._line = Line(source, policy, credentials)
        self._max_seconds = max_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._origin = ""
        self._ends_at = 0.0
        self._under_way: Future[bytes] | None = None

    def open(self, runtime: Surroundings) -> None:
        """Get ready, in the event loop that makes the calls.

        Raises:
            DescriptionError: the URL is none.
            ConfigurationError: a variable of the credentials is missing.
        """
        try:
            self._origin = parse_address(self._url).origin
        except ValueError as error:
            raise DescriptionError(f"{self._source}'s description", f"its URL is {error}") from error
        self._line.open(self._origin, runtime)
        self._ends_at = time.monotonic() + self._max_seconds
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Refuse all further fetches, and end the one under way."""
        self._loop = None
        if self._under_way is not None:
            self._under_way.cancel()
        await self._line.close()

    def fetch(self, url: str) -> bytes:
        """A document's bytes, in another thread than the event loop's. Raises UpstreamError."""
        loop = self._loop
        if loop is None:
            raise UpstreamUnavailable(self._source, "its description is no longer being loaded")
        if time.monotonic() > self._ends_at:
            raise UpstreamTimeout(self._source, self._max_seconds)
        self._under_way = asyncio.run_coroutine_threadsafe(self.brought(url), loop)
        try:
            return self._under_way.result()
        except CancelledError:
            raise UpstreamUnavailable(self._source, "its description is no longer being loaded") from None

    async def brought(self, url: str) -> bytes:
        """A document's bytes, in the event loop. Raises UpstreamError."""
        try:
            address = parse_address(url)
        except ValueError as error:
            raise UpstreamForbidden(self._source, "its description leads to what is no address") from error
        if address.origin != self._origin:
            raise UpstreamForbidden(self._source, "its description leads to another host")
        reply = await self._line.send(Call(OPERATION, "GET", address.target, {"Accept": ACCEPT}))
        require_success(self._source, reply)
        return reply.body


def _done(work: Callable[[Fetch | None], R], fetch: Fetch | None) -> R:
    if fetch is not None:
        # It may wait long, and the process may have something else to do.
        return work(fetch)
    with paused_collector():
        return work(None)


async def in_thread(
    source: str,
    location: str,
    work: Callable[[Fetch | None], R],
    *,
    runtime: Surroundings | None = None,
    credentials: Credentials | None = None,
    policy: CallPolicy = FETCH_POLICY,
) -> R:
    """What `work` gives back, done in a thread of its own: it reads files, parses, and waits for fetches.

    Args:
        source: the upstream's name.
        location: of the description.
        work: is given what brings URLs, where the location is one; None otherwise.
        runtime: see Fetching.open; needed for URLs.
        credentials: see Fetching.
        policy: see Fetching.

    Raises:
        DescriptionError: the URL is none.
        ConfigurationError: a variable of the credentials is missing.
        Exception: what `work` raises.
    """
    loop = asyncio.get_running_loop()
    fetching = None
    if is_url(location):
        if runtime is None:
            raise DescriptionError(f"{source}'s description", "cannot be fetched here")
        fetching = Fetching(source, location, credentials=credentials, policy=policy)
        fetching.open(runtime)
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"import-{source}")
    try:
        fetch = None if fetching is None else fetching.fetch
        return await loop.run_in_executor(thread, lambda: _done(work, fetch))
    finally:
        if fetching is not None:
            await fetching.close()
        thread.shutdown(wait=False)
