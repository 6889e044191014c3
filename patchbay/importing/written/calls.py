"""Calls of a REST upstream with all that OpenAPI can say of them, where the upstream's own kinds end.

    search = call(shop, "GET /orders", list[Order], query("filter", style="deepObject"), header("X-Tenant"))
    create_order = call(shop, "POST /orders", Order, body(), errors={"422": Problem})

    await search(filter={"status": "open"}, x_tenant="t1")

Arguments are texts, numbers, enums, lists, dicts by the upstream's names, and Strawberry's inputs whose
fields are `wire(...)`. One that is None or UNSET is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from patchbay.importing.model import (
    Argument,
    Body,
    BodyKind,
    ErrorAnswer,
    Model,
    Named,
    Operation,
    Part,
    Place,
    RestCall,
    Result,
    Scalar,
)
from patchbay.importing.naming import attribute
from patchbay.importing.rest.answers import answer_reader
from patchbay.importing.rest.calls import CallPlan
from patchbay.importing.rest.failures import Failures
from patchbay.importing.rest.numbers import Numbers
from patchbay.importing.rest.reads import Caller, Reading
from patchbay.importing.written.inputs import given
from patchbay.importing.written.types import RESULT, HandTypes, error_types

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from patchbay.calls import Call, Reply
    from patchbay.upstreams.rest_operations import Sender

R = TypeVar("R")

_ANYTHING: Final = Named(Scalar.JSON)
_CONTENT_TYPES: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class Called(Generic[R]):
    """An operation that is called with arguments: `await create_order(body=..., x_tenant="t1")`.

    Args:
        name: as in "GET /orders".
        source: the upstream's name.
        reading: makes the call.
    """

    def __init__(
        self, name: str, source: str, reading: Callable[[Mapping[str, Any]], Awaitable[Any]]
    ) -> None:
        self.name = name
        self.source = source
        self._reading = reading

    async def __call__(self, **arguments: Any) -> R | None:
        """What it answers; None where the upstream does not know what is asked for.

        Raises:
            InputError: an argument cannot be sent.
            UpstreamError: the call failed.
        """
        answer: R | None = await self._reading(given(arguments))
        return answer


def call(  # noqa: PLR0913 - named, and most have defaults
    upstream: Sender,
    operation: str,
    result: Any,
    *places: Argument,
    at: str | None = None,
    answer: str = "json",
    accept: str = "",
    errors: Mapping[str, Any] | None = None,
    statuses: tuple[str, ...] = (),
    idempotency_header: str = "",
    is_mutation: bool | None = None,
) -> Called[Any]:
    """A call.

    Args:
        upstream: a Rest.
        operation: method and path, with `{name}` for each `path` argument.
        result: what the answer is decoded into: a record, a list of them, a OneOf, or Any.
        places: `path`, `query`, `header`, `cookie` and `body`.
        at: where it stands in the answer, as "data"; None for the whole of it.
        answer: "json", "text", "xml", "binary" (base64 then) or "nothing" (true when it is done).
        accept: the media type that is asked for.
        errors: status ("404", "4XX", "default") -> the record of the error's body; clients see its members.
        statuses: those of success beside 2xx.
        idempotency_header: the header argument that holds an idempotency key.
        is_mutation: whether it changes something; None for what its method says.
    """
    declared = declared_operation(
        operation,
        places,
        RestCall(
            method=operation.partition(" ")[0],
            path=operation.partition(" ")[2],
            body=_body_of(places),
            accept=accept,
            statuses=statuses,
            idempotency_header=idempotency_header or None,
        ),
        BodyKind(answer),
        errors,
        is_mutation=is_mutation,
    )
    types = HandTypes(upstream.name, result, tuple(at.split(".")) if at else (), error_types(errors or {}))
    caller = caller_of(upstream, declared, types.model)
    return Called(operation, upstream.name, Reading(caller, answer_reader(upstream.name, declared, types)))


def declared_operation(
    operation: str,
    places: tuple[Argument, ...],
    rest: RestCall,
    kind: BodyKind,
    errors: Mapping[str, Any] | None,
    *,
    is_mutation: bool | None = None,
) -> Operation:
    """The model's form of what was declared."""
    return Operation(
        name=operation,
        id="",
        is_mutation=rest.method not in ("GET", "HEAD") if is_mutation is None else is_mutation,
        arguments=places,
        result=Result(kind, Named(RESULT)),
        errors=tuple(
            ErrorAnswer(status, type=Named(record.__name__)) for status, record in (errors or {}).items()
        ),
        rest=rest,
    )


