"""`serve`: the graph of the folder that the command is run in."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, Any

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI

    from patchbay.server import Settings
    from patchbay.upstreams import Upstream

NAME = "serve"
DEFAULT_APP = "main:application"


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser, for its help alone: its own options are read by `main`."""
    nouns.add_parser(NAME, help="serve the graph of this folder", add_help=False)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until a signal.

    The graph is a function that takes Settings and returns the application. Upstreams whose variables --help
    lists are its module's `UPSTREAMS`, where it has any.

    Args:
        arguments: of the command line, behind `serve`.
        environment: normally os.environ.

    Returns:
        The exit code, see patchbay.server.serve.
    """
    # What the machinery of the server needs is a second's work, which other commands do without.
    from patchbay.server.serve import parser, serve  # noqa: PLC0415

    program = f"patchbay {NAME}"
    own = argparse.ArgumentParser(prog=program, add_help=False, allow_abbrev=False)
    own.add_argument(
        "--app",
        metavar="MODULE:FUNCTION",
        default=DEFAULT_APP,
        help=f"what makes the application from the settings (default: {DEFAULT_APP})",
    )
    options, others = own.parse_known_args(arguments)
    try:
        make_app, upstreams = _graph(options.app)
    except ConfigurationError as error:
        if {"-h", "--help"} & set(others):
            print(f"{error}\n", file=sys.stderr)  # noqa: T201 - a command speaks through its streams
            parser((), program, own).parse_args(arguments)
        print(f"patchbay: cannot start:\n{error}", file=sys.stderr)  # noqa: T201 - as above
        return 2
    return serve(make_app, upstreams, environment, arguments, program=program, more=own)


def _graph(name: str) -> tuple[Callable[[Settings], FastAPI], Sequence[Upstream]]:
    """What makes the application, and its upstreams. Raises ConfigurationError."""
    module_name, _, function_name = name.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), function_name)):
        raise ConfigurationError(f"--app {name} is no name of a function, as {DEFAULT_APP} is")
    # As with `python main.py`, where Python itself does it.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        message = f"there is no {error.name}.py here; --app module:function names what makes the application"
        raise ConfigurationError(message) from None
    make_app = getattr(module, function_name, None)
    if not callable(make_app):
        raise ConfigurationError(f"{module_name} has no function {function_name}; --app names another")
    return make_app, getattr(module, "UPSTREAMS", ())
