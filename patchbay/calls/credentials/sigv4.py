"""Requests to AWS, signed by its Signature Version 4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.headers import header_value
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.credentials.base import Opening, Outgoing
    from patchbay.environment import Secret
    from patchbay.scope import Scope

_NAME = re.compile(r"[a-z0-9-]+")

_UNRESERVED = "-_.~"


@dataclass(frozen=True, kw_only=True)
class AwsSigV4:
    """A signature by an AWS access key. Needs botocore: install patchbay[aws].

    Args:
        access_key: the environment variable that holds the access key's id.
        secret_key: the environment variable that holds the secret access key.
        region: such as "eu-central-1".
        service: its name in signatures, such as "execute-api".
        session_token: the environment variable that holds the token of temporary credentials.

    Raises:
        ConfigurationError: a region or a service that cannot be one.
    """

    access_key: str
    secret_key: str
    region: str
    service: str
    session_token: str | None = None

    def __post_init__(self) -> None:
        for what, name in (("region", self.region), ("service", self.service)):
            if _NAME.fullmatch(name) is None:
                raise ConfigurationError(f"AwsSigV4: a {what} holds small letters, digits and dashes only")

    def variables(self) -> Sequence[Variable]:
        """The access key, and its session token where there is one."""
        key = (Variable(self.access_key, "AWS access key id"), Variable(self.secret_key, "AWS secret key"))
        return (
            key if self.session_token is None else (*key, Variable(self.session_token, "AWS session token"))
        )

    def open(self, opening: Opening) -> Opened:
        """Read the key and import botocore."""
        environment = opening.environment
        token = None if self.session_token is None else header_value(environment.secret(self.session_token))
        access_key = header_value(environment.secret(self.access_key))
        secret_key = environment.secret(self.secret_key)
        try:
            signer = _Signing(self.region, self.service, access_key, secret_key, token)
        except ImportError as error:
            message = f"{opening.source}: AwsSigV4 needs botocore: install patchbay[aws]"
            raise ConfigurationError(message) from error
        return Opened(signer=signer)


class _Signing:
    """Raises ImportError where botocore is missing."""

    def __init__(
        self, region: str, service: str, access_key: Secret, secret_key: Secret, token: Secret | None
    ) -> None:
        self._region = region
        self._service = service
        self._access_key = access_key
        self._secret_key = secret_key
        self._token = token
        auth: Any = import_module("botocore.auth")
        self._request: Any = import_module("botocore.awsrequest").AWSRequest
        self._credentials: Any = import_module("botocore.credentials").Credentials
        self._auth: Any = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth

    def identity(self, scope: Scope) -> str:  # noqa: ARG002 - the same for all
        return ""

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:  # noqa: ARG002 - as above
        added = {"X-Amz-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")}
        if self._token is not None:
            added["X-Amz-Security-Token"] = self._token.reveal()
        if self._service == "s3":
            added["X-Amz-Content-SHA256"] = sha256(request.body).hexdigest()
        signed = self._request(
            request.method,
            request.origin + self._canonical(request.target),
            headers={**request.headers, **added},
            data=request.body,
        )
        signed.context["timestamp"] = added["X-Amz-Date"]
        credentials = self._credentials(self._access_key.reveal(), self._secret_key.reveal())
        auth = self._auth(credentials, self._service, self._region)
        # botocore's own add_auth does the same, and logs what it signs: session token, key id and signature.
        text = auth.string_to_sign(signed, auth.canonical_request(signed))
        names = auth.signed_headers(auth.headers_to_sign(signed))
        proof = f"SignedHeaders={names}, Signature={auth.signature(text, signed)}"
        return {**added, "Authorization": f"AWS4-HMAC-SHA256 Credential={auth.scope(signed)}, {proof}"}

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:  # noqa: ARG002 - the next would be too
        return False

    async def close(self) -> None:
        pass

    def _canonical(self, target: str) -> str:
        """The target as AWS encodes what it decoded: botocore takes it to be in that form already.

        Only S3 does so with the path as well; all others encode that once more, as it was sent.
        """
        path, _, query = target.partition("?")
        if self._service == "s3":
            path = quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        encoded = [f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs]
        return f"{path}?{'&'.join(encoded)}" if encoded else path


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe=_UNRESERVED)
