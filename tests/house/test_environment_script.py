"""tools/environment.py: one sentence where it cannot do its work, and no work where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with the script and the locks, and no environment yet."""
    for folder in ("tools", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def run(house: Path, lock: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script with these variables, without uv and with nothing to fall back on."""
    command = [sys.executable, "tools/environment.py", lock]
    variables = {"PATH": str(house / "bin"), **environment}
    return subprocess.run(
        command, cwd=house, env=variables, capture_output=True, text=True, timeout=30, check=False
    )


def fake_python(house: Path, version: str) -> Path:
    """A program that says it is this Python."""
    path = house / "python"
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.10"])
def test_a_python_that_is_too_old_is_told_in_one_sentence(house: Path, version: str) -> None:
    python = fake_python(house, version)
    done = run(house, "run", PYTHON=str(python))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"needs Python 3.11 or newer, but {python} is Python {version}" in done.stderr
    assert not (house / ".venv").exists()


def test_no_python_at_all_is_told_in_one_sentence(house: Path) -> None:
    done = run(house, "run")
    assert done.returncode == 1
    assert "but none was found" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("stamped", "held"), [("dev", ["run", "dev"]), ("bench", ["run", "dev", "bench"])])
def test_an_environment_that_holds_the_lock_is_left_alone(house: Path, stamped: str, held: list[str]) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (house / ".venv" / "bin").mkdir(parents=True)
    (house / ".venv" / "bin" / "python").symlink_to(fake_python(house, version))
    sys.path.insert(0, str(house / "tools"))
    try:
        import environment  # noqa: PLC0415 - the copy in the test's folder

        digest = environment.digest(stamped)
    finally:
        sys.path.remove(str(house / "tools"))
        sys.modules.pop("environment", None)
    stamp = {"python": version, "lock": stamped, "digest": digest}
    (house / ".venv" / "patchbay-lock.json").write_text(json.dumps(stamp))
    for lock in held:
        done = run(house, lock)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_another_word_is_wrong_usage(house: Path) -> None:
    done = run(house, "prod")
    assert (done.returncode, done.stderr) == (2, "usage: environment.py run|dev|bench\n")
