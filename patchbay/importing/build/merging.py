"""Types of several upstreams that stand for one thing: one type, with the fields of all of them.

Its values are records of any of them. A field of the one that a record is of is read from it; that of
another is read by the key that all have, in one call for all records of a level.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from strawberry.types.base import StrawberryOptional

from patchbay.errors import ConfigurationError, PatchbayError
from patchbay.importing.build.fields import definition_of
from patchbay.importing.build.linked import linked
from patchbay.importing.build.rows import ref_at, row_of
from patchbay.importing.build.unions import OfModel
from patchbay.importing.model import Named, ObjectType
from patchbay.importing.record_marks import TypeMark, mark_of
from patchbay.loading import reads_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from strawberry.types.field import StrawberryField

    from patchbay.batch import ByIds
    from patchbay.importing.build.edits import Merge
    from patchbay.importing.build.parts import Made
    from patchbay.importing.model import Operation


class Own:
    """In place of a key: a record that has the field itself."""

    __slots__ = ("record",)

    def __init__(self, record: Any) -> None:
        self.record = record


class MemberOf:
    """One field of an upstream's records, by their key.

    Args:
        read: of the records.
        get: record -> the field's value.
    """

    arguments: frozenset[str] = frozenset()

    def __init__(self, read: ByIds[Any], get: Callable[[Any], Any]) -> None:
        self.name = read.name
        self.source = read.source
        self._read = read
        self._get = get

    def selecting(self, attributes: frozenset[str]) -> MemberOf:
        """See ByIds. The records are shared with the other fields, so that they are asked for once."""
        del attributes
        return self

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        """The value for each key, or for each record that is its own."""
        del arguments
        keys = [key for key in ids if not isinstance(key, Own)]
        found = dict(zip(keys, await reads_of(self._read).load_many(keys), strict=True)) if keys else {}
        return [self._value(key.record if isinstance(key, Own) else found[key]) for key in ids]

    def _value(self, record: Any) -> Any:
        return record if record is None or isinstance(record, Exception) else self._get(record)


class Merges:
    """Makes the merged types of a graph.

    Args:
        made: upstream's name -> what is made of it.
    """

    def __init__(self, made: Mapping[str, Made]) -> None:
        self._made = made

    def add(self, merges: Sequence[Merge]) -> Iterator[str]:
        """Make them; a sentence for each that cannot be made. Before anything refers to their types."""
        for merge in merges:
            try:
                self._add(merge)
            except ConfigurationError as error:
                yield f"merge {', '.join('.'.join(each) for each in merge.types)} key {merge.key}: {error}"

    def _add(self, merge: Merge) -> None:
        (first, name), *others = merge.types
        reads = {each: self._read_of(*each, merge.key) for each in merge.types}
        cls = self._made[first].types.object(name)
        for upstream, other in others:
            self._made[upstream].types.adopt(other, cls)
        definition = definition_of(cls)
        keys = {TypeMark(*each): attrgetter(self._attribute(*each, merge.key)) for each in merge.types}
        definition.is_type_of = OfModel(*keys)
        self._made[first].types.fill_later(cls, lambda: self._fields(merge, reads, keys))

    def _attribute(self, upstream: str, name: str, field: str) -> str:
        type_ = self._made[upstream].model.types[name]
        fields = type_.fields if isinstance(type_, ObjectType) else ()
        return next(each.attribute for each in fields if each.name == field)

    def _fields(
        self,
        merge: Merge,
        reads: Mapping[tuple[str, str], ByIds[Any]],
        keys: Mapping[TypeMark, Callable[[Any], Any]],
    ) -> Iterator[StrawberryField]:
        """The fields of all, of which the first with a name has it."""
        taken: set[str] = set()
        for upstream, name in merge.types:
            types = self._made[upstream].types
            type_ = self._made[upstream].model.types[name]
            key_name = self._attribute(upstream, name, merge.key)
            for field in types.fields(type_) if isinstance(type_, ObjectType) else ():
                shown = field.graphql_name or field.python_name
                if shown in taken:
                    continue
                taken.add(shown)
                mark = TypeMark(upstream, name)
                is_key = field.python_name == key_name and (upstream, name) == merge.types[0]
                yield _merged(field, None if is_key else mark, reads[upstream, name], keys)

    def _read_of(self, upstream: str, name: str, key: str) -> ByIds[Any]:
        """What reads an upstream's records by their key. Raises ConfigurationError where nothing does."""
        made = self._made[upstream]
        attribute = self._attribute(upstream, name, key)
        row = Named(name)
        for operation in made.model.operations:
            batching = operation.batching
            if batching is None or batching.match != attribute:
                continue
            if row_of(ref_at(made.model, operation.result.type, batching.items)) == row:
                return made.roots.by_many(operation)
        for operation in made.model.operations:
            if operation.result.type == row and _is_by_key(operation, attribute):
                return made.upstream.by_ids(operation, made.records, keys=(_required(operation)[0],))
        raise ConfigurationError(f"{upstream} has no operation that answers a {name} by its {key}")


def _is_by_key(operation: Operation, attribute: str) -> bool:
    """Whether an operation needs one thing, which is called as the key or as "id of it"."""
    required = _required(operation)
    return (
        not operation.is_mutation
        and len(required) == 1
        and (required[0] == attribute or required[0].endswith(f"_{attribute}"))
    )


def _required(operation: Operation) -> list[str]:
    return [each.attribute for each in operation.arguments if each.required]


def _merged(
    field: StrawberryField,
    mark: TypeMark | None,
    read: ByIds[Any],
    keys: Mapping[TypeMark, Callable[[Any], Any]],
) -> StrawberryField:
    """A field of a merged type.

    Args:
        field: as it is on the type that it comes from.
        mark: of that type; None for the key itself, which all have.
        read: of its records.
        keys: what reads the key of each type's records.
    """
    shape = getattr(field, "shape", None)
    attribute = attrgetter(field.python_name)

    def get(record: Any) -> Any:
        value = attribute(record)
        return value if shape is None or value is None or isinstance(value, Exception) else shape(value)

    def key_of(record: Any) -> Any:
        own = mark_of(type(record))
        if own is None or own == mark:
            return Own(record)
        get_key = keys.get(own)
        key = None if get_key is None else get_key(record)
        if isinstance(key, PatchbayError):
            raise key
        return key

    def itself(record: Any) -> Any:
        own = mark_of(type(record))
        get_key = None if own is None else keys.get(own)
        return Own(None if get_key is None else get_key(record))

    name = field.graphql_name or field.python_name
    resolved = field.type
    if mark is None:
        return linked(name, _Itself(read), (), resolved, description=field.description, key_of=itself)
    # What another upstream does not know of a thing is null, whatever it promises of those that it knows.
    resolved = resolved if isinstance(resolved, StrawberryOptional) else StrawberryOptional(resolved)
    return linked(
        name,
        MemberOf(read, get),
        (),
        resolved,
        description=field.description,
        key_of=key_of,
        directives=tuple(field.directives),
    )


class _Itself(MemberOf):
    """The key of a record, which is there already."""

    def __init__(self, read: ByIds[Any]) -> None:
        super().__init__(read, lambda value: value)
