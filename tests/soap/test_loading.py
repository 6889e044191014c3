from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from patchbay.calls import Limits
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from patchbay.inbox import Inbox
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Runtime, Soap, Upstream, soap_loading
from tests.soap.documents import ROW, wsdl
from tests.soap.rows import Row, Rows, opened, runtime
from tests.soap.service import Answer, Service, answered, longest_gap, row

ROOT = Path(__file__).resolve().parents[2]
LARGE = ROOT.parent / "shared" / "specs" / "wsdl" / "superfell" / "partner.wsdl"


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed load is tried again at once, so that these tests need not wait; see test_failed_loads.py."""
    monkeypatch.setattr(soap_loading, "REMEMBER_SECONDS", 0.0)
    monkeypatch.setattr(soap_loading, "REMEMBER_DOWN_SECONDS", 0.0)


async def test_the_wsdl_is_fetched_once(service: Service) -> None:
    service.reply(answered(row("a")))
    async with opened(Rows(max_size=1), service.wsdl_url) as upstream:
        for _ in range(3):
            await upstream.by_ids(["a", "b", "c"])
    assert service.count("/service") == 1
    assert len(service.posts) == 9


async def test_white_space_before_a_wsdl_does_no_harm(service: Service) -> None:
    service.describe(b"\r\n\t " + wsdl(f"{service.url}/service"))
    service.reply(answered(row("a")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]


async def test_all_who_wait_share_one_load(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    service.reply(answered(row("a")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        assert service.count("/service") == 1
        service.describe()
        service.wait_seconds = 0.05
        outcomes = await asyncio.gather(*(upstream.by_ids(["a"]) for _ in range(30)))
    assert outcomes == [[Row("a", 1)]] * 30
    assert service.count("/service") == 2


async def test_a_service_that_is_down_at_start_is_loaded_at_the_first_call_after_its_return() -> None:
    service = Service()
    async with service:
        pass
    async with opened(Rows(), service.wsdl_url) as upstream:
        (down,) = await upstream.by_ids(["a"])
        assert isinstance(down, UpstreamUnavailable)
        with pytest.raises(UpstreamUnavailable):
            await upstream.soap.check()
        async with service:
            service.describe()
            service.reply(answered(row("a")))
            assert await upstream.by_ids(["a"]) == [Row("a", 1)]
            await upstream.soap.check()


@pytest.mark.parametrize("answer", [Answer(b"<html/>"), Answer(b"<a"), Answer(b""), Answer(status=404)])
async def test_what_is_no_wsdl_is_an_error_of_the_call_until_it_is_one(
    service: Service, answer: Answer
) -> None:
    service.documents["/service"] = answer
    service.reply(answered(row("a")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        (error,) = await upstream.by_ids(["a"])
        assert isinstance(error, UpstreamError)
        service.describe()
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]


async def test_who_waits_for_a_load_waits_inside_their_own_deadline(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    async with opened(Rows(limits=Limits(deadline_seconds=0.8)), service.wsdl_url) as upstream:
        service.describe()
        service.reply(answered(row("a")))
        service.wait_seconds = 0.4

        async def hurried() -> tuple[list[Row | UpstreamError | None], float]:
            scope = Scope()
            scope.start_clock(0.1)
            enter_scope(scope)
            started = time.monotonic()
            return await upstream.by_ids(["a"]), time.monotonic() - started

        patient = asyncio.create_task(upstream.by_ids(["a"]))
        (outcome,), seconds = await asyncio.create_task(hurried())
        assert isinstance(outcome, UpstreamTimeout)
        assert 0.08 < seconds < 0.3
        # The one who left took nobody's load away.
        assert await patient == [Row("a", 1)]
        assert service.count("/service") == 2


async def test_a_cancelled_caller_does_not_cancel_the_load(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    async with opened(Rows(), service.wsdl_url) as upstream:
        service.describe()
        service.reply(answered(row("a")))
        service.wait_seconds = 0.2
        first, second = (asyncio.create_task(upstream.by_ids(["a"])) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == [Row("a", 1)]
        assert service.count("/service") == 2


async def test_the_scope_of_an_operation_does_not_leak_into_the_load(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    async with opened(Rows(), service.wsdl_url) as upstream:
        service.describe()
        service.reply(answered(row("a")))
        scope = Scope()
        scope.start_clock(5.0)
        enter_scope(scope)
        await upstream.by_ids(["a"])
    assert scope.calls == {("rows", "GetRows"): 1}


async def test_closing_while_it_loads_ends_the_load_and_those_who_wait(service: Service) -> None:
    service.documents["/service"] = Answer(status=503)
    upstream = Rows(limits=Limits(deadline_seconds=30))
    await upstream.soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    service.wait_seconds = 30
    waiting = asyncio.create_task(upstream.by_ids(["a"]))
    await service.until_asked(2)
    async with asyncio.timeout(2):
        await upstream.soap.close()
        (outcome,) = await waiting
    assert isinstance(outcome, UpstreamUnavailable)
    assert [str(error) for error in await upstream.by_ids(["a"])] == ["rows: is not open"]
    await upstream.soap.close()


def generated() -> bytes:
    many = "".join(ROW.replace('name="Row', f'name="R{n}Row') for n in range(3_000))
    return wsdl("http://127.0.0.1:1/elsewhere", types=ROW + many)


def real() -> bytes:
    """One of 575 KB where it lies beside the repository, else the demo's."""
    return (LARGE if LARGE.exists() else ROOT / "demo" / "erp.wsdl").read_bytes()


