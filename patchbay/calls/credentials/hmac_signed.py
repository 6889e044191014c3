"""Requests that are signed with a shared secret, as vendors define it each for themselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.headers import header_value, is_header_value, require_header_name
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.credentials.base import Opening, Outgoing
    from patchbay.environment import Secret
    from patchbay.scope import Scope

_PLACES = ("timestamp", "method", "host", "target", "path", "query", "body", "body_hash", "key_id")
_ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
_ENCODINGS = ("hex", "base64")


@dataclass(frozen=True)
class HmacSignature:
    """A signature of each request, in a header.

    Args:
        secret: the environment variable that holds the secret.
        header: where the signature goes.
        algorithm: sha1, sha256, sha384 or sha512.
        encoding: of the signature: hex, in lower case, or base64.
        payload: what is signed. Its places are {timestamp} (Unix time in seconds), {method}, {host} (with
            the port where it is not the scheme's own), {target} (path and query as sent), {path}, {query},
            {body}, {body_hash} (in hex, by the same algorithm) and {key_id}.
        timestamp_header: where the time goes; None where none is sent.
        key_id: the environment variable that tells which secret it is, where the vendor asks for that.
        key_id_header: where that goes.
        prefix: stands in front of the signature, as "sha256=".

    Raises:
        ConfigurationError: an unknown algorithm, encoding or place; a header's name that is none; or a time
            that is signed and not sent.
    """

    secret: str
    header: str = "X-Signature"
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    payload: str = "{timestamp}.{method}.{target}.{body}"
    timestamp_header: str | None = "X-Timestamp"
    key_id: str | None = None
    key_id_header: str = "X-Key-Id"
    prefix: str = ""

    def __post_init__(self) -> None:
        for name in (self.header, self.timestamp_header, self.key_id_header):
            require_header_name(name)
        for given, known in ((self.algorithm, _ALGORITHMS), (self.encoding, _ENCODINGS)):
            if given not in known:
                raise ConfigurationError(f"HmacSignature: there are {', '.join(known)}, and no {given!r}")
        places = [place for _, place in _parts(self.payload)]
        if "timestamp" in places and self.timestamp_header is None:
            raise ConfigurationError("HmacSignature: {timestamp} is signed, and so needs a timestamp_header")
        if "key_id" in places and self.key_id is None:
            raise ConfigurationError("HmacSignature: {key_id} is signed, and so needs a key_id")
        if not is_header_value(self.prefix):
            raise ConfigurationError("HmacSignature: its prefix holds characters that a header cannot carry")

    def variables(self) -> Sequence[Variable]:
        """The secret, and which one it is."""
        secret = Variable(self.secret, "secret that requests are signed with")
        return (secret,) if self.key_id is None else (secret, Variable(self.key_id, "id of the secret"))

    def open(self, opening: Opening) -> Opened:
        """Reads the secret."""
        environment = opening.environment
        secret = environment.secret(self.secret)
        key_id = None if self.key_id is None else header_value(environment.secret(self.key_id))
        headers = {} if key_id is None else {self.key_id_header: key_id}
        return Opened(headers=headers, signer=_Signing(self, secret, key_id))


class _Signing:
    def __init__(self, declared: HmacSignature, secret: Secret, key_id: Secret | None) -> None:
        self._declared = declared
        self._parts = _parts(declared.payload)
        self._secret = secret
        self._key_id = key_id

    def identity(self, scope: Scope) -> str:  # noqa: ARG002 - the same for all
        return ""

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:  # noqa: ARG002 - as above
        declared = self._declared
        timestamp = str(int(time.time()))
        values = self._values(request, timestamp)
        signed = b"".join(literal + (values[place] if place else b"") for literal, place in self._parts)
        digest = hmac.digest(self._secret.reveal().encode(), signed, declared.algorithm)
        signature = base64.b64encode(digest).decode() if declared.encoding == "base64" else digest.hex()
        headers = {declared.header: declared.prefix + signature}
        if declared.timestamp_header is not None:
            headers[declared.timestamp_header] = timestamp
        return headers

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:  # noqa: ARG002 - the next would be too
        return False

    async def close(self) -> None:
        pass

    def _values(self, request: Outgoing, timestamp: str) -> dict[str, bytes]:
        path, _, query = request.target.partition("?")
        texts = {
            "timestamp": timestamp,
            "method": request.method,
            "host": urlsplit(request.origin).netloc,
            "target": request.target,
            "path": path,
            "query": query,
            "body_hash": hashlib.new(self._declared.algorithm, request.body).hexdigest(),
            "key_id": "" if self._key_id is None else self._key_id.reveal(),
        }
        return {"body": request.body, **{place: text.encode() for place, text in texts.items()}}


def _parts(payload: str) -> list[tuple[bytes, str | None]]:
    """Pairs of a text and the place behind it, which is None at the end. Raises ConfigurationError."""
    try:
        parsed = list(Formatter().parse(payload))
    except ValueError as error:
        raise ConfigurationError(f"HmacSignature: its payload cannot be read: {error}") from error
    for _, place, spec, conversion in parsed:
        if spec or conversion or (place is not None and place not in _PLACES):
            places = ", ".join(f"{{{place}}}" for place in _PLACES)
            raise ConfigurationError(f"HmacSignature: the places of a payload are {places}")
    return [(literal.encode(), place) for literal, place, _, _ in parsed]
