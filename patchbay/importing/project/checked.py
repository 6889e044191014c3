"""Values of a file, converted with errors that name the place, the key and what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.importing.near import near

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T", bound=msgspec.Struct)

_PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


@dataclass(frozen=True)
class Place:
    """Where in which file. It prints as "patchbay.toml: [upstreams.shop]"."""

    file: str
    table: str = ""

    def at(self, table: str) -> Place:
        """A table below."""
        return Place(self.file, f"{self.table}.{table}" if self.table else table)

    def __str__(self) -> str:
        return f"{self.file}: [{self.table}]" if self.table else self.file

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise ConfigurationError about a key of it, or about all of it."""
        raise ConfigurationError(f"{self}: {key}: {problem}" if key else f"{self} {problem}")


def converted(raw: Mapping[str, Any], to: type[T], place: Place) -> T:
    """The table as this struct. Raises ConfigurationError also for a key that is none."""
    fields = [field.encode_name for field in msgspec.structs.fields(to)]
    for key in raw:
        if key not in fields:
            place.fail(key, f"is no key here{near(key, fields)}; there are {', '.join(fields)}")
    try:
        return msgspec.convert(raw, to)
    except msgspec.ValidationError as error:
        path, problem = _told(str(error))
        place.fail(_exact(path, raw, to), problem)


def _exact(path: str, raw: Mapping[str, Any], to: type[T]) -> str:
    """The path with the key in it, where msgspec says "upstreams[...]"."""
    name, dots, rest = path.partition("[...]")
    for key, value in raw[name].items() if dots else ():
        try:
            msgspec.convert({name: {key: value}}, to)
        except msgspec.ValidationError:
            return f"{name}.{key}{rest}"
    return path


def _told(message: str) -> tuple[str, str]:
    """Key and problem, of a message of msgspec's."""
    match = _PATH.search(message)
    path = match["path"] if match else ""
    problem = message[: match.start()] if match else message
    kinds = _EXPECTED.match(problem)
    if kinds is None:
        return path, problem[:1].lower() + problem[1:]
    expected = " or ".join(
        _WORDS.get(each.strip(), each) for each in kinds["expected"].split("|") if each.strip() != "null"
    )
    return path, f"takes {expected}, and has {_WORDS.get(kinds['got'], kinds['got'])}"
