"""The next page as upstreams tell it: a Link header (RFC 8288), a token, or an address in the body.

Of an address only the query is used, with the operation's own path: so it leads nowhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from patchbay.address import parse_address
from patchbay.errors import UpstreamBadData

if TYPE_CHECKING:
    from collections.abc import Collection

    from patchbay.calls import Reply
    from patchbay.importing.rest.address import Addresses

_LINK: Final = re.compile(r"<([^<>]*)>((?:[^,\"<]|\"(?:[^\"\\]|\\.)*\")*)")
_REL: Final = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://|[/?]")

MAX_HEADER_CHARACTERS: Final = 16_384


def next_link(reply: Reply) -> str | None:
    """The address of the next page in a Link header; None where there is none."""
    for address, parameters in _LINK.findall(reply.headers.get("link", "")[:MAX_HEADER_CHARACTERS]):
        rel = _REL.search(parameters)
        if rel is not None and "next" in (rel[1] or rel[2] or "").lower().split():
            return str(address).strip()
    return None


def is_address(text: Any) -> bool:
    """Whether what stands in the place of a token is an address."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def query_of(source: str, address: str, addresses: Addresses) -> list[tuple[str, str]]:
    """The parameters of the next page's address, in order.

    Raises:
        UpstreamBadData: it is none of the upstream's own.
    """
    try:
        if "://" in address and not addresses.is_own(parse_address(address).host):
            raise UpstreamBadData(source, "a next page at another host", "the next page's address")
        query = urlsplit(urljoin("http://localhost/", address)).query
    except ValueError as error:
        raise UpstreamBadData(source, "no address of a next page", "the next page's address") from error
    return parse_qsl(query, keep_blank_values=True)


def as_query(pairs: list[tuple[str, str]], without: Collection[str] = ()) -> str:
    """Parameters as the text of a query."""
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs if name not in without
    )


def merged(own: str, following: str, without: Collection[str]) -> str:
    """The query of a page behind the first: the call's own parameters win over the address's.

    Args:
        own: the call's, without those that say which page it is.
        following: of the address.
        without: names that are never taken from it, as those of credentials.
    """
    taken = {name for name, _ in parse_qsl(own, keep_blank_values=True)}
    more = as_query(parse_qsl(following, keep_blank_values=True), taken.union(without))
    return "&".join(filter(None, (own, more)))
