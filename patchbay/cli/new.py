"""`new DIR`: a project of the house's shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.cli.importing import add_sources, sources_of

if TYPE_CHECKING:
    import argparse
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser."""
    made = nouns.add_parser("new", help="write a project: a folder to serve, test and extend")
    made.add_argument("folder", type=Path, metavar="DIR", help="a folder that is not there yet, or is empty")
    add_sources(made)
    made.add_argument("--json", action="store_true", help="JSON for machines")
    made.set_defaults(run=new)


async def new(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Write it."""
    from patchbay.importing.project.new import new_project  # noqa: PLC0415 - not every command needs it

    del environment
    files = new_project(options.folder, sources_of(options))
    if printer.as_json:
        printer.json({"folder": str(options.folder), "files": [str(path) for path in files]})
        return 0
    for path in files:
        printer.line(f"{options.folder / path}")
    printer.line("")
    printer.line(f"cd {options.folder}")
    printer.line("make run     serves it")
    printer.line("make test    tests it")
    return 0
