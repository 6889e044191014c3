"""Limits of what one operation may hold, checked before it is validated, in time linear in what was sent.

    check_text      before parsing: tokens, nesting, the length of numbers and names
    check_document  before validation: everything that fragments could multiply, with fragments expanded
    check_values    before coercion: the variables

The limits that an operator may want to change are settings; the others keep documents that no program of
ours or anybody's would send from costing more than their share.
"""

from __future__ import annotations

from sys import float_info
from typing import TYPE_CHECKING

import msgspec

from patchbay.access.limits.lexing import lexed
from patchbay.access.limits.measures import CircularFragments, measured
from patchbay.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation may hold at most.

    Args:
        tokens: lexical tokens of a document, comments included.
        depth: fields inside fields, fragments expanded. The introspection query of tools has 15.
        aliases: in an operation, fragments expanded.
        root_fields: at the root of an operation, fragments expanded.
        directives: in an operation, fragments expanded.
        directives_at_once: at one place. Clients have some of their own beside @include, @skip and @defer.
        list_items: of one list among a document's literals, or among the variables.
        repeats: how often one response key may stand in one selection set, its inline fragments included: a
            union of many types repeats `id` once for each of them. What fragments repeat is not counted:
            components that know nothing of each other ask for the same fields.
        operations: in a document. One is run; an editor sends all that stand in it. Each is validated with
            all of its fragments.
        fragments: in a document.
        fields: selections of a document, fragments expanded. This is what a document costs that compiles and
            validates it; a fragment that spreads another twice, and so on, grows as the powers of two.
        nesting: brackets inside brackets, and selection sets inside selection sets with fragments expanded.
            The parser takes 200; what recurses over a document is far from Python's limit here.
        number_characters: of one number. Python reads numbers in quadratic time, and refuses 4,300 digits.
        name_characters: of one name. Errors quote names.
        values: in all variables together, however nested.
    """

    tokens: int = 4000
    depth: int = 20
    aliases: int = 50
    root_fields: int = 25
    directives: int = 50
    directives_at_once: int = 8
    list_items: int = 1000
    repeats: int = 100
    operations: int = 20
    fragments: int = 250
    fields: int = 5000
    nesting: int = 100
    number_characters: int = 100
    name_characters: int = 200
    values: int = 10_000


def check_text(text: str, limits: Limits) -> None:
    """Refuse a text that is too much to be parsed. Raises LimitExceeded."""
    found = lexed(text, limits.tokens)
    for name, value, maximum, sentence in (
        ("tokens", found.tokens, limits.tokens, "the document has more than {max} tokens"),
        ("nesting", found.nesting, limits.nesting, "the document is nested deeper than {max} levels"),
        (
            "number_characters",
            found.longest_number,
            limits.number_characters,
            "a number of the document has more than {max} characters",
        ),
        (
            "name_characters",
            found.longest_name,
            limits.name_characters,
            "a name of the document has more than {max} characters",
        ),
    ):
        if value > maximum:
            raise LimitExceeded(name, maximum, sentence)
    if found.has_infinity:
        raise LimitExceeded("exponent", float_info.max_10_exp, "a number of the document is above 1e{max}")


def check_document(document: DocumentNode, limits: Limits) -> LimitExceeded | None:
    """What is too much about a document that was parsed; None where nothing is."""
    try:
        found = measured(document)
    except CircularFragments:
        return LimitExceeded("fragments", limits.fragments, "a fragment of the document spreads itself")
    for name, maximum, sentence in _checked(limits):
        if getattr(found, name) > maximum:
            return LimitExceeded(name, maximum, sentence)
    return None


def _checked(limits: Limits) -> Iterator[tuple[str, int, str]]:
    """The attributes of Measured, with what each may be at most and what to say where it is more."""
    yield "operations", limits.operations, "the document has more than {max} operations"
    yield "fragments", limits.fragments, "the document has more than {max} fragments"
    yield "nesting", limits.nesting, "the document is nested deeper than {max} levels"
    yield "depth", limits.depth, "fields are nested deeper than {max} levels"
    yield "root_fields", limits.root_fields, "an operation has more than {max} fields at its root"
    yield "aliases", limits.aliases, "an operation has more than {max} aliases"
    yield "directives", limits.directives, "an operation has more than {max} directives"
    at_once = "one place of the document has more than {max} directives"
    yield "directives_at_once", limits.directives_at_once, at_once
    yield "repeats", limits.repeats, "one field occurs more than {max} times in one selection set"
    yield "fields", limits.fields, "the document has more than {max} fields with its fragments expanded"
    yield "list_items", limits.list_items, "a list of the document has more than {max} items"


def check_values(variables: Mapping[str, object] | None, limits: Limits) -> None:
    """Refuse variables that are too much to be coerced. Raises LimitExceeded."""
    level: list[object] = list((variables or {}).values())
    count = depth = 0
    while level:
        count += len(level)
        depth += 1
        if count > limits.values:
            raise LimitExceeded("values", limits.values, "the variables hold more than {max} values")
        if depth > limits.nesting:
            raise LimitExceeded("nesting", limits.nesting, "variables are nested deeper than {max} levels")
        inner: list[object] = []
        for value in level:
            if isinstance(value, list):
                if len(value) > limits.list_items:
                    raise LimitExceeded(
                        "list_items", limits.list_items, "a list of the variables has more than {max} items"
                    )
                inner += value
            elif isinstance(value, dict):
                inner += value.values()
        level = inner
