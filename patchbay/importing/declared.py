"""What people say of single operations, in place of what was guessed or could not be told.

    {"listOrders": {"paging": {"style": "page", "position": "page", "items": "data"}, "batch": false}}

Operations are named by their field or their operationId; arguments by their name in GraphQL, on the wire or
in Python; members by their path on the wire, with dots ("meta.next").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.importing.lookup import field_of, row_at
from patchbay.importing.model import Batching, Operation, Paging, PagingStyle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.model import Type, TypeRef

DECLARED: Final = "declared"
"""What `why` says of what was no guess."""


class DeclaredPaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As of model.Paging; what is not given stays as it was recognised."""

    style: PagingStyle | None = None
    items: str | None = None
    position: str | None = None
    size: str | None = None
    start: int | None = None
    most: int | None = None
    total: str | None = None
    next: str | None = None
    more: str | None = None
    last_member: str | None = None


class DeclaredBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As of model.Batching; what is not given stays as it was recognised."""

    argument: str | None = None
    match: str | None = None
    items: str | None = None
    path: str | None = None
    size: str | None = None
    max_size: int | None = None
    single: str | None = None


class DeclaredOperation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of one operation.

    Args:
        paging, batch: false for none; None for what was recognised.
        mutation: whether it changes something; None for what was recognised.
    """

    paging: DeclaredPaging | Literal[False] | None = None
    batch: DeclaredBatch | Literal[False] | None = None
    mutation: bool | None = None


class Declared(msgspec.Struct, frozen=True):
    """What is said of an upstream's operations."""

    operations: dict[str, DeclaredOperation] = {}

    def check_operations(self, known: set[str]) -> None:
        """Raises ConfigurationError for an operation that is not there."""
        unknown = sorted(set(self.operations) - known)
        if unknown:
            raise ConfigurationError(
                f"declared for an operation that the description does not have: {unknown[0]}"
            )

    def applied(
        self,
        operation: Operation,
        paging: Paging | None,
        batching: Batching | None,
        types: Mapping[str, Type],
    ) -> Operation:
        """The operation with what was recognised, and what is said in its place.

        Raises:
            ConfigurationError: an argument or a member is not there, or something needed is not said.
        """
        said = self.operations.get(operation.name) or self.operations.get(operation.id) or _NOTHING_SAID
        where = f"declared for {operation.name}"
        if said.mutation is not None:
            operation = msgspec.structs.replace(operation, is_mutation=said.mutation)
        if said.paging is not None:
            paging = None if said.paging is False else _paging(operation, paging, said.paging, types, where)
        if said.batch is not None:
            batching = (
                None if said.batch is False else _batching(operation, batching, said.batch, types, where)
            )
        if operation.is_mutation:
            paging = batching = None
        return msgspec.structs.replace(operation, paging=paging, batching=batching)


NOTHING: Final = Declared()
_NOTHING_SAID: Final = DeclaredOperation()


def parse_declared(operations: Mapping[str, Any], where: str = "operations") -> Declared:
    """From plain data. Raises ConfigurationError that names the operation and what is wrong."""
    found = {}
    for name, said in operations.items():
        at = f"{where}.{name}"
        found[name] = DeclaredOperation(
            paging=_part(said, "paging", DeclaredPaging, at),
            batch=_part(said, "batch", DeclaredBatch, at),
            mutation=_flag(said, at),
        )
        unknown = sorted(set(said) - {"paging", "batch", "mutation"})
        if unknown:
            raise ConfigurationError(
                f"{at}: there is no '{unknown[0]}'; there are paging, batch and mutation"
            )
    return Declared(found)


def _part(said: Any, key: str, kind: type[Any], at: str) -> Any:
    if not isinstance(said, dict):
        raise ConfigurationError(f"{at}: has to be a table with paging, batch or mutation")
    value = said.get(key)
    if value is None or value is False:
        return value
    if not isinstance(value, dict):
        raise ConfigurationError(f"{at}.{key}: has to be false or a table")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{at}.{key}: {error}") from error


def _flag(said: dict[str, Any], at: str) -> bool | None:
    value = said.get("mutation")
    if value is not None and not isinstance(value, bool):
        raise ConfigurationError(f"{at}.mutation: has to be true or false")
    return value


def _paging(
    operation: Operation, guess: Paging | None, said: DeclaredPaging, types: Mapping[str, Type], where: str
) -> Paging:
    style = said.style or (guess.style if guess else None)
    if style is None:
        raise ConfigurationError(f"{where}: paging needs a style: {', '.join(PagingStyle)}")
    base = guess if guess is not None and guess.style is style else None
    items = base.items if said.items is None and base else _path(said.items)
    node = _row(operation, items, types, where)
    position = base.position if said.position is None and base else _argument(operation, said.position, where)
    if not position and style is not PagingStyle.LINK:
        raise ConfigurationError(
            f"{where}: paging needs a position, the argument that says where a page starts"
        )
    return Paging(
        style=style,
        items=items,
        node=node,
        position=position,
        size=base.size if said.size is None and base else _argument(operation, said.size, where),
        start=_number(said.start, base.start if base else 1, where, "start", least=0),
        most=_number(said.most, base.most if base else 100, where, "most"),
        total=base.total if said.total is None and base else _path(said.total),
        next=base.next if said.next is None and base else _path(said.next),
        more=base.more if said.more is None and base else _path(said.more),
        last_member=base.last_member if said.last_member is None and base else said.last_member or "",
        why=DECLARED,
    )


def _batching(
    operation: Operation, guess: Batching | None, said: DeclaredBatch, types: Mapping[str, Type], where: str
) -> Batching:
    argument = (
        guess.argument if said.argument is None and guess else _argument(operation, said.argument, where)
    )
    if not argument:
        raise ConfigurationError(f"{where}: batch needs an argument, the one that takes the keys")
    items = guess.items if said.items is None and guess else _path(said.items)
    row = _row(operation, items, types, where)
    match = guess.match if said.match is None and guess else said.match
    field = field_of(types, row, match) if match else None
    if field is None:
        what = (
            f"'{match}' is no member of its rows"
            if match
            else "batch needs match, the member that is the key"
        )
        raise ConfigurationError(f"{where}: {what}")
    return Batching(
        argument=argument,
        match=field.attribute,
        items=items,
        max_size=_number(said.max_size, guess.max_size if guess else 100, where, "max_size"),
        path=guess.path if said.path is None and guess else _path(said.path),
        size=guess.size if said.size is None and guess else _argument(operation, said.size, where),
        single=(guess.single if guess else "") if said.single is None else said.single,
        why=DECLARED,
    )


def _path(said: str | None) -> tuple[str, ...]:
    return tuple(part for part in (said or "").split(".") if part)


def _number(said: int | None, otherwise: int, where: str, what: str, least: int = 1) -> int:
    if said is not None and said < least:
        raise ConfigurationError(f"{where}: {what} must be at least {least}")
    return otherwise if said is None else said


def _argument(operation: Operation, said: str | None, where: str) -> str:
    """The attribute of an argument; "" where none is named."""
    if not said:
        return ""
    for argument in operation.arguments:
        if said in {argument.name, argument.attribute, argument.wire}:
            return argument.attribute
    known = ", ".join(argument.name for argument in operation.arguments) or "none"
    raise ConfigurationError(f"{where}: it has no argument '{said}'; it has {known}")


def _row(operation: Operation, items: tuple[str, ...], types: Mapping[str, Type], where: str) -> TypeRef:
    row = row_at(types, operation.result.type, items)
    if row is None:
        raise ConfigurationError(f"{where}: there is no list at items = '{'.'.join(items)}' of its answer")
    return row
