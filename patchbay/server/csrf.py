"""What proves that no foreign page made a request (CSRF), by its headers alone.

A page of another origin can make a browser send a GET, a POST of a form's types and the handshake of a
WebSocket to this server, from inside of whatever network the browser is in. For anything else the browser
asks first (the preflight of CORS), and patchbay.server.cors answers that. So a POST has to be JSON, a GET
has to show that no page can have made it without asking, and a WebSocket has to come from our own pages.
Where files are taken, a POST of a form has to show what a GET has.

A POST of JSON needs no look at its Origin: it has been asked for. See ADR 27 for each of the signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.errors import PatchbayError
from patchbay.server.origins import ANY_ORIGIN, checked_origins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
    """ASGI's: names in lower case."""

PREFLIGHT_HEADERS: Final = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "x-requested-with",
    "x-graphql-event-stream-token",
    "x-api-key",
)
"""No page sends one of these to another origin without a preflight, whatever stands in it."""

ADVICE: Final = (
    "a foreign page could have made this request: send it by POST as application/json, or with the header "
    "GraphQL-Require-Preflight: 1"
)
FORM_ADVICE: Final = (
    "a foreign page could have sent this form: send it with the header GraphQL-Require-Preflight: 1"
)
SOCKET_ADVICE: Final = (
    "pages of this origin may not open a WebSocket here; PATCHBAY_CORS_ORIGINS names those that may"
)
CONTENT_TYPE_ADVICE: Final = "send the operation as application/json"
TWO_CONTENT_TYPES: Final = "there is more than one Content-Type"

_GRAPHQL_JSON: Final = b"application/graphql-response+json"
_FORCING: Final = frozenset(name.encode() for name in PREFLIGHT_HEADERS)
_OWN_SITES: Final = (b"same-origin", b"none")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class ForgeableRequest(PatchbayError):
    """A foreign page could have made this request.

    Args:
        advice: what a client is to do, as a sentence.
    """

    code = "PREFLIGHT_REQUIRED"
    status = 403

    def __init__(self, advice: str = ADVICE) -> None:
        super().__init__(advice)


class CsrfGuard:
    """Tells which requests a foreign page could have made.

    Args:
        origins: those whose pages are as good as our own, see patchbay.server.origins.

    Raises:
        ConfigurationError: one of them is none.
    """

    def __init__(self, origins: Sequence[str] = ()) -> None:
        self._origins = frozenset(origin.encode() for origin in checked_origins(origins))
        self._any = ANY_ORIGIN in origins

    def refuses(self, method: str, headers: Headers) -> str | None:
        """Why an operation is not to be run: a sentence for the client, None where nothing is wrong.

        Methods other than GET, HEAD and POST are never sent without a preflight.
        """
        if method == "POST":
            return content_type_problem(headers)
        if method not in ("GET", "HEAD"):
            return None
        return self._refuses_unasked(headers, ADVICE)

    def refuses_form(self, headers: Headers) -> str | None:
        """As `refuses`, of an operation that came as multipart/form-data, where that is taken."""
        return self._refuses_unasked(headers, FORM_ADVICE)

    def _refuses_unasked(self, headers: Headers, advice: str) -> str | None:
        """The advice, where nothing shows that no foreign page has sent it without a preflight."""
        return None if _was_preflighted(headers) or self._is_ours(headers) else advice

    def refuses_socket(self, headers: Headers) -> str | None:
        """The same of a WebSocket's handshake, which no browser sends a preflight for."""
        origins = list(_values(headers, b"origin"))
        if not origins or self._names_ours(origins):
            # Browsers always send it.
            return None
        hosts = list(_values(headers, b"host"))
        is_own = len(origins) == len(hosts) == 1 and _is_same_host(origins[0], hosts[0])
        return None if is_own else SOCKET_ADVICE

    def _is_ours(self, headers: Headers) -> bool:
        """Whether it comes from our own page, from the browser's user, or from no browser."""
        if self._names_ours(list(_values(headers, b"origin"))):
            return True
        sites = list(_values(headers, b"sec-fetch-site"))
        return all(site in _OWN_SITES for site in sites) if sites else _is_no_browser(headers)

    def _names_ours(self, origins: list[bytes]) -> bool:
        return bool(origins) and (self._any or all(origin in self._origins for origin in origins))


def content_type_problem(headers: Headers) -> str | None:
    """Why a body is not to be read: a sentence for the client, None where it is JSON.

    A body without a type is none: pages can send those. Parameters, such as a charset, are fine.
    """
    types = list(_values(headers, b"content-type"))
    if len(types) > 1:
        return TWO_CONTENT_TYPES
    return None if types and is_json(types[0]) else CONTENT_TYPE_ADVICE


def is_json(content_type: bytes) -> bool:
    """Whether this Content-Type is application/json, and no other that only begins so."""
    return content_type.partition(b";")[0].strip().lower() == b"application/json"


def _was_preflighted(headers: Headers) -> bool:
    for name, value in headers:
        if name in _FORCING:
            return True
        # Browsers add Basic, Digest and Negotiate by themselves, also to what foreign pages ask for.
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return True
        if name == b"content-type" and content_type_problem(headers) is None:
            return True
    return False


def _is_no_browser(headers: Headers) -> bool:
    """Whether a request without Sec-Fetch-Site shows that it comes from no browser.

    Browsers leave it out where the server is reached without TLS and not on this machine; so do old ones.
    """
    if any(_values(headers, b"sec-fetch-mode")):
        # Browsers send both or none of them, and no page can change that; Node's fetch sends this one alone.
        return True
    # A page can ask for this type as well, but not with a User-Agent of its own.
    accepts = any(_GRAPHQL_JSON in value.lower() for value in _values(headers, b"accept"))
    return accepts and not any(b"mozilla/" in value.lower() for value in _values(headers, b"user-agent"))


def _is_same_host(origin: bytes, host: bytes) -> bool:
    scheme, _, authority = origin.decode("latin-1").lower().partition("://")
    asked = host.decode("latin-1").lower()
    # Browsers leave out the default port in both; a proxy may add it to one of them.
    return authority != "" and asked in (authority, f"{authority}:{_DEFAULT_PORTS.get(scheme)}")


def _values(headers: Headers, wanted: bytes) -> Iterator[bytes]:
    return (value for name, value in headers if name == wanted)
