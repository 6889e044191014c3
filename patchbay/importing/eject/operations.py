"""The operations of an ejected REST upstream, in the words of the house's kinds or of `written`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from patchbay.importing.eject.annotations import WRITTEN
from patchbay.importing.eject.arguments import said_argument
from patchbay.importing.eject.python import Expression, Group, Item, Text, call, literal
from patchbay.importing.model import (
    BodyKind,
    ListOf,
    MapOf,
    Named,
    ObjectType,
    Place,
    Scalar,
    UnionType,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.eject.names import Names
    from patchbay.importing.model import Argument, Model, Operation, RestCall, TypeRef

_ARGUMENT: Final = re.compile(r"[a-z_][a-z0-9_]*")
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_.~\[\]$-]+")
_PATH: Final = re.compile(r"/[^?#\s{}]*(?:\{[a-z_][a-z0-9_]*\}[^?#\s{}]*)*")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_TEXTS: Final = frozenset((Scalar.STRING, Scalar.ID, Scalar.INT, Scalar.SAFE_INT))
_PLAIN_MEMBER: Final = re.compile(r"[^.]+")

_HOUSE_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Kind(StrEnum):
    """How an operation is said."""

    EACH = "each"
    LIST = "list"
    PAGES = "pages"
    CALL = "call"


class Operations:
    """Says them.

    Args:
        model: whose.
        names: of it.
        annotations: of it.
        imports: of the file.
    """

    def __init__(self, model: Model, names: Names, annotations: Annotations, imports: Imports) -> None:
        self._model = model
        self._names = names
        self._annotations = annotations
        self._imports = imports

    def kind(self, operation: Operation) -> Kind:
        """How it is said."""
        rest = operation.rest
        if operation.paging is not None and not operation.is_mutation:
            return Kind.PAGES
        if rest is None:
            return Kind.CALL
        if operation.is_mutation or not _is_plain(operation, rest):
            return Kind.CALL
        places = {each.place for each in operation.arguments}
        result = operation.result.type
        if places == {Place.PATH} and self._is_record(result) and self.template(operation) is not None:
            return Kind.EACH
        is_list = isinstance(result, ListOf) and not result.nullable_items and self._is_record(result.item)
        are_needed = all(each.required for each in operation.arguments)
        if places <= {Place.QUERY} and is_list and are_needed and self.template(operation) is not None:
            return Kind.LIST
        return Kind.CALL

    def said(self, operation: Operation) -> Expression:
        """The expression that declares it."""
        kind = self.kind(operation)
        if operation.soap is not None:
            return self._soap(operation, kind)
        if kind is Kind.PAGES:
            return self._pages(operation)
        if kind is Kind.CALL:
            return self._call(operation)
        result = operation.result.type
        row = result.item if isinstance(result, ListOf) else result
        template = Text(self.template(operation) or "")
        return call(f"{self._model.name}.{kind}", template, self._annotations.record(row, self._imports))

    def _soap(self, operation: Operation, kind: Kind) -> Expression:
        paging = operation.paging
        ref = paging.node if kind is Kind.PAGES and paging is not None else operation.result.type
        record = self._annotations.record(ref, self._imports)
        return call(f"{self._model.name}.{kind}", Text(operation.name), record)

    def _soap_batch(self, operation: Operation) -> tuple[str, Expression] | None:
        batching, row = operation.batching, self.row(operation)
        if batching is None or row is None or operation.is_mutation:
            return None
        items = tuple(Item(Text(each)) for each in batching.items)
        declared = call(
            f"{self._model.name}.by_keys",
            Text(operation.name),
            self._annotations.record(Named(row.name), self._imports),
            keys=Group("(", (Item(Text(batching.argument)),), ",)"),
            match=Text(batching.match),
            max_size=str(batching.max_size),
            items=Group("(", items, ",)" if len(items) == 1 else ")") if items else None,
        )
        return f"{self._names.operation(operation.name)}_by_{batching.match}s", declared

    # --------------------------------------------------------------------------------- the house's kinds

    def template(self, operation: Operation) -> str | None:
        """The operation as the house's template; None where that cannot say it."""
        rest = operation.rest
        if rest is None or rest.method not in _HOUSE_METHODS:
            return None
        by_wire = {each.wire: each.attribute for each in operation.arguments if each.place is Place.PATH}
        path = _PLACE.sub(lambda match: f"{{{by_wire.get(match[1], match[1])}}}", rest.path)
        parameters = [self._parameter(each) for each in operation.arguments if each.place is Place.QUERY]
        if None in parameters or _PATH.fullmatch(path) is None or not all(map(_is_text, operation.arguments)):
            return None
        query = "&".join(filter(None, parameters))
        return f"{rest.method} {path}?{query}" if query else f"{rest.method} {path}"

    def _parameter(self, argument: Argument, place: str = "") -> str | None:
        is_plain = argument.style == "form" and not argument.content_type and not argument.allow_reserved
        if not is_plain or _PARAMETER.fullmatch(argument.wire) is None:
            return None
        explode = "*" if argument.explode and isinstance(argument.type, ListOf) else ""
        return f"{argument.wire}={{{place or argument.attribute}{explode}}}"

    def batch(self, operation: Operation) -> tuple[str, Expression] | None:
        """Name and declaration of the read by many keys; None where there is none that the house can say."""
        batching, rest = operation.batching, operation.rest
        if operation.soap is not None:
            return self._soap_batch(operation)
        if batching is None or rest is None or operation.is_mutation or rest.method != "GET":
            return None
        keys = [each for each in operation.arguments if each.attribute == batching.argument]
        needed = [each for each in operation.arguments if each.required and each not in keys]
        row = self.row(operation)
        if not keys or needed or row is None or keys[0].place is not Place.QUERY or "{" in rest.path:
            return None
        parameter = self._parameter(keys[0], "ids")
        if parameter is None or not all(map(_PLAIN_MEMBER.fullmatch, batching.items)):
            return None
        record = self._annotations.record(Named(row.name), self._imports)
        match = self._names.field(row.name, batching.match)
        declared = call(
            f"{self._model.name}.batch",
            Text(f"GET {rest.path}?{parameter}"),
            record,
            match=Text(match),
            at=Text(".".join(batching.items)) if batching.items else None,
            max_size=str(batching.max_size),
        )
        return f"{self._names.operation(operation.name)}_by_{match}s", declared

    def row(self, operation: Operation) -> ObjectType | None:
        """The object type of the rows of a batch operation."""
        ref: TypeRef | None = operation.result.type
        for member in operation.batching.items if operation.batching is not None else ():
            type_ = self._model.types.get(ref.name) if isinstance(ref, Named) else None
            fields = type_.fields if isinstance(type_, ObjectType) else ()
            ref = next((each.type for each in fields if each.wire == member), None)
        item = ref.item if isinstance(ref, ListOf) else None
        type_ = self._model.types.get(item.name) if isinstance(item, Named) else None
        return type_ if isinstance(type_, ObjectType) and not type_.is_value else None

    def _is_record(self, ref: TypeRef) -> bool:
        type_ = self._model.types.get(ref.name) if isinstance(ref, Named) else None
        return isinstance(type_, ObjectType) and not type_.is_value

    # -------------------------------------------------------------------------------------------- written

    def _call(self, operation: Operation) -> Expression:
        rest = operation.rest
        assert rest is not None  # noqa: S101 - narrows what was looked at before
        kind = operation.result.kind
        return call(
            self._imports.add(WRITTEN, "call"),
            self._model.name,
            Text(f"{rest.method} {rest.path}"),
            self._result(operation.result.type) if kind is BodyKind.JSON else _python_of(kind),
            *(said_argument(each, rest.body, self._imports) for each in operation.arguments),
            answer=None if kind is BodyKind.JSON else Text(str(kind)),
            accept=_accept(rest),
            errors=self._errors(operation),
            statuses=_statuses(rest),
            idempotency_header=Text(rest.idempotency_header) if rest.idempotency_header else None,
            is_mutation=_mutation(operation, rest),
        )

    def _pages(self, operation: Operation) -> Expression:
        rest, paging = operation.rest, operation.paging
        assert rest is not None  # noqa: S101 - as above
        assert paging is not None  # noqa: S101 - as above
        return call(
            self._imports.add(WRITTEN, "pages"),
            self._model.name,
            Text(f"{rest.method} {rest.path}"),
            self._result(paging.node),
            *(said_argument(each, rest.body, self._imports) for each in operation.arguments),
            style=Text(str(paging.style)),
            items=_dotted(paging.items),
            position=Text(paging.position) if paging.position else None,
            size=Text(paging.size) if paging.size else None,
            start=str(paging.start) if paging.start != 1 else None,
            most=str(paging.most) if paging.most != 100 else None,  # noqa: PLR2004 - plain where it stands
            total=_dotted(paging.total),
            next=_dotted(paging.next),
            more=_dotted(paging.more),
            last_member=Text(paging.last_member) if paging.last_member else None,
            accept=_accept(rest),
            errors=self._errors(operation),
        )

    def _result(self, ref: TypeRef) -> str:
        """What an answer is decoded into."""
        if self._annotations.is_indirect(ref):
            return self._indirect(ref)
        return self._annotations.record(ref, self._imports)

    def _indirect(self, ref: TypeRef) -> str:
        """A union, a list of one, or a map as the whole answer."""
        inner = ref
        while isinstance(inner, ListOf):
            inner = inner.item
        if isinstance(inner, Named) and isinstance(self._model.types.get(inner.name), UnionType):
            return self._names.union(inner.name)
        if isinstance(inner, MapOf):
            return f"{self._imports.add(WRITTEN, 'Entries')}({self._names.type(inner.entry)})"
        return self._imports.add("typing", "Any")

    def _errors(self, operation: Operation) -> Expression | None:
        """Statuses and the records of their bodies, where these are objects."""
        found = [
            Item(self._annotations.record(each.type, self._imports), f"{literal(each.status)}: ")
            for each in operation.errors
            if each.type is not None and self._is_record(each.type)
        ]
        return Group("{", tuple(found), "}") if found else None


