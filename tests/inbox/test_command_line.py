"""`python -m patchbay inbox ...`, as processes beside an inbox that runs and without one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from patchbay.cli import main
from patchbay.environment import Secret
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.vendor import environment, payment_event, payments_webhook
from tests.serving import ROOT, database_variables

UPSTREAMS = (payments_webhook()[0],)
"""What `rebuild --upstreams` finds here."""

HERE = "tests.inbox.test_command_line:UPSTREAMS"


class Ran:
    """A command that has ended."""

    def __init__(self, code: int | None, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


async def run(location: Location | None, *arguments: str, **variables: str) -> Ran:
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {} if location is None else database_variables(location)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "patchbay", "inbox", *arguments),
        cwd=ROOT,
        env={**clean, **given, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Ran(process.returncode, out, err)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An inbox without events."""

    async def make() -> None:
        inbox = Inbox(tmp_path / "inbox.sqlite3")
        await inbox.open()
        await inbox.close()

    asyncio.run(make())
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
async def running(location: Location) -> AsyncIterator[Inbox]:
    inbox = Inbox(location, options=InboxOptions(attempts=1))
    await inbox.open()
    webhook, _ = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    for number, (body, type_) in enumerate(
        [
            (payment_event("pi_1", 1), "payment"),
            (payment_event(type_="boom"), "payment"),
            (payment_event(type_="refund"), "re\x1b[31mfund"),
        ],
        1,
    ):
        await inbox.store("payments", Arrival(f"e{number}", body, type_))
    await all_applied(location)
    yield inbox
    await inbox.close()


async def test_events_are_listed_as_text_and_as_json(running: Inbox, location: Location) -> None:
    text, as_json, dead, counts, page = await asyncio.gather(
        run(location, "list"),
        run(location, "list", "--json"),
        run(location, "list", "--state", "dead", "--json"),
        run(location, "list", "--counts"),
        run(location, "list", "--before", "2", "--most", "1", "--json"),
    )
    lines = text.out.splitlines()
    assert (text.code, text.err, len(lines)) == (0, "", 4)
    assert lines[0].split() == ["SEQ", "RECEIVED", "UPSTREAM", "STATE", "TRIES", "TYPE", "EVENT", "ERROR"]
    assert [line.split()[3] for line in lines[1:]] == ["ignored", "dead", "applied"]
    assert len({line.index("payments") for line in lines[1:]}) == 1
    assert "\x1b" not in text.out
    assert "re\\x1b[31mfund" in text.out
    assert [each["event_id"] for each in as_json.json] == ["e3", "e2", "e1"]
    assert [each["event_id"] for each in dead.json] == ["e2"]
    assert [each["event_id"] for each in page.json] == ["e1"]
    assert ["payments", "applied", "payment", "1"] in [line.split()[:4] for line in counts.out.splitlines()]


async def test_a_body_is_shown_only_where_it_is_asked_for(running: Inbox, location: Location) -> None:
    shown, with_body, as_json, unknown = await asyncio.gather(
        run(location, "show", "payments", "e2"),
        run(location, "show", "payments", "e2", "--body"),
        run(location, "show", "payments", "e1", "--json"),
        run(location, "show", "payments", "e9"),
    )
    assert "KeyError at vendor.py:" in shown.out
    assert "boom" not in shown.out
    assert json.loads(with_body.out.splitlines()[-1])["type"] == "boom"
    assert as_json.json["records"] == [{"kind": "payments.Payment", "key": "pi_1"}]
    assert "body" not in as_json.json
    assert (unknown.code, unknown.out, unknown.err) == (1, "", "patchbay: payments has no event e9\n")


async def test_a_replay_is_taken_up_by_the_inbox_that_runs(running: Inbox, location: Location) -> None:
    seen: list[str] = []
    running.register("payments", [lambda event: seen.append(event.event_id)])
    one = await run(location, "replay", "payments", "e2")
    assert (one.code, one.out) == (0, "1 to be applied again\n")
    await eventually(lambda: seen == ["e2"], seconds=3)
    many = await run(location, "replay", "--state", "ignored", "--json")
    assert many.json == {"replayed": 2}
    await eventually(lambda: seen == ["e2", "e2", "e3"], seconds=3)


