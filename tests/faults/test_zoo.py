"""Promise: whatever an upstream does wrong, a read ends with a code, soon, and the next one is well."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

import msgspec
import pytest

from patchbay.calls import ApiKey, Limits
from patchbay.calls.tls import tls_context
from patchbay.errors import UpstreamError
from patchbay.upstreams import Rest, Soap, UsernameToken
from tests.faults.proxy import FaultProxy
from tests.faults.zoo import FINE, LATE, TLS_ZOO, UNAVAILABLE, ZOO, Beast
from tests.patchbay.calling import assert_safe, runtime

DEADLINE_SECONDS = 1.0
SOON_SECONDS = 1.0
"""Beside the deadline, for whatever ends at once."""

LIMITS = Limits(deadline_seconds=DEADLINE_SECONDS)
LOADING = Limits(deadline_seconds=5.0)


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    erp_number: str


class StockLevel(msgspec.Struct, frozen=True, rename="pascal"):
    sku: str
    on_hand: int


Read: TypeAlias = "Callable[[Sequence[str]], Awaitable[Sequence[object]]]"


@asynccontextmanager
async def rest(url: str, values: dict[str, str], limits: Limits = LIMITS) -> AsyncIterator[Read]:
    upstream = Rest(
        "crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY", header="X-Api-Key"), limits=limits,
        retry=None, breaker=None,
    )  # fmt: skip
    read = upstream.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100)
    await upstream.open(runtime(**values, CRM_URL=url))
    try:
        yield read
    finally:
        await upstream.close()


@asynccontextmanager
async def soap(url: str, values: dict[str, str], limits: Limits = LIMITS) -> AsyncIterator[Read]:
    upstream = Soap(
        "erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"), limits=limits,
        retry=None, breaker=None,
    )  # fmt: skip
    read = upstream.batch(
        "GetStockLevels", StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
    )
    try:
        await upstream.open(runtime(**values, ERP_WSDL=f"{url}?wsdl"))
        yield read
    finally:
        await upstream.close()


async def code_of(read: Read, key: str, source: str) -> str:
    """The code of the read's error; FINE where there is none."""
    (end,) = await read([key])
    if isinstance(end, UpstreamError):
        assert_safe(end, source)
        return end.code
    assert end is not None
    return FINE


async def met(proxy: FaultProxy, read: Read, beast: Beast, key: str, source: str, only: str = "") -> str:
    """What a read ends with that meets the beast; the reads before and after it are well."""
    assert await code_of(read, key, source) == FINE
    proxy.fault(beast.mode, only=only, **beast.arguments)
    started = time.monotonic()
    code = await code_of(read, key, source)
    took = time.monotonic() - started
    assert took < SOON_SECONDS + (DEADLINE_SECONDS if beast.mode in LATE else 0)
    proxy.heal()
    assert await code_of(read, key, source) == FINE
    return code


@pytest.mark.parametrize("beast", ZOO, ids=str)
async def test_rest(crm: FaultProxy, values: dict[str, str], beast: Beast) -> None:
    async with rest(crm.url, values) as read:
        assert await met(crm, read, beast, "C1000", "crm") == beast.rest


@pytest.mark.parametrize("beast", ZOO, ids=str)
async def test_soap(erp: FaultProxy, values: dict[str, str], beast: Beast) -> None:
    async with soap(erp.url, values) as read:
        assert await met(erp, read, beast, "SKU-0001", "erp", only="POST ") == beast.soap


@pytest.mark.parametrize("beast", [each for each in ZOO if each.mode not in LATE], ids=str)
async def test_a_wsdl_that_meets_it_is_no_wsdl(erp: FaultProxy, values: dict[str, str], beast: Beast) -> None:
    erp.fault(beast.mode, only="GET ", **beast.arguments)
    started = time.monotonic()
    async with soap(erp.url, values, LOADING) as read:
        code = await code_of(read, "SKU-0001", "erp")
    assert time.monotonic() - started < 2 * SOON_SECONDS
    # What is no 2xx is read for a fault in replies only.
    expected = UNAVAILABLE if beast.mode.startswith("soap_fault") else beast.soap
    assert code == expected


@pytest.mark.parametrize("beast", TLS_ZOO, ids=str)
async def test_certificates(
    crm: FaultProxy,
    erp: FaultProxy,
    values: dict[str, str],
    beast: Beast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        for proxy, open_, key, source in ((crm, rest, "C1000", "crm"), (erp, soap, "SKU-0001", "erp")):
            monkeypatch.setenv("SSL_CERT_FILE", proxy.authority)
            tls_context.cache_clear()
            async with open_(proxy.tls_url, values) as read:
                assert await met(proxy, read, beast, key, source) == beast.rest
    finally:
        tls_context.cache_clear()


async def test_a_host_that_does_not_exist(values: dict[str, str]) -> None:
    async with rest("http://no-such-host.invalid", values) as read:
        assert await code_of(read, "C1000", "crm") == UNAVAILABLE
    async with soap("http://no-such-host.invalid/soap", values) as read:
        assert await code_of(read, "SKU-0001", "erp") == UNAVAILABLE
