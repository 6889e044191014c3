"""Declarations -> the edits that a graph is built with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from patchbay.importing.build.edits import Edits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.model import Model
    from patchbay.importing.project.declaring import Declarations


def with_names(edits: Edits, models: Iterable[Model]) -> Edits:
    """The edits with operations named by their fields; people may name them by the description's id too."""
    ids = {
        (model.name, each.id): each.name
        for model in models
        for each in reversed(model.operations)
        if each.id and each.id not in model.types
    }
    names = {(model.name, each.name) for model in models for each in model.operations}

    def field(upstream: str, said: str) -> str:
        return said if (upstream, said) in names else ids.get((upstream, said), said)

    def target(path: tuple[str, ...]) -> tuple[str, ...]:
        return (path[0], field(*path)) if len(path) == 2 else path  # noqa: PLR2004 - upstream and operation

    links = [msgspec.structs.replace(each, operation=field(each.to, each.operation)) for each in edits.links]
    return msgspec.structs.replace(
        edits,
        rename={target(path): name for path, name in edits.rename.items()},
        hide=tuple(map(target, edits.hide)),
        links=tuple(links),
    )


def edits_of(declarations: Declarations) -> Edits:
    """What is changed of the models."""
    return Edits(
        prefixes={name: each.prefix for name, each in declarations.sources.items() if each.prefix},
        rename=declarations.rename,
        hide=declarations.hide,
        links=declarations.links,
        merges=declarations.merges,
    )
