"""What an operation does, guessed by its name and its shape: whether it reads, whether it takes many keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from patchbay.importing.model import (
    Batching,
    EnumType,
    InputType,
    ListOf,
    Named,
    ObjectType,
    Place,
    Scalar,
    XmlKind,
)
from patchbay.importing.naming import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patchbay.importing.model import Argument, Field, Operation, Type, TypeRef

_READING: Final = (
    "get gets find list search read query fetch is has have check describe count lookup look retrieve "
    "validate verify exists exist show view browse calculate calc compute convert estimate test ping "
    "echo status version help select ask ls can does which compare track locate resolve translate scan "
    "peek enumerate inquire inquiry enquire examine obtain report tell who what hello say price quote "
    "rate preview poll expand download export consultar consulta obtener buscar listar"
)
"""Words that operations which change nothing start with."""

_BESIDE: Final = "do ws api service web rpc op execute perform async sync"
"""Words before the one that says it."""

_CONTAINER: Final = "list array collection set item key value of all"
"""Words of lists that say nothing of what is in them."""

READING: Final = frozenset(_READING.split())
BESIDE: Final = frozenset(_BESIDE.split())
CONTAINERS: Final = frozenset(_CONTAINER.split())
_KEYS: Final = frozenset((Scalar.STRING, Scalar.ID, Scalar.INT, Scalar.SAFE_INT, Scalar.BIG_INT, Scalar.UUID))


def is_read(name: str) -> bool:
    """Whether an operation of this name changes nothing, as far as it says."""
    said = [word.lower() for word in words(name)]
    while len(said) > 1 and said[0] in BESIDE:
        del said[0]
    return bool(said) and said[0] in READING


def batching_of(operation: Operation, types: Mapping[str, Type]) -> Batching | None:
    """How an operation takes many keys and answers a row for each; None where it does not look so."""
    if operation.is_mutation:
        return None
    row = _row(operation.result.type, types)
    lists = [found for each in operation.arguments if (found := _keys_in(each, types)) is not None]
    others = [each for each in operation.arguments if each.required and each.place is Place.MESSAGE]
    if row is None or len(lists) != 1:
        return None
    argument, path, wire = lists[0]
    if any(other is not argument for other in others):
        return None
    match = _match(row, (wire, argument.wire))
    if match is None:
        return None
    why = f"takes a list of {wire} and answers rows with {match.wire}"
    return Batching(argument=argument.attribute, match=match.attribute, why=why, path=path)


def _row(ref: TypeRef, types: Mapping[str, Type]) -> ObjectType | None:
    """The object that a list of results has, whose rows stand at the result itself."""
    if not isinstance(ref, ListOf) or not isinstance(ref.item, Named):
        return None
    found = types.get(ref.item.name)
    return found if isinstance(found, ObjectType) else None


class _Keys(NamedTuple):
    """A list of keys that an argument takes: the path to it in the argument, and the wire name of one key."""

    argument: Argument
    path: tuple[str, ...]
    wire: str


def _keys_in(argument: Argument, types: Mapping[str, Type]) -> _Keys | None:
    if argument.place is not Place.MESSAGE:
        return None
    found: Argument | Field = argument
    path: tuple[str, ...] = ()
    if isinstance(argument.type, Named) and isinstance(inner := types.get(argument.type.name), InputType):
        if len(inner.fields) != 1 or inner.one_of:
            return None
        (found,) = inner.fields
        path = (found.wire,)
    if found.xml is None or not found.xml.many or not isinstance(found.type, ListOf):
        return None
    return _Keys(argument, path, found.wire) if _is_key(found.type.item, types) else None


def _is_key(ref: TypeRef, types: Mapping[str, Type]) -> bool:
    return isinstance(ref, Named) and ref.name in _KEYS and not isinstance(types.get(ref.name), EnumType)


def _match(row: ObjectType, names: tuple[str, ...]) -> Field | None:
    """The row's field that holds the key: of the same name, but for plurals and words such as "list"."""
    candidates = {
        _stem(field.wire): field
        for field in row.fields
        if isinstance(field.type, Named)
        and field.type.name in _KEYS
        and (field.xml is None or field.xml.kind in {XmlKind.ELEMENT, XmlKind.ATTRIBUTE})
    }
    for stem in _stems(names):
        if stem in candidates:
            return candidates[stem]
    return None


def _stems(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield _stem(name)
    for name in names:
        said = [word for word in map(_singular, words(name)) if word not in CONTAINERS]
        if said:
            yield "".join(said)


def _stem(name: str) -> str:
    return "".join(map(_singular, words(name)))


def _singular(word: str) -> str:
    word = word.lower()
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" is no plural of "ty"
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
