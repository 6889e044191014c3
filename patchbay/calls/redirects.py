"""Redirects of safe calls: followed where an adapter allows that, and each hop judged anew.

the upstream's own origin     sent as every call, with credentials
one of `Egress.origins`       sent by connections of its own, under the same guard, and without anything that
                              says who we are: no credentials, none of the call's headers, no body
anywhere else                 refused, and so is the way from https to http, and the way back home
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import unquote, unquote_plus, urljoin

from patchbay.address import parse_address
from patchbay.calls.call import Call
from patchbay.calls.request import RequestWriter
from patchbay.errors import UpstreamForbidden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patchbay.address import Address
    from patchbay.calls.call import Reply
    from patchbay.calls.credentials import Opened
    from patchbay.calls.egress import Egress
    from patchbay.scope import Scope

REDIRECTS = frozenset(
    (
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    )
)

_WITHOUT_BODY = ("GET", "HEAD")

_MIN_SECRET_LENGTH = 6
"""A shorter one stands in many an address by chance."""


class Elsewhere(Protocol):
    """What makes the calls of another origin."""

    async def make(self, call: Call, scope: Scope) -> Reply:
        """Make one call. Raises UpstreamError."""

    async def close(self) -> None:
        """Give back connections."""


class Redirects:
    """Follows the redirects of one upstream's calls.

    Args:
        source: the upstream's name.
        address: of the upstream.
        egress: see Egress.
        credentials: of the upstream's own origin.
        connect: makes what calls another origin, given as "https://cdn.example", without credentials.

    Attributes:
        requests: writes the calls that `follow` hands to `send_here`.
    """

    def __init__(
        self,
        source: str,
        address: Address,
        egress: Egress,
        credentials: Opened,
        connect: Callable[[str], Elsewhere],
    ) -> None:
        self._source = source
        self._origin = address.origin
        self._prefix = address.path.rstrip("/")
        self._max_hops = egress.redirects
        self._others = frozenset(egress.origins) - {address.origin}
        self._query_names = frozenset(name.lower() for name in credentials.query)
        secrets = (*credentials.headers.values(), *credentials.query.values())
        self._secrets = tuple(secret.derive(secret.reveal().rpartition(" ")[2]) for secret in secrets)
        self._connect = connect
        self._elsewhere: dict[str, Elsewhere] = {}
        self.requests = RequestWriter(source, parse_address(address.origin), credentials)

    async def close(self) -> None:
        """Close the connections to other origins."""
        for each in self._elsewhere.values():
            await each.close()

    async def follow(
        self, call: Call, reply: Reply, scope: Scope, send_here: Callable[[Call], Awaitable[Reply]]
    ) -> Reply:
        """What a safe call comes to in the end.

        Args:
            call: as it was made.
            reply: what came for it, redirect or not.
            scope: of the call.
            send_here: makes a call of the own origin. Its target counts from the origin's root, and not from
                the upstream's base URL, so that `requests` must write it.

        Returns:
            The first answer that is no redirect; behind as many redirects as are allowed, the next one.

        Raises:
            UpstreamForbidden: one leads to where it may not; nothing was sent there.
            UpstreamError: as `send_here` and other origins raise it.
        """
        if not call.is_safe:
            return reply
        origin, target = self._origin, self._prefix + call.target
        for _ in range(self._max_hops):
            location = reply.headers.get("location")
            if reply.status not in REDIRECTS or location is None:
                break
            there = self._judged(origin, target, location)
            origin, target = there.origin, self._without_credentials(there.target)
            hop = self._hop(call, target, reply.status)
            if origin == self._origin:
                reply = await send_here(hop)
            else:
                reply = await self._leave(origin, hop, scope)
            call = hop
        return reply

    def _judged(self, origin: str, target: str, location: str) -> Address:
        try:
            # Headers are latin-1 by the book, and addresses in UTF-8 by what servers send.
            text = location.encode("latin-1").decode(errors="replace")
            there = parse_address(urljoin(origin + target, text))
        except ValueError:
            self._refuse("what is no address")
        is_at_home = origin == self._origin
        if there.origin not in self._others and not (is_at_home and there.origin == self._origin):
            self._refuse(there.origin)
        if origin.startswith("https:") and there.scheme != "https":
            self._refuse(f"{there.origin}, which is not encrypted")
        return there

    def _hop(self, call: Call, target: str, status: int) -> Call:
        if status == HTTPStatus.SEE_OTHER and call.method not in _WITHOUT_BODY:
            return Call(call.operation, "GET", target, safe=True)
        # 301 and 302 let a POST become a GET, as in browsers; but what changes nothing can be made again.
        return Call(call.operation, call.method, target, call.headers, call.body, safe=True)

    async def _leave(self, origin: str, hop: Call, scope: Scope) -> Reply:
        if hop.body is not None or hop.method not in _WITHOUT_BODY:
            # An envelope can hold credentials, and a query what is nobody else's business.
            self._refuse(f"{origin}, with a body")
        told = unquote(hop.target)
        if any(_stands_in(secret.reveal(), told) for secret in self._secrets):
            self._refuse(f"{origin}, with a credential in the address")
        elsewhere = self._elsewhere.get(origin)
        if elsewhere is None:
            elsewhere = self._elsewhere[origin] = self._connect(origin)
        return await elsewhere.make(Call(hop.operation, hop.method, hop.target, safe=True), scope)

    def _without_credentials(self, target: str) -> str:
        """The target without parameters named as credentials are; at home these are put in again."""
        path, mark, query = target.partition("?")
        if not (mark and self._query_names):
            return target
        kept = [
            pair
            for pair in query.split("&")
            if unquote_plus(pair.partition("=")[0]).lower() not in self._query_names
        ]
        return path + (f"?{'&'.join(kept)}" if kept else "")

    def _refuse(self, where: str) -> NoReturn:
        message = "redirects to where it may not lead"
        raise UpstreamForbidden(self._source, message) from ValueError(f"it redirects to {where}")


def _stands_in(secret: str, text: str) -> bool:
    return len(secret) >= _MIN_SECRET_LENGTH and secret in text
