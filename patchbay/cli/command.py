"""From arguments to an exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

import structlog

from patchbay.cli import check, eject, imports, inbox, keys, new, reactions, rebuild, serve
from patchbay.cli.printing import Printer
from patchbay.errors import ConfigurationError, PatchbayError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WARNING = 30
"""As in `logging`."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command.

    Args:
        arguments: of the command line, without the program's name.
        environment: normally os.environ.

    Returns:
        The exit code, see patchbay.cli.
    """
    if arguments[:1] == [serve.NAME]:
        return serve.main(arguments[1:], environment)
    # What the machinery has to tell goes beside the answer, not into it.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    options = parser().parse_args(arguments)
    printer = Printer(as_json=options.json)
    try:
        code: int = asyncio.run(options.run(options, printer, environment))
    except ConfigurationError as error:
        return _failed(error, 2)
    except PatchbayError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    made = argparse.ArgumentParser(
        prog="python -m patchbay",
        description="Serve a graph, import upstreams from their descriptions; look at a graph's inbox, mend"
        " it, give out API keys: beside the server or without one.",
        epilog="The database is the server's: PATCHBAY_DATABASE or PATCHBAY_DATABASE_URL.",
        allow_abbrev=False,
    )
    nouns = made.add_subparsers(metavar="noun", required=True)
    events = nouns.add_parser("inbox", help="stored events of webhooks, and the records made of them")
    verbs = events.add_subparsers(metavar="command", required=True)
    inbox.add_commands(verbs)
    rebuild.add_command(verbs)
    chains = nouns.add_parser("reactions", help="chains of steps that events have set off")
    reactions.add_commands(chains.add_subparsers(metavar="command", required=True))
    made_for_clients = nouns.add_parser("keys", help="API keys of clients")
    keys.add_commands(made_for_clients.add_subparsers(metavar="command", required=True))
    for command in (serve, imports, check, eject, new):
        command.add_command(nouns)
    return made


def _failed(error: PatchbayError, code: int) -> int:
    print(f"patchbay: {error}", file=sys.stderr)  # noqa: T201 - a command speaks through its streams
    return code
