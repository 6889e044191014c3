"""Compiled copies of descriptions on disk: a second start needs no network and no parse.

A copy of files is good as long as all files of the description are what they were, byte by byte. One of a URL
is good until somebody asks for a new one: nothing is fetched to find out. A copy that cannot be used (broken,
of another version of the importer, written by somebody else) counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from patchbay.collector import paused_collector
from patchbay.importing.documents import is_url
from patchbay.importing.documents.store import digests_beside
from patchbay.importing.model import Model, Selection, decode_model, encode_model

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = structlog.get_logger("patchbay.importing")

_SUFFIX = ".import"

_MAX_COPIES = 200
"""In one folder; the ones that were written longest ago go first."""

_MAX_BYTES = 256 * 1024 * 1024

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Wanted(msgspec.Struct, frozen=True):
    """What a copy is a copy of.

    Args:
        name: the upstream's name.
        location: of the description: a path or a URL.
        selection: see Selection.
        settings: all else that the model depends on, as a text: overrides of guesses, renamed types.
    """

    name: str
    location: str
    selection: Selection = Selection()
    settings: str = ""


class Copy(msgspec.Struct, frozen=True):
    """A model that was kept, and when its description was read (seconds since 1970)."""

    model: Model
    read_at: float


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    version: str
    files: dict[str, str]
    read_at: float
    digest: bytes
    model: bytes


class CompiledCopies:
    """The copies in one folder; several processes may use it at the same time.

    Args:
        folder: made when the first copy is kept, for this user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, wanted: Wanted) -> Copy | None:
        """The copy, if it is as good as reading the description anew. Reads all the description's files."""
        kept = self._read(wanted)
        if kept is None or kept.version != importer_version():
            return None
        if not is_url(wanted.location):
            names = kept.files.keys()
            if not names or digests_beside(wanted.location, names) != kept.files:
                return None
        return _copy(kept)

    def last(self, wanted: Wanted) -> Copy | None:
        """The model last used, however old, whatever has become of its description since."""
        kept = self._read(wanted)
        return None if kept is None else _copy(kept)

    def keep(self, wanted: Wanted, model: Model, files: Mapping[str, str]) -> None:
        """Write a copy in place of the one before. Where that cannot be done, a warning is logged.

        Args:
            wanted: see Wanted.
            model: what was made.
            files: Documents.files, when the model was made.
        """
        content = encode_model(model)
        kept = _Kept(importer_version(), dict(files), time.time(), _digest(content), content)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(self._path(wanted), msgspec.msgpack.encode(kept))
            self._prune()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            _log.warning("compiled copy not kept", upstream=wanted.name, reason=reason)

    def _read(self, wanted: Wanted) -> _Kept | None:
        try:
            content = _own_content(self._path(wanted))
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("compiled copy not read", upstream=wanted.name, reason=error.strerror or str(error))
            return None
        try:
            kept = _DECODER.decode(content)
        except msgspec.DecodeError:
            return None
        return kept if _digest(kept.model) == kept.digest else None

    def _path(self, wanted: Wanted) -> Path:
        # Addresses hold credentials at times: their digest tells them apart as well.
        location = wanted.location if is_url(wanted.location) else str(Path(wanted.location).absolute())
        named = msgspec.json.encode((wanted.name, location, wanted.selection, wanted.settings))
        return self._folder / (hashlib.sha256(named).hexdigest()[:40] + _SUFFIX)

    def _prune(self) -> None:
        copies = [entry for entry in os.scandir(self._folder) if entry.name.endswith(_SUFFIX)]
        if len(copies) <= _MAX_COPIES:
            return
        for entry in sorted(copies, key=_written_at)[:-_MAX_COPIES]:
            with contextlib.suppress(OSError):
                Path(entry.path).unlink()


@cache
def importer_version() -> str:
    """What tells this importer from others: a digest of its own files, as any of them may change a model."""
    whole = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        whole.update(path.name.encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


_DECODER = msgspec.msgpack.Decoder(_Kept)


def _copy(kept: _Kept) -> Copy | None:
    try:
        with paused_collector():
            return Copy(decode_model(kept.model), kept.read_at)
    except msgspec.DecodeError:
        return None


def _own_content(path: Path) -> bytes:
    """A file's content. Raises OSError; also where others could have written it: it says where calls go."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, which has no path
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
            raise OSError("is no copy")
        if _is_of_others(found):
            raise OSError("others may have written it")
        return file.read()


def _is_of_others(found: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):
        return False
    return found.st_uid != os.geteuid() or bool(found.st_mode & _WRITABLE_BY_OTHERS)


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, for this user alone. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - as above
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _written_at(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
