"""The Python names of an ejected upstream: of its classes, their attributes, and its operations."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Final

from strawberry.utils.str_converters import capitalize_first, to_camel_case

from patchbay.importing.eject.python import Text
from patchbay.importing.model import EnumType, InputType, ObjectType, UnionType
from patchbay.importing.naming import Taken, attribute

if TYPE_CHECKING:
    from patchbay.importing.model import Model

_BUILTIN: Final = frozenset(dir(builtins))

_USED: Final = frozenset(
    (
        "I", "O", "l", "After", "Connection", "CountedConnection", "DescribedSoap", "Edge", "Entries",
        "First", "ListSize", "PAGE_SIZE", "Together", "CookieKey", "part",
        "Annotated", "Any", "ApiKey", "Base64", "Basic", "Bearer", "BigInt", "ClientCredentials", "Date",
        "DateTime", "Decimal", "Duration", "Enum", "Integer", "JSON", "Limits", "OneOf", "Quota", "Rest",
        "SafeInt", "SafeInteger", "Soap", "TYPE_CHECKING", "Time", "TypeAlias", "UNSET", "UUID", "Upload",
        "UsernameToken", "annotations", "body", "call", "cookie", "entries", "given", "header", "is_record",
        "link", "links", "load", "msgspec", "pages", "paging", "path", "query", "record_field", "resolve",
        "strawberry", "wire", "wrapped",
    )
)  # fmt: skip
"""What the files import."""


def type_name(cls: str, name: str) -> Text | None:
    """The `name=` of a class that stands for a type; None where Strawberry makes the name of the class's."""
    return Text(name) if capitalize_first(to_camel_case(cls)) != name else None


class Names:
    """Names of one model.

    Args:
        model: whose.
    """

    def __init__(self, model: Model) -> None:
        taken = Taken(*_USED, *_BUILTIN, *keyword.kwlist, model.name)
        self._classes = {name: taken.claim(name, f"{name}Record") for name in model.types}
        kinds = model.types.values()
        self._objects = [each for each in kinds if isinstance(each, ObjectType | InputType)]
        self._attributes: dict[str, dict[str, str]] = {}
        self._forbidden = frozenset((*_USED, *_BUILTIN, *self._classes.values(), model.name))
        for type_ in self._objects:
            own = Taken(*self._forbidden - {"id", "input", "type"}, *keyword.kwlist)
            fields = {
                each.attribute: own.claim(each.attribute, f"{each.attribute}_") for each in type_.fields
            }
            self._attributes[type_.name] = fields
        words = Taken(*self._forbidden, *keyword.kwlist)
        self._operations = {
            each.name: words.claim(attribute(each.name), f"{attribute(each.name)}_")
            for each in model.operations
        }
        self._more = words
        self._constants = {
            each.name: words.claim(f"{attribute(each.name).upper()}")
            for each in kinds
            if isinstance(each, UnionType)
        }
        self.enums = [each for each in kinds if isinstance(each, EnumType)]

    def type(self, name: str) -> str:
        """A type's class."""
        return self._classes[name]

    def field(self, type_name: str, name: str) -> str:
        """An attribute of a class, by the model's."""
        return self._attributes[type_name][name]

    def operation(self, name: str) -> str:
        """What an operation is called in the adapter and the resolvers."""
        return self._operations[name]

    def union(self, name: str) -> str:
        """What tells a union's members apart, in the adapter."""
        return self._constants[name]

    def another(self, *wanted: str) -> str:
        """One more name of the adapter's."""
        return self._more.claim(*wanted)


def graphql_name(attribute_name: str) -> str:
    """What Strawberry makes of an attribute's name."""
    return to_camel_case(attribute_name)
