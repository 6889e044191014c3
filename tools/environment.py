"""Makes and keeps the project's own environment in .venv from a hashed lock.

Usage: `python3 tools/environment.py run|dev|bench` (the Makefile calls it; needs the standard library only).

- Picks a Python of at least 3.11: the one named by PYTHON, else the first that is new enough of python3,
  python3.13, python3.12, python3.11.
- Installs with uv where uv is on PATH, else with venv and pip; every package is checked against its hash.
- Does nothing when the stamp in .venv says that the wanted lock is already in. Each lock holds all of the one
  before it: run, dev, bench.
- The stamp is taken away before an install and written after it, so an interrupted install is started afresh.

Exit status: 0 done, 1 with one sentence on stderr, 2 wrong usage, 130 interrupted.
The code keeps to what old Pythons understand, so that an old python3 can still find a newer one or say what
is missing.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "patchbay-lock.json"
# The last file is installed; all of them decide whether the environment is up to date.
LOCK_FILES = {
    "run": ["run.txt"],
    "dev": ["run.txt", "dev.txt"],
    "bench": ["run.txt", "dev.txt", "bench.txt"],
}

OLDEST = (3, 11)
CANDIDATES = ("python3", "python3.13", "python3.12", "python3.11")
OLDEST_PIP_WITH_PYTHON_OPTION = (22, 3)


class SetupError(Exception):
    """Why there is no environment, as one sentence for the person at the terminal."""


def main(arguments: Sequence[str]) -> int:
    """The exit status, see the module's docstring."""
    if len(arguments) != 1 or arguments[0] not in LOCK_FILES:
        print("usage: environment.py run|dev|bench", file=sys.stderr)
        return 2
    try:
        with one_at_a_time():
            ensure(arguments[0])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the next start makes the environment afresh.", file=sys.stderr)
        return 130
    return 0


def ensure(lock: str) -> None:
    """Leaves .venv with everything of the lock in it. Raises SetupError."""
    stamp = read_stamp()
    asked = os.environ.get("PYTHON")
    if stamp is None or asked:
        path, version = find_python(asked)
        if stamp is None or stamp["python"] != version:
            make_venv(path, version)
            stamp = {"python": version, "lock": lock, "digest": "nothing is installed yet"}
    if not holds(stamp, lock):
        install(lock, stamp["python"])


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Holds a lock on this script's file, so that two starts at once do not install into one another."""
    with Path(__file__).open("rb") as script:
        fcntl.flock(script, fcntl.LOCK_EX)
        yield


def read_stamp() -> Optional[Dict[str, str]]:
    """What .venv holds (`python`, `lock`, `digest`), or None where it is missing, half made or broken."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = (
        isinstance(stamp, dict) and set(stamp) == {"python", "lock", "digest"} and stamp["lock"] in LOCK_FILES
    )
    return stamp if known and version_text(version_of(str(VENV_PYTHON))) == stamp["python"] else None


def holds(stamp: Dict[str, str], lock: str) -> bool:
    """Whether the stamped environment has all of the lock, as the lock's files stand now."""
    held = set(LOCK_FILES[lock]) <= set(LOCK_FILES[stamp["lock"]])
    return held and stamp["digest"] == digest(stamp["lock"])


def digest(lock: str) -> str:
    """SHA-256 over the lock's files, in hex."""
    hashed = hashlib.sha256()
    for name in LOCK_FILES[lock]:
        hashed.update((ROOT / "requirements" / name).read_bytes())
    return hashed.hexdigest()


def find_python(asked: Optional[str]) -> Tuple[str, str]:
    """Path and version (as in `3.11`) of the Python to build on. Raises SetupError where none will do."""
    seen = []  # type: List[str]
    for name in [asked] if asked else CANDIDATES:
        path = shutil.which(name)
        version = version_of(path) if path else None
        if path and version and version >= OLDEST:
            return path, version_text(version)
        if version:
            seen.append(f"{name} is Python {version_text(version)}")
    found = ", ".join(seen) or (f"{asked} does not run" if asked else "none was found")
    raise SetupError(
        f"Patchbay needs Python 3.11 or newer, but {found}; name one with PYTHON=/path/to/python."
    )


