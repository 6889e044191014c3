"""A SOAP service of the tests' own, and the demo's ERP in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from demo.launch import credentials
from demo.process import Upstream
from tests.soap.rows import Rows, opened
from tests.soap.service import Service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.describe()
        yield service


@pytest.fixture
async def elsewhere() -> AsyncIterator[Service]:
    """Another origin: whatever it is asked is one request too many."""
    async with Service() as elsewhere:
        elsewhere.describe()
        yield elsewhere


@pytest.fixture
async def rows(service: Service) -> AsyncIterator[Rows]:
    async with opened(Rows(), service.wsdl_url) as rows:
        yield rows


@pytest.fixture(scope="session")
def erp() -> Iterator[tuple[Upstream, dict[str, str]]]:
    """The demo's ERP, and the variables that its adapter reads."""
    values = credentials()
    process = Upstream("erp", values)
    process.start()
    yield process, {**values, "ERP_WSDL": f"{process.url}/soap?wsdl"}
    process.stop()