async def test_without_an_inbox_that_runs_a_replay_waits_for_one(running: Inbox, location: Location) -> None:
    await running.close()
    assert (await run(location, "replay", "--state", "dead")).code == 0
    assert dict(states(location))["e2"] == "new"
    assert rows(location, "SELECT * FROM dead_letters") == []


async def test_dead_letters_are_purged(running: Inbox, location: Location) -> None:
    assert (await run(location, "purge", "--state", "dead", "--json")).json == {"purged": 0}
    purged = await run(location, "purge", "--state", "dead", "--older-than", "0")
    assert (purged.code, purged.out) == (0, "1 purged\n")
    assert rows(location, "SELECT * FROM dead_letters") == []


async def test_records_are_rebuilt_beside_the_inbox_that_runs(running: Inbox, location: Location) -> None:
    before = rows(location, "SELECT body FROM records")
    rows(location, "UPDATE records SET body = ?", b"{}")
    rebuilt = await run(location, "rebuild", "payments", "--upstreams", HERE, "--json")
    assert {name: rebuilt.json[name] for name in ("phase", "events", "changed", "removed")} == {
        "phase": "done",
        "events": 2,
        "changed": 1,
        "removed": 0,
    }
    assert rows(location, "SELECT body FROM records") == before
    found = await running.by_keys("payments.Payment", ["pi_1"])
    assert b"processing" in found["pi_1"].body
    text = await run(location, "rebuild", "--upstreams", HERE)
    assert text.err.split() == ["compare", "swap", "clean", "done"]
    assert "events        2" in text.out


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("list", "--state", "lost"), 2, "invalid choice: 'lost'"),
        (("lsit",), 2, "invalid choice: 'lsit'"),
        (("replay",), 2, "name either an event, or --state, --upstream or --type"),
        (("replay", "payments", "e1", "--state", "dead"), 2, "name either an event, or --state"),
        (("replay", "payments"), 2, "an event is named by its upstream and its id"),
        (("purge",), 2, "--state"),
        (("purge", "--state", "new"), 2, "invalid choice: 'new'"),
        (("purge", "--state", "dead", "--older-than", "-1"), 2, "--older-than"),
        (("rebuild", "--upstreams", "nowhere:UPSTREAMS"), 2, "there is no module nowhere"),
        (("rebuild", "--upstreams", "patchbay:nothing"), 2, "patchbay:nothing is no tuple of upstreams"),
        (("rebuild", "nobody", "--upstreams", HERE), 2, "no records are made of events of nobody"),
    ],
)
def test_a_wrong_command_is_told(
    empty: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, problem: str
) -> None:
    try:
        returned = main(["inbox", *arguments], {"PATCHBAY_DATABASE": str(empty)})
    except SystemExit as end:
        returned = int(end.code or 0)
    finally:
        structlog.reset_defaults()
    out, err = capsys.readouterr()
    assert (returned, out) == (code, "")
    assert problem in err


async def test_a_wrong_place_is_told_without_a_password(tmp_path: Path) -> None:
    missing = tmp_path / "inbox.sqlite3"
    other = tmp_path / "notes.sqlite3"
    rows(other, "CREATE TABLE notes (text TEXT)")
    away = Secret("postgresql://patchbay:canary@127.0.0.1:1/inbox", "")
    for location, problem in (
        (missing, "there is no inbox at"),
        (other, "it is no inbox"),
        (away, "PATCHBAY_DATABASE_URL"),
    ):
        ran = await run(location, "list")
        assert (ran.code, ran.out) == (2, "")
        assert problem in ran.err
        assert "canary" not in ran.err
        assert "Traceback" not in ran.err
    assert not missing.exists()


async def test_a_rebuild_under_way_is_told(running: Inbox, location: Location) -> None:
    await running.rebuild().claim()
    ran = await run(location, "rebuild", "--upstreams", HERE)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "patchbay: another rebuild is under way\n"


def test_the_graph_s_own_upstreams_are_found_without_their_secrets(empty: Path) -> None:
    ran = asyncio.run(run(empty, "rebuild", "--json"))
    assert ran.json["phase"] == "done"
    assert {"payments", "shipments"} <= set(ran.json["upstreams"])