@pytest.mark.parametrize("document", [generated, real])
async def test_the_loop_ticks_while_a_large_wsdl_loads(
    service: Service, document: Callable[[], bytes]
) -> None:
    service.describe(document())
    soap = Soap("rows", wsdl="ROWS_WSDL", limits=Limits(deadline_seconds=20))
    started = time.monotonic()
    async with longest_gap() as gap:
        with pytest.raises(ConfigurationError, match="another origin"):
            await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    seconds = time.monotonic() - started
    await soap.close()
    assert service.count("/service") == 1
    # On the loop, the gap would be nearly all of that time.
    assert gap[0] < max(0.2, 0.6 * seconds)


async def test_hung_loads_leave_the_shared_threads_to_others(service: Service) -> None:
    service.wait_seconds = 30
    upstreams = [Rows(limits=Limits(deadline_seconds=30)) for _ in range(40)]
    opening = [
        asyncio.create_task(each.soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))) for each in upstreams
    ]
    await service.until_asked(len(upstreams))
    async with asyncio.timeout(2):
        assert await asyncio.to_thread(sum, (1, 2)) == 3
    for each in upstreams:
        await each.soap.close()
    await asyncio.gather(*opening)


async def test_a_wsdl_from_a_file_may_name_any_address(service: Service, tmp_path: Path) -> None:
    (tmp_path / "rows.wsdl").write_bytes(b"\n " + wsdl(f"{service.url}/elsewhere?a=b%20c"))
    service.reply(answered(row("a")))
    async with opened(Rows(), str(tmp_path / "rows.wsdl")) as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]
        await upstream.soap.check()
    assert [each.target for each in service.asked] == ["/elsewhere?a=b%20c"] * 2


async def test_a_relative_path_of_a_wsdl(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.wsdl").write_bytes(wsdl(f"{service.url}/service"))
    monkeypatch.chdir(tmp_path)
    service.reply(answered(row("a")))
    async with opened(Rows(), "rows.wsdl") as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]


async def test_a_soap_service_is_an_upstream_that_lists_its_variables(tmp_path: Path) -> None:
    soap: Upstream = Rows().soap
    assert (soap.name, soap.kind) == ("rows", "soap")
    assert [variable.name for variable in soap.variables()] == ["ROWS_WSDL"]
    with pytest.raises(ConfigurationError, match="ROWS_WSDL"):
        await soap.open(Runtime(Environment({}), Inbox(tmp_path / "unused")))
    for wrong in ("ftp://127.0.0.1/a", "http://u:hunter2@127.0.0.1/a", "http://[/", "file:///etc/passwd"):
        with pytest.raises(ConfigurationError, match="ROWS_WSDL") as caught:
            await soap.open(runtime({"ROWS_WSDL": wrong}))
        assert wrong not in str(caught.value)
    with pytest.raises(ConfigurationError, match="ROWS_WSDL names no file"):
        await soap.open(runtime({"ROWS_WSDL": str(tmp_path / "missing.wsdl")}))
    await soap.close()
