"""When a WSDL is loaded: once for all who wait, and after a failure not again at once."""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import TYPE_CHECKING

import structlog

from patchbay.errors import (
    ConfigurationError,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from patchbay.upstreams.soap_port import SoapPort

REMEMBER_SECONDS = 5.0
REMEMBER_DOWN_SECONDS = 1.0
"""A service that was merely down is found again soon after its return."""

_log = structlog.get_logger("patchbay.upstreams")


class PortLoader:
    """Loads a port and keeps it.

    Args:
        source: the upstream's name.
        load: makes the port; may raise UpstreamError and ConfigurationError.
        deadline_seconds: how long a caller waits for it at most.
    """

    def __init__(
        self, source: str, load: Callable[[], Coroutine[Any, Any, SoapPort]], deadline_seconds: float
    ) -> None:
        self._source = source
        self._load = load
        self._deadline_seconds = deadline_seconds
        self._loading: asyncio.Task[SoapPort] | None = None
        self._failed_at = 0.0
        self._told = ""
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it loads no more."""
        return self._closed

    async def close(self) -> None:
        """End the load under way."""
        self._closed = True
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait((self._loading,))

    async def first(self) -> SoapPort:
        """The port, as at start: a ConfigurationError is raised as it is.

        Raises:
            ConfigurationError: the WSDL cannot be used as it stands.
            UpstreamError: it cannot be loaded now, or not inside the caller's deadline.
        """
        if self._closed:
            raise UpstreamUnavailable(self._source, "was closed")
        loading = self._loading
        if loading is None or self._may_try_again(loading):
            # A context of its own: the load serves more than the operation that happens to ask first.
            loading = self._loading = asyncio.get_running_loop().create_task(
                self._load(), context=contextvars.Context()
            )
            loading.add_done_callback(self._note)
        if not loading.done():
            seconds = current_scope().allowance_seconds(self._deadline_seconds)
            await asyncio.wait((loading,), timeout=seconds)
            if not loading.done():
                raise UpstreamTimeout(self._source, seconds)
        if loading.cancelled():
            raise UpstreamUnavailable(self._source, "was closed")
        return loading.result()

    async def port(self) -> SoapPort:
        """As `first`, for calls: what is wrong with the WSDL is for the log, and not for clients.

        Raises:
            UpstreamMisconfigured: instead of ConfigurationError, which is its cause.
        """
        try:
            return await self.first()
        except ConfigurationError as error:
            if str(error) != self._told:
                self._told = str(error)
                _log.error("upstream_misconfigured", upstream=self._source, error=self._told)
            raise UpstreamMisconfigured(self._source) from error

    def _note(self, loading: asyncio.Task[SoapPort]) -> None:
        self._failed_at = time.monotonic()
        # Those who wait may all be gone when it fails; asyncio would then log the error as never seen.
        if not loading.cancelled():
            loading.exception()

    def _may_try_again(self, loading: asyncio.Task[SoapPort]) -> bool:
        if not loading.done():
            return False
        error = None if loading.cancelled() else loading.exception()
        if error is None:
            return False
        if not isinstance(error, UpstreamError | ConfigurationError):
            return True
        seconds = REMEMBER_DOWN_SECONDS if isinstance(error, UpstreamUnavailable) else REMEMBER_SECONDS
        return time.monotonic() - self._failed_at >= seconds
