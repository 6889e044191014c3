"""Descriptions as they are now, against what was used last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import ConfigurationError, PatchbayError
from patchbay.importing.build.edits import Problems
from patchbay.importing.cache import CompiledCopies
from patchbay.importing.compile import compile_description
from patchbay.importing.drift import Breaks, Change, changes_between
from patchbay.importing.near import near
from patchbay.importing.project.editing import edits_of, with_names
from patchbay.importing.project.loading import description_of
from patchbay.importing.project.toml import FILE, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patchbay.importing.model import Model
    from patchbay.importing.project.declaring import Declarations
    from patchbay.importing.project.sources import OpenApi, Wsdl

TITLES: Final = {Breaks.CLIENTS: "breaks clients", Breaks.CALLS: "breaks calls", Breaks.NOBODY: "new"}


@dataclass(frozen=True)
class Checked:
    """What was found of one upstream.

    Args:
        name: of the upstream.
        changes: see Change.
        broken_lines: of patchbay.toml, that no longer hold.
        problem: why nothing could be compared; empty where it was.
        is_failure: whether that is a failure.
    """

    name: str
    changes: tuple[Change, ...] = ()
    broken_lines: tuple[str, ...] = ()
    problem: str = ""
    is_failure: bool = False

    @property
    def breaks(self) -> bool:
        """Whether something breaks, or could not be looked at."""
        has_breaking = any(change.breaks is not Breaks.NOBODY for change in self.changes)
        return has_breaking or bool(self.broken_lines) or self.is_failure

    def by_breaks(self) -> Iterator[tuple[str, Sequence[Change]]]:
        """A title for people, and the changes below it."""
        for breaks, title in TITLES.items():
            yield title, [change for change in self.changes if change.breaks is breaks]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "upstream": self.name,
            "breaks": self.breaks,
            "problem": self.problem or None,
            "changes": self.changes,
            "broken_lines": self.broken_lines,
        }


async def check_all(
    name: str | None, against: str | None, cache: str, environment: Mapping[str, str], file: str = FILE
) -> list[Checked]:
    """Each upstream of patchbay.toml, or one of them.

    Args:
        name: of the one; None for all.
        against: a description to compare with, in place of what was used last.
        cache: the folder of compiled copies.
        environment: where credentials for fetches are read from.
        file: the path of patchbay.toml.

    Raises:
        ConfigurationError: there is no such upstream, or no project.
    """
    if not Path(file).is_file():  # noqa: ASYNC240 - one look at the disk, before anything runs
        raise ConfigurationError(f"there is no {file} here: nothing to check")
    declared = read_toml(Path(file))
    if name is not None and name not in declared.sources:
        raise ConfigurationError(f"{file} has no upstream '{name}'{near(name, declared.sources)}")
    wanted = {name: declared.sources[name]} if name is not None else declared.sources
    looked = await asyncio.gather(
        *(_look(each, source, against, cache, environment) for each, source in wanted.items())
    )
    found = {upstream: now for upstream, _, now in looked if now is not None}
    broken = _broken_lines(declared, found)
    return [replace(checked, broken_lines=tuple(broken.get(upstream, ()))) for upstream, checked, _ in looked]


async def _look(
    name: str, source: OpenApi | Wsdl, against: str | None, cache: str, environment: Mapping[str, str]
) -> tuple[str, Checked, Model | None]:
    copies = CompiledCopies(Path(cache))
    description = description_of(name, source)
    try:
        now = (await compile_description(description, refresh=True, environment=environment)).model
        if against is not None:
            other = replace(description, location=against)
            before = (await compile_description(other, refresh=True, environment=environment)).model
        else:
            copy = await asyncio.to_thread(copies.last, description.wanted)
            if copy is None:
                return (
                    name,
                    Checked(name, problem="was not used before: there is nothing to compare with"),
                    now,
                )
            before = copy.model
    except PatchbayError as error:
        return name, Checked(name, problem=str(error), is_failure=True), None
    return name, Checked(name, changes_between(before, now)), now


def _broken_lines(declared: Declarations, models: Mapping[str, Model]) -> dict[str, list[str]]:
    """Upstream -> lines of patchbay.toml that its description no longer bears."""
    edits = with_names(edits_of(declared), models.values())
    known = edits.__class__(
        rename={key: name for key, name in edits.rename.items() if key[0] in models},
        hide=tuple(each for each in edits.hide if each[0] in models),
        links=tuple(each for each in edits.links if {each.upstream, each.to} <= models.keys()),
        merges=tuple(each for each in edits.merges if {name for name, _ in each.types} <= models.keys()),
    )
    found: dict[str, list[str]] = {}
    for problem in Problems(models).of(known):
        upstream = next((name for name in models if f": {name}" in problem or f"{name}." in problem), "")
        found.setdefault(upstream or next(iter(models)), []).append(problem)
    return {name: list(dict.fromkeys(lines)) for name, lines in found.items()}
