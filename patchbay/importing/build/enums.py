"""Enums of a model as Strawberry's, between the names that clients see and the values on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from patchbay.errors import UpstreamBadData
from patchbay.importing.build.names import allowed
from patchbay.importing.naming import enum_name
from patchbay.leaf_forms import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.importing.model import EnumType


class WireValue:
    """In place of a Python enum, which Strawberry calls with a value that a client sent: the value itself."""

    def __new__(cls, value: Any) -> Any:
        """What is called an instance is the value on the wire."""
        return value


@dataclass
class ImportedEnum(StrawberryEnumDefinition):
    """An enum that tells the executor how its values are written."""

    form: Form | None = None

    __hash__ = StrawberryEnumDefinition.__hash__


def enum_of(type_: EnumType, name: str, upstream: str) -> ImportedEnum:
    """The enum under a name of the graph's.

    Args:
        type_: of the model.
        name: in the graph.
        upstream: for errors: a value that the description does not have is one of its field alone.
    """
    names: dict[Any, str] = {}
    values: dict[str, EnumValue] = {}
    for each in type_.values:
        told = each.name if each.name.lower() not in _WORDS else ""
        label = allowed(told, enum_name) if told else enum_name(each.name)
        if label and label not in values:
            names.setdefault(each.value, label)
            values[label] = EnumValue(
                label, each.value, deprecation_reason=each.deprecated, description=each.description
            )
    return ImportedEnum(
        wrapped_cls=WireValue,  # type: ignore[arg-type] # called and asked for instances, and nothing else
        name=name,
        values=list(values.values()),
        description=type_.description,
        form=_form(names, name, upstream),
    )


_TEXT: Final = frozenset((str,))
_WORDS: Final = frozenset(("true", "false", "null", ""))


def _form(names: dict[Any, str], name: str, upstream: str) -> Form:
    def coerce(value: Any) -> str:
        try:
            return names[value]
        except (KeyError, TypeError):
            raise UpstreamBadData(upstream, f"a value that {name} does not have") from None

    kinds = frozenset(map(type, names))
    if all(value == written for value, written in names.items()):
        known = frozenset((*names, None))

        def check(values: Sequence[Any]) -> bool:
            return known.issuperset(values)

        return Form(_TEXT, check, coerce=coerce)
    return Form(frozenset(), converted=kinds, convert=names.__getitem__, coerce=coerce)
