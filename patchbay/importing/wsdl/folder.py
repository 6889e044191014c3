"""Documents from a folder, and nothing outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.sources import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 50 * 1024 * 1024
"""Of one document; the largest published ones have some 10 MB."""

MAX_PARTS = 6
"""Of a path, that a file is looked for by."""


def files_of(location: str, folder: str | Path | None = None) -> Callable[[str], bytes]:
    """What loads a WSDL and its imports.

    Args:
        location: the WSDL's path.
        folder: in which (and below) imports may lie; see folder_of, which says which where it is None.
    """
    wsdl = Path(location).resolve()
    root = folder_of(location) if folder is None else Path(folder).resolve()

    def load(asked: str) -> bytes:
        """A file's bytes. Raises DescriptionError for one that lies elsewhere, or cannot be read."""
        named = unquote(asked.removeprefix("file://")) if asked.startswith("file://") else asked
        shown = Path(named).name or named
        if "://" in named or "\0" in named:
            raise DescriptionError(shown, "lies outside of the folder that a WSDL may import from")
        path = _found(Path(named), wsdl, root)
        if not path.is_relative_to(root):
            raise DescriptionError(shown, "lies outside of the folder that a WSDL may import from")
        return _content(path, shown)

    return load


def _found(path: Path, wsdl: Path, root: Path) -> Path:
    """The file that is meant. Published trees are often unpacked without their outer folders.

    What is not where the import says may lie beside the WSDL, or beside a folder around it, under the last
    parts of its path; but never outside of `root`.
    """
    real = path.resolve()
    if real == wsdl or (real.is_relative_to(root) and real.exists()):
        return real
    parts = [part for part in path.parts[-MAX_PARTS:] if part not in {"..", ".", path.anchor}]
    for around in (wsdl.parent, *wsdl.parent.parents):
        if not around.is_relative_to(root):
            break
        for length in range(len(parts), 0, -1):
            candidate = around.joinpath(*parts[-length:]).resolve()
            if candidate.is_relative_to(root) and candidate.is_file():
                return candidate
    return real


def _content(path: Path, shown: str) -> bytes:
    try:
        if not path.is_file():
            raise DescriptionError(shown, "is no file" if path.exists() else "is not there")
        if path.stat().st_size > MAX_BYTES:
            raise DescriptionError(shown, f"is larger than {MAX_BYTES // (1024 * 1024)} MB")
        return path.read_bytes()
    except OSError as error:
        raise DescriptionError(shown, error.strerror or "cannot be read") from error
