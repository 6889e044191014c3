"""`check`: what has changed in upstreams' descriptions since they were used last, and whom it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.cli.importing import DEFAULT_CACHE
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer
    from patchbay.importing.project.checking import Checked

MOST_NEW = 20
"""Changes that break nobody, shown to people."""


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser."""
    made = nouns.add_parser(
        "check",
        help="compare upstreams' descriptions with those that were used last",
        epilog="Exit code 1 where something breaks. What is compared with stays what it is until the graph is"
        " served or imported anew.",
    )
    made.add_argument("name", nargs="?", metavar="NAME", help="only this upstream of patchbay.toml")
    made.add_argument(
        "--against", metavar="FILE|URL", help="compare with this description in place of the last one"
    )
    made.add_argument(
        "--cache", metavar="DIR", default=str(DEFAULT_CACHE), help="where compiled copies are kept"
    )
    made.add_argument("--json", action="store_true", help="JSON for machines")
    made.set_defaults(run=check)


async def check(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Compare."""
    from patchbay.importing.project.checking import check_all  # noqa: PLC0415 - not every command needs it

    if options.against is not None and options.name is None:
        raise ConfigurationError("--against is for one upstream: name it")
    checked = await check_all(options.name, options.against, options.cache, environment)
    if printer.as_json:
        printer.json([each.as_json() for each in checked])
    else:
        for each in checked:
            _print(each, printer)
    return 1 if any(each.breaks for each in checked) else 0


def _print(checked: Checked, printer: Printer) -> None:
    if checked.problem:
        printer.line(f"{checked.name}: {checked.problem}")
        return
    if not checked.changes and not checked.broken_lines:
        printer.line(f"{checked.name}: nothing has changed")
        return
    printer.line(f"{checked.name}:")
    for title, changes in checked.by_breaks():
        most = len(changes) if title != "new" else MOST_NEW
        for change in changes[:most]:
            printer.line(f"  {title:<16} {change.at} {change.what}")
        if len(changes) > most:
            printer.line(f"  {title:<16} and {len(changes) - most} more")
    for line in checked.broken_lines:
        printer.line(f"  {'patchbay.toml':<16} {line}")
