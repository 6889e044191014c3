"""Bytes of an upstream -> records, with errors that say where and never what.

msgspec decodes straight into frozen structs: unknown members are skipped, wrong ones end in UpstreamBadData
with the path of the member. Where one row of a list is wrong, the other rows still come through.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.errors import ConfigurationError, UpstreamBadData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

R = TypeVar("R")

DECODE_ERRORS = (ValueError, RecursionError)
"""What msgspec raises for bytes that are not what was declared; RecursionError for nesting without end."""

_AT = re.compile(r" - at `(?P<path>[^`]*)`$")
_TYPES_ONLY = re.compile(r"Expected `[^`]*`, got `[^`]*`|Object missing required field `[^`]*`")


def bad_data(source: str, error: Exception, prefix: str = "$") -> UpstreamBadData:
    """The error of a failed decode, without any of the data.

    Args:
        source: the upstream's name.
        error: what msgspec raised.
        prefix: the path of what was decoded inside the whole body.
    """
    if isinstance(error, msgspec.ValidationError):
        text = str(error)
        at = _AT.search(text)
        path = prefix + (at["path"][1:] if at is not None else "")
        # Other messages of msgspec can quote the value; these two name types and members only.
        kind = _TYPES_ONLY.match(text)
        return UpstreamBadData(source, kind[0] if kind is not None else "a value that was not declared", path)
    if isinstance(error, RecursionError):
        return UpstreamBadData(source, "nested too deep", prefix)
    return UpstreamBadData(source, "not valid JSON in UTF-8", prefix)


class BodyDecoder(Generic[R]):
    """Decodes one declared type at a place inside the body.

    Args:
        source: the upstream's name.
        type_: what stands at the place.
        at: member names from the body's top, as "data" or "result.rows"; None for the body itself.
    """

    def __init__(self, source: str, type_: type[R], at: str | None = None) -> None:
        self.source = source
        self._decoder = Nested({at or "": type_})

    def decode(self, body: bytes) -> R:
        """The value. Raises UpstreamBadData."""
        try:
            values: list[R] = self._decoder.decode(body)
        except DECODE_ERRORS as error:
            raise bad_data(self.source, error) from error
        return values[0]


class RowsDecoder(Generic[R]):
    """Decodes a list of records at a place inside the body, row by row only where a row is wrong.

    Args:
        source: the upstream's name.
        record: the type of a row.
        keys: the members that tell which key a row is about, by their Python names.
        at: as for BodyDecoder.
    """

    def __init__(self, source: str, record: type[R], keys: tuple[str, ...], at: str | None = None) -> None:
        self.source = source
        self._prefix = f"$.{at}" if at else "$"
        self._whole = Nested({at or "": list[record]})  # type: ignore[valid-type] # a type made at run time
        self._raw = Nested({at or "": list[msgspec.Raw]})
        self._row = msgspec.json.Decoder(record)
        self._key = msgspec.json.Decoder(_key_struct(record, keys))

    def decode(self, body: bytes) -> tuple[list[R], list[tuple[Any, UpstreamBadData]]]:
        """Records, and (key struct, error) for each wrong row whose key can be read.

        Raises:
            UpstreamBadData: the body as a whole is wrong, or a wrong row does not tell its key.
        """
        try:
            (rows,) = self._whole.decode(body)
        except msgspec.ValidationError as error:
            return self._row_by_row(body, error)
        except DECODE_ERRORS as error:
            raise bad_data(self.source, error) from error
        return rows, []

    def _row_by_row(
        self, body: bytes, first: msgspec.ValidationError
    ) -> tuple[list[R], list[tuple[Any, UpstreamBadData]]]:
        try:
            (rows,) = self._raw.decode(body)
        except DECODE_ERRORS:
            raise bad_data(self.source, first) from first
        records: list[R] = []
        errors: list[tuple[Any, UpstreamBadData]] = []
        for index, row in enumerate(rows):
            outcome = self.row(row, index)
            if isinstance(outcome, tuple):
                errors.append(outcome)
            else:
                records.append(outcome)
        return records, errors

    def row(self, row: msgspec.Raw, index: int) -> R | tuple[Any, UpstreamBadData]:
        """One row by itself: its record, or (key struct, error).

        Raises:
            UpstreamBadData: it is wrong and does not tell its key.
        """
        try:
            return self._row.decode(row)
        except DECODE_ERRORS as error:
            wrong = bad_data(self.source, error, f"{self._prefix}[{index}]")
            wrong.__cause__ = error
            try:
                return self._key.decode(row), wrong
            except DECODE_ERRORS:
                # Nobody can say whose row this is, so nobody can be told that theirs is missing.
                raise wrong from error


class Nested:
    """Decodes values at several places of one body in one pass.

    Args:
        places: dotted path of member names ("" for the body itself) -> type of the value.
    """

    def __init__(self, places: dict[str, Any]) -> None:
        tree: Any = {}
        paths = [tuple(filter(None, path.split("."))) for path in places]
        for path, type_ in zip(paths, places.values(), strict=True):
            tree = _plant(tree, path, type_)
        self._decoder = msgspec.json.Decoder(_to_type(tree))
        self._getters = [_getter(tree, path) for path in paths]

    def decode(self, body: bytes) -> list[Any]:
        """The values, in the order of the places. Raises DECODE_ERRORS."""
        top = self._decoder.decode(body)
        return [get(top) for get in self._getters]


def require_attributes(operation: str, record: Any, names: Iterable[str]) -> None:
    """Refuse a record without one of these attributes. Raises ConfigurationError.

    Args:
        operation: whose record it is, with its upstream, as "crm: GET /customers".
        record: a msgspec struct.
        names: of attributes.
    """
    fields = [field.name for field in msgspec.structs.fields(record)]
    for name in names:
        if name not in fields:
            message = f"{operation}: {record.__name__} has no attribute {name}; it has {', '.join(fields)}"
            raise ConfigurationError(message)


def _plant(tree: Any, path: tuple[str, ...], type_: Any) -> Any:
    """The tree with a type at the end of a path; a branch is a dict of member name -> subtree."""
    if not path:
        return type_
    return {**tree, path[0]: _plant(tree.get(path[0], {}), path[1:], type_)}


def _to_type(tree: Any) -> Any:
    """Structs whose fields f0, f1 … carry the members' names, which need not be Python's."""
    if not isinstance(tree, dict):
        return tree
    fields = [(f"f{index}", _to_type(branch)) for index, branch in enumerate(tree.values())]
    rename = {field: member for (field, _), member in zip(fields, tree, strict=True)}
    return msgspec.defstruct("Body", fields, rename=rename, frozen=True)


def _getter(tree: Any, path: tuple[str, ...]) -> Callable[[Any], Any]:
    names: list[str] = []
    for member in path:
        names.append(f"f{list(tree).index(member)}")
        tree = tree[member]
    return attrgetter(".".join(names)) if names else lambda top: top


def _key_struct(record: Any, keys: tuple[str, ...]) -> Any:
    fields = {field.name: field for field in msgspec.structs.fields(record)}
    return msgspec.defstruct(
        "Key",
        [(key, fields[key].type) for key in keys],
        rename={key: fields[key].encode_name for key in keys},
        frozen=True,
    )
