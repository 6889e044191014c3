"""`python -m patchbay keys ...`, beside a server and without one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from patchbay.access.proofs.api_keys import KEEP_SECONDS, ApiKeys
from patchbay.access.proofs.key_store import KeyStore
from patchbay.access.proofs.unauthenticated import Unauthenticated
from patchbay.cli import main
from tests.access.keys_database import location_of, opened
from tests.calls.clock import Clock
from tests.inbox.database import Location
from tests.serving import ROOT, database_variables

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    return location_of(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
async def variables(location: Location) -> dict[str, str]:
    """Of a database that there is."""
    async with opened(location):
        return database_variables(location)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], variables: dict[str, str]) -> Iterator[Run]:
    """A command: its exit code, and what it said where."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["keys", *arguments], variables)
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    yield run
    structlog.reset_defaults()


def as_json(answer: tuple[int, str, str]) -> Any:
    code, out, err = answer
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_key_is_made_listed_and_revoked(run: Run) -> None:
    code, out, err = run("create", "--name", "web shop", "--scope", "read", "--scope", "write")
    assert code == 0
    assert re.fullmatch(r"pbk_[0-9a-f]{16}_[0-9a-f]{64}\n", out)
    id = out.split("_")[1]
    assert err == f"key {id}; it is shown now and never again\n"
    made = as_json(run("create", "--name", "night job", "--expires", "90d", "--json"))
    assert made["key"].startswith(f"pbk_{made['id']}_")
    assert made["expires_at"] - made["created_at"] == pytest.approx(90 * 86_400)
    code, listed, err = run("list")
    assert (code, err) == (0, "")
    lines = [re.split(r"  +", line) for line in listed.splitlines()]
    assert lines[0] == ["ID", "NAME", "STATE", "SCOPES", "CREATED", "EXPIRES", "USED"]
    assert lines[1][:4] == [made["id"], "night job", "active", "-"]
    assert lines[2][:4] == [id, "web shop", "active", "read write"]
    assert run("revoke", id) == (0, f"key {id} of web shop is revoked\n", "")
    assert as_json(run("revoke", id, "--json"))["state"] == "revoked"
    states = {each["id"]: each["state"] for each in as_json(run("list", "--json"))}
    assert states == {id: "revoked", made["id"]: "active"}
    secret = out.strip().rpartition("_")[2]
    assert secret not in listed + run("list", "--json")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("create",), 2, "--name"),
        (("create", "--name", ""), 1, "argument 'name' must be 1 to 100 printable characters"),
        (("create", "--name", "a", "--scope", "a b"), 1, "argument 'scope'"),
        (("create", "--name", "a", "--expires", "90"), 2, "as in 90d"),
        (("create", "--name", "a", "--expires", "0d"), 2, "as in 90d"),
        (("create", "--name", "a", "--expires", "999999999w"), 2, "as in 90d"),
        (("revoke",), 2, "ID"),
        (("revoke", "0000000000000000"), 1, "argument 'id' is that of no key"),
        (("lsit",), 2, "invalid choice"),
    ],
)
@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
def test_a_wrong_command_is_told(run: Run, arguments: tuple[str, ...], code: int, problem: str) -> None:
    returned, out, err = run(*arguments)
    assert (returned, out) == (code, "")
    assert problem in err
    assert "Traceback" not in err


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
async def test_a_process_beside_makes_keys_and_ends_them(
    location: Location, variables: dict[str, str]
) -> None:
    def patchbay(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "patchbay", "keys", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.strip()

    async with opened(location) as database:
        clock = Clock()
        keys = ApiKeys(KeyStore(database), clock)
        key = patchbay("create", "--name", "shop", "--scope", "read")
        identity = await keys.identify(key)
        assert identity.scopes == {"read"}
        patchbay("revoke", identity.subject)
        clock.pass_seconds(KEEP_SECONDS)
        with pytest.raises(Unauthenticated, match="revoked"):
            await keys.identify(key)
        await keys.close()


def test_without_a_database_the_place_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "inbox.sqlite3"
    try:
        assert main(["keys", "create", "--name", "a"], {"PATCHBAY_DATABASE": str(missing)}) == 2
    finally:
        structlog.reset_defaults()
    assert "PATCHBAY_DATABASE" in capsys.readouterr().err
    assert not missing.exists()
