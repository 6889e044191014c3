"""`serve`: the graph of the folder that the command is run in, or of descriptions that it is given.

--app MODULE:FUNCTION    what that makes
--rest, --soap           what these import, beside the folder's project where there is one
patchbay.toml            the folder's project: that of main.py where it has a PROJECT
main.py                  what its `application` makes
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.cli.importing import add_loading, add_sources, wanted
from patchbay.collector import paused_collector
from patchbay.errors import ConfigurationError, PatchbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI

    from patchbay.importing.project import Project
    from patchbay.server import Settings
    from patchbay.upstreams import Upstream

NAME = "serve"
DEFAULT_APP = "main:application"
PROJECT_FILE = Path("patchbay.toml")
MAIN_FILE = Path("main.py")

NOTHING_HERE = (
    "there is nothing to serve here: no main.py and no patchbay.toml. Say what to import, as\n"
    "  patchbay serve --rest shop=shop.openapi.yaml --soap erp=https://erp.example/stock?wsdl\n"
    "or write a project with\n"
    "  patchbay new DIR"
)


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser, for its help alone: its own options are read by `main`."""
    nouns.add_parser(NAME, help="serve the graph of this folder, or of descriptions", add_help=False)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until a signal.

    A graph is a function that takes Settings and returns the application. Upstreams whose variables --help
    lists are its module's `UPSTREAMS`, where it has any.

    Args:
        arguments: of the command line, behind `serve`.
        environment: normally os.environ.

    Returns:
        The exit code, see patchbay.server.serve.
    """
    with paused_collector():
        # What the machinery of the server needs is a second's work, which other commands do without.
        from patchbay.server.serve import parser, serve  # noqa: PLC0415 - not every command needs it

    program = f"patchbay {NAME}"
    own = _own_parser(program)
    options, others = own.parse_known_args(arguments)
    is_help = bool({"-h", "--help"} & set(others))
    try:
        with paused_collector():
            make_app, upstreams = _graph(options, environment, is_help=is_help)
    except PatchbayError as error:
        if is_help:
            print(f"{error}\n", file=sys.stderr)  # noqa: T201 - a command speaks through its streams
            parser((), program, own).parse_args(arguments)
        print(f"patchbay: cannot start:\n{error}", file=sys.stderr)  # noqa: T201 - as above
        return 2 if isinstance(error, ConfigurationError) else 1
    return serve(make_app, upstreams, environment, arguments, program=program, more=own)


def _own_parser(program: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=program, add_help=False, allow_abbrev=False)
    made.add_argument(
        "--app",
        metavar="MODULE:FUNCTION",
        help=f"what makes the application from the settings (default: {DEFAULT_APP})",
    )
    add_sources(made)
    add_loading(made)
    return made


def _graph(
    options: argparse.Namespace, environment: Mapping[str, str], *, is_help: bool
) -> tuple[Callable[[Settings], FastAPI], Sequence[Upstream]]:
    """What makes the application, and upstreams whose variables are listed. Raises PatchbayError."""
    has_sources = bool(options.rest or options.soap)
    if options.app is not None:
        if has_sources:
            raise ConfigurationError("--app makes its own graph; --rest and --soap cannot add to it")
        return _application(options.app)
    if not has_sources and not PROJECT_FILE.is_file():
        if not _has_main():
            raise ConfigurationError(NOTHING_HERE)
        return _application(DEFAULT_APP)
    project = _project(is_alone=not PROJECT_FILE.is_file())
    if project is None:
        if has_sources:
            raise ConfigurationError(
                "main.py makes its own graph, to which --rest and --soap cannot add: it has no PROJECT; "
                "see patchbay.importing.project.Project"
            )
        return _application(DEFAULT_APP)
    asked = wanted(options)
    loading = replace(project.loading, refresh=asked.refresh, strict=asked.strict, cache=asked.cache)
    project = replace(project, more={**project.more, **asked.sources}, loading=loading)
    if is_help:
        return project.application, project.upstreams
    return _loaded(project, environment)


def _loaded(
    project: Project, environment: Mapping[str, str]
) -> tuple[Callable[[Settings], FastAPI], Sequence[Upstream]]:
    """The graph, imported and reported."""
    graph = project.load(environment)
    _print_report(graph)

    def application(settings: Settings) -> FastAPI:
        app = project.serving(graph, settings, environment)
        print(f"GraphiQL: http://{settings.host}:{settings.port}/graphql", flush=True)  # noqa: T201 - as above
        return app

    return application, graph.upstreams


def _print_report(graph: Any) -> None:
    """What was found, on standard output."""
    from patchbay.cli.printing import Printer  # noqa: PLC0415 - as above
    from patchbay.importing.project.report_text import graph_lines  # noqa: PLC0415 - as above

    printer = Printer(as_json=False)
    for line in graph_lines(graph.reports, graph.renamed):
        printer.line(line)
    sys.stdout.flush()


def _project(*, is_alone: bool) -> Project | None:
    """The project of this folder; None where main.py makes a graph of its own.

    Args:
        is_alone: there is no patchbay.toml, so that descriptions that are given are served alone.
    """
    from patchbay.importing.project import Project  # noqa: PLC0415 - as above

    if is_alone or not MAIN_FILE.is_file():
        return Project(None if is_alone else PROJECT_FILE)
    found = getattr(_module("main"), "PROJECT", None)
    return found if isinstance(found, Project) else None


def _application(name: str) -> tuple[Callable[[Settings], FastAPI], Sequence[Upstream]]:
    """What makes the application, and its upstreams. Raises ConfigurationError."""
    module_name, _, function_name = name.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), function_name)):
        raise ConfigurationError(f"--app {name} is no name of a function, as {DEFAULT_APP} is")
    module = _module(module_name)
    make_app = getattr(module, function_name, None)
    if not callable(make_app):
        raise ConfigurationError(f"{module_name} has no function {function_name}; --app names another")
    return make_app, getattr(module, "UPSTREAMS", ())


def _has_main() -> bool:
    """Whether there is a main.py, here or where Python looks for modules."""
    return MAIN_FILE.is_file() or importlib.util.find_spec("main") is not None


def _module(name: str) -> Any:
    """A module of this folder. Raises ConfigurationError where there is none."""
    # As with `python main.py`, where Python itself does it.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        message = f"there is no {error.name}.py here; --app module:function names what makes the application"
        raise ConfigurationError(message) from None
