"""What a service checks of WS-Security: written from its specification, with xmlsec and without zeep."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import xmlsec
from lxml import etree

OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
NAMES = {
    "wsse": f"{OASIS}wssecurity-secext-1.0.xsd",
    "wsu": f"{OASIS}wssecurity-utility-1.0.xsd",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_ID = f"{{{NAMES['wsu']}}}Id"
_X509 = f"{OASIS}x509-token-profile-1.0#X509v3"


class WrongError(Exception):
    """What a service refuses a message for."""


def security_of(message: bytes) -> Any:
    """The one Security header."""
    envelope: Any = etree.fromstring(message)
    found = envelope.findall("{*}Header/wsse:Security", NAMES)
    require(len(found) == 1, "not one Security header")
    return found[0]


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - what has to hold
    if not holds:
        raise WrongError(otherwise)


def check_time(message: bytes, seconds: float) -> tuple[datetime, datetime]:
    """The Timestamp, which must hold now and for no longer than that."""
    stamps = security_of(message).findall("wsu:Timestamp", NAMES)
    require(len(stamps) == 1, "not one Timestamp")
    created, expires = (
        datetime.strptime(stamps[0].findtext(f"wsu:{name}", "", NAMES), "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=UTC
        )
        for name in ("Created", "Expires")
    )
    require(created - timedelta(seconds=2) <= datetime.now(UTC) < expires, "not now")
    require(expires - created == timedelta(seconds=seconds), "not as long as was declared")
    return created, expires


def check_digest(message: bytes, user: str, password: str) -> str:
    """The nonce of a UsernameToken that proves the password."""
    tokens = security_of(message).findall("wsse:UsernameToken", NAMES)
    require(len(tokens) == 1, "not one UsernameToken")
    name, digest, nonce = (
        tokens[0].findtext(f"wsse:{member}", "", NAMES) for member in ("Username", "Password", "Nonce")
    )
    created = tokens[0].findtext("wsu:Created", "", NAMES)
    require(name == user, "another user")
    proof = hashlib.sha1(
        base64.b64decode(nonce) + created.encode() + password.encode(), usedforsecurity=False
    )
    require(base64.b64encode(proof.digest()).decode() == digest, "another password")
    return str(nonce)


def check_signature(message: bytes, certificate: bytes) -> set[str]:
    """The local names of what is signed, the body among them, with the key of this certificate in PEM."""
    security = security_of(message)
    envelope = security.getroottree().getroot()
    signature = security.find("ds:Signature", NAMES)
    require(signature is not None, "no Signature")
    reference = signature.find("ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference", NAMES)
    require(reference is not None and reference.get("ValueType") == _X509, "no reference to a certificate")
    token = security.find(f"wsse:BinarySecurityToken[@wsu:Id='{reference.get('URI')[1:]}']", NAMES)
    require(token is not None and token.get("ValueType") == _X509, "no certificate")
    shown = b"".join(token.text.encode().split())
    require(shown == b"".join(certificate.split(b"-----")[2].split()), "another certificate")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem)
    signed = set()
    for each in signature.findall("ds:SignedInfo/ds:Reference", NAMES):
        found = [element for element in envelope.iter("{*}*") if element.get(_ID) == each.get("URI")[1:]]
        require(len(found) == 1, "not one element of a name")
        context.register_id(found[0], "Id", NAMES["wsu"])
        signed.add(etree.QName(found[0]).localname)
    require("Body" in signed, "the body is not signed")
    try:
        context.verify(signature)
    except xmlsec.Error as error:
        raise WrongError("the signature does not fit") from error
    return signed
