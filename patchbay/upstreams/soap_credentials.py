"""Credentials that travel in the SOAP envelope (WS-Security), and others together with them.

As they are declared; what zeep puts into envelopes for them is patchbay.upstreams.soap_envelope's. zeep is
loaded at the start of a server that has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError
from patchbay.upstreams.soap_xml import is_xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.calls.credentials import Credentials
    from patchbay.environment import Environment


class EnvelopePart(Protocol):
    """Adds one thing to envelopes; the same one serves calls that are under way together."""

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """Add it to an envelope, and give back what was given. zeep calls this."""


@dataclass(frozen=True)
class UsernameToken:
    """WS-Security UsernameToken 1.1, in the header of the SOAP envelope.

    Args:
        user: the environment variable that holds the user's name.
        password: the environment variable that holds the password.
        digest: send a digest with nonce and time instead of the password's text.
        timestamp_seconds: how long the envelope says that it holds, by a Timestamp; None for no Timestamp.

    Raises:
        ConfigurationError: a Timestamp of no time.
    """

    user: str
    password: str
    digest: bool = False
    timestamp_seconds: float | None = None

    def __post_init__(self) -> None:
        _require_time(self.timestamp_seconds)

    def variables(self) -> Sequence[Variable]:
        """User and password."""
        return (Variable(self.user, "user name"), Variable(self.password, "password"))

    def token(self, environment: Environment) -> list[EnvelopePart]:
        """What zeep puts into each envelope. Raises ConfigurationError for a variable."""
        from patchbay.upstreams.soap_envelope import Token  # noqa: PLC0415 - see above

        for variable in self.variables():
            if not is_xml_text(environment.text(variable.name)):
                message = f"environment variable {variable.name} holds a character that XML cannot carry"
                raise ConfigurationError(message)
        user, password = environment.secret(self.user), environment.secret(self.password)
        return [*_timestamp(self.timestamp_seconds), Token(user, password, digest=self.digest)]


@dataclass(frozen=True)
class X509Signature:
    """A signature over the envelope's body and Timestamp (WS-Security X.509 Certificate Token Profile 1.1).

    The certificate goes along as a BinarySecurityToken. Signed by SHA-256 with RSA or ECDSA, as the key is.
    Needs xmlsec: install patchbay[x509]. It costs a call about a millisecond.

    Args:
        certificate: the environment variable that names the file with the certificate, in PEM; or holds it.
        key: the environment variable that names the file with its private key, in PEM; or holds it.
        password: the environment variable that holds the key's password; None where it has none.
        timestamp_seconds: how long the envelope says that it holds, by a Timestamp; None for no Timestamp.

    Raises:
        ConfigurationError: a Timestamp of no time.
    """

    certificate: str
    key: str
    password: str | None = None
    timestamp_seconds: float | None = 300.0

    def __post_init__(self) -> None:
        _require_time(self.timestamp_seconds)

    def variables(self) -> Sequence[Variable]:
        """Certificate and key."""
        pair = (Variable(self.certificate, "certificate"), Variable(self.key, "its private key"))
        password = () if self.password is None else (Variable(self.password, "password of the private key"),)
        return (*pair, *password)

    def token(self, environment: Environment) -> list[EnvelopePart]:
        """What zeep puts into each envelope. Raises ConfigurationError for a variable, or without xmlsec."""
        from patchbay.upstreams.soap_signature import open_signer  # noqa: PLC0415 - see above

        signer = open_signer(environment, self.certificate, self.key, self.password)
        return [*_timestamp(self.timestamp_seconds), signer]


class Wsse:
    """Several in one envelope, and perhaps others in HTTP.

        Wsse(UsernameToken("USER", "PASSWORD"), X509Signature("CERT", "KEY"), http=ClientCertificate(...))

    Args:
        parts: what goes into the envelope.
        http: what goes along with the HTTP request, such as a ClientCertificate.

    Raises:
        ConfigurationError: a part that is of another kind.
    """

    def __init__(self, *parts: UsernameToken | X509Signature, http: Credentials | None = None) -> None:
        if not parts or not all(isinstance(part, UsernameToken | X509Signature) for part in parts):
            raise ConfigurationError("Wsse: its parts are UsernameToken and X509Signature")
        self.parts = parts
        self.http = http

    def __repr__(self) -> str:
        http = "" if self.http is None else f", http={self.http!r}"
        return f"Wsse({', '.join(map(repr, self.parts))}{http})"

    def variables(self) -> Sequence[Variable]:
        """All of theirs."""
        http = () if self.http is None else self.http.variables()
        return (*(variable for part in self.parts for variable in part.variables()), *http)

    def token(self, environment: Environment) -> list[EnvelopePart]:
        """What zeep puts into each envelope. Raises ConfigurationError for a variable."""
        from patchbay.upstreams.soap_signature import EnvelopeSigner  # noqa: PLC0415 - see above

        parts = [each for part in self.parts for each in part.token(environment)]
        # What is signed must be there before, and stay as it is.
        return sorted(parts, key=lambda part: isinstance(part, EnvelopeSigner))


EnvelopeCredentials: TypeAlias = UsernameToken | X509Signature | Wsse
"""Those that a SOAP envelope can carry."""


def in_envelope(credentials: Credentials | EnvelopeCredentials | None) -> EnvelopeCredentials | None:
    """What of the credentials goes into the envelope."""
    return credentials if isinstance(credentials, EnvelopeCredentials) else None


def in_http(credentials: Credentials | EnvelopeCredentials | None) -> Credentials | None:
    """What of the credentials goes along with the HTTP request."""
    if isinstance(credentials, Wsse):
        return credentials.http
    return None if isinstance(credentials, EnvelopeCredentials) else credentials


def _timestamp(seconds: float | None) -> list[EnvelopePart]:
    from patchbay.upstreams.soap_envelope import Timestamp  # noqa: PLC0415 - see above

    return [] if seconds is None else [Timestamp(seconds)]


def _require_time(seconds: float | None) -> None:
    if seconds is not None and seconds < 1:
        raise ConfigurationError("credentials: timestamp_seconds must be at least 1, or None")
