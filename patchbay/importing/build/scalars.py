"""The scalars of imported graphs: texts that are passed on, numbers that GraphQL's Int cannot hold, files.

What an upstream answers is passed on as it stands; what a client sends is looked at first, leniently: the
upstream knows best what it takes.

Beside types that people wrote with `datetime`, `Decimal` and the like, one scalar of each name has to serve
both: `beside_python()` maps Python's types to these scalars as well, whose inputs are Python's values then.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.file_uploads import Upload as StrawberryUpload
from strawberry.scalars import JSON
from strawberry.scalars import Base64 as StrawberryBase64
from strawberry.types.scalar import ScalarDefinition

from patchbay.importing.model import Scalar
from patchbay.leaf_forms import Form
from patchbay.scalars import MAX_SAFE_INTEGER, SafeInt
from patchbay.scalars import SCALARS as HOUSE_SCALARS
from patchbay.uploads import UploadedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MAX_DIGITS: Final = 4_000
"""Of a whole number of any size: Python reads no longer ones from texts."""

_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)?"
_DATE = re.compile(rf"-?\d{{4,}}-\d\d-\d\d{_OFFSET}")
_TIME = re.compile(rf"\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?{_OFFSET}")
_DATE_TIME = re.compile(rf"-?\d{{4,}}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?{_OFFSET})?")
_DURATION = re.compile(
    r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?"
)
_CLOCK = re.compile(r"-?(?:\d+\.)?\d+:\d\d(?::\d\d(?:\.\d+)?)?")
"""A duration as .NET writes it."""
_WHOLE = re.compile(rf"[+-]?\d{{1,{_MAX_DIGITS}}}")


@dataclass
class PassedOn(ScalarDefinition):
    """A scalar that tells the executor how its values are written."""

    form: Form | None = None


# ------------------------------------------------------------------------------------------ what clients get


def _plain(value: Any) -> Any:
    """A text as it stands; Python's values as ISO 8601 or a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _big(value: Any) -> str:
    if type(value) is int or (isinstance(value, str) and _WHOLE.fullmatch(value)):
        return str(value)
    raise GraphQLError("BigInt is a whole number")


def _in_safe_range(values: Sequence[Any]) -> bool:
    present: Any = [each for each in values if each is not None] if None in values else values
    return not present or (min(present) >= -MAX_SAFE_INTEGER and max(present) <= MAX_SAFE_INTEGER)


_TEXT: Final = Form(frozenset((str,)))
_ANYTHING: Final = Form(frozenset((str, int, float, bool, list, dict)))


# ------------------------------------------------------------------------------------------ what clients send


