"""Options of commands that import: which descriptions, which of their operations, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from patchbay.importing.project.sources import OpenApi, Wsdl

DEFAULT_CACHE = Path(".data/imports")


@dataclass(frozen=True)
class Wanted:
    """What the options say.

    Args:
        sources: upstream's name -> its description.
        strict: what cannot be mapped as it stands is a failure.
        refresh: fetch and compile anew, whatever is kept.
        cache: the folder of compiled copies.
    """

    sources: dict[str, OpenApi | Wsdl]
    strict: bool
    refresh: bool
    cache: Path


def add_sources(parser: ArgumentParser) -> None:
    """--rest, --soap, --include and --exclude."""
    parser.add_argument(
        "--rest",
        metavar="NAME=OPENAPI",
        action="append",
        default=[],
        help="import a REST upstream from its OpenAPI document, a file or URL; repeatable",
    )
    parser.add_argument(
        "--soap",
        metavar="NAME=WSDL",
        action="append",
        default=[],
        help="import a SOAP upstream from its WSDL, a file or URL; repeatable",
    )
    for name, what in (("include", "import only"), ("exclude", "leave out")):
        parser.add_argument(
            f"--{name}",
            metavar="[NAME:]PATTERN",
            action="append",
            default=[],
            help=f"{what} operations like this: an operation's id or field with * and ?, or tag:NAME; in"
            " front, the upstream where it is not meant for all; repeatable",
        )


def add_loading(parser: ArgumentParser) -> None:
    """--strict, --refresh and --cache."""
    parser.add_argument(
        "--strict", action="store_true", help="fail where a description cannot be mapped as it stands"
    )
    parser.add_argument(
        "--refresh", action="store_true", help="read descriptions anew, whatever compiled copies are kept"
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        default=DEFAULT_CACHE,
        help=f"where compiled copies of descriptions are kept (default: {DEFAULT_CACHE})",
    )


def wanted(options: Namespace) -> Wanted:
    """What the options say. Raises ConfigurationError."""
    return Wanted(
        sources=sources_of(options), strict=options.strict, refresh=options.refresh, cache=options.cache
    )


def sources_of(options: Namespace) -> dict[str, OpenApi | Wsdl]:
    """The descriptions, with what is included and excluded of each. Raises ConfigurationError."""
    # What imports need is left to commands that import.
    from patchbay.importing.project.declaring import unique  # noqa: PLC0415 - not every command needs it
    from patchbay.importing.project.sources import REST, SOAP, parse_source  # noqa: PLC0415 - as above

    pairs = [parse_source(kind, text) for kind in (REST, SOAP) for text in getattr(options, kind)]
    sources = unique(pairs, "--rest and --soap")
    include, exclude = (
        _by_upstream(getattr(options, name), sources, name) for name in ("include", "exclude")
    )
    return {
        name: replace(source, include=tuple(include[name]), exclude=tuple(exclude[name]))
        for name, source in sources.items()
    }


def _by_upstream(
    patterns: list[str], sources: dict[str, OpenApi | Wsdl], option: str
) -> dict[str, list[str]]:
    """Upstream's name -> the patterns that are meant for it."""
    found: dict[str, list[str]] = {name: [] for name in sources}
    if patterns and not sources:
        raise ConfigurationError(
            f"--{option} is for --rest and --soap; for one of patchbay.toml, say {option} = [...] there"
        )
    for pattern in patterns:
        name, colon, rest = pattern.partition(":")
        if not pattern.strip() or (colon and not rest):
            raise ConfigurationError(f"--{option} {pattern}: needs a pattern, as get* or tag:orders")
        if colon and name in sources:
            found[name].append(rest)
            continue
        if colon and name != "tag":
            known = ", ".join(sources)
            raise ConfigurationError(
                f"--{option} {pattern}: there is no upstream '{name}'; there are {known}"
            )
        for each in found.values():
            each.append(pattern)
    return found
