"""A front end's folder: its packages, the suites, its documents, and the snippets of docs/clients.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.serving import ROOT

FOLDER = Path(__file__).parent
PAGE = ROOT / "docs" / "clients.md"
RELAY_MANIFEST = "relay-documents.json"
CODEGEN_MANIFEST = "codegen/gql/persisted-documents.json"
SECONDS = 50

_BLOCK = re.compile(r"^```\w+\n(?://|#) ([\w.-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def missing_part() -> str | None:
    """What this machine lacks for these tests, or None."""
    if shutil.which("node") is None:
        return "no node on this machine"
    if not (FOLDER / "node_modules" / "graphql").is_dir():
        return "no node_modules (npm ci --ignore-scripts in tests/clients)"
    return None


def snippets() -> dict[str, str]:
    """The blocks of the page that name a file in their first line, by that name."""
    return dict(_BLOCK.findall(PAGE.read_text()))


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    output: str
    """What it printed, errors last."""


class Workshop:
    """A front end's folder, in which commands of its packages run.

    Args:
        path: an empty folder.
        url: the server's, which the snippets are given in place of the one on the page.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.url = url
        (path / "package.json").write_text('{"type": "module"}')
        (path / "node_modules").symlink_to(FOLDER / "node_modules")
        for folder in ("relay", "codegen"):
            shutil.copytree(FOLDER / folder, path / folder)
        shutil.copytree(ROOT / "docs" / "examples", path / "examples")
        for file in (*FOLDER.glob("suites/*.mjs"), *FOLDER.glob("relay/*.json")):
            shutil.copy(file, path)
        for folder in ("docs", "artifacts", "persisted"):
            (path / folder).mkdir()
        for folder in ("artifacts", "persisted"):
            (path / folder / "package.json").write_text('{"type": "commonjs"}')
        # The compiler adds to it.
        (path / RELAY_MANIFEST).write_text("{}")
        self.write_snippets(url)

    def write_snippets(self, url: str, *names: str) -> None:
        """The page's modules, all of them where none is named, for the server at this address."""
        host = url.removeprefix("http://")
        for name, text in snippets().items():
            if not names or name in names:
                (self.path / "docs" / name).write_text(text.replace("127.0.0.1:8000", host))

    def run(self, *command: str, seconds: float = SECONDS, **variables: str) -> Done:
        """Run a command of node or of one of the packages to its end, in the folder."""
        path = f"{self.path / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=self.path,
            env={
                **os.environ,
                "GRAPH_URL": f"{self.url}/graphql",
                "NO_COLOR": "1",
                **variables,
                "PATH": path,
            },
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Done(done.returncode, f"{done.stdout}\n{done.stderr}")
