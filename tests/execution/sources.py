"""graphql-core's source distribution, which has the tests that its wheel leaves out, in a folder."""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "graphql-core"
_FETCH_SECONDS = 120


class SourcesUnavailable(Exception):
    """Why there are no sources, in one sentence."""


def sources(version: str, cache: Path = CACHE) -> Path:
    """The unpacked source distribution of this version, fetched where the cache does not have it.

    Raises SourcesUnavailable, where there is no network for instance.
    """
    unpacked = cache / f"graphql_core-{version}"
    if not unpacked.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            archive = _fetch(version, Path(folder))
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
            # The rename comes last, so a cache that was interrupted is fetched afresh.
            (Path(folder) / unpacked.name).rename(unpacked)
    return unpacked


def _fetch(version: str, folder: Path) -> Path:
    requirement = folder / "requirement.txt"
    hashes = _hashes(version)
    requirement.write_text(" ".join([f"graphql-core=={version}", *hashes]), encoding="utf-8")
    command = [*_pip(), "download", "--disable-pip-version-check", "--no-deps", "--no-binary=graphql-core"]
    command += ["--require-hashes"] if hashes else []
    command += ["--dest", str(folder), "--requirement", str(requirement)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourcesUnavailable(f"graphql-core {version}'s sources could not be fetched: {error}") from error
    if done.returncode:
        reason = (done.stderr.strip() or "no reason was given").splitlines()[-1]
        raise SourcesUnavailable(f"graphql-core {version}'s sources could not be fetched: {reason}")
    return next(folder.glob("*.tar.gz"))


def _hashes(version: str) -> list[str]:
    """pip's options for the hashes that the lock has for this version; none where it has another version."""
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith(f"graphql-core=={version} "):
            following = (text.strip(" \\") for text in lines[number + 1 :])
            return list(itertools.takewhile(lambda text: text.startswith("--hash="), following))
    return []


def _pip() -> list[str]:
    """An environment that uv has made holds no pip of its own."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    return [str(Path(sys.executable).with_name("uv")), "tool", "run", "--python", sys.executable, "pip"]
