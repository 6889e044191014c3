"""Records with fewer members, for reads of which only some attributes are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

R = TypeVar("R")
Read = TypeVar("Read")


def narrowed(record: type[R], attributes: Collection[str]) -> type[R]:
    """A record type with these of another's attributes: same names on the wire, same types and defaults.

    Its instances are none of the whole type's; they carry the attributes and nothing else. Structs inside of
    it stay whole. Members that are left out are skipped like unknown ones, so nothing checks their values.

    Args:
        record: a msgspec struct.
        attributes: by their Python names.

    Returns:
        The record itself where it has to stay whole: it has all of these and no other, one of them is no
        member but made from members, it does more than hold members (`__post_init__`, a tag), or the whole of
        its JSON counts (`array_like`, `forbid_unknown_fields`).
    """
    declared: Any = record
    fields = {field.name: field for field in msgspec.structs.fields(declared)}
    if fields.keys() == set(attributes) or not fields.keys() >= set(attributes) or _is_more(record):
        return record
    small: Any = msgspec.defstruct(
        record.__name__,
        [(name, field.type, _as_declared(field)) for name, field in fields.items() if name in attributes],
        module=record.__module__,
        namespace={"__doc__": record.__doc__},
        frozen=True,
        kw_only=True,
        # What a decoder makes is a tree: the collector would look for cycles in every row in vain.
        gc=False,
    )
    whole_type: type[R] = small
    return whole_type


def narrowing(
    record: type[R], make: Callable[[type[R]], Read], always: Collection[str] = ()
) -> Callable[[frozenset[str]], Read | None]:
    """What makes a read's narrower ones; see Selections.

    Args:
        record: the whole one.
        make: makes the read of a record.
        always: attributes that are there whatever is selected.
    """

    def narrow(attributes: frozenset[str]) -> Read | None:
        small = narrowed(record, attributes.union(always))
        return None if small is record else make(small)

    return narrow


def _is_more(record: Any) -> bool:
    config = record.__struct_config__
    return bool(
        config.array_like
        or config.forbid_unknown_fields
        or config.tag is not None
        or hasattr(record, "__post_init__")
    )


def _as_declared(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(name=field.encode_name, default_factory=field.default_factory)
    return msgspec.field(name=field.encode_name, default=field.default)
