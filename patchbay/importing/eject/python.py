"""Python as text: expressions that are laid out as the formatter would, in lines of 110 characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH: Final = 110
_INDENT: Final = "    "
_TO_LINTER: Final = "  # noqa"

_SIGNS: Final = "\u2018\u2019\u201c\u201d\u2013\u2014\u2022"
_LOOKS_LIKE: Final = dict(zip(_SIGNS, "''''--*", strict=True))
"""Signs that are taken for others in code."""


@dataclass(frozen=True)
class Text:
    """A text, as a literal."""

    value: str


@dataclass(frozen=True)
class Group:
    """Something with brackets: a call, a list, a signature.

    Args:
        head: with the opening bracket, as "shop.batch(".
        items: see Item.
        tail: with the closing bracket, as ") -> None:".
        comment: behind the opening bracket; each item stands on a line of its own then.
    """

    head: str
    items: tuple[Item, ...]
    tail: str = ")"
    comment: str = ""


@dataclass(frozen=True)
class Item:
    """One of a group: `before` is "name=", "name: " or empty, `after` " = None" or empty."""

    value: Expression
    before: str = ""
    after: str = ""


Expression: TypeAlias = str | Text | Group


def call(function: str, /, *values: Expression, **named: Expression | None) -> Group:
    """A call; named values that are None are left out."""
    items = [Item(value) for value in values]
    items += [Item(value, f"{key}=") for key, value in named.items() if value is not None]
    return Group(f"{function}(", tuple(items))


def literal(text: str) -> str:
    """A text as Python writes it, with double quotes where it can."""
    quote = _quote(text)
    return f"{quote}{_escaped(text, quote)}{quote}"


def flat(value: Expression) -> str:
    """On one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, Text):
        return literal(value.value)
    return value.head + ", ".join(map(_flat_item, value.items)) + value.tail


def laid_out(before: str, value: Expression, after: str = "", indent: int = 0) -> list[str]:
    """The lines of an expression between two texts.

    Args:
        before: what stands in front, as "orders = ".
        value: the expression.
        after: what stands behind, as ",".
        indent: of the first line, in steps.
    """
    space = _INDENT * indent
    line = f"{space}{before}{flat(value)}{after}"
    # The formatter does not count what is said to the linter.
    width = len(line) - (len(after) if after.startswith(_TO_LINTER) else 0)
    has_comment = isinstance(value, Group) and bool(value.comment)
    if width <= WIDTH and not has_comment:
        return [line]
    if isinstance(value, str):
        return _long_union(space, value, after) if not before and " | " in value else [line]
    if isinstance(value, Text):
        return _long_text(space, before, value.value, after)
    return _long_group(space, before, value, after, indent) if value.items else [line]


def _long_union(space: str, annotation: str, after: str) -> list[str]:
    """An annotation of many types, one on a line."""
    first, *others = annotation.split(" | ")
    lines = [f"{space}{first}", *(f"{space}| {each}" for each in others)]
    return [*lines[:-1], f"{lines[-1]}{after}"]


def _long_group(space: str, before: str, group: Group, after: str, indent: int) -> list[str]:
    """Its items on a line of their own, or each on one."""
    inner = ", ".join(map(_flat_item, group.items))
    comma = "," if "def " in group.head and len(group.items) == 1 else ""
    inside = f"{space}{_INDENT}{inner}{comma}"
    if len(inside) <= WIDTH and not group.comment:
        return [f"{space}{before}{group.head}", inside, f"{space}{group.tail}{after}"]
    lines = [f"{space}{before}{group.head}{group.comment}"]
    # A comprehension takes no comma.
    comma = "" if group.head == "[" and " for each in " in inner else ","
    for item in group.items:
        lines += laid_out(item.before, item.value, item.after + comma, indent + 1)
    return [*lines, f"{space}{group.tail}{after}"]