def caller_of(upstream: Sender, operation: Operation, model: Model) -> Caller:
    """What makes the calls through the upstream's own pipeline."""
    assert operation.rest is not None  # noqa: S101 - narrows what was looked at before
    plan = CallPlan(operation, operation.rest, Numbers(model))
    lines: Any = _OneLine(upstream)
    return Caller(upstream.name, operation, plan, Failures(model, operation), lines)


class _OneLine:
    """See patchbay.importing.rest.lines, of an upstream with one line, which alone knows its secrets."""

    secrets: tuple[str, ...] = ()

    def __init__(self, upstream: Sender) -> None:
        self._upstream = upstream

    async def send(self, operation: str, call_: Call) -> Reply:
        """Make one call. Raises UpstreamError."""
        del operation
        return await self._upstream.send(call_)


# ------------------------------------------------------------------------------------------------ places


def path(wire: str, name: str = "", *, style: str = "simple", explode: bool = False) -> Argument:
    """An argument in the path, called `name` where it is not called as on the wire; styles are OpenAPI's."""
    return _place(Place.PATH, wire, name, style=style, explode=explode, required=True)


def query(
    wire: str,
    name: str = "",
    *,
    style: str = "form",
    explode: bool = True,
    allow_reserved: bool = False,
    content_type: str = "",
) -> Argument:
    """An argument in the query."""
    return _place(
        Place.QUERY,
        wire,
        name,
        style=style,
        explode=explode,
        allow_reserved=allow_reserved,
        content_type=content_type,
    )


def header(wire: str, name: str = "", *, explode: bool = False, content_type: str = "") -> Argument:
    """An argument in a header."""
    return _place(Place.HEADER, wire, name, style="simple", explode=explode, content_type=content_type)


def cookie(wire: str, name: str = "", *, explode: bool = True, content_type: str = "") -> Argument:
    """An argument in a cookie."""
    return _place(Place.COOKIE, wire, name, style="form", explode=explode, content_type=content_type)


class BodyArgument(Argument, frozen=True):
    """The argument that is the body, and how it is written."""

    body: Body | None = None


def body(
    name: str = "body", *, kind: str = "json", content_type: str = "", parts: tuple[Part, ...] = ()
) -> Argument:
    """The argument that is the body.

    Args:
        name: of the argument.
        kind: "json", "form", "multipart", "text", "xml" or "binary".
        content_type: where it is not the kind's usual one.
        parts: how members are written, where not as usual.
    """
    written = Body(BodyKind(kind), content_type or _CONTENT_TYPES.get(kind, ""), parts=parts)
    return BodyArgument(name=name, attribute=name, wire="", place=Place.BODY, type=_ANYTHING, body=written)


def part(
    wire: str, *, content_type: str = "", style: str = "", explode: bool = True, is_file: bool = False
) -> Part:
    """How one member of a form or multipart body is written."""
    return Part(wire, content_type=content_type, style=style, explode=explode, is_file=is_file)


def _body_of(places: tuple[Argument, ...]) -> Body | None:
    return next((each.body for each in places if isinstance(each, BodyArgument)), None)


def _place(place: Place, wire: str, name: str, **more: Any) -> Argument:
    name = name or attribute(wire)
    return Argument(name=name, attribute=name, wire=wire, place=place, type=_ANYTHING, **more)
