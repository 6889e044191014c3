"""Statements, written once for SQLite and PostgreSQL.

Parameters are named: `:kind`. `EACH(:keys, wanted)` is a table `wanted` with the column `value`, one row for
each text of a list; its parameter is that list as JSON (`json_list`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_EACH = re.compile(r"EACH\((:\w+), (\w+)\)")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


class Sql:
    """A statement as each database understands it."""

    __slots__ = ("postgres", "sqlite")

    def __init__(self, text: str) -> None:
        self.sqlite = _EACH.sub(r"json_each(\1) AS \2", text)
        escaped = text.replace("%", "%%")
        lists = _EACH.sub(r"jsonb_array_elements_text(CAST(\1 AS jsonb)) AS \2(value)", escaped)
        self.postgres = _PARAMETER.sub(r"%(\1)s", lists)


def sql(text: str) -> Sql:
    """See the module."""
    return Sql(text)


def json_list(values: Iterable[str]) -> str:
    """A list as EACH takes it. No value may hold NUL or a lone surrogate: neither is text to a database."""
    return json.dumps(list(values))
