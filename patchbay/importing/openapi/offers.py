"""The operations that a document offers, whichever are wanted."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from patchbay.importing.openapi.nodes import Placed, members, sequence, text
from patchbay.importing.openapi.verbs import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.documents.location import Location
    from patchbay.importing.model import Selection
    from patchbay.importing.openapi.scene import Scene


class Offer(NamedTuple):
    """One operation as the document has it. `method`: lower case."""

    id: str
    method: str
    path: str
    methods: frozenset[str]
    item: Placed
    node: dict[str, Any]
    at: Location
    tags: tuple[str, ...]


def offers(scene: Scene) -> list[Offer]:
    """All operations, in the document's order; paths that cannot be read are noted."""
    return [offer for path, item in _items(scene) for offer in _of_path(scene, path, item)]


def _items(scene: Scene) -> Iterator[tuple[str, Placed]]:
    paths = scene.documents.root.get("paths")
    at = scene.documents.at / "paths"
    if paths is not None and not isinstance(paths, dict):
        scene.problems.left_out(at, "is no object with paths")
    for path, node in members(paths):
        if node is None:
            continue
        if not isinstance(node, dict):
            scene.problems.left_out(at / path, "is no object with operations")
            continue
        placed = scene.follow(node, at / path)
        if placed is None:
            continue
        if placed.at != at / path and len(node) > 1:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            placed = Placed({**placed.node, **beside}, placed.at)
        yield path, placed


def _of_path(scene: Scene, path: str, item: Placed) -> Iterator[Offer]:
    methods = {
        name: name.lower() for name in map(text, item.node) if name.lower() in METHODS and name in item.node
    }
    known = frozenset(methods.values())
    for name, method in methods.items():
        node = item.node[name]
        at = item.at / name
        if node is None or not isinstance(node, dict):
            scene.problems.left_out(at, "is no operation")
            continue
        tags = tuple(filter(None, map(text, sequence(node.get("tags")))))
        yield Offer(text(node.get("operationId")), method, path, known, item, node, at, tags)
        if node.get("callbacks"):
            scene.problems.note(at / "callbacks", "callbacks are not served")


def is_wanted(offer: Offer, name: str, selection: Selection) -> bool:
    """Whether the selection includes an operation with that field's name."""
    if any(_matches(offer, name, pattern) for pattern in selection.exclude):
        return False
    return not selection.include or any(_matches(offer, name, pattern) for pattern in selection.include)


def _matches(offer: Offer, name: str, pattern: str) -> bool:
    if pattern.lower().startswith("tag:"):
        return any(fnmatchcase(tag, pattern[4:]) for tag in offer.tags)
    return fnmatchcase(name, pattern) or (bool(offer.id) and fnmatchcase(offer.id, pattern))
