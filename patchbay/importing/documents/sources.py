"""Where documents may be read from: a folder and what is below it, or one origin of the web.

A source turns a reference into a document's address and an address into bytes. It gives nothing that stands
outside: a description is somebody else's text, and must not read the files of the machine that imports it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

from patchbay.address import parse_address
from patchbay.errors import UpstreamError

if TYPE_CHECKING:
    from patchbay.importing.documents.limits import DocumentLimits

Fetch: TypeAlias = Callable[[str], bytes]
"""Brings a URL's bytes; raises UpstreamError."""


class Unreadable(Exception):
    """A document cannot be had; the message is the rest of a sentence that starts with its name."""


class Source(Protocol):
    """Documents of one description. Addresses are opaque to others."""

    root: str
    """The address of the document that was asked for."""

    def name(self, address: str) -> str:
        """The document as people know it, without credentials."""

    def joined(self, base: str, reference: str) -> str:
        """The address that a reference without its fragment stands for. Raises Unreadable."""

    def read(self, address: str) -> bytes:
        """The document. Raises Unreadable."""


def is_url(location: str) -> bool:
    """Whether a location is a URL; otherwise it is a path."""
    return location[:8].lower().startswith(("http://", "https://"))


def folder_of(location: str | Path) -> Path:
    """The folder in which (and below) a description's further files may lie.

    The one that the command runs in, where the description lies below that, as a project's do; else its own.
    """
    # Not what a symbolic link of the operator's leads to: what stands beside the link is meant.
    own = Path(location).parent.resolve()
    here = Path.cwd().resolve()
    return here if own.is_relative_to(here) and here != Path(here.anchor) else own


def beside(location: str | Path, address: str | Path) -> str:
    """A file's name relative to the folder of a description, with slashes, as in "../common.yaml"."""
    return Path(os.path.relpath(address, Path(location).parent.resolve())).as_posix()


class FolderSource:
    """A file, and those in a folder and below.

    Args:
        path: of the description.
        limits: see DocumentLimits.
        folder: see folder_of, which says which where it is None.
    """

    def __init__(self, path: Path, limits: DocumentLimits, folder: Path | None = None) -> None:
        self._limits = limits
        self._path = path
        self._folder = folder_of(path) if folder is None else folder.resolve()
        self.root = str(path.parent.resolve() / path.name)

    def name(self, address: str) -> str:
        """Relative to the description's own folder, with slashes."""
        return beside(self._path, address)

    def joined(self, base: str, reference: str) -> str:
        """See Source."""
        if _SCHEME_MARK in reference or reference.startswith(("//", "file:")):
            raise Unreadable("leads to another place than the document's own folder")
        path = Path(reference)
        if "\0" in reference or path.is_absolute():
            raise Unreadable("names a file by an absolute path")
        beside = Path(base).parent
        found = _normal(beside / path)
        if not _exists(found) and ("%" in reference or "\\" in reference):
            found = _normal(beside / unquote(reference.replace("\\", "/")))
        if not found.is_relative_to(self._folder):
            raise Unreadable("leads to a file outside of the document's folder")
        return str(found)

    def read(self, address: str) -> bytes:
        """See Source."""
        path = Path(address)
        try:
            real = path.resolve(strict=True)
            if address != self.root and not real.is_relative_to(self._folder):
                raise Unreadable("leads to a file outside of the document's folder")
            return regular_bytes(real, self._limits.max_bytes)
        except RuntimeError as error:  # Symbolic links in a circle, before Python 3.13.
            raise Unreadable("cannot be read: its symbolic links lead in a circle") from error
        except (OSError, ValueError) as error:
            raise Unreadable(_reason(error)) from error


class WebSource:
    """A URL, and others of its origin.

    Args:
        url: of the document.
        fetch: brings a URL's bytes; raises UpstreamError.
    """

    def __init__(self, url: str, fetch: Fetch, limits: DocumentLimits) -> None:
        self.root = urldefrag(url)[0]
        self._origin = parse_address(self.root).origin
        self._fetch = fetch
        self._limits = limits
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def name(self, address: str) -> str:
        """The URL without credentials, query and fragment; with a number where two would be the same."""
        known = self._names.get(address)
        if known is not None:
            return known
        plain = name_of_url(address)
        number = self._counts[plain] = self._counts.get(plain, 0) + 1
        name = self._names[address] = plain if number == 1 else f"{plain} ({number})"
        return name

    def joined(self, base: str, reference: str) -> str:
        """See Source."""
        try:
            url = urldefrag(urljoin(base, reference))[0]
            is_own = parse_address(url).origin == self._origin
        except ValueError:
            raise Unreadable("is no address") from None
        if not is_own:
            raise Unreadable("leads to another host than the document's own")
        return url

    def read(self, address: str) -> bytes:
        """See Source."""
        try:
            content = self._fetch(address)
        except UpstreamError as error:
            raise Unreadable(f"cannot be fetched ({error})") from error
        if len(content) > self._limits.max_bytes:
            raise Unreadable(_too_large(self._limits.max_bytes))
        return content


def name_of_url(url: str) -> str:
    """A URL for messages: neither credentials nor query. Raises ValueError."""
    address = parse_address(url)
    return address.origin + address.path


_SCHEME_MARK = "://"


def _normal(path: Path) -> Path:
    """Without `..` and `.`, whatever symbolic links there are: where a reference leads by its text."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part not in ("..", "."):
            parts.append(part)
    return Path(*parts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def regular_bytes(path: Path, most: int) -> bytes:
    """A regular file's content; nothing is read of one that is too large, or is no file."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Unreadable("is a directory, not a document")
    if not stat.S_ISREG(mode):
        raise Unreadable("is no regular file")
    size = path.stat().st_size
    with path.open("rb") as file:
        # A file that grows meanwhile is cut off behind the byte that tells of it.
        content = file.read(size + 1) if size <= most else None
    if content is None or len(content) > most:
        raise Unreadable(_too_large(most))
    return content


def _too_large(most: int) -> str:
    return (
        f"is larger than {most // (1024 * 1024)} MB"
        if most >= 1024 * 1024
        else f"is larger than {most} bytes"
    )


def _reason(error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR):
        return "is not there"
    if number == errno.ELOOP:
        return "cannot be read: its symbolic links lead in a circle"
    return f"cannot be read: {getattr(error, 'strerror', None) or 'its name cannot be one'}"
