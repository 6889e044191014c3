"""How the operations of a model are called, and what comes back."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from patchbay.importing.model.references import TypeRef
from patchbay.importing.model.types import XmlField, XmlType


class Place(StrEnum):
    """Where an argument goes."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"
    MESSAGE = "message"
    """The body of a SOAP message: a member of the wrapper element, or a part."""
    SOAP_HEADER = "soap_header"


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One argument of an operation's field.

    Args:
        name: in GraphQL.
        attribute: under which the value is handed to the call, a Python identifier.
        wire: the parameter's name.
        place: see Place.
        type: see TypeRef.
        required: it has to be given.
        description, deprecated, default: as of Field.
        style: OpenAPI's, always set for path, query, header and cookie: "form", "simple", "deepObject" and
            so on.
        explode: OpenAPI's, likewise.
        allow_reserved: OpenAPI's.
        content_type: of a parameter whose value is written in a media type ("application/json"); else "".
        xml: of a SOAP argument.
    """

    name: str
    attribute: str
    wire: str
    place: Place
    type: TypeRef
    required: bool = False
    description: str | None = None
    deprecated: str | None = None
    default: str | None = None
    style: str = ""
    explode: bool = False
    allow_reserved: bool = False
    content_type: str = ""
    xml: XmlField | None = None


class BodyKind(StrEnum):
    """How a body is written or read."""

    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    TEXT = "text"
    XML = "xml"
    """As text."""
    BINARY = "binary"
    NOTHING = "nothing"


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one member of a form or multipart body is written, where not as usual (OpenAPI's `encoding`)."""

    wire: str
    content_type: str = ""
    style: str = ""
    explode: bool = True
    is_file: bool = False


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a request; its value is the argument whose place is BODY."""

    kind: BodyKind
    content_type: str
    required: bool = False
    parts: tuple[Part, ...] = ()


class ErrorAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an operation answers with when it fails.

    Args:
        status: "404", "4XX" or "default"; of SOAP the fault's name.
        content_type: "application/problem+json" and the like; "" for SOAP.
        type: what is declared of the body; None where nothing is.
        description: the description's sentence.
        xml_name: "{namespace}name" of a SOAP fault's element in `detail`.
    """

    status: str
    content_type: str = ""
    type: TypeRef | None = None
    description: str | None = None
    xml_name: str = ""


class RestCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a REST operation is called.

    Args:
        method: upper case.
        path: as the document has it, with `{name}` for each PATH argument's `wire`.
        body: None where none is sent.
        accept: the media type that is asked for; "" where none is declared.
        server: an address of the operation's own, else "".
        statuses: those of success that are declared, as "200", "2XX"; empty where none is (then any 2xx).
        idempotency_header: where the document takes an idempotency key.
        headers: (name, value) of headers that have the same value in each call.
    """

    method: str
    path: str
    body: Body | None = None
    accept: str = ""
    server: str = ""
    statuses: tuple[str, ...] = ()
    idempotency_header: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class SoapVersion(StrEnum):
    """Of an envelope."""

    V1_1 = "1.1"
    V1_2 = "1.2"


class SoapMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request or a response.

    Args:
        element: "{namespace}name" of the only element in the body: the wrapper, an rpc operation's name, or a
            bare part's element. "" for an empty body.
        xml: how the parts (of document style with several: each an element of its own) are written.
        bare: the body holds the parts' elements themselves, without an element around them.
    """

    element: str = ""
    xml: XmlType | None = None
    bare: bool = False


class SoapCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a SOAP operation is called.

    Args:
        port: the port's name.
        address: the port's address as the WSDL has it; "" where it has none.
        version: of the envelope.
        action: SOAPAction.
        operation: the operation's name in the WSDL.
        rpc: whether the style is rpc; else document.
        encoded: whether the use is encoded; else literal.
        request: see SoapMessage; its members are the operation's arguments.
        response: see SoapMessage.
        result_path: wire names from the response's element down to what the operation's result is, as
            ("Levels", "Level") where wrappers with one member are left out; () for all of it.
        one_way: no answer comes.
        result_xml: how what stands there is written; None for elements as usual.
    """

    port: str
    address: str
    version: SoapVersion
    action: str
    operation: str
    request: SoapMessage
    response: SoapMessage
    rpc: bool = False
    encoded: bool = False
    result_path: tuple[str, ...] = ()
    one_way: bool = False
    result_xml: XmlField | None = None


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an operation answers when it succeeds.

    Args:
        kind: how the answer is read. NOTHING is a Boolean to clients: true, when it is done.
        type: String for text and XML, Base64 for binary, Boolean for nothing.
        content_type: the declared one.
    """

    kind: BodyKind
    type: TypeRef
    content_type: str = ""
