"""`inbox rebuild`: all records of an upstream made anew from its stored events, by the graph's handlers."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.cli.opening import opened
from patchbay.errors import ConfigurationError
from patchbay.inbox.rebuild import Rebuild
from patchbay.inbox.sources import Declares, Sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer
    from patchbay.inbox.rebuild import RebuildReport

DEFAULT_UPSTREAMS = "adapters:UPSTREAMS"


def add_command(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser."""
    shown = verbs.add_parser(
        "rebuild",
        help="make all records anew from the stored events; readers see the old ones until it is done",
    )
    shown.add_argument("upstream", nargs="*", help="whose records (default: all)")
    shown.add_argument(
        "--upstreams",
        default=DEFAULT_UPSTREAMS,
        metavar="MODULE:ATTRIBUTE",
        help=f"where the graph's upstreams stand, seen from this folder (default: {DEFAULT_UPSTREAMS})",
    )
    shown.add_argument("--json", action="store_true", help="JSON for machines")
    shown.set_defaults(run=rebuild)


async def rebuild(options: argparse.Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Do it, and say what has changed."""
    sources = Sources()
    for upstream in load_upstreams(options.upstreams):
        if isinstance(upstream, Declares):
            upstream.register(sources)
    chosen = sources.of(options.upstream)
    phase = ""

    def progress(report: RebuildReport) -> None:
        nonlocal phase
        if report.phase != phase and not printer.as_json:
            phase = report.phase
            print(phase, file=sys.stderr)  # noqa: T201 - beside the answer

    async with opened(environment) as database:
        report = await Rebuild(database, chosen, progress).run()
    if printer.as_json:
        printer.json(report)
    else:
        printer.members(msgspec.structs.asdict(report) | {"upstreams": ", ".join(report.upstreams)})
    return 0


def load_upstreams(place: str) -> tuple[object, ...]:
    """The upstreams of the graph in this folder.

    Args:
        place: `module:attribute`.

    Raises:
        ConfigurationError: there are none.
    """
    module_name, _, attribute = place.partition(":")
    if not module_name or not attribute:
        raise ConfigurationError("--upstreams is MODULE:ATTRIBUTE, as in adapters:UPSTREAMS")
    # As `python -m` has it already, and a script that is installed has not.
    if os.getcwd() not in sys.path:  # noqa: PTH109 - an entry of sys.path is text
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as above
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        problem = f"--upstreams: there is no module {error.name}; is this the graph's folder?"
        raise ConfigurationError(problem) from error
    found = getattr(module, attribute, None)
    if not isinstance(found, tuple | list):
        raise ConfigurationError(f"--upstreams: {place} is no tuple of upstreams")
    return tuple(found)
