"""Fixtures for tests of the whole graph: the demo's processes, the server's process, and a client of it."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from demo.launch import NAMES, Demo
from patchbay.paging import encode_cursor
from tests.heap import settle
from tests.importing.specs import NO_SPECS
from tests.postgres_server import PostgresServer
from tests.serving import GraphServer

pytest_plugins = ("tests.parallel",)

# The sender tells of C1007's orders first and of the 300 newest orders then, the oldest of these at the end.
_LAST_TOLD = f"""{{
  orders(first: 50, after: "{encode_cursor(249)}") {{ edges {{ node {{ shipment {{ status }} }} }} }}
}}"""


def _is_told(data: Any) -> bool:
    return sum(edge["node"]["shipment"] is not None for edge in data["orders"]["edges"]) > 30


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI everything is installed, so a test that skips has lost its component: that is a failure.

    Real descriptions of others are data that no package brings; their tests may miss them.
    """
    report = yield
    if os.environ.get("CI") and report.skipped and NO_SPECS not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture
def settled_heap() -> Iterator[None]:
    """For tests that compare times: else a collection looks through all that other tests have made."""
    settle()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that stays as it is: a test makes a database of its own in it, and stops another one."""
    with PostgresServer() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def running_demo() -> Iterator[Demo]:
    """The upstreams' processes."""
    with Demo() as demo:
        yield demo


@pytest.fixture(scope="session")
def running_graph(running_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    """The server's process over the demo, told by webhooks of everything that C1007 has ordered."""
    server = GraphServer(running_demo.environment, tmp_path_factory.mktemp("graph") / "inbox.sqlite3")
    with server:
        # What an order sets off calls upstreams, whose calls the tests count.
        running_demo.start_sender(server.url, order_seconds=0)
        server.wait_until(_LAST_TOLD, _is_told)
        yield server


@pytest.fixture
def demo(running_demo: Demo) -> Iterator[Demo]:
    """The upstreams' processes, healthy and with fresh counters."""
    for name in NAMES:
        running_demo[name].reset()
    yield running_demo
    for name in NAMES:
        running_demo[name].start()
        running_demo[name].heal()


@pytest.fixture
def graph(running_graph: GraphServer, demo: Demo) -> GraphServer:
    """The server's process over a healthy demo with fresh counters."""
    running_graph.wait_until_circuits_are_closed()
    for name in NAMES:
        demo[name].reset()
    return running_graph


@pytest.fixture(scope="session")
def graphiql_server_url(running_graph: GraphServer) -> str:
    """Where the browser test finds the page."""
    return f"{running_graph.url}/graphql"
