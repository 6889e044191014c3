"""A WSDL that cannot be loaded: not fetched by every query, and told to the log alone."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamMisconfigured, UpstreamUnavailable
from patchbay.upstreams import soap_loading
from tests.soap.documents import wsdl
from tests.soap.rows import Row, Rows, opened, runtime
from tests.soap.service import Answer, Service, answered, row


async def test_a_broken_wsdl_is_not_fetched_again_by_every_query(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soap_loading, "REMEMBER_SECONDS", 0.3)
    service.describe(b"<html/>")
    service.reply(answered(row("a")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        for _ in range(10):
            (error,) = await upstream.by_ids(["a"])
            assert isinstance(error, UpstreamBadData)
        assert service.count("/service") == 1
        service.describe()
        await asyncio.sleep(0.35)
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]
        assert service.count("/service") == 2


def test_what_is_remembered_is_forgotten_in_time() -> None:
    assert soap_loading.REMEMBER_SECONDS == 5.0
    assert soap_loading.REMEMBER_DOWN_SECONDS <= 1.0


async def test_a_service_that_was_down_is_found_within_a_second() -> None:
    service = Service()
    async with service:
        pass
    async with opened(Rows(), service.wsdl_url) as upstream:
        (down,) = await upstream.by_ids(["a"])
        assert isinstance(down, UpstreamUnavailable)
        async with service:
            service.describe()
            service.reply(answered(row("a")))
            end = time.monotonic() + 1.5
            while isinstance((await upstream.by_ids(["a"]))[0], UpstreamUnavailable):
                assert time.monotonic() < end
                await asyncio.sleep(0.05)
            assert await upstream.by_ids(["a"]) == [Row("a", 1)]


async def test_clients_read_nothing_of_a_wrong_wsdl_and_the_log_tells_it_once(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    with capture_logs() as logs:
        async with opened(Rows(), service.wsdl_url) as upstream:
            service.describe(wsdl(f"{service.url}/service").replace(b"GetRows", b"SecretRows"))
            await asyncio.sleep(soap_loading.REMEMBER_DOWN_SECONDS + 0.05)
            for _ in range(3):
                (error,) = await upstream.by_ids(["a"])
                assert isinstance(error, UpstreamMisconfigured)
                assert str(error) == "rows: is not set up correctly"
                assert error.extensions == {"code": "UPSTREAM_MISCONFIGURED", "source": "rows"}
                assert isinstance(error.__cause__, ConfigurationError)
                assert "SecretRows" in str(error.__cause__)
    told = [entry for entry in logs if entry["event"] == "upstream_misconfigured"]
    assert [("SecretRows" in entry["error"], entry["upstream"]) for entry in told] == [(True, "rows")]
    assert service.count("/service") == 2


async def test_at_start_the_whole_mistake_is_told(service: Service) -> None:
    service.describe(wsdl(f"{service.url}/service").replace(b"GetRows", b"SecretRows"))
    with pytest.raises(ConfigurationError, match=r"has no operation GetRows; it has .*SecretRows"):
        async with opened(Rows(), service.wsdl_url):
            pass


async def test_an_upstream_that_is_closed_while_it_opens_warns_of_nothing(service: Service) -> None:
    service.wait_seconds = 30
    upstream = Rows()
    with capture_logs() as logs:
        opening = asyncio.create_task(upstream.soap.open(runtime({"ROWS_WSDL": service.wsdl_url})))
        await service.until_asked(1)
        await upstream.soap.close()
        await opening
    assert logs == []
