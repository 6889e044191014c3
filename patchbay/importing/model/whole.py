"""A model as a whole: one upstream, and what could not be mapped of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from patchbay.importing.model.operations import Operation
from patchbay.importing.model.types import Type


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

    def __repr__(self) -> str:
        # All of it is megabytes, and asyncio.run writes what its task answers into a text that it drops.
        return (
            f"Model({self.name!r}, {self.kind!r}, {len(self.operations)} operations, {len(self.types)} types)"
        )


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
