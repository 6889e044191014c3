"""Random queries are told what a plain rule leaves of the whole answer, on both ways of executing."""

from __future__ import annotations

import json
import random

import pytest

from patchbay.execution import OUTCOMES, CompiledExecutor
from tests.access.asking import ask, identity
from tests.access.guarded_graph import schema
from tests.access.oracle import Oracle
from tests.access.random_queries import RandomQuery
from tests.access.table import CODE, ROLES

SEEDS = range(60)
CLIENTS = 3
EVERYTHING = identity(
    token=True,
    scopes=("admin", "finance:read", "accounts:read", "prices:read", "notes:read", "referrals:read"),
    claims=("clerk", "on_duty", "auditor", "same_region"),
)
GUARDED_READS = {
    "Account": ("accounts", "every account"),
    "File": ("files", "file pages", "all files"),
}


@pytest.mark.parametrize("way", ["compiled", "graphql-core"])
async def test_random_queries_leak_nothing(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "graphql-core":

        def unable(_: CompiledExecutor) -> None:
            raise RuntimeError("no plan can be made")

        monkeypatch.setattr(CompiledExecutor, "_compile", unable)
    before = OUTCOMES["uncompilable"]
    cut = 0
    for seed in SEEDS:
        # Documents are kept with their plans.
        query = f"# {way}\n{RandomQuery(schema.graphql_schema, seed).text}"
        whole = await ask(EVERYTHING, query)
        assert not whole.errors, (query, whole.errors)
        for role in random.Random(seed).sample(list(ROLES), CLIENTS):
            who = identity(**ROLES[role])
            oracle = Oracle(schema.graphql_schema, who)
            expected = oracle.cut(query, whole.data[0])
            told = await ask(who, query)
            assert json.dumps(told.data) == json.dumps([] if expected is None else [expected]), (role, query)
            assert bool(told.errors) == bool(oracle.denied), (role, query)
            assert told.codes <= {CODE}, told.errors
            cut += oracle.denied
            for type_name, reads in GUARDED_READS.items():
                if not oracle._sees_type(schema.graphql_schema.get_type(type_name)):  # noqa: SLF001 - the same rule
                    assert not told.calls.keys() & set(reads), (role, query)
    assert cut > len(SEEDS)
    assert (OUTCOMES["uncompilable"] - before > 0) == (way == "graphql-core")