def version_of(python: str) -> Optional[Tuple[int, int]]:
    """Major and minor version, or None where the program does not run."""
    answer = output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    try:
        major, minor = answer.split(".")
        return int(major), int(minor)
    except ValueError:
        return None


def version_text(version: Optional[Tuple[int, int]]) -> str:
    """As in `3.11`."""
    return ".".join(map(str, version or ()))


def make_venv(python: str, version: str) -> None:
    """An empty .venv, replacing whatever was there. Raises SetupError."""
    command = venv_command(python)
    if VENV.exists():
        step("Removing the old or unfinished .venv")
        shutil.rmtree(str(VENV))
    step(f"Making .venv with Python {version}")
    run(command)


def venv_command(python: str) -> List[str]:
    """What makes .venv. Raises SetupError where Python came without the parts for it."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "venv", "--quiet", "--no-project", "--python", python, str(VENV)]
    if succeeds([python, "-c", "import venv, ensurepip; ensurepip.version()"]):
        return [python, "-m", "venv", str(VENV)]
    # Debian ships ensurepip apart from Python; a pip outside the environment can install into it as well.
    if succeeds([python, "-c", "import venv"]) and pip_takes_python_option(python):
        return [python, "-m", "venv", "--without-pip", str(VENV)]
    raise SetupError(
        "This Python cannot make virtual environments: install the package python3-venv "
        "(apt-get install python3-venv) or uv, then start again."
    )


def install(lock: str, version: str) -> None:
    """Installs the lock into .venv and stamps it. Raises SetupError."""
    with contextlib.suppress(FileNotFoundError):
        STAMP.unlink()
    requirements = f"requirements/{LOCK_FILES[lock][-1]}"
    step(f"Installing {requirements}")
    run([*install_command(), "--require-hashes", "--requirement", requirements])
    stamp = {"python": version, "lock": lock, "digest": digest(lock)}
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(stamp), encoding="utf-8")
    unfinished.replace(STAMP)
    step("The environment is ready")


def install_command() -> List[str]:
    """The installer and its options up to the requirements. Raises SetupError where there is none."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", str(VENV_PYTHON)]
    # Twice quiet: pip warns once a package about each extra index of the machine that does not have it.
    pip_options = ["--disable-pip-version-check", "--no-input", "--quiet", "--quiet"]
    if succeeds([str(VENV_PYTHON), "-c", "import pip"]):
        return [str(VENV_PYTHON), "-m", "pip", "install", *pip_options]
    base = base_python()
    if pip_takes_python_option(base):
        return [base, "-m", "pip", "--python", str(VENV_PYTHON), "install", *pip_options]
    raise SetupError("The environment in .venv has no pip: remove .venv and start again.")


def base_python() -> str:
    """The Python that .venv was made from."""
    return (
        output([str(VENV_PYTHON), "-c", "import sys; print(getattr(sys, '_base_executable', ''))"])
        or "python3"
    )


def pip_takes_python_option(python: str) -> bool:
    """Whether this Python's pip can install into another environment (`pip --python`)."""
    words = output([python, "-m", "pip", "--version"]).split()
    try:
        major, minor = words[1].split(".")[:2]
        return (int(major), int(minor)) >= OLDEST_PIP_WITH_PYTHON_OPTION
    except (IndexError, ValueError):
        return False


def step(text: str) -> None:
    """One line for one step."""
    print(text, flush=True)


def run(command: Sequence[str]) -> None:
    """Runs a step to its end. Its own complaints go to the terminal. Raises SetupError."""
    status = subprocess.call(command, cwd=str(ROOT), stdin=subprocess.DEVNULL)
    if status != 0:
        raise SetupError(f"`{' '.join(command)}` failed with status {status}.")


def output(command: Sequence[str]) -> str:
    """What a command printed, stripped, or an empty text where it failed or cannot be started."""
    try:
        return (
            subprocess.check_output(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            .decode()
            .strip()
        )
    except (OSError, subprocess.CalledProcessError):
        return ""


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command can be started and exits with 0."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
