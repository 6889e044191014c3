"""Asking an upstream only for what is read: a record's members as the upstream's own projection.

customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100, fields="fields")

A query that looks at the customers' names then sends `fields=id,name`; one that looks at all, all names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from msgspec import inspect

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.upstreams.template import Template

ASKED_AS = "patchbay.asked_as"
"""Under which an annotation says how a GraphQL upstream is asked for a member."""

_SCALARS = (
    inspect.BoolType,
    inspect.ByteArrayType,
    inspect.BytesType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.DecimalType,
    inspect.EnumType,
    inspect.FloatType,
    inspect.IntType,
    inspect.LiteralType,
    inspect.NoneType,
    inspect.StrType,
    inspect.TimeDeltaType,
    inspect.TimeType,
    inspect.UUIDType,
)
_LISTS = (inspect.FrozenSetType, inspect.ListType, inspect.SetType, inspect.VarTupleType)

Names: TypeAlias = "dict[str, Names]"
"""Wire name -> the names inside of it; empty for what is asked for as a whole."""


@dataclass(frozen=True)
class Inside:
    """What is inside of a type, as far as names on the wire tell.

    Args:
        members: of the record that it is, or is a list of; None for anything else.
        problem: why it is not known what is inside, as the rest of a sentence; None for records and scalars.
        asked_as: see ASKED_AS.
    """

    members: dict[str, Inside] | None = None
    problem: str | None = None
    asked_as: str | None = None


def inside_of(type_: Any) -> Inside:
    """What is inside of a record, of a list of records, or of anything else."""
    return _inside(inspect.type_info(type_), ())


def _inside(type_: inspect.Type, around: tuple[type, ...]) -> Inside:
    """As `inside_of`; `around` are the records that it stands in."""
    asked_as = None
    while not isinstance(type_, (inspect.StructType, *_SCALARS)):
        if isinstance(type_, inspect.Metadata):
            asked_as = (type_.extra or {}).get(ASKED_AS, asked_as)
            type_ = type_.type
        elif isinstance(type_, _LISTS):
            type_ = type_.item_type
        elif isinstance(type_, inspect.UnionType):
            kinds = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
            if len(kinds) > 1:
                return Inside(None, None if _all_scalars(kinds) else "is one of several types", asked_as)
            type_ = kinds[0]
        else:
            return Inside(None, "is neither a record nor a scalar", asked_as)
    if not isinstance(type_, inspect.StructType):
        return Inside(asked_as=asked_as)
    if type_.array_like:
        return Inside(None, "is a record without names on the wire", asked_as)
    if type_.cls in around:
        return Inside(None, "is a record that holds itself", asked_as)
    members = {each.encode_name: _inside(each.type, (*around, type_.cls)) for each in type_.fields}
    if type_.tag_field is not None:
        members = {type_.tag_field: Inside(), **members}
    return Inside(members, None, asked_as)


def _all_scalars(types: list[inspect.Type]) -> bool:
    bare = [each.type if isinstance(each, inspect.Metadata) else each for each in types]
    return all(isinstance(each, _SCALARS) for each in bare)


@dataclass(frozen=True)
class Fields:
    """How a REST upstream is told which members to answer with: names with commas between, in the query.

    Args:
        parameter: its name, not encoded, as "fields", "$select" or "fields[customers]".
        nested: how a member inside of another is written: "." as in owner.name, "/" as in owner/name, "()" as
            in owner(name,email); None where the upstream knows outer names only, and answers with all inside.
        from_top: names start at the top of the body, and not at the record: items(id,name),total.

    Raises:
        ConfigurationError: the names shall start at the top, and there is no way to write what is inside.
    """

    parameter: str
    nested: Literal[".", "/", "()"] | None = None
    from_top: bool = False

    def __post_init__(self) -> None:
        if self.from_top and self.nested is None:
            raise ConfigurationError(
                f"Fields({self.parameter!r}): from_top needs to know how to write nested"
            )

    def query(self, record: type, *, at: str | None = None, total: str | None = None) -> str:
        """The parameter for all members of a record, encoded; empty where it has none.

        Args:
            record: the type of a row.
            at: where the rows stand in the body.
            total: where their number stands.
        """
        names = _names(inside_of(record))
        if self.from_top:
            whole: Names = {}
            _plant(whole, at, names)
            if total is not None:
                _plant(whole, total, {})
            names = whole
        written = ",".join(self._write(names))
        # OData's "$select" is known by its plain dollar sign everywhere, and by an encoded one not.
        return f"{quote(self.parameter, safe='$')}={written}" if written else ""

    def _write(self, names: Names) -> Iterator[str]:
        for name, inner in names.items():
            encoded = quote(name, safe="")
            if not inner or self.nested is None:
                yield encoded
            elif self.nested == "()":
                yield f"{encoded}({','.join(self._write(inner))})"
            else:
                yield from (f"{encoded}{self.nested}{each}" for each in self._write(inner))


def projected(
    template: Template,
    fields: str | Fields | None,
    record: type,
    *,
    at: str | None = None,
    total: str | None = None,
) -> Template:
    """The template of a read that asks for the record's members only.

    Args:
        template: as declared.
        fields: the parameter's name, or more of it; None where the upstream answers as it does.
        record: the type of a row.
        at: where the rows stand in the body.
        total: where their number stands.

    Raises:
        ConfigurationError: the template has the parameter already.
    """
    if fields is None:
        return template
    how = Fields(fields) if isinstance(fields, str) else fields
    query = how.query(record, at=at, total=total)
    parameter = query.partition("=")[0]
    if template.has_parameter(parameter):
        raise ConfigurationError(f"{template.operation} has the parameter {how.parameter} already")
    return template.adding(query) if query else template


def _names(inside: Inside) -> Names:
    """What is inside by name; what cannot be known is asked for as a whole."""
    return {name: _names(each) for name, each in (inside.members or {}).items()}


def _plant(tree: Names, path: str | None, names: Names) -> None:
    for member in path.split(".") if path else ():
        tree = tree.setdefault(member, {})
    tree.update(names)
