"""An OpenID Connect provider on loopback, with keys that rotate, and tokens right and wrong.

It publishes a discovery document and its keys as Google does, and counts who asks for them.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.patchbay.wire import Request, Wire, json_reply, reply

AUDIENCE = "1234-client.apps.example.com"
_numbers = itertools.count(1)


def rsa_key(bits: int = 2048) -> RSAKey:
    """A new key with an id of its own."""
    return RSAKey.generate_key(bits, {"kid": f"key-{next(_numbers)}", "use": "sig", "alg": "RS256"})


@functools.cache
def _first_key() -> RSAKey:
    """To make one takes a while."""
    return rsa_key()


def ec_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": f"key-{next(_numbers)}", "use": "sig"})


def okp_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": f"key-{next(_numbers)}", "use": "sig"})


class AnyAlgorithm(JWSRegistry):
    """Signs by whatever a test says."""

    max_header_length = 1 << 16

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]

    def check_header(self, header: Any) -> None:
        """Anything goes."""


def signed(claims: Mapping[str, Any], key: Any, **header: Any) -> str:
    """A token, signed by this key; members of the header that are None are left out."""
    given = {"alg": "RS256", "typ": "JWT", "kid": getattr(key, "kid", None), **header}
    return jwt.encode(
        {name: value for name, value in given.items() if value is not None},
        dict(claims),
        key,
        registry=AnyAlgorithm(),
        default_type=None,
    )


def encoded(value: Any) -> str:
    """A part of a token."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class OidcIssuer:
    """Use it as an asynchronous context manager.

    Attributes:
        keys: those that it publishes; it signs with the first one.
        path: of the issuer's URL.
        down: whether it answers 503 to everything.
        discovery: members of the discovery document in place of the right ones.
        cache_control: of the keys' answer.
        body: the keys' answer, instead of the keys.
        slow_seconds: how long each answer takes.
    """

    def __init__(self, *keys: Key, path: str = "", cache_control: str | None = None) -> None:
        self.keys: list[Key] = list(keys) or [_first_key()]
        self.path = path
        self.down = False
        self.discovery: dict[str, Any] = {}
        self.cache_control = cache_control
        self.body: bytes | None = None
        self.slow_seconds = 0.0
        self._wire = Wire(self._serve)

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._wire.__aexit__(*error)

    @property
    def url(self) -> str:
        """Its `iss`."""
        return self._wire.url + self.path

    @property
    def jwks_url(self) -> str:
        return f"{self._wire.url}/oauth2/v3/certs?of=me"

    def fetches(self, what: str = "certs") -> int:
        """How often that was asked for."""
        return sum(what in each.target for each in self._wire.requests)

    @property
    def key(self) -> Key:
        """With which it signs."""
        return self.keys[0]

    def rotate(self, key: Key | None = None, *, withdraw: bool = False) -> Key:
        """Sign with another key from now on; the old one is still published, unless it is withdrawn."""
        self.keys = [key or rsa_key(), *(() if withdraw else self.keys)]
        return self.key

    def claims(self, **other: Any) -> dict[str, Any]:
        """Those of a right token, with others in their place; None leaves one out."""
        now = int(time.time())
        right = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "248289761001",
            "email": "jane@example.com",
            "email_verified": True,
            "iat": now,
            "exp": now + 600,
        }
        return {name: value for name, value in {**right, **other}.items() if value is not None}

    def token(self, header: Mapping[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A right token, but for what is given."""
        return signed(self.claims(**claims), key or self.key, **(header or {}))

    async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        writer.write(self._answer(request))

    def _answer(self, request: Request) -> bytes:
        if self.down:
            return reply(b"away", "503 Service Unavailable")
        if request.target == f"{self.path}/.well-known/openid-configuration":
            return json_reply(
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/o/oauth2/v2/auth",
                    "jwks_uri": self.jwks_url,
                    "id_token_signing_alg_values_supported": ["RS256"],
                    **self.discovery,
                }
            )
        if request.target != "/oauth2/v3/certs?of=me":
            return reply(b"nothing here", "404 Not Found")
        body = self.body
        if body is None:
            body = json.dumps({"keys": [each.as_dict(private=False) for each in self.keys]}).encode()
        more = {} if self.cache_control is None else {"cache_control": self.cache_control}
        return reply(body, content_type="application/json", **more)
