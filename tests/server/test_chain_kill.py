"""SIGKILL of the server around each step of the order chain: each step has happened once in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.launch import Demo
from patchbay.environment import Secret
from tests.postgres_server import PostgresServer
from tests.server.chain import SYSTEMS, Chain

# Each test places another order: for one that was placed before the systems know the keys.
ORDERS = {"sqlite": "O103190", "postgres": "O103188"}
MUTANTS_ORDER = "O103174"
KEYLESS = ("-m", "tests.server.random_keys")


@pytest.fixture(params=list(ORDERS))
def chain(request: pytest.FixtureRequest, demo: Demo, tmp_path: Path) -> Chain:
    location: Path | Secret = tmp_path / "inbox.sqlite3"
    if request.param == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
    return Chain(demo, location, ORDERS[request.param])


def killed_around_each_step(chain: Chain) -> None:
    """Before a step's call arrives, and when it was carried out and is not answered yet."""
    systems = list(SYSTEMS)
    chain.hold_calls(systems[0])
    chain.place()
    for system, following in zip(systems, [*systems[1:], None], strict=True):
        chain.until_called(system)
        chain.hold_answers(system)
        chain.kill()
        chain.until_carried_out(system)
        if following is not None:
            chain.hold_calls(following)
        chain.server.kill()
        chain.heal(system)
        chain.server.start()
        chain.kills += 1
    chain.until_done()


@pytest.mark.timeout(120)
def test_each_step_happens_once_wherever_the_server_is_killed(chain: Chain) -> None:
    with chain.serving():
        killed_around_each_step(chain)
        assert chain.kills == 8
        assert chain.times() == {system: {1} for system in SYSTEMS}
        # Each was called again with its key, which the systems honoured.
        assert all(number >= 2 for number in chain.calls().values())
        assert chain.server.request("GET", "/health/reactions").json() == dict.fromkeys(
            ("running", "held", "failed", "in_doubt"), 0
        )


@pytest.mark.timeout(120)
def test_with_another_key_for_each_try_steps_would_happen_twice(demo: Demo, tmp_path: Path) -> None:
    """The mutant of the test above."""
    chain = Chain(demo, tmp_path / "inbox.sqlite3", MUTANTS_ORDER, KEYLESS)
    with chain.serving():
        killed_around_each_step(chain)
        assert all(2 in times for times in chain.times().values()), chain.times()
