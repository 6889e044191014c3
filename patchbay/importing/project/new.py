"""`patchbay new DIR`: a project of the house's shape, which runs and passes its tests at once."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import msgspec

import patchbay
from patchbay.errors import ConfigurationError
from patchbay.importing.naming import words
from patchbay.importing.project.sources import REST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.project.sources import OpenApi, Wsdl

SCAFFOLD: Final = Path(__file__).parent / "scaffold"

FILES: Final = {
    "README.md": "README.md.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "patchbay.toml": "patchbay.toml.txt",
    "Makefile": "Makefile.txt",
    ".gitignore": "gitignore.txt",
    "main.py": "main.py.txt",
    "adapters/__init__.py": "adapters.py.txt",
    "resolvers/__init__.py": "resolvers.py.txt",
    "resolvers/about.py": "about.py.txt",
    "resolvers/links.py": "links.py.txt",
    "schema/__init__.py": "schema.py.txt",
    "schema/about.py": "about_schema.py.txt",
    "tests/__init__.py": "tests.py.txt",
    "tests/test_graph.py": "test_graph.py.txt",
}
"""Path in the project -> file in the scaffold."""


def new_project(folder: Path, sources: Mapping[str, OpenApi | Wsdl]) -> list[Path]:
    """Write the project; the files' paths in it, in their order.

    Args:
        folder: made if it is not there.
        sources: what is written into its patchbay.toml. A file's path is written as seen from the folder.

    Raises:
        ConfigurationError: the folder holds something, or cannot be written to.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder} is there already, and not an empty folder: nothing was written"
            )
        values = _values(folder, sources)
        for name, source in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = Template((SCAFFOLD / source).read_text(encoding="utf-8")).substitute(values)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {error.filename or folder}: {error.strerror}") from error
    return [Path(name) for name in FILES]


def _values(folder: Path, sources: Mapping[str, OpenApi | Wsdl]) -> dict[str, str]:
    """What the scaffold's places are filled with."""
    found = words(folder.resolve().name)
    name = "-".join(word.lower() for word in found) or "graph"
    checkout = _checkout()
    return {
        "name": name,
        "title": " ".join(found) or "graph",
        "python": sys.executable,
        "path": f"export PYTHONPATH := {checkout}\n" if checkout else "",
        "dependency": _text(f"patchbay @ {checkout.as_uri()}" if checkout else "patchbay"),
        "upstreams": "".join(_table(folder.resolve(), *each) for each in sources.items()),
    }


def _checkout() -> Path | None:
    """The folder that Patchbay runs from, where it is no installed package."""
    folder = Path(patchbay.__file__).resolve().parents[1]
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return None
    return folder if project.get("project", {}).get("name") == "patchbay" else None


def _table(folder: Path, name: str, source: OpenApi | Wsdl) -> str:
    """The lines of one upstream."""
    location = source.location
    if "://" not in location:
        location = _relative(Path(location), folder)
    lines = [f"\n[upstreams.{name}]", f"{'openapi' if source.kind == REST else 'wsdl'} = {_text(location)}"]
    lines += [
        f"{key} = [{', '.join(map(_text, values))}]"
        for key, values in (("include", source.include), ("exclude", source.exclude))
        if values
    ]
    return "\n".join(lines) + "\n"


def _relative(path: Path, folder: Path) -> str:
    """The path as seen from the folder, where both have more in common than the root."""
    absolute = path.resolve()
    for up, parent in enumerate((folder, *folder.parents)):
        if parent != Path(parent.anchor) and absolute.is_relative_to(parent):
            return Path(*[".."] * up, absolute.relative_to(parent)).as_posix()
    return absolute.as_posix()


def _text(value: str) -> str:
    """A text as TOML writes it: as JSON does, but for what JSON leaves as it is."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