def _is_plain(operation: Operation, rest: RestCall) -> bool:
    """Whether nothing is said of the call that the house's kinds cannot say."""
    return (
        rest.method == "GET"
        and rest.body is None
        and operation.result.kind is BodyKind.JSON
        and rest.accept in ("", "application/json")
        and all(each.style in ("simple", "form") and not each.content_type for each in operation.arguments)
        and not any(each.place is Place.PATH and each.explode for each in operation.arguments)
    )


def _is_text(argument: Argument) -> bool:
    """Whether a template writes the argument's values as the description wants it."""
    ref = argument.type
    if argument.place is Place.QUERY and isinstance(ref, ListOf):
        ref = ref.item
    is_scalar = isinstance(ref, Named) and ref.name in _TEXTS
    return is_scalar and _ARGUMENT.fullmatch(argument.attribute) is not None


def is_number(argument: Argument) -> bool:
    """Whether the argument is a whole number."""
    return isinstance(argument.type, Named) and argument.type.name in (Scalar.INT, Scalar.SAFE_INT)


def _python_of(kind: BodyKind) -> str:
    return "bool" if kind is BodyKind.NOTHING else "str"


def _accept(rest: RestCall) -> Expression | None:
    return Text(rest.accept) if rest.accept not in ("", "application/json") else None


def _statuses(rest: RestCall) -> Expression | None:
    """Those of success that are none of HTTP's."""
    odd = [each for each in rest.statuses if not each.startswith("2")]
    if not odd:
        return None
    return Group("(", tuple(Item(Text(each)) for each in odd), ",)" if len(odd) == 1 else ")")


def _mutation(operation: Operation, rest: RestCall) -> Expression | None:
    usual = rest.method not in ("GET", "HEAD")
    return None if operation.is_mutation is usual else str(operation.is_mutation)


def _dotted(members: Sequence[str]) -> Expression | None:
    return Text(".".join(members)) if members else None
