"""What an import knows of an upstream: operations and types, with the names that clients see and those on the
wire.

    OpenAPI document -> Model <- WSDL
                          |
        records, Strawberry types, calls; report, compiled cache, drift, ejected files

A model is plain data: it holds no document, no class and no function, can be kept on disk as it is
(patchbay.importing.cache), and two can be compared (patchbay.importing.drift). Types refer to each other by
name, so that cycles are no trouble.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

# --------------------------------------------------------------------------------------------- references


class Named(msgspec.Struct, frozen=True, tag="named"):
    """A scalar (see Scalar) or one of the model's types, by its name."""

    name: str


class ListOf(msgspec.Struct, frozen=True, tag="list"):
    """A list. `nullable_items` tells whether null may stand in it."""

    item: TypeRef
    nullable_items: bool = False


class MapOf(msgspec.Struct, frozen=True, tag="map"):
    """A JSON object with any member names and values of one type; clients see a list of `entry` objects.

    `entry` is the name of the model's object (or input) type with the fields `key` and `value`.
    """

    value: TypeRef
    entry: str


TypeRef: TypeAlias = Named | ListOf | MapOf


class Scalar(StrEnum):
    """Names of scalars. On the wire and in records each is a text, unless something else is said."""

    STRING = "String"
    ID = "ID"
    INT = "Int"
    """A whole number of 32 bits."""
    SAFE_INT = "SafeInt"
    """A whole number up to 2^53 - 1 (patchbay.scalars): OpenAPI's int64, and `integer` without bounds."""
    BIG_INT = "BigInt"
    """A whole number of any size: a text to clients, a number on the wire of JSON."""
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    DECIMAL = "Decimal"
    """An exact number: a text to clients; JSON carries a text or a number."""
    DATE_TIME = "DateTime"
    DATE = "Date"
    TIME = "Time"
    DURATION = "Duration"
    UUID = "UUID"
    BASE64 = "Base64"
    """Bytes."""
    JSON = "JSON"
    """Anything, where the description says no more."""
    UPLOAD = "Upload"
    """A file in a request: a text, or bytes as base64, with name and type; see patchbay.importing.rest."""


# -------------------------------------------------------------------------------------------------- types


class XmlKind(StrEnum):
    """What a field is in XML."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    """The text of an element that has attributes beside it (simple content)."""
    ANY = "any"
    """Whatever an `xs:any` holds: a JSON value to clients."""


class XmlField(msgspec.Struct, frozen=True):
    """How a field is written in XML.

    Args:
        kind: see XmlKind.
        namespace: of the element or attribute; "" for none.
        nillable: whether `xsi:nil` may stand for the value.
        many: the element may occur more than once; the field's type is a ListOf then.
        spaced: one text holds a list, with spaces between (xs:list).
        type_name: "{namespace}name" of the declared type, for xsi:type in encoded messages; "" if unnamed.
        needed: the element has to be there: with `xsi:nil` where nothing is given.
    """

    kind: XmlKind = XmlKind.ELEMENT
    namespace: str = ""
    nillable: bool = False
    many: bool = False
    spaced: bool = False
    type_name: str = ""
    needed: bool = False


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of an object or input type.

    Args:
        name: in GraphQL.
        attribute: of the record, a Python identifier.
        wire: the JSON member's or the XML element's local name.
        type: see TypeRef.
        required: the description promises that it is there and not null (GraphQL's `!`); of an input: it has
            to be given.
        description: for the schema; None where there is none.
        deprecated: the reason; None where it is not.
        default: of an input, as JSON in a text; None where there is none. For the description alone: what is
            not given is not sent.
        tag: of an alternative of a `one_of` input: (member, value) that the wire's object has beside what is
            given, as its discriminator.
        xml: how it is written in XML; None for JSON.
    """

    name: str
    attribute: str
    wire: str
    type: TypeRef
    required: bool = False
    description: str | None = None
    deprecated: str | None = None
    default: str | None = None
    tag: tuple[str, str] | None = None
    xml: XmlField | None = None


