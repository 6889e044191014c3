"""The demo's CRM and ERP, each behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.launch import credentials
from demo.process import Upstream
from tests.faults.proxy import FaultProxy


@pytest.fixture(scope="session")
def values() -> dict[str, str]:
    """The credentials of the demo's services."""
    return credentials()


@pytest.fixture(scope="session")
def running_crm(values: dict[str, str]) -> Iterator[FaultProxy]:
    upstream = Upstream("crm", values)
    upstream.start()
    with FaultProxy(upstream.url) as proxy:
        yield proxy
    upstream.stop()


@pytest.fixture(scope="session")
def running_erp(values: dict[str, str]) -> Iterator[FaultProxy]:
    upstream = Upstream("erp", values)
    upstream.start()
    with FaultProxy(f"{upstream.url}/soap") as proxy:
        yield proxy
    upstream.stop()


def healed(proxy: FaultProxy) -> FaultProxy:
    proxy.heal()
    proxy.reset()
    return proxy


@pytest.fixture
def crm(running_crm: FaultProxy) -> FaultProxy:
    """In front of a CRM that is well, without a memory."""
    return healed(running_crm)


@pytest.fixture
def erp(running_erp: FaultProxy) -> FaultProxy:
    """The same for the ERP."""
    return healed(running_erp)
