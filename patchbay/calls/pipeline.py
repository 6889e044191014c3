"""One upstream's outbound calls: deadline -> concurrency limit -> HTTP -> capped body -> mapped errors.

Every upstream has a pipeline of its own, with its own client and pool, so that a slow one takes nothing away
from the others.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx2

from patchbay import __version__
from patchbay.calls.body import ACCEPT_ENCODING, read_body
from patchbay.errors import (
    UpstreamBusy,
    UpstreamError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.environment import Secret


@dataclass(frozen=True)
class Limits:
    """What one upstream may take of the server.

    Args:
        deadline_seconds: for one whole call, from waiting for a free place to the last byte of the body.
        concurrency: calls under way at once; more wait inside their deadline.
        max_body_bytes: of an answer, after decompression.
    """

    deadline_seconds: float = 5.0
    concurrency: int = 20
    max_body_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One call to make.

    Args:
        operation: its name in logs and counters, as in "GET /customers" or "GetStockLevels".
        method: the HTTP method.
        target: path and query, encoded, relative to the upstream's base URL.
        headers: beside credentials and those that the client sets itself.
        body: the request body, or None.
    """

    operation: str
    method: str
    target: str
    headers: Mapping[str, str] | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Reply:
    """A whole answer, of whatever status."""

    status: int
    headers: httpx2.Headers
    body: bytes


class Pipeline:
    """Makes the calls of one upstream. Open and close it in the event loop that uses it.

    Args:
        source: the upstream's name.
        base_url: scheme, host, port and perhaps a path, checked before; where every call goes.
        credentials: header name -> value, sent with each call.
        limits: see Limits.
    """

    def __init__(self, source: str, base_url: str, credentials: Mapping[str, Secret], limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.base_url = base_url.rstrip("/")
        self._credentials = dict(credentials)
        self._places = asyncio.Semaphore(limits.concurrency)
        self._client = httpx2.AsyncClient(
            verify=_tls_context(),
            # Proxies and .netrc of the machine must neither see nor add credentials.
            trust_env=False,
            follow_redirects=False,
            # httpx's timeouts are per read: the deadline below is the one for the whole call.
            timeout=None,
            limits=httpx2.Limits(
                max_connections=limits.concurrency, max_keepalive_connections=limits.concurrency
            ),
            # Nobody's session may leak into somebody else's call.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"patchbay/{__version__}", "Accept-Encoding": ACCEPT_ENCODING},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, call: Call) -> Reply:
        """Make one call.

        Returns:
            The answer, whatever its status.

        Raises:
            UpstreamTimeout, UpstreamBusy: the deadline, or the operation's own, passed. Where it had passed
                before, nothing is sent and no call is counted.
            UpstreamUnavailable: no answer could be had.
            UpstreamTooLarge, UpstreamBadData: its body cannot be used.
            UpstreamError: the target is too long to be sent.
        """
        scope = current_scope()
        seconds = scope.allowance_seconds(self.limits.deadline_seconds)
        if seconds <= 0:
            raise UpstreamTimeout(self.source, 0)
        scope.count(self.source, call.operation)
        placed = False
        try:
            async with asyncio.timeout(seconds), self._places:
                placed = True
                return await self._exchange(call)
        except TimeoutError as error:
            if placed:
                raise UpstreamTimeout(self.source, seconds) from error
            raise UpstreamBusy(self.source, self.limits.concurrency) from error
        except httpx2.InvalidURL as error:
            # Targets are encoded before, so that length is all that can be wrong with one.
            raise UpstreamError(self.source, "the call's address is too long") from error
        except httpx2.RequestError as error:
            raise UpstreamUnavailable(self.source, _reason(error)) from error

    async def _exchange(self, call: Call) -> Reply:
        headers = {name: value.reveal() for name, value in self._credentials.items()}
        if call.headers is not None:
            headers.update(call.headers)
        request = self._client.build_request(
            call.method, self.base_url + call.target, headers=headers, content=call.body
        )
        response = await self._client.send(request, stream=True)
        try:
            body = await read_body(response, self.source, self.limits.max_body_bytes)
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, body)


def require_success(source: str, reply: Reply) -> None:
    """Turn a status other than 2xx into its error.

    Raises:
        UpstreamUnavailable: 5xx.
        UpstreamQuota: 429.
        UpstreamRefused: any other.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004 - the bounds of the class 2xx
        return
    if reply.status >= 500:  # noqa: PLR2004 - the class 5xx
        raise UpstreamUnavailable(source, f"answered HTTP {reply.status}")
    if reply.status == httpx2.codes.TOO_MANY_REQUESTS:
        raise UpstreamQuota(source)
    raise UpstreamRefused(source, reply.status)


def _reason(error: httpx2.RequestError) -> str:
    """What went wrong in a few words, without the address: the exception's own text may name it."""
    if isinstance(error, httpx2.ConnectError):
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                return "TLS failed"
            cause = cause.__cause__ or cause.__context__
        return "connection refused or host not found"
    if isinstance(error, httpx2.ProtocolError):
        return "broke off or broke the HTTP protocol"
    return "connection broken"


@cache
def _tls_context() -> ssl.SSLContext:
    """One for all clients: loading the certificates costs a quarter of a second."""
    return httpx2.create_ssl_context(trust_env=False)
