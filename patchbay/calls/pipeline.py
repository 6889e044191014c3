"""One upstream's outbound calls: deadline -> concurrency limit -> HTTP -> capped body -> mapped errors.

Every upstream has a pipeline of its own, with its own connections, so that a slow one takes nothing away from
the others.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from patchbay import __version__
from patchbay.address import parse_address
from patchbay.calls.body import ACCEPT_ENCODING
from patchbay.calls.call import Call, Limits, Reply
from patchbay.calls.connection import BrokenConnectionError
from patchbay.calls.pool import NotConnectedError, Pool
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

__all__ = ["Call", "Limits", "Pipeline", "Reply", "require_success"]

MAX_TARGET_BYTES = 64 * 1024
"""Far beyond what servers take, which is 8 to 16 KB mostly."""

_WITH_A_BODY = ("POST", "PUT", "PATCH")
"""Methods that announce their body's length even where it is empty; some servers refuse them without."""

_UNSENDABLE_TARGET = re.compile(r"[^\x21-\x7e]")
_UNSENDABLE_HEADER = re.compile(r"[^\t\x20-\x7e]")
"""With a line's end in it, a header would be two."""


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
        address = parse_address(base_url)
        self._places = asyncio.Semaphore(limits.concurrency)
        self._pool = Pool(source, address, limits.max_body_bytes)
        self._prefix = address.path.rstrip("/")
        headers = {
            "Host": address.authority,
            "User-Agent": f"patchbay/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": ACCEPT_ENCODING,
            **{name: value.reveal() for name, value in credentials.items()},
        }
        self._head = " HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def send(self, call: Call) -> Reply:
        """Make one call.

        Returns:
            The answer, whatever its status.

        Raises:
            UpstreamTimeout, UpstreamBusy: the deadline, or the operation's own, passed. Where it had passed
                before, nothing is sent and no call is counted.
            UpstreamUnavailable: no answer could be had.
            UpstreamTooLarge, UpstreamBadData: its body cannot be used.
            UpstreamError: the target or a header cannot be sent.
        """
        scope = current_scope()
        seconds = scope.allowance_seconds(self.limits.deadline_seconds)
        if seconds <= 0:
            raise UpstreamTimeout(self.source, 0)
        request = self._request(call)
        scope.count(self.source, call.operation)
        placed = False
        try:
            async with asyncio.timeout(seconds), self._places:
                placed = True
                return await self._pool.exchange(request, repeatable=call.method == "GET")
        except TimeoutError as error:
            if placed:
                raise UpstreamTimeout(self.source, seconds) from error
            raise UpstreamBusy(self.source, self.limits.concurrency) from error
        except NotConnectedError as error:
            raise UpstreamUnavailable(self.source, str(error)) from error
        except BrokenConnectionError as error:
            raise UpstreamUnavailable(self.source, "broke off or broke the HTTP protocol") from error

    def _request(self, call: Call) -> bytes:
        target = self._prefix + call.target
        if len(target) > MAX_TARGET_BYTES:
            raise UpstreamError(self.source, "the call's address is too long")
        if _UNSENDABLE_TARGET.search(target):
            raise UpstreamError(self.source, "the call's address cannot be sent")
        if call.headers is None and call.body is None and call.method == "GET":
            return f"GET {target}{self._head}\r\n".encode("ascii")
        lines = [f"{call.method} {target}{self._head}"]
        if call.body is not None or call.method in _WITH_A_BODY:
            lines.append(f"Content-Length: {len(call.body or b'')}\r\n")
        for name, value in (call.headers or {}).items():
            if _UNSENDABLE_HEADER.search(name + value):
                raise UpstreamError(self.source, "a header of the call cannot be sent")
            lines.append(f"{name}: {value}\r\n")
        return f"{''.join(lines)}\r\n".encode("ascii") + (call.body or b"")


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
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UpstreamQuota(source)
    raise UpstreamRefused(source, reply.status)
