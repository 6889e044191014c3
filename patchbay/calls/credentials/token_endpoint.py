"""The token endpoint of an OAuth 2.0 server (RFC 6749), as one client of it."""

from __future__ import annotations

import base64
import math
import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec

from patchbay.address import parse_address
from patchbay.calls.call import Call
from patchbay.calls.success import require_success
from patchbay.environment import Secret, Variable
from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.call import Reply
    from patchbay.calls.credentials.base import Opening

Authentication: TypeAlias = Literal["basic", "post"]

T = TypeVar("T")

MAX_REPLY_BYTES = 128 * 1024

ASSUMED_SECONDS = 300.0
"""How long a token is used where the server does not say: soon enough to notice a change."""

_MAX_LIFETIME_SECONDS = 365 * 86400.0

_TOKEN = re.compile(r"[\x21-\x7e]+")

_ERRORS = frozenset(
    (
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
        "temporarily_unavailable",
    )
)
"""Those of RFC 6749 and 8693. What else stands in an error may be anything, and is not shown."""

_Token: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=32 * 1024)]


class TokenReply(msgspec.Struct, frozen=True):
    """What the server gave. It does not print."""

    access_token: _Token
    token_type: Annotated[str, msgspec.Meta(max_length=64)] = "Bearer"  # noqa: S105 - a kind of tokens
    expires_in: float | Annotated[str, msgspec.Meta(max_length=64)] | None = None
    refresh_token: _Token | None = None

    def __repr__(self) -> str:
        return "<token reply>"

    @property
    def lifetime_seconds(self) -> float:
        """How long the access token holds, counted from when it was asked for.

        Some servers send it as text, some send 0 or nothing for a token without an end.
        """
        try:
            seconds = float(self.expires_in or 0)
        except ValueError:
            seconds = 0
        if math.isnan(seconds) or seconds <= 0:
            return ASSUMED_SECONDS
        return min(seconds, _MAX_LIFETIME_SECONDS)


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class TokenEndpoint:
    """Asks for tokens in one client's name.

    Args:
        opening: what the credentials are opened with.
        token_url: the environment variable that holds the endpoint's URL.
        client_id: the environment variable that holds the client's id.
        client_secret: the environment variable that holds its secret; None for a client without one.
        authentication: whether the secret is sent by HTTP Basic or in the form.

    Raises:
        ConfigurationError: a variable cannot be used.
    """

    def __init__(
        self,
        opening: Opening,
        token_url: str,
        client_id: str,
        client_secret: str | None,
        authentication: Authentication,
    ) -> None:
        environment = opening.environment
        url = environment.url(token_url)
        self.source = opening.source
        self._target = parse_address(url).target
        self._send = opening.connect(url)
        self._id = environment.secret(client_id)
        self._secret = None if client_secret is None else environment.secret(client_secret)
        self._in_header = authentication == "basic"

    async def ask(self, grant_type: str, form: Mapping[str, Secret | str | None]) -> TokenReply:
        """Ask once.

        Args:
            grant_type: OAuth's.
            form: further parameters; those of None are left out.

        Raises:
            UpstreamError: there is no token, or none that can be used. The message may be shown.
        """
        fields = {"grant_type": grant_type}
        for name, value in form.items():
            if value is not None:
                fields[name] = value.reveal() if isinstance(value, Secret) else value
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self._secret is None or not self._in_header:
            fields["client_id"] = self._id.reveal()
            if self._secret is not None:
                fields["client_secret"] = self._secret.reveal()
        else:
            headers["Authorization"] = _basic(self._id, self._secret)
        body = urlencode(fields).encode("ascii")
        # Not safe: it is neither shared nor made again, as each one may cost a refresh token.
        reply = await self._send(Call("POST token", "POST", self._target, headers, body))
        if 400 <= reply.status < 500:  # noqa: PLR2004 - the class 4xx
            raise UpstreamError(self.source, f"asked for a token, the server answered {_told(reply)}")
        require_success(self.source, reply)
        return self._read(reply)

    def _read(self, reply: Reply) -> TokenReply:
        token = None
        if len(reply.body) <= MAX_REPLY_BYTES:
            token = _decoded(reply.body, TokenReply)
        # Raised out here, so that no cause shows the body.
        if token is None:
            raise UpstreamBadData(self.source, "not a reply of a token endpoint")
        if token.token_type.lower() != "bearer":
            raise UpstreamBadData(self.source, "a token of another kind than Bearer", "$.token_type")
        if _TOKEN.fullmatch(token.access_token) is None:
            raise UpstreamBadData(self.source, "a token that a header cannot carry", "$.access_token")
        return token


def client_variables(token_url: str, client_id: str, client_secret: str | None) -> Sequence[Variable]:
    """What TokenEndpoint reads."""
    secret = () if client_secret is None else (Variable(client_secret, "OAuth client's secret"),)
    return (
        Variable(token_url, "URL of the token endpoint"),
        Variable(client_id, "OAuth client's id"),
        *secret,
    )


def require_authentication(authentication: str) -> None:
    """Check what a declaration says. Raises ConfigurationError."""
    if authentication not in ("basic", "post"):
        raise ConfigurationError('credentials: authentication is "basic" or "post"')


def _basic(user: Secret, password: Secret) -> str:
    """RFC 6749, 2.3.1: both are form-encoded first, so that they may hold colons and letters beyond ASCII."""
    pair = f"{quote_plus(user.reveal())}:{quote_plus(password.reveal())}"
    return f"Basic {base64.b64encode(pair.encode('ascii')).decode('ascii')}"


def _decoded(body: bytes, type_: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=type_)
    except (ValueError, RecursionError):
        return None


def _told(reply: Reply) -> str:
    """Its error, as far as it is one of the standard's."""
    refusal = _decoded(reply.body, _Refusal)
    known = refusal is not None and refusal.error in _ERRORS
    return f"{refusal.error} (HTTP {reply.status})" if known and refusal else f"HTTP {reply.status}"
