"""Edges of imported types: the field, and the key that it is read by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import strawberry

from patchbay.importing.build.fields import Typed
from patchbay.links import LinkField, key_getter
from patchbay.loading import load
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from patchbay.batch import ByIds
    from patchbay.execution.sizes import Limit

_SCALARS: Final = frozenset((str, int, type(None)))


class ImportedLink(Typed, LinkField):
    """An edge of an imported type.

    `key_of` makes the key of a record, None where the edge is null; `keys_of` those of many records.
    """

    key_of: Callable[[Any], Any]
    keys_of: Callable[[Sequence[Any]], list[Any]]

    def __copy__(self) -> Self:
        """See LinkField."""
        copied = super().__copy__()
        copied.key_of, copied.keys_of = self.key_of, self.keys_of
        return copied


def linked(
    name: str,
    read: ByIds[Any],
    attributes: tuple[str, ...],
    resolved: Any,
    *,
    description: str | None = None,
    key_of: Callable[[Any], Any] | None = None,
    directives: Sequence[object] = (),
) -> ImportedLink:
    """The field of an edge.

    Args:
        name: of the field.
        read: by a key, or by a tuple of keys where the attribute is a list.
        attributes: that make the key.
        resolved: the field's type as Strawberry resolves it.
        description: for the schema.
        key_of: what makes the key, where that is not what the attributes hold.
        directives: of the schema.
    """
    key = key_of or _key_of(attributes)

    def resolve(root: strawberry.Parent[Any]) -> Any:
        value = key(root)
        return None if value is None else load(read, value)

    field: Any = ImportedLink(
        python_name=name, graphql_name=name, description=description, directives=directives
    )(resolve)
    field.resolved = resolved
    field.by_ids = read
    field.key = attributes
    field.paged = False
    field.key_of = key
    field.keys_of = _column(key, attributes) if key_of is None else lambda records: list(map(key, records))
    link: ImportedLink = field
    return link


def keys_in(attribute: str, limit: Limit | None) -> Callable[[Any], Any]:
    """Record -> the keys that a list of its holds, as a tuple: what an edge to a list is read by.

    Args:
        attribute: that holds the list.
        limit: of the list, as it was reckoned with; None where nothing bounds it.
    """
    get = _key_of((attribute,))

    def key_of(record: Any) -> Any:
        value = get(record)
        if not isinstance(value, list):
            return value
        if limit is not None and len(value) > limit.most:
            # Before anybody is asked for so many.
            raise limit.error()
        return tuple(each for each in value if each is not None)

    return key_of


def _key_of(attributes: tuple[str, ...]) -> Callable[[Any], Any]:
    """Record -> key. Raises the error that stands in the record where a value was not as declared."""
    get = key_getter(attributes)

    def key_of(record: Any) -> Any:
        value = get(record)
        for part in value if isinstance(value, tuple | list) else (value,):
            if isinstance(part, Exception):
                raise part
        return value

    return key_of


def _column(
    key_of: Callable[[Any], Any], attributes: tuple[str, ...]
) -> Callable[[Sequence[Any]], list[Any]]:
    """Records -> keys: in one pass where these are scalars, as they mostly are."""
    get = key_getter(attributes)

    def keys_of(records: Sequence[Any]) -> list[Any]:
        keys = list(map(get, records))
        return keys if _SCALARS.issuperset(map(type, keys)) else list(map(key_of, records))

    return keys_of


class EachOf:
    """A read by tuples of keys: the records of all of them, in their order.

    `by_one` is there for who reckons with its calls.

    Args:
        read: by one key.
    """

    arguments: frozenset[str] = frozenset()

    def __init__(self, read: ByIds[Any]) -> None:
        self.name = read.name
        self.source = read.source
        self.by_one = read

        def narrow(attributes: frozenset[str]) -> EachOf | None:
            small = read.selecting(attributes)
            return None if small is read else EachOf(small)

        self._selections = Selections(narrow)

    def selecting(self, attributes: frozenset[str]) -> EachOf:
        """See ByIds."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        """For each tuple its records, with an error or None in the place of one that cannot be had."""
        keys = list(dict.fromkeys(key for each in ids for key in each))
        found = dict(zip(keys, await self.by_one(keys, **arguments), strict=True)) if keys else {}
        return [[found[key] for key in each] for each in ids]
