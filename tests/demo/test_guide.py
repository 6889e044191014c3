"""docs/adding-an-upstream.md, followed in a copy of the repository, leads to a graph whose tests pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from demo.process import ROOT
from tests.demo.guide import follow

DOCUMENT = (ROOT / "docs" / "adding-an-upstream.md").read_text()
HOUSE = ("adapters", "demo", "docs", "patchbay", "resolvers", "schema", "tests", "main.py", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the repository."""
    for name in HOUSE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, tmp_path / page.name)
    return tmp_path


def run(house: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=house,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_leads_to_an_upstream_that_is_read_in_batches(house: Path) -> None:
    written = follow(DOCUMENT, house)
    assert {"adapters/reviews.py", "demo/reviews.py", "demo/services.py"} <= set(written)
    python = [path for path in written if path.endswith(".py")]
    run(house, "ruff", "check", *python)
    run(house, "ruff", "format", "--check", *python)
    chosen = "rating_of_product or every_link_has_its_row or upstreams_table or edges_table or reviews"
    folders = ("tests/graph/test_links.py", "tests/house")
    run(house, "pytest", "-q", "-p", "no:cacheprovider", *folders, "-k", chosen)
