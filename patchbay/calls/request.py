"""A call as the bytes of an HTTP request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from patchbay import __version__
from patchbay.calls.body import ACCEPT_ENCODING
from patchbay.calls.credentials import Outgoing
from patchbay.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.address import Address
    from patchbay.calls.call import Call
    from patchbay.calls.credentials import Opened, Signer
    from patchbay.scope import Scope

MAX_TARGET_BYTES = 64 * 1024
"""Far beyond what servers take, which is 8 to 16 KB mostly."""

_WITH_A_BODY = ("POST", "PUT", "PATCH")
"""Methods that announce their body's length even where it is empty; some servers refuse them without."""

_ANY = "Accept: */*\r\n"

_UNSENDABLE_TARGET = re.compile(r"[^\x21-\x7e]")
_UNSENDABLE_HEADER = re.compile(r"[^\t\x20-\x7e]")
"""With a line's end in it, a header would be two."""


class RequestWriter:
    """Writes the requests to one upstream.

    Args:
        source: the upstream's name.
        address: of the upstream; its path stands in front of every call's.
        credentials: those that are the same for each call.
    """

    def __init__(self, source: str, address: Address, credentials: Opened) -> None:
        self._source = source
        self._origin = address.origin
        self._prefix = address.path.rstrip("/")
        headers = {
            "Host": address.authority,
            "User-Agent": f"patchbay/{__version__}",
            "Accept-Encoding": ACCEPT_ENCODING,
            **{name: value.reveal() for name, value in credentials.headers.items()},
        }
        self._head = " HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._query = "&".join(
            f"{quote(name, safe='')}={quote(value.reveal(), safe='')}"
            for name, value in credentials.query.items()
        )

    def write(self, call: Call, more_headers: Mapping[str, str] | None = None) -> bytes:
        """The whole request. Raises UpstreamError where it cannot be sent."""
        target = self._target(call)
        if call.headers is None and call.body is None and not more_headers and call.method == "GET":
            return f"GET {target}{self._head}{_ANY}\r\n".encode("ascii")
        lines = [f"{call.method} {target}{self._head}"]
        if call.body is not None or call.method in _WITH_A_BODY:
            lines.append(f"Content-Length: {len(call.body or b'')}\r\n")
        headers = {**(call.headers or {}), **(more_headers or {})}
        if "Accept" not in headers:
            lines.append(_ANY)
        for name, value in headers.items():
            if _UNSENDABLE_HEADER.search(name + value):
                raise UpstreamError(self._source, "a header of the call cannot be sent")
            lines.append(f"{name}: {value}\r\n")
        return f"{''.join(lines)}\r\n".encode("ascii") + (call.body or b"")

    async def sign(self, call: Call, signer: Signer, scope: Scope) -> Mapping[str, str]:
        """What the signer adds to the call's headers. Raises UpstreamError, as `write` and Signer.sign do."""
        target = self._target(call)
        outgoing = Outgoing(call.method, self._origin, target, call.headers or {}, call.body or b"")
        return await signer.sign(outgoing, scope)

    def _target(self, call: Call) -> str:
        target = self._prefix + call.target
        if self._query:
            target += ("&" if "?" in target else "?") + self._query
        if len(target) > MAX_TARGET_BYTES:
            raise UpstreamError(self._source, "the call's address is too long")
        if _UNSENDABLE_TARGET.search(target):
            raise UpstreamError(self._source, "the call's address cannot be sent")
        return target