class XmlType(msgspec.Struct, frozen=True, omit_defaults=True):
    """What XML needs to know of a type.

    Args:
        name: "{namespace}name", or "" for an unnamed type.
        subtypes: "{namespace}name" of each type that may stand in its place by xsi:type -> the model's type.
        abstract: no value is of this type itself.
        ordered: elements come in the fields' order (xs:sequence); else in any.
        array_of: of a SOAP-encoded array: "{namespace}name" of its items; "" for all others.
            Such a type has one field, which is a list; its wire name is "*": elements of any name in a
            reply, and `item` in a request.
    """

    name: str = ""
    subtypes: dict[str, str] = {}
    abstract: bool = False
    ordered: bool = True
    array_of: str = ""


class ObjectType(msgspec.Struct, frozen=True, omit_defaults=True, tag="object"):
    """An object that answers hold. `is_value`: on the wire it is the bare value of its only field, `value`.

    Unions cannot hold scalars and lists, so that these are wrapped.
    """

    name: str
    fields: tuple[Field, ...]
    description: str | None = None
    is_value: bool = False
    xml: XmlType | None = None


class InputType(msgspec.Struct, frozen=True, omit_defaults=True, tag="input"):
    """An object that requests hold. `one_of`: exactly one field is given; its value alone is the wire's."""

    name: str
    fields: tuple[Field, ...]
    description: str | None = None
    one_of: bool = False
    xml: XmlType | None = None


class EnumValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value: its name in GraphQL, and what stands for it on the wire."""

    name: str
    value: str | int | float | bool
    description: str | None = None
    deprecated: str | None = None


class EnumType(msgspec.Struct, frozen=True, omit_defaults=True, tag="enum"):
    """An enum, for answers and requests alike."""

    name: str
    values: tuple[EnumValue, ...]
    description: str | None = None


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a union: an object type, and the discriminator's values that tell it."""

    type: str
    values: tuple[str, ...] = ()


class UnionType(msgspec.Struct, frozen=True, omit_defaults=True, tag="union"):
    """One of several object types.

    Args:
        discriminator: the JSON member that tells which; None where it has to be told by what is there: the
            member type whose required members are all there, and of several the one that knows most members.
        xml: of SOAP: `subtypes` has the member for each `xsi:type`; each member's `values` holds that name.
    """

    name: str
    members: tuple[Member, ...]
    discriminator: str | None = None
    description: str | None = None
    xml: XmlType | None = None


Type: TypeAlias = ObjectType | InputType | EnumType | UnionType

# --------------------------------------------------------------------------------------------- operations


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


class PagingStyle(StrEnum):
    """How pages are told apart."""

    OFFSET = "offset"
    """`position` takes how many rows to leave out."""
    PAGE = "page"
    """`position` takes the number of the page, the first being `start`."""
    CURSOR = "cursor"
    """`position` takes what the answer before had at `next`, or the `last_member` of its last row."""
    LINK = "link"
    """The answer's Link header has the address of the next page."""


