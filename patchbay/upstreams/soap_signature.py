"""Signing SOAP envelopes with a certificate's key, by zeep and xmlsec."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lxml import etree
from zeep import ns
from zeep.wsse.signature import BinarySignature, MemorySignature

from patchbay.calls.credentials.pem import read_pem
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from patchbay.environment import Environment, Secret


class EnvelopeSigner:
    """Signs an envelope's body, and its Timestamp where it has one.

    Args:
        certificate: in PEM.
        key: in PEM.
        password: of the key; empty where it has none.
        method: xmlsec's signature method.
        digest: xmlsec's digest method.
    """

    def __init__(
        self, certificate: Secret, key: Secret, password: Secret | None, method: Any, digest: Any
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._password = password
        self._method = method
        self._digest = digest

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """See EnvelopePart."""
        applied: tuple[Any, Any] = self._signature().apply(envelope, headers)
        return applied

    def verify(self, envelope: Any) -> None:
        """Check what was signed with this very certificate. Raises zeep's SignatureVerificationFailed."""
        self._signature().verify(envelope)

    def _signature(self) -> Any:
        # Made anew each time: zeep's keeps the key where anything that dumps objects would show it.
        make: Any = _FromMemory
        return make(
            self._key.reveal().encode(),
            self._certificate.reveal().encode(),
            # Without any, xmlsec would ask for one at the terminal.
            self._password.reveal() if self._password is not None else "",
            self._method,
            self._digest,
        )


class _FromMemory(BinarySignature):
    """zeep's signature with the certificate in the envelope, which by itself reads files only."""

    __init__ = MemorySignature.__init__


def open_signer(environment: Environment, certificate: str, key: str, password: str | None) -> EnvelopeSigner:
    """A signer by what these variables hold or name.

    Raises:
        ConfigurationError: xmlsec is missing, a variable leads to no certificate or key, or the two do not
            fit.
    """
    try:
        xmlsec: Any = import_module("xmlsec")
    except ImportError as error:
        raise ConfigurationError("X509Signature needs xmlsec: install patchbay[x509]") from error
    certificate_pem, key_pem = read_pem(environment, certificate), read_pem(environment, key)
    secret = None if password is None else environment.secret(password)
    given = "" if secret is None else secret.reveal()
    try:
        loaded = xmlsec.Key.from_memory(key_pem.reveal().encode(), xmlsec.KeyFormat.PEM, given)
    except xmlsec.Error as error:
        opens = "that needs a password" if password is None else f"that {password} does not open"
        message = f"environment variable {key} leads to no private key in PEM, or to one {opens}"
        raise ConfigurationError(message) from error
    try:
        loaded.load_cert_from_memory(certificate_pem.reveal().encode(), xmlsec.KeyFormat.PEM)
    except xmlsec.Error as error:
        message = f"environment variable {certificate} leads to no certificate in PEM"
        raise ConfigurationError(message) from error
    for method in (xmlsec.Transform.RSA_SHA256, xmlsec.Transform.ECDSA_SHA256):
        signer = EnvelopeSigner(certificate_pem, key_pem, secret, method, xmlsec.Transform.SHA256)
        trial = etree.fromstring(_TRIAL)
        try:
            signer.apply(trial, {})
        except xmlsec.Error:
            continue
        _require_fit(signer, trial, certificate, key)
        return signer
    raise ConfigurationError(f"environment variable {key} leads to a key that is neither RSA's nor ECDSA's")


_TRIAL = f'<e:Envelope xmlns:e="{ns.SOAP_ENV_11}"><e:Body/></e:Envelope>'


def _require_fit(signer: EnvelopeSigner, signed: Any, certificate: str, key: str) -> None:
    try:
        signer.verify(signed)
    except Exception as error:  # What zeep and xmlsec raise here has no common base.
        message = f"environment variable {key} leads to another key than that of {certificate}'s certificate"
        raise ConfigurationError(message) from error
