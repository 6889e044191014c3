"""Small documents on disk, and what opening them comes to."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.documents import DescriptionError, Documents, Location, UnresolvedRef, open_documents

MINIMAL: dict[str, Any] = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}


def written(folder: Path, name: str, content: Any) -> Path:
    """A file below the folder: bytes and texts as they are, all else as JSON."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def opened(folder: Path, content: Any, name: str = "api.json") -> Documents:
    """The documents of a root with this content."""
    return open_documents(written(folder, name, content))


def with_schemas(folder: Path, schemas: dict[str, Any], version: str = "3.0.3") -> Documents:
    """The documents of a root with these schemas."""
    return opened(folder, {**MINIMAL, "openapi": version, "components": {"schemas": schemas}})


def refused(folder: Path, content: Any, name: str = "api.json") -> str:
    """Why a root with this content is refused."""
    path = written(folder, name, content)
    with pytest.raises(DescriptionError) as caught:
        open_documents(path)
    return str(caught.value)


def unresolved(documents: Documents, ref: str, base: Location | None = None) -> str:
    """Why a reference leads nowhere."""
    with pytest.raises(UnresolvedRef) as caught:
        documents.resolve({"$ref": ref}, base or documents.at)
    return str(caught.value)


def places(documents: Documents) -> Iterator[tuple[Any, Location]]:
    """Every node of the root, with its place."""
    waiting: list[tuple[Any, Location]] = [(documents.root, documents.at)]
    while waiting:
        node, at = waiting.pop()
        yield node, at
        if isinstance(node, dict):
            waiting.extend((value, at / key) for key, value in node.items())
        elif isinstance(node, list):
            waiting.extend((value, at / index) for index, value in enumerate(node))


def at_pointer(tree: Any, pointer: str) -> Any:
    """What stands at a canonical pointer."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        tree = tree[int(name)] if isinstance(tree, list) else tree[name]
    return tree


@contextmanager
def within(seconds: float, megabytes: float) -> Iterator[None]:
    """Fails where the block takes longer, or Python's memory grows by more."""
    tracemalloc.start()
    started = time.perf_counter()
    try:
        yield
        took, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert took < seconds, took
    assert peak < megabytes * 1024 * 1024, peak
