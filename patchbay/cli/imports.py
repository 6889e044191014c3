"""`import`: what an import finds, without serving it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.cli.importing import add_loading, add_sources, wanted
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer

PROJECT_FILE = Path("patchbay.toml")


def add_command(nouns: argparse._SubParsersAction[Any]) -> None:
    """Add it to the parser."""
    made = nouns.add_parser(
        "import",
        help="show what an import finds: of --rest and --soap, else of patchbay.toml",
        epilog="Exit code 1 with --strict where something cannot be mapped as it stands.",
    )
    add_sources(made)
    add_loading(made)
    made.add_argument("--json", action="store_true", help="JSON for machines")
    made.set_defaults(run=show)


async def show(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Report it."""
    # Not every command imports.
    from patchbay.importing.project.graph import load_graph  # noqa: PLC0415 - not every command needs it
    from patchbay.importing.project.loading import Loading  # noqa: PLC0415 - as above
    from patchbay.importing.project.project import Project  # noqa: PLC0415 - as above
    from patchbay.importing.project.report_text import graph_lines  # noqa: PLC0415 - as above

    asked = wanted(options)
    if not asked.sources and not PROJECT_FILE.is_file():  # noqa: ASYNC240 - one look at the disk, before anything runs
        raise ConfigurationError("say what to import with --rest and --soap; there is no patchbay.toml here")
    declared = Project(None if asked.sources else PROJECT_FILE, more=asked.sources).declarations()
    declared = replace(
        declared, sources={name: replace(each, strict=False) for name, each in declared.sources.items()}
    )
    loading = Loading(environment=environment, cache=asked.cache, refresh=asked.refresh)
    graph = await load_graph(declared, loading)
    is_complete = all(report.is_complete for report in graph.reports)
    if printer.as_json:
        printer.json({"upstreams": graph.reports, "renamed": graph.renamed, "complete": is_complete})
    else:
        for line in graph_lines(graph.reports, graph.renamed):
            printer.line(line)
    return 1 if asked.strict and not is_complete else 0
