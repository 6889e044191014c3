"""`patchbay eject`: an imported upstream as files in the project's folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError
from patchbay.importing.build.edits import require_sound
from patchbay.importing.build.names import Names
from patchbay.importing.eject.edited import edited
from patchbay.importing.eject.files import files_of
from patchbay.importing.eject.links import foreign_links
from patchbay.importing.near import near
from patchbay.importing.project.editing import edits_of, with_names
from patchbay.importing.project.loading import Loading, import_all
from patchbay.importing.project.toml import FILE, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Ejected:
    """What was done, and what is left to do.

    Args:
        files: that were written.
        to_do: lines for people.
    """

    files: tuple[Path, ...]
    to_do: list[str]


async def eject_upstream(
    name: str, folder: Path, *, cache: Path | None, force: bool, environment: Mapping[str, str]
) -> Ejected:
    """Write an upstream of a project's patchbay.toml as adapter, resolvers and schema.

    Args:
        name: of the upstream.
        folder: of the project.
        cache: the folder of compiled copies.
        force: write over files that are there.
        environment: where credentials for fetching the description are read from.

    Raises:
        ConfigurationError: there is no such upstream, or a file is there already; nothing was written.
    """
    declared = read_toml(folder / FILE)
    source = declared.sources.get(name)
    if source is None:
        raise ConfigurationError(f"{folder / FILE} has no upstream '{name}'{near(name, declared.sources)}")
    imported = await import_all(
        replace(
            declared, sources={key: replace(each, strict=False) for key, each in declared.sources.items()}
        ),
        Loading(environment=environment, cache=cache),
    )
    models = [each.model for each in imported.values()]
    edits = with_names(edits_of(declared), models)
    require_sound({each.name: each for each in models}, edits)
    model = edited(imported[name].model, Names(models, edits))
    if not model.operations:
        raise ConfigurationError(
            f"{name}: none of its operations is served, so that there is nothing to eject"
        )
    files, roots = files_of(model, source.location, source.call, source.credentials)
    paths = [folder / each for each in files]
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise ConfigurationError(
            f"{', '.join(there)}: there already; --force writes over it. Nothing was written"
        )
    try:
        for path, text in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {error.filename}: {error.strerror}") from error
    return Ejected(tuple(paths), _to_do(name, model.servers, roots, list(foreign_links(edits.links, name))))


def _to_do(name: str, servers: tuple[str, ...], roots: list[str], links: list[str]) -> list[str]:
    """What a person has to change in files that are there."""
    upper = name.upper()
    lines = [
        f"patchbay.toml: take [upstreams.{name}] away, and the lines that name it in rename, hide and merge",
        f"adapters/__init__.py: from adapters import {name}; add {name}.{name} to UPSTREAMS",
        f"schema/__init__.py: from schema.{name} import {', '.join(roots)}; "
        + "; ".join(
            f"add {each} to {'MUTATIONS' if each.endswith('Mutation') else 'QUERIES'}" for each in roots
        ),
        f"environment: set {upper}_URL{f' (was {servers[0]})' if servers else ''}",
    ]
    return [*lines, *links]
