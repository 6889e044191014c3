"""Operations that schemathesis generates from the schema, against the running graph.

Most of them fit the schema, the others are wrong in one place. Whatever comes, the answer is GraphQL: no
5xx, no error without a code, and no data but what the schema and the operation say.

    python -m tests.clients.generated --examples 1000 [--url http://127.0.0.1:8000/graphql]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import graphql
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import result
from schemathesis.graphql import nodes
from schemathesis.specs.graphql.schemas import GraphQLSchema

from demo.launch import Demo
from tests.clients.answers import check_answer
from tests.serving import GraphServer

FAULTS = {"INTERNAL_SERVER_ERROR", "UPSTREAM_BAD_DATA"}
"""Codes that no operation may bring about while every upstream is well."""

BACKWARD = {"last", "before", "after"}
MAX_SAFE = 2**53 - 1
NUMBERS = ("C1020", "C1021", "O100001", "O100020", "P0001", "P0020")
"""Of what is there; mutations change only customers that no test looks at."""


def register_scalars() -> None:
    """How values of the graph's own scalars are written, and ids and sizes of which most find something."""
    ids = st.sampled_from(NUMBERS) | st.sampled_from(NUMBERS) | st.text()
    sizes = st.integers(1, 5) | st.integers(1, 5) | st.integers(-(2**31), 2**31 - 1)
    schemathesis.graphql.scalar("ID", ids.map(nodes.String))
    schemathesis.graphql.scalar("Int", sizes.map(nodes.Int))
    times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
    schemathesis.graphql.scalar("DateTime", times.map(lambda time: nodes.String(time.isoformat())))
    schemathesis.graphql.scalar("SafeInt", st.integers(-MAX_SAFE, MAX_SAFE).map(nodes.Int))


class _Forward(graphql.Visitor):
    """Leaves out what most pages are asked without: made-up cursors, which are refused, and `last`."""

    def leave_argument(self, node: graphql.ArgumentNode, *_: object) -> Any:
        return graphql.REMOVE if node.name.value in BACKWARD else None


def without_going_back(document: str) -> str:
    """The same document, in which pages begin at the start."""
    return graphql.print_ast(graphql.visit(graphql.parse(document), _Forward()))


@dataclass
class Tally:
    """What has been asked and answered."""

    asked: Counter[str] = field(default_factory=Counter)
    """Per field of the root."""
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    with_data: int = 0

    @property
    def examples(self) -> int:
        """How many operations there were."""
        return self.asked.total()

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        codes = ", ".join(f"{count} {code}" for code, count in self.codes.most_common())
        return (
            f"{self.examples} operations on {len(self.asked)} root fields: {statuses}; {self.with_data} with"
            f" data; errors: {codes or 'none'}; no 5xx, no invalid answer"
        )


class Run:
    """Operations for one server.

    Args:
        url: where GraphQL is served.
    """

    def __init__(self, url: str) -> None:
        register_scalars()
        self._loaded: GraphQLSchema = schemathesis.graphql.from_url(url, timeout=10)
        self._session = requests.Session()
        self._session.trust_env = False
        self.tally = Tally()

    def ask(self, examples: int, seed_: int) -> Tally:
        """So many operations; AssertionError, with the operation, at an answer that is none."""
        operations = [
            each.ok() for each in self._loaded.get_all_operations() if not isinstance(each, result.Err)
        ]
        cases = st.one_of(
            [
                operation.as_strategy(generation_mode=mode)
                for operation in operations
                for mode in (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            ]
        )

        @seed(seed_)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, is_forward=st.sampled_from((True, True, False)))
        def each(case: Any, is_forward: bool) -> None:  # noqa: FBT001 - hypothesis gives it by its name
            if is_forward:
                case.body = without_going_back(case.body)
            self._one(case)

        each()
        return self.tally

    def _one(self, case: Any) -> None:
        name: str = case.operation.definition.field_name
        document: str = case.body
        fits = not graphql.validate(self._loaded.client_schema, graphql.parse(document))
        response = case.call(session=self._session, timeout=20)
        said = f"{document}\n-> {response.status_code} {response.text}"
        assert response.status_code < 500, said
        body = response.json()
        check_answer(body, self._loaded.client_schema, document if fits else None, said)
        codes = [error["extensions"]["code"] for error in body.get("errors", [])]
        assert not FAULTS & set(codes), said
        assert fits or codes, said
        self.tally.asked[name] += 1
        self.tally.statuses[response.status_code] += 1
        self.tally.codes.update(codes)
        self.tally.with_data += any((body.get("data") or {}).values())


def main() -> int:
    """The command line; 1 where an answer was not as it has to be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--url", help="of a server that runs; otherwise the demo is started")
    options = parser.parse_args()
    if options.url:
        return _told(options.url, options.examples, options.seed)
    with (
        Demo() as demo,
        tempfile.TemporaryDirectory() as folder,
        GraphServer(demo.environment, Path(folder) / "inbox.sqlite3") as server,
    ):
        demo.start_sender(server.url, order_seconds=0)
        return _told(f"{server.url}/graphql", options.examples, options.seed)


def _told(url: str, examples: int, seed_: int) -> int:
    started = time.monotonic()
    try:
        tally = Run(url).ask(examples, seed_)
    except AssertionError as error:
        print(f"not as it has to be (--seed {seed_}):\n{error}", file=sys.stderr)  # noqa: T201 - a command speaks so
        return 1
    print(f"{tally} ({time.monotonic() - started:.1f} s, --seed {seed_})")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
