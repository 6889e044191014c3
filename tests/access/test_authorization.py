"""Role x field x path: each client sees what it may, and nothing is called for what it may not."""

from __future__ import annotations

import json

import pytest

from tests.access.asking import ask, identity
from tests.access.table import CODE, ROLES, Case, cases

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_every_role_sees_what_it_may_and_nothing_is_called_for_the_rest(case: Case) -> None:
    for role, proven in ROLES.items():
        told = await ask(identity(**proven), case.query, case.variables, case.operation, streams=case.streams)
        assert (case.holds in json.dumps(told.data)) == case.sees(role), (role, told.data)
        assert told.codes <= {CODE}, (role, told.errors)
        assert all(error["path"] for error in told.errors), role
        assert told.errors or case.sees(role), role
        assert not told.errors or not case.sees(role) or case.others_fail, (role, told.errors)
        assert told.calls == case.calls(role), role


def test_the_table_is_as_large_as_it_looks() -> None:
    assert len(CASES) * len(ROLES) > 2_500