def _matching(name: str, *patterns: re.Pattern[str]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not any(pattern.fullmatch(value) for pattern in patterns):
            raise GraphQLError(f"{name}: this is none")
        return value

    return parse


def _uuid(value: Any) -> str:
    try:
        uuid.UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise GraphQLError("UUID: this is none") from error
    text: str = value
    return text


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise GraphQLError("Decimal is a number, or a text with one")
    try:
        number = Decimal(str(value))
    except DecimalException as error:
        raise GraphQLError("Decimal: this is no number") from error
    if not number.is_finite():
        raise GraphQLError("Decimal: this is no number")
    return str(value)


def _big_int(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise GraphQLError("BigInt is a whole number, or a text with one")


def _base64(value: Any) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise GraphQLError("Base64: this is none") from error
    text: str = value
    return text


def _upload(value: Any) -> UploadedFile:
    """A file, whether it came with the request or stands in its JSON."""
    if isinstance(value, UploadedFile):
        return value
    if isinstance(value, str):
        return UploadedFile("", "", value.encode())
    if not isinstance(value, dict) or not value.keys() <= {"name", "type", "text", "base64"}:
        raise GraphQLError("Upload is a text, or an object of name, type, and text or base64")
    if not all(isinstance(each, str) for each in value.values()) or ("text" in value) == ("base64" in value):
        raise GraphQLError("Upload: name and type are texts, and there is one of text and base64")
    content = base64.b64decode(_base64(value["base64"])) if "base64" in value else value["text"].encode()
    return UploadedFile(value.get("name", ""), value.get("type", ""), content)


# ---------------------------------------------------------------------------------------------- definitions


def _defined(
    name: str, description: str, parse: Callable[[Any], Any], form: Form = _TEXT, url: str | None = None
) -> PassedOn:
    return PassedOn(
        name=name,
        description=description,
        specified_by_url=url,
        serialize=form.coerce or _plain,
        parse_value=parse,
        parse_literal=None,
        form=form,
    )


_BIG_FORM: Final = Form(frozenset(), converted=frozenset((int,)), convert=str, coerce=_big)
_DECIMAL_FORM: Final = Form(frozenset((str,)), converted=frozenset((str, int, float, Decimal)), convert=str)

_DEFINED: Final = {
    Scalar.BIG_INT: _defined("BigInt", "A whole number of any size, as a text.", _big_int, _BIG_FORM),
    Scalar.DECIMAL: _defined("Decimal", "An exact number, as a text.", _decimal, _DECIMAL_FORM),
    Scalar.DATE_TIME: _defined(
        "DateTime", "A date with a time, as RFC 3339 has it.", _matching("DateTime", _DATE_TIME)
    ),
    Scalar.DATE: _defined("Date", "A date, as 2026-01-31.", _matching("Date", _DATE)),
    Scalar.TIME: _defined("Time", "A time of the day, as 13:37:00.", _matching("Time", _TIME)),
    Scalar.DURATION: _defined(
        "Duration", "A length of time, as PT1H30M.", _matching("Duration", _DURATION, _CLOCK)
    ),
    Scalar.UUID: _defined("UUID", "A UUID, as RFC 9562 has it.", _uuid),
    Scalar.BASE64: _defined("Base64", "Bytes, as base64.", _base64),
    Scalar.UPLOAD: _defined(
        "Upload",
        "A file, sent by a GraphQL multipart request; or its text, or an object of `name`, `type` (the media "
        "type), and `text` or `base64`.",
        _upload,
    ),
}


def _marker(definition: PassedOn) -> Any:
    # As Strawberry does it for federation's scalars: with a scalar_map, each graph would have to list them.
    return type(definition.name, (str,), {"_scalar_definition": definition})


_SAFE_INT: Final = PassedOn(
    **{name: getattr(HOUSE_SCALARS[SafeInt], name) for name in ("name", "description", "specified_by_url")},
    serialize=HOUSE_SCALARS[SafeInt].serialize,
    parse_value=HOUSE_SCALARS[SafeInt].parse_value,
    parse_literal=None,
    form=Form(frozenset((int,)), _in_safe_range),
)

TYPES: Final[dict[str, Any]] = {
    Scalar.STRING: str,
    Scalar.ID: strawberry.ID,
    Scalar.INT: int,
    Scalar.SAFE_INT: SafeInt,
    Scalar.FLOAT: float,
    Scalar.BOOLEAN: bool,
    Scalar.JSON: JSON,
    **{name: _marker(definition) for name, definition in _DEFINED.items()},
}
"""Name of a model's scalar -> what Strawberry knows it by."""

_JSON: Final = PassedOn(
    name="JSON",
    description="Anything that JSON can hold.",
    specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
    serialize=lambda value: value,
    parse_value=lambda value: value,
    parse_literal=None,
    form=_ANYTHING,
)

SCALARS: Final[dict[object, ScalarDefinition]] = {
    SafeInt: _SAFE_INT,
    JSON: _JSON,
    # One scalar of the name serves imported and hand-written fields.
    UploadedFile: _DEFINED[Scalar.UPLOAD],
    StrawberryUpload: _DEFINED[Scalar.UPLOAD],
}
"""For StrawberryConfig.scalar_map of a graph with imported types."""


def beside_python() -> dict[object, ScalarDefinition]:
    """As SCALARS, for a graph that has types with Python's values as well."""
    definitions: dict[object, ScalarDefinition] = dict(SCALARS)
    for python, (name, parse) in _PYTHON.items():
        definition = _PYTHON_DEFINED[name] = _PYTHON_DEFINED.get(name) or _parsing(name, parse)
        definitions[python] = definitions[TYPES[name]] = definition
    return definitions


_PYTHON_DEFINED: dict[str, PassedOn] = {}


def _parsing(name: str, parse: Callable[[str], Any]) -> PassedOn:
    """The scalar with inputs as Python's values."""
    known = _DEFINED[Scalar(name)]
    check: Any = known.parse_value

    def parsed(value: Any) -> Any:
        try:
            return parse(check(value))
        except (ValueError, DecimalException) as error:
            raise GraphQLError(f"{name}: this is none") from error

    assert known.form is not None  # noqa: S101 - each of them has one
    return _defined(known.name, known.description or "", parsed, known.form)


_PYTHON: Final[Mapping[object, tuple[str, Callable[[str], Any]]]] = {
    dt.datetime: (Scalar.DATE_TIME, dt.datetime.fromisoformat),
    dt.date: (Scalar.DATE, dt.date.fromisoformat),
    dt.time: (Scalar.TIME, dt.time.fromisoformat),
    uuid.UUID: (Scalar.UUID, uuid.UUID),
    Decimal: (Scalar.DECIMAL, Decimal),
    StrawberryBase64: (Scalar.BASE64, base64.b64decode),
}


def on_the_wire(value: Any) -> Any:
    """An argument's value as the upstream gets it: texts, where the graph parses them to Python's values.

    A file comes to filename, content_type, and its content as bytes.
    """
    if isinstance(value, UploadedFile):
        return {"filename": value.filename, "content_type": value.content_type, "content": value.content}
    if isinstance(value, dt.datetime | dt.time):
        text = value.isoformat()
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
    return value if isinstance(value, str) else _plain(value)
