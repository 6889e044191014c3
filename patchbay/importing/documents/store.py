"""The documents of one description: each read at most once, parsed when it is first looked into."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.collector import paused_collector
from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.kinds import version_of
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.sources import Unreadable, regular_bytes
from patchbay.importing.documents.swagger import modernise
from patchbay.importing.documents.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.documents.sources import Source

ABSENT = ""
"""Stands for the digest of a document that could not be had."""


class Store:
    """Reads documents of a source, within its limits.

    Attributes:
        digests: a document's name -> what `digest` says of its bytes; ABSENT where it could not be had.
        with_ids: names of documents in which schemas may say their own addresses.
    """

    def __init__(self, source: Source, limits: DocumentLimits) -> None:
        self._source = source
        self._limits = limits
        self._left_bytes = limits.max_total_bytes
        self._trees: dict[str, Any] = {}
        self._troubles: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._is_swagger: bool | None = None
        self.digests: dict[str, str] = {}
        self.with_ids: set[str] = set()

    def root(self) -> tuple[str, Any]:
        """The name and the tree of the document that was asked for. Raises DescriptionError."""
        name = self._named(self._source.root)
        try:
            return name, self._loaded(name)
        except Unreadable as error:
            raise DescriptionError(name, str(error)) from error

    def beside(self, base: str, reference: str) -> tuple[str, Any]:
        """The name and the tree of the document that a reference (without fragment) in `base` leads to.

        Raises:
            Unreadable: it cannot be had, or is no document; the message tells why.
        """
        name = self._named(self._source.joined(self._addresses[base], reference))
        trouble = self._troubles.get(name)
        if trouble is not None:
            raise Unreadable(trouble)
        try:
            return name, self._loaded(name)
        except DescriptionError as error:
            where = "" if error.line is None else f" (line {error.line})"
            trouble = f"leads to {name}, which {error.problem}{where}"
            self._troubles[name] = trouble
            raise Unreadable(trouble) from error
        except Unreadable as error:
            trouble = f"leads to {name}, which {error}"
            self._troubles[name] = trouble
            raise Unreadable(trouble) from error

    def tree(self, name: str) -> Any:
        """The tree of a document that was read before."""
        return self._trees[name]

    def _named(self, address: str) -> str:
        name = self._source.name(address)
        self._addresses[name] = address
        return name

    def _loaded(self, name: str) -> Any:
        if name in self._trees:
            return self._trees[name]
        if len(self.digests) >= self._limits.max_documents:
            raise Unreadable(f"is one of more than {self._limits.max_documents} documents")
        self.digests[name] = ABSENT
        content = self._source.read(self._addresses[name])
        self.digests[name] = digest(content)
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise Unreadable(f"makes all documents larger than {self._limits.max_total_bytes} bytes")
        with paused_collector():
            tree = read_text(content, name, self._limits)
        if b"$id" in content or b'"id"' in content:
            self.with_ids.add(name)
        if self._is_swagger is None:
            self._is_swagger = isinstance(tree, dict) and version_of(tree) == "2.0"
        if self._is_swagger:
            modernise(content, tree)
        self._trees[name] = tree
        return tree


def digest(content: bytes) -> str:
    """What tells a document's bytes from others."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def digests_beside(location: str | Path, names: Iterable[str]) -> dict[str, str]:
    """What the digests of a description's files are now.

    Args:
        location: the path of the root document.
        names: as in Documents.files: relative to its folder.
    """
    folder = Path(location).parent.resolve()
    return {name: _digest_of(folder / name) for name in names}


def _digest_of(path: Path) -> str:
    try:
        return digest(regular_bytes(path, DocumentLimits.max_bytes))
    except (Unreadable, OSError, ValueError):
        return ABSENT
