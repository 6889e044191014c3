"""Hand-written records in the place of a model's: what the calls of imported upstreams decode into."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.importing.model import Field, ListOf, Model, Named, ObjectType, Scalar
from patchbay.importing.naming import camel
from patchbay.importing.rest.paths import Places
from patchbay.importing.written.unions import Entries, OneOf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.importing.model import Type, TypeRef

RESULT: Final = "Result"
"""What stands for an operation's result, or a row of its pages."""

_SCALARS: Final = {str: Scalar.STRING, int: Scalar.SAFE_INT, float: Scalar.FLOAT, bool: Scalar.BOOLEAN}


class HandTypes:
    """See RecordTypes, of a single type.

    Args:
        upstream: its name.
        result: what the operation answers, or the record of a row.
        at: member names to it.
        types: of the upstream's errors; see `error_types`.
    """

    def __init__(
        self, upstream: str, result: Any, at: tuple[str, ...], types: Mapping[str, Type] | None = None
    ) -> None:
        self.model = Model(name=upstream, kind="rest", title="", operations=(), types=dict(types or {}))
        self._result = result
        self._at = at

    def struct(self, name: str, attributes: frozenset[str] | None = None) -> type[msgspec.Struct]:
        """See RecordTypes."""
        del attributes
        raise KeyError(name)

    def annotation(self, ref: TypeRef, attributes: frozenset[str] | None = None) -> Any:
        """See RecordTypes."""
        del attributes
        if isinstance(ref, ListOf):
            return GenericAlias(list, (self.annotation(ref.item) | None,))
        return self._result

    def decoder(
        self, ref: TypeRef, at: tuple[str, ...] = (), attributes: frozenset[str] | None = None
    ) -> Callable[[bytes], Any]:
        """See RecordTypes."""
        del attributes
        told = self._result
        if isinstance(told, OneOf | Entries):
            raw = Places([((*at, *self._at), Any)])
            return lambda body: told.read(msgspec.json.encode(raw.decode(body)[0]))
        places = Places([((*at, *self._at), self.annotation(ref))])

        def decode(body: bytes) -> Any:
            (value,) = places.decode(body)
            return value

        return decode


def error_types(errors: Mapping[str, Any]) -> dict[str, Type]:
    """The records of errors, and what they hold, as a model's types: name -> type.

    Args:
        errors: status -> record.
    """
    found: dict[str, Type] = {}
    waiting = [record for record in errors.values() if _is_record(record)]
    while waiting:
        record = waiting.pop()
        if record.__name__ in found:
            continue
        fields = []
        for each in msgspec.structs.fields(record):
            inner = next(filter(_is_record, _parts(each.type)), None)
            scalar = next((_SCALARS[part] for part in _parts(each.type) if part in _SCALARS), Scalar.JSON)
            if inner is not None:
                waiting.append(inner)
            ref = Named(inner.__name__ if inner is not None else scalar)
            fields.append(Field(camel(each.name), each.name, each.encode_name, ref))
        found[record.__name__] = ObjectType(record.__name__, tuple(fields))
    return found


def _parts(annotation: Any) -> list[Any]:
    """The types that an annotation is made of."""
    inner = getattr(annotation, "__args__", ())
    return [each for part in inner for each in _parts(part)] if inner else [annotation]


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
