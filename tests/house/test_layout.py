"""The house: our packages are ours, and `patchbay` stands alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import adapters
import resolvers
import schema
from tests.serving import ROOT


@pytest.mark.parametrize("package", [schema, resolvers, adapters], ids=lambda package: package.__name__)
def test_packages_with_common_names_are_ours(package: object) -> None:
    file = getattr(package, "__file__", None)
    assert file is not None
    assert Path(file).is_relative_to(ROOT)


def test_the_machinery_imports_nothing_of_the_graph() -> None:
    script = (
        "import sys, pkgutil, importlib, patchbay\n"
        "for module in pkgutil.walk_packages(patchbay.__path__, 'patchbay.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(sorted({'schema', 'resolvers', 'adapters', 'demo', 'main'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_wheel_holds_patchbay_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        scripts = archive.read("patchbay-0.1.0.dist-info/entry_points.txt").decode()
    assert "patchbay = patchbay.__main__:script" in scripts
    assert {name.partition("/")[0] for name in names} == {"patchbay", "patchbay-0.1.0.dist-info"}
    assert any(name.endswith("graphiql.min.js") for name in names)


def test_a_noun_has_the_same_stem_in_every_folder() -> None:
    nouns = {path.stem for path in (ROOT / "resolvers").glob("[a-z]*.py")} - {"links", "nodes", "reactions"}
    assert nouns <= {path.stem for path in (ROOT / "schema").glob("[a-z]*.py")}
    assert {f"test_{noun}" for noun in nouns} <= {path.stem for path in (ROOT / "tests/graph").glob("*.py")}