class Paging(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an operation's answers are pages of one list.

    Args:
        style: see PagingStyle.
        items: member names (wire) from the answer's top to the rows; () for the answer itself.
        node: what a row is.
        position: the argument (attribute) that says where a page starts; "" for LINK.
        size: the argument (attribute) that takes how many rows a page has; "" where there is none.
        start: the first page's number.
        most: the most rows of a page, as declared; 100 where nothing is said.
        total: member names to the number of all rows; () where it is not told.
        next: member names to the cursor or address of the next page; () where there is none.
        more: member names to whether there is a next page; () where that is not told.
        last_member: of CURSOR: the wire member of the last row that is the next position.
        why: what it was recognised by, as a sentence's part; "declared" where it was not a guess.
    """

    style: PagingStyle
    items: tuple[str, ...]
    node: TypeRef
    position: str = ""
    size: str = ""
    start: int = 1
    most: int = 100
    total: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    last_member: str = ""
    why: str = ""


class Batching(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operation that takes many keys and answers a row for each that it knows.

    Args:
        argument: (attribute) that takes the keys.
        match: the row's attribute that holds the key.
        path: member names (wire) from the argument's value down to the list of keys, as ("Sku",) of
            `{"Sku": [...]}`; () where the argument is that list.
        items: member names (wire) from the answer's top to the rows.
        max_size: keys in one call.
        single: the name of the sibling that takes one key; "" where there is none.
        why: as of Paging.
        size: the argument (attribute) that takes how many rows an answer has: it is given the number of keys,
            because its default may be less; "" where there is none.
    """

    argument: str
    match: str
    items: tuple[str, ...] = ()
    max_size: int = 100
    single: str = ""
    why: str = ""
    path: tuple[str, ...] = ()
    size: str = ""


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation: a field of Query or Mutation.

    Args:
        name: of the field, unique in the model.
        id: operationId, or the WSDL's name; "" where there is none.
        is_mutation: it changes something.
        arguments: in their order.
        result: see Result.
        errors: see ErrorAnswer.
        tags: the document's.
        rest, soap: how it is called; one of the two is set.
        batching, paging: what was recognised or declared of it.
        security: names of the schemes that it needs, one tuple per alternative; () for none, None for the
            model's.
        description, deprecated: as of Field.
        pointer: where it stands: a JSON pointer, or a line of the WSDL.
    """

    name: str
    id: str
    is_mutation: bool
    arguments: tuple[Argument, ...]
    result: Result
    errors: tuple[ErrorAnswer, ...] = ()
    tags: tuple[str, ...] = ()
    rest: RestCall | None = None
    soap: SoapCall | None = None
    batching: Batching | None = None
    paging: Paging | None = None
    security: tuple[tuple[str, ...], ...] | None = None
    description: str | None = None
    deprecated: str | None = None
    pointer: str = ""


# ---------------------------------------------------------------------------------------------- the whole


class SecurityKind(StrEnum):
    """What proves who calls."""

    API_KEY_HEADER = "api_key_header"
    API_KEY_QUERY = "api_key_query"
    API_KEY_COOKIE = "api_key_cookie"
    BASIC = "basic"
    BEARER = "bearer"
    CLIENT_CREDENTIALS = "client_credentials"
    """OAuth 2.0 with a token endpoint."""
    OTHER = "other"
    """OpenID Connect, HTTP digest, interactive flows of OAuth 2.0: a token has to be given as BEARER's."""


class Security(msgspec.Struct, frozen=True, omit_defaults=True):
    """One security scheme. `parameter`: the header's, query parameter's or cookie's name."""

    name: str
    kind: SecurityKind
    parameter: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    description: str | None = None


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of an object type that is read by an operation of the same model (OpenAPI's `links`).

    Args:
        type: the object type.
        field: the field's name on it.
        operation: the name of the operation that is asked.
        arguments: argument (attribute) -> the object's attribute whose value it takes.
        why: as of Paging.
    """

    type: str
    field: str
    operation: str
    arguments: dict[str, str]
    why: str = ""


class Severity(StrEnum):
    """How much a problem takes away."""

    LEFT_OUT = "left_out"
    """An operation, or a whole part, is not served."""
    WEAKER = "weaker"
    """It is served, with less than the description may mean: a JSON scalar, an argument left out."""
    NOTE = "note"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What could not be mapped as it stands.

    Args:
        severity: see Severity.
        file: the document's name as people know it.
        at: a JSON pointer ("/paths/~1orders/get"), or "line 12".
        reason: a sentence's part, as in "takes a body of type application/pdf".
    """

    severity: Severity
    file: str
    at: str
    reason: str


class Model(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is known of one upstream.

    Args:
        name: of the upstream.
        kind: "rest" or "soap".
        title, version, description: the document's.
        servers: addresses, the first being the one to use; variables are replaced by their defaults.
        operations: that are included, in the document's order.
        types: name -> type, of all that these reach.
        edges: see Edge.
        security: scheme's name -> scheme.
        requires: alternatives of schemes that hold where an operation says nothing else.
        problems: see Problem.
        offered: how many operations the document has, included or not.
        excluded: how many of them were left out on purpose.
    """

    name: str
    kind: str
    title: str
    operations: tuple[Operation, ...]
    types: dict[str, Type]
    version: str = ""
    description: str | None = None
    servers: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    security: dict[str, Security] = {}
    requires: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Problem, ...] = ()
    offered: int = 0
    excluded: int = 0


class Selection(msgspec.Struct, frozen=True):
    """Which operations are wanted: patterns (fnmatch) of operation ids, field names, or "tag:NAME".

    Args:
        include: () for all.
        exclude: wins over include.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def encode_model(model: Model) -> bytes:
    """The model as bytes that `decode_model` takes."""
    return msgspec.msgpack.encode(model)


def decode_model(content: bytes) -> Model:
    """The model. Raises msgspec.DecodeError or msgspec.ValidationError for bytes of another version."""
    return _DECODER.decode(content)


_DECODER = msgspec.msgpack.Decoder(Model)
