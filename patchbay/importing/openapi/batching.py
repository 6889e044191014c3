"""Batches recognised: an operation that takes many keys, and beside it the one that takes a single key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.lookup import fields_of
from patchbay.importing.model import Batching, BodyKind, ListOf, Named, Place, Scalar
from patchbay.importing.openapi.nodes import text, whole
from patchbay.importing.openapi.nouns import singular
from patchbay.importing.openapi.path_names import noun
from patchbay.importing.openapi.rows import Rows, find_rows, is_number, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patchbay.importing.model import Argument, Field, Paging, Type, TypeRef
    from patchbay.importing.openapi.operations import Mapped

_KEYS: Final = frozenset(
    "sku code key username userid email slug isbn ean gtin upc uuid guid symbol ticker handle sid asin "
    "vin".split()
)
"""What a key is called, beside an id."""
_IDS: Final = frozenset(("ids", "idlist", "idin", "uids"))
_SCALARS: Final = frozenset(
    (Scalar.STRING, Scalar.ID, Scalar.INT, Scalar.SAFE_INT, Scalar.BIG_INT, Scalar.UUID)
)
_SEPARATED: Final = re.compile(r"(?i)comma|separated|list of|multiple|csv")
_MOST: Final = re.compile(
    r"(?i)(?:up to|max(?:imum)?(?:\s+of)?|at most|no more than|limit(?:ed)? (?:of|to))\s+`?(\d{1,5})\b"
)
_USUAL_MOST: Final = 100
_BATCH_PATH: Final = re.compile(r"(?i)(batch|bulk|lookup|by-?ids?|multi-?get|ids|list|query|search)[^/]*$")


class _Keys(NamedTuple):
    """An argument that takes keys, and what one is called ("id" of "customer_ids")."""

    argument: Argument
    key: str
    is_sure: bool
    path: tuple[str, ...] = ()


def guess_batching(
    mapped: Iterable[Mapped], paged: Mapping[str, Paging | None], types: Mapping[str, Type]
) -> dict[str, Batching]:
    """Operation's name -> how it takes many keys, of those where that is certain enough.

    Args:
        mapped: all operations.
        paged: name -> the pages that its answers are.
        types: of the model.
    """
    all_mapped = [one for one in mapped if not one.operation.is_mutation]
    singles: dict[str, list[Mapped]] = {}
    for one in all_mapped:
        path = one.operation.rest.path if one.operation.rest is not None else ""
        parent, _, last = path.partition("?")[0].rstrip("/").rpartition("/")
        if last.startswith("{") and last.endswith("}") and one.operation.result.kind is BodyKind.JSON:
            singles.setdefault(parent, []).append(one)
    found = {}
    for one in all_mapped:
        batching = _guess(one, singles, paged.get(one.operation.name), types)
        if batching is not None:
            found[one.operation.name] = batching
    return found


def _guess(
    one: Mapped, singles: dict[str, list[Mapped]], paging: Paging | None, types: Mapping[str, Type]
) -> Batching | None:
    operation = one.operation
    if operation.result.kind is not BodyKind.JSON or operation.rest is None:
        return None
    thing = [singular(word).lower() for word in noun(one.offer.path)[-1:]]
    keys = [found for argument in operation.arguments if (found := _keys(argument, thing, one, types))]
    if not keys:
        return None
    rows = find_rows(types, operation.result.type, set(thing))
    if rows is None:
        return None
    for each in sorted(keys, key=lambda found: not found.is_sure):
        if any(other.required for other in operation.arguments if other is not each.argument):
            continue
        match = _match(types, rows, each, thing)
        single = None if match is None else _single(one, singles, rows, each.key, thing, types)
        if match is None or (single is None and not each.is_sure):
            continue
        takes = f"{each.argument.wire or 'the body'} takes many, {match.wire} of each row tells which"
        why = takes if single is None else f"{takes}; {single.operation.name} takes one"
        most = _most(each.argument, one.schemas.get(each.argument.attribute, {}))
        return Batching(
            argument=each.argument.attribute,
            match=match.attribute,
            items=rows.path,
            max_size=most if paging is None else min(most, paging.most),
            single="" if single is None else single.operation.name,
            why=why,
            path=each.path,
            size="" if paging is None else paging.size,
        )
    return None


def _keys(argument: Argument, thing: list[str], one: Mapped, types: Mapping[str, Type]) -> _Keys | None:
    """The argument as one that takes keys of the thing; None where it takes something else."""
    if argument.place is Place.BODY:
        return _keys_of_body(argument, types) if _BATCH_PATH.search(one.offer.path) else None
    if argument.place is not Place.QUERY or not (_is_many(argument.type) or _is_text_of_many(argument)):
        return None
    name = re.sub(r"^(filter|where|q|query)(?=[\[.])|\[\]$", "", argument.wire)
    said = plain(name)
    word = thing[0] if thing else ""
    if said in _IDS or (word and said == f"{word}ids"):
        return _Keys(argument, "id", is_sure=True)
    if said in {"id", f"{word}id"}:
        return _Keys(argument, "id", is_sure=False)
    key = singular(said)
    short = key.removeprefix(word).removesuffix("list")
    return _Keys(argument, short, is_sure=argument.required and key != said) if short in _KEYS else None


def _keys_of_body(argument: Argument, types: Mapping[str, Type]) -> _Keys | None:
    """A body that is a list of keys, or an object with nothing but such a list in it."""
    if _is_many(argument.type):
        return _Keys(argument, "id", is_sure=True)
    fields = fields_of(types, argument.type)
    needed = [field for field in fields if field.required] or list(fields)
    if len(needed) != 1 or not _is_many(needed[0].type) or _is_numbers(needed[0].type):
        return None
    said = plain(needed[0].wire)
    key = "id" if said.endswith("ids") else singular(said)
    return _Keys(argument, key, is_sure=True, path=(needed[0].wire,)) if key in _KEYS | {"id"} else None


def _is_many(of: TypeRef) -> bool:
    return isinstance(of, ListOf) and isinstance(of.item, Named) and of.item.name in _SCALARS


def _is_numbers(of: TypeRef) -> bool:
    return isinstance(of, ListOf) and is_number(of.item)


def _is_text_of_many(argument: Argument) -> bool:
    """A text that holds several keys, as its description says."""
    is_text = argument.type == Named(Scalar.STRING)
    return (
        is_text and plain(argument.wire).endswith("s") and bool(_SEPARATED.search(argument.description or ""))
    )


def _match(types: Mapping[str, Type], rows: Rows, keys: _Keys, thing: list[str]) -> Field | None:
    """The member of a row that holds its key."""
    wanted = [keys.key, *(f"{word}{keys.key}" for word in thing)]
    if keys.key == "id":
        wanted += ["uuid", "uid", "sid"]
    fields = fields_of(types, rows.node)
    for name in wanted:
        for field in fields:
            is_scalar = isinstance(field.type, Named) and field.type.name in _SCALARS
            if is_scalar and plain(field.wire) == name:
                return field
    return None


def _single(
    one: Mapped,
    singles: dict[str, list[Mapped]],
    rows: Rows,
    key: str,
    thing: list[str],
    types: Mapping[str, Type],
) -> Mapped | None:
    """The operation beside it that takes one such key and answers such a row."""
    path = one.operation.rest.path.partition("?")[0].rstrip("/") if one.operation.rest is not None else ""
    for parent in (path, _BATCH_PATH.sub("", path).rstrip("/:")):
        for sibling in singles.get(parent, ()):
            takes = sibling is not one and _takes(sibling, key, thing)
            if takes and _answers(types, sibling.operation.result.type, rows.node):
                return sibling
    return None


def _takes(sibling: Mapped, key: str, thing: list[str]) -> bool:
    """Whether a path ends with the key: {email} for an email; {id}, {customerId}, {customer} for an id."""
    path = sibling.operation.rest.path if sibling.operation.rest is not None else ""
    name = plain(path.rpartition("{")[2])
    if key == "id":
        return name.endswith(("id", "sid")) or name in thing
    return name in {key, *(f"{word}{key}" for word in thing)}


def _answers(types: Mapping[str, Type], result: TypeRef, row: TypeRef) -> bool:
    """Whether a result is such a row, or holds one."""
    if result == row or (isinstance(result, ListOf) and result.item == row and not result.nullable_items):
        return True
    held = [field.type for field in fields_of(types, result)]
    return any(ref == row or (isinstance(ref, ListOf) and ref.item == row) for ref in held)


def _most(argument: Argument, schema: dict[str, Any]) -> int:
    declared = whole(schema.get("maxItems"))
    if declared is None:
        found = _MOST.search(argument.description or text(schema.get("description")))
        declared = int(found[1]) if found else None
    return declared if declared is not None and declared >= 1 else _USUAL_MOST
