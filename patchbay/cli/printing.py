"""What a command says: aligned text for people, JSON for machines."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING = "-"


class Printer:
    """Writes to standard output.

    Args:
        as_json: JSON, and nothing else.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def json(self, value: Any) -> None:
        """One document, for machines."""
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def line(self, text: str) -> None:
        """A line, for people."""
        sys.stdout.write(f"{printable(text)}\n")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Columns as wide as they must be; numbers to the right."""
        cells = [columns, *([printable(_text(value)) for value in row] for row in rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
        numeric = [
            bool(rows) and all(isinstance(row[place], int | None) for row in rows)
            for place in range(len(columns))
        ]
        for row in cells:
            aligned = [
                cell.rjust(width) if is_number else cell.ljust(width)
                for cell, width, is_number in zip(row, widths, numeric, strict=True)
            ]
            sys.stdout.write("  ".join(aligned).rstrip() + "\n")

    def members(self, values: Mapping[str, object]) -> None:
        """A name and a value on each line."""
        width = max(map(len, values))
        for name, value in values.items():
            self.line(f"{name:<{width}}  {_text(value)}")


def moment(epoch_seconds: float | None) -> str | None:
    """In UTC to the second."""
    if epoch_seconds is None:
        return None
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def printable(text: str) -> str:
    """As it is, but for what would steer a terminal: names and types come from outside."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _text(value: object) -> str:
    return NOTHING if value is None else str(value)
