"""SOAP 1.1 messages: reading an envelope, checking its UsernameToken, writing answers and faults."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from lxml import etree
from lxml.builder import ElementMaker

from demo import answers

ERP: Final = "urn:patchbay:demo:erp"
ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE: Final = f"{OASIS}wssecurity-secext-1.0.xsd"
WSU: Final = f"{OASIS}wssecurity-utility-1.0.xsd"
TOKEN_AGE_MAX: Final = timedelta(minutes=5)

E: Final = ElementMaker(namespace=ERP, nsmap={None: ERP})
S: Final = ElementMaker(namespace=ENVELOPE, nsmap={"soap": ENVELOPE})


class SoapFault(Exception):
    """A fault to answer with; `code` as it stands in <faultcode>, `detail` its typed content."""

    def __init__(self, code: str, text: str, detail: etree._Element | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail


class Call(NamedTuple):
    """A request: its envelope and the one element of its body."""

    envelope: etree._Element
    content: etree._Element

    @property
    def operation(self) -> str:
        """The local name of the body's element."""
        return etree.QName(self.content).localname


def read(body: bytes) -> Call:
    """The call in `body`; SoapFault(soap:Client) for anything but an envelope around one element."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        envelope = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFault("soap:Client", "The message is not well-formed XML.") from error
    if envelope.getroottree().docinfo.internalDTD is not None:
        raise SoapFault("soap:Client", "A message has no document type.")
    bodies = envelope.findall(f"{{{ENVELOPE}}}Body") if envelope.tag == f"{{{ENVELOPE}}}Envelope" else []
    contents = [each for body_element in bodies for each in body_element.iterchildren("{*}*")]
    if len(contents) != 1:
        raise SoapFault("soap:Client", "The message is not a SOAP 1.1 envelope around one element.")
    return Call(envelope, contents[0])


def authenticate(call: Call, user: str, password: str) -> None:
    """SoapFault(wsse:FailedAuthentication) unless the token proves user and password, in text or digest."""
    path = f"{{{ENVELOPE}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken/"
    given = call.envelope.find(f"{path}{{{WSSE}}}Password")
    name = call.envelope.findtext(f"{path}{{{WSSE}}}Username") or ""
    right = False
    if given is not None:
        text, kind = given.text or "", given.get("Type", "#PasswordText")
        if kind.endswith("#PasswordDigest"):
            nonce = call.envelope.findtext(f"{path}{{{WSSE}}}Nonce") or ""
            created = call.envelope.findtext(f"{path}{{{WSU}}}Created") or ""
            right = _fresh(created) and answers.same(text, _digest(nonce, created, password))
        else:
            right = answers.same(text, password)
    if not (answers.same(name, user) and right):
        raise SoapFault("wsse:FailedAuthentication", "The security token could not be authenticated.")


def _digest(nonce: str, created: str, password: str) -> str:
    try:
        random = base64.b64decode(nonce, validate=True)
    except binascii.Error:
        return ""
    # The WS-Security profile prescribes SHA-1.
    proof = hashlib.sha1(random + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(proof.digest()).decode()


def _fresh(created: str) -> bool:
    try:
        at = datetime.fromisoformat(created)
    except ValueError:
        return False
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return abs(datetime.now(UTC) - at) <= TOKEN_AGE_MAX


def element(name: str, members: Mapping[str, object]) -> etree._Element:
    """``<name>`` in the ERP's namespace with one child for each member."""
    return E(name, *(E(each, str(value)) for each, value in members.items()))


def answer(content: etree._Element) -> bytes:
    """An envelope around `content`."""
    return etree.tostring(S.Envelope(S.Body(content)), xml_declaration=True, encoding="utf-8")


def fault(error: SoapFault) -> bytes:
    """An envelope with the fault."""
    plain = ElementMaker(nsmap={"wsse": WSSE, "soap": ENVELOPE})
    content = S.Fault(plain.faultcode(error.code), plain.faultstring(error.text))
    if error.detail is not None:
        content.append(plain.detail(error.detail))
    return answer(content)
