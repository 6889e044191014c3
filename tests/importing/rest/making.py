"""Small models made by hand, and upstreams of them over a server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from patchbay.importing.model import (
    Argument,
    Body,
    BodyKind,
    ErrorAnswer,
    Field,
    ListOf,
    Model,
    Named,
    ObjectType,
    Operation,
    Place,
    RestCall,
    Result,
    Type,
    TypeRef,
)
from patchbay.importing.records import Records
from patchbay.importing.rest import ImportedRest
from tests.patchbay.calling import runtime
from tests.patchbay.wire import Answer, Wire, json_reply

STRING = Named("String")
INT = Named("Int")
TEXTS = ListOf(STRING)

STYLES = {Place.PATH: "simple", Place.QUERY: "form", Place.HEADER: "simple", Place.COOKIE: "form"}


def argument(name: str, place: Place, type_: TypeRef = STRING, **more: Any) -> Argument:
    """An argument that is called the same everywhere, in its place's usual style unless told otherwise."""
    style = more.pop("style", STYLES.get(place, ""))
    explode = more.pop("explode", style in ("form", "deepObject"))
    wire = more.pop("wire", name)
    return Argument(name, name, wire, place, type_, style=style, explode=explode, **more)


def path(name: str, type_: TypeRef = STRING, **more: Any) -> Argument:
    return argument(name, Place.PATH, type_, **{"required": True, **more})


def query(name: str, type_: TypeRef = STRING, **more: Any) -> Argument:
    return argument(name, Place.QUERY, type_, **more)


def header(name: str, type_: TypeRef = STRING, **more: Any) -> Argument:
    return argument(name, Place.HEADER, type_, **more)


def body(type_: TypeRef = STRING, **more: Any) -> Argument:
    return argument("body", Place.BODY, type_, **more)


def operation(
    call: str = "GET /things",
    *arguments: Argument,
    result: TypeRef = STRING,
    kind: BodyKind = BodyKind.JSON,
    takes: Body | None = None,
    errors: tuple[ErrorAnswer, ...] = (),
    rest: Mapping[str, Any] | None = None,
    **more: Any,
) -> Operation:
    """An operation as "GET /things/{id}"; what is no GET changes something unless told otherwise."""
    method, _, where = call.partition(" ")
    return Operation(
        name=more.pop("name", "things"),
        id="",
        is_mutation=more.pop("is_mutation", method != "GET"),
        arguments=arguments,
        result=Result(kind, result),
        errors=errors,
        rest=RestCall(method, where, takes, **(rest or {})),
        **more,
    )


def thing(name: str, *fields: Field) -> ObjectType:
    return ObjectType(name, fields)


def field(name: str, type_: TypeRef = STRING, **more: Any) -> Field:
    return Field(name, more.pop("attribute", name), more.pop("wire", name), type_, **more)


def model(*operations: Operation, types: tuple[Type, ...] = (), **more: Any) -> Model:
    known = {each.name: each for each in types}
    return Model("shop", "rest", "Shop", operations, known, **more)


@asynccontextmanager
async def opened(upstream: ImportedRest, **values: str) -> AsyncIterator[ImportedRest]:
    """The upstream, open with these environment variables."""
    await upstream.open(runtime(**values))
    try:
        yield upstream
    finally:
        await upstream.close()


class Echo:
    """An upstream of one model over a server that answers what it is told to and keeps what it was asked."""

    def __init__(self, upstream: ImportedRest, wire: Wire) -> None:
        self.upstream = upstream
        self.wire = wire
        self.records = Records(upstream.model)

    async def ask(self, **arguments: Any) -> Any:
        """The value of the first operation."""
        return await self.of(self.upstream.model.operations[0], **arguments)

    async def of(self, operation: Operation, /, **arguments: Any) -> Any:
        """The value of any operation."""
        return await self.upstream.reading(operation, self.records)(arguments)

    @property
    def last(self) -> Any:
        """The last request."""
        return self.wire.requests[-1]


@asynccontextmanager
async def served(
    of: Model | Operation, answer: Answer | bytes | None = None, **values: Any
) -> AsyncIterator[Echo]:
    """The model behind a server on loopback; options of the upstream are given in lower case."""
    whole = model(of) if isinstance(of, Operation) else of
    options = {name: values.pop(name) for name in list(values) if name.islower()}
    async with Wire(json_reply("well") if answer is None else answer) as wire:
        upstream = ImportedRest(whole, **options)
        async with opened(upstream, **{"SHOP_URL": wire.url, **values}):
            yield Echo(upstream, wire)