def attribute_lines(name: str, annotation: str, value: Expression | None, indent: int = 1) -> list[str]:
    """The lines of an annotated attribute of a class, with a value or without one."""
    space = _INDENT * indent
    before = f"{name}: {annotation}"
    said = "" if value is None else flat(value)
    if value is None or isinstance(value, str):
        line = f"{space}{before} = {said}" if said else f"{space}{before}"
        if len(line) <= WIDTH:
            return [line]
        if said and len(f"{space}{before} = (") <= WIDTH:
            return [f"{space}{before} = (", f"{space}{_INDENT}{said}", f"{space})"]
    elif len(f"{space}{before} = {_head(value)}") <= WIDTH:
        return laid_out(f"{before} = ", value, indent=indent)
    elif len(f"{space}{before} = (") <= WIDTH:
        return [f"{space}{before} = (", *laid_out("", value, indent=indent + 1), f"{space})"]
    if " | " not in annotation:
        return laid_out(f"{before} = ", value, indent=indent) if value is not None else [f"{space}{before}"]
    lines = [f"{space}{name}: (", f"{space}{_INDENT}{annotation}"]
    return [*lines, *(laid_out(") = ", value, indent=indent) if value is not None else [f"{space})"])]


def _head(value: Expression) -> str:
    return value.head if isinstance(value, Group) else flat(value)


def docstring(text: str, indent: int = 0) -> list[str]:
    """A docstring of one paragraph or several, its lines filled."""
    space = _INDENT * indent
    paragraphs = [filled(each, WIDTH - len(space)) for each in text.strip().split("\n\n")]
    lines = [line for paragraph in paragraphs for line in (*paragraph, "")][:-1]
    lines = [_safe(each) for each in lines]
    if len(lines) == 1 and len(space) + len(lines[0]) + 6 <= WIDTH:
        return [f'{space}"""{lines[0]}"""']
    first = filled(lines[0], WIDTH - len(space) - 6)
    lines = [*first, *lines[1:]]
    body = [f"{space}{line}".rstrip() for line in lines[1:]]
    return [f'{space}"""{lines[0]}', *body, f'{space}"""']


def filled(text: str, width: int) -> list[str]:
    """The words of a text on lines of that width; a longer word stands alone."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def sentence(text: str | None, otherwise: str) -> str:
    """A description as a docstring's sentence: what stands in front of its first blank line."""
    words = " ".join((text or "").strip().split("\n\n")[0].split())
    words = words or otherwise
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?", ":")) else f"{words}."


def module(parts: Iterable[Sequence[str]]) -> str:
    """Blocks of lines as a file, two lines between blocks that are definitions; each block says itself."""
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def _flat_item(item: Item) -> str:
    return f"{item.before}{flat(item.value)}{item.after}"


def _long_text(space: str, before: str, text: str, after: str) -> list[str]:
    """A literal in several pieces, one below the other; a single word in brackets."""
    if " " not in text and before.endswith(" = "):
        return [f"{space}{before}(", f"{space}{_INDENT}{literal(text)}{after}", f"{space})"]
    pieces: list[str] = []
    room = WIDTH - len(space) - len(before) - 2
    current = ""
    for word in _words(text):
        if current and len(literal(current + word)) - 2 > room - len(after):
            pieces.append(current)
            current, room = "", WIDTH - len(space) - 2
        current += word
    pieces.append(current)
    lines = [f"{space}{literal(piece)}" for piece in pieces]
    lines[0] = f"{space}{before}{lines[0][len(space) :]}"
    lines[-1] += after
    return lines


def _quote(text: str) -> str:
    """The quotes that need fewer escapes, double ones where that is equal."""
    return "'" if text.count('"') > text.count("'") else '"'


def _words(text: str) -> list[str]:
    """The words with the space behind each; very long ones in parts."""
    words, current = [], ""
    for sign in text:
        current += sign
        if sign in " \n" or len(current) >= 60:  # noqa: PLR2004 - plain where it stands
            words.append(current)
            current = ""
    return [*words, current] if current else words


def _escaped(text: str, quote: str) -> str:
    plain = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    plain = plain.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "".join(sign if _is_clear(sign) else ascii(sign)[1:-1] for sign in plain)


def _is_clear(sign: str) -> bool:
    """Whether it can stand in code as it is: letters of all scripts, and ASCII's signs."""
    return sign.isprintable() and (sign.isascii() or sign.isalnum())


def _safe(line: str) -> str:
    """A line that a docstring can hold."""
    plain = line.replace("\\", "/").replace('"""', "'''")
    plain = "".join(sign if _is_clear(sign) else _LOOKS_LIKE.get(sign, " ") for sign in plain)
    return f"{plain[:-1]}'" if plain.endswith('"') else plain
