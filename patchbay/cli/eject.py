"""`eject NAME`: an imported upstream as the files that a person would have written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.cli.importing import DEFAULT_CACHE

if TYPE_CHECKING:
    import argparse
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser."""
    made = nouns.add_parser(
        "eject", help="write an imported upstream as adapter, schema and resolvers, to be edited"
    )
    made.add_argument("name", metavar="NAME", help="an upstream of patchbay.toml")
    made.add_argument(
        "--into", metavar="DIR", type=Path, default=Path(), help="the project (default: this folder)"
    )
    made.add_argument("--force", action="store_true", help="write over files that are there")
    made.add_argument(
        "--cache", metavar="DIR", type=Path, default=DEFAULT_CACHE, help="where compiled copies are kept"
    )
    made.add_argument("--json", action="store_true", help="JSON for machines")
    made.set_defaults(run=eject)


async def eject(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Write it."""
    from patchbay.importing.eject import eject_upstream  # noqa: PLC0415 - not every command needs it

    ejected = await eject_upstream(
        options.name, options.into, cache=options.cache, force=options.force, environment=environment
    )
    if printer.as_json:
        printer.json({"files": [str(path) for path in ejected.files], "to_do": ejected.to_do})
        return 0
    for path in ejected.files:
        printer.line(f"wrote {path}")
    printer.line("")
    for line in ejected.to_do:
        printer.line(line)
    return 0
