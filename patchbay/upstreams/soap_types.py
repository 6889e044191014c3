"""zeep's simple types, made to tell wrong text and empty text from no text.

Left alone, zeep reads wrong text as None, with the text in a log, a wrong decimal as the end of the whole
reply, and the empty string as None. Here wrong text becomes UnreadableText, which fits no record's member, so
that only the row it stands in is wrong; and an empty string is one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from zeep import ns
from zeep.xsd.types import builtins

_NIL = f"{{{ns.XSI}}}nil"


class UnreadableText:
    """Stands in zeep's values where text was not of the type that the WSDL declares. Holds none of it."""

    __slots__ = ()


UNREADABLE = UnreadableText()


class _Telling:
    """Mixed into each of zeep's builtin types, and so into every type that a schema derives from it."""

    def pythonvalue(self, value: Any) -> Any:
        """The value of a text, or UNREADABLE."""
        try:
            return super().pythonvalue(value)  # type: ignore[misc]  # a mixin: zeep's class follows
        except (TypeError, ValueError, ArithmeticError, LookupError):
            return UNREADABLE


class _TellingString(_Telling):
    def parse_xmlelement(self, xmlelement: Any, *arguments: Any, **options: Any) -> Any:
        """The element's text; the empty string where there is none and it is not marked as nil."""
        if xmlelement.text is None and xmlelement.get(_NIL) not in ("true", "1"):
            return ""
        return super().parse_xmlelement(xmlelement, *arguments, **options)  # type: ignore[misc]  # as above


@cache
def _telling(builtin: type) -> type:
    mixed_in = _TellingString if issubclass(builtin, builtins.String) else _Telling
    return type(builtin.__name__, (mixed_in, builtin), {})


def install(schema: Any) -> None:
    """Replace the builtin types of a zeep schema, before any document is read into it."""
    (own,) = schema.documents.get_by_namespace(ns.XSD, fail_silently=False)
    # zeep lists its builtin types under no public name.
    for builtin in builtins._types:  # noqa: SLF001
        make: Any = _telling(builtin)
        own.register_type(builtin._default_qname, make(is_global=True))  # noqa: SLF001 - a class attribute
