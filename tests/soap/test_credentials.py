from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import erp as adapter
from demo.process import Upstream
from patchbay.calls import Basic, Bearer
from patchbay.errors import ConfigurationError, SoapFault, UpstreamBadData, UpstreamUnavailable
from patchbay.upstreams import Soap, UsernameToken
from tests.soap.rows import Row, Rows, opened, runtime
from tests.soap.service import Service, answered, row

ROOT = Path(__file__).resolve().parents[2]
Erp = tuple[Upstream, dict[str, str]]


def stock(*, digest: bool) -> tuple[Soap, object]:
    soap = Soap("erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD", digest=digest))
    read = soap.batch(
        "GetStockLevels", adapter.StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
    )
    return soap, read


@pytest.mark.parametrize("digest", [False, True])
async def test_a_username_token_proves_the_password(erp: Erp, digest: bool) -> None:  # noqa: FBT001 - a parameter
    soap, read = stock(digest=digest)
    await soap.open(runtime(erp[1]))
    for _ in range(2):
        (level,) = await read(["SKU-0001"])  # type: ignore[operator]  # the read that stock() declares
        assert level.sku == "SKU-0001"
    await soap.close()


@pytest.mark.parametrize("digest", [False, True])
async def test_a_wrong_password_is_a_fault(erp: Erp, digest: bool) -> None:  # noqa: FBT001 - a parameter
    soap, read = stock(digest=digest)
    await soap.open(runtime({**erp[1], "ERP_PASSWORD": "hunter2"}))
    (error,) = await read(["SKU-0001"])  # type: ignore[operator]  # the read that stock() declares
    await soap.close()
    assert isinstance(error, SoapFault)
    assert error.extensions == {"code": "SOAP_FAULT", "source": "erp", "fault": "FailedAuthentication"}
    assert "hunter2" not in f"{error!r} {error.__cause__!r} {vars(soap)}"


async def test_a_digest_holds_no_password_and_is_new_in_each_call(service: Service) -> None:
    service.reply(answered(row("a")))
    upstream = Rows(credentials=UsernameToken("USER", "PASSWORD", digest=True))
    async with opened(upstream, service.wsdl_url, USER="user", PASSWORD="hunter2"):
        await upstream.by_ids(["a"])
        await upstream.by_ids(["a"])
    first, second = service.posts
    assert first.body != second.body
    assert b"PasswordDigest" in first.body
    assert not [each for each in service.asked if b"hunter2" in each.body or "authorization" in each.headers]


async def test_a_token_that_xml_cannot_carry_names_its_variable(service: Service) -> None:
    for variable in ("USER", "PASSWORD"):
        values = {"USER": "user", "PASSWORD": "password", variable: "hunter\x082"}
        with pytest.raises(ConfigurationError, match=f"variable {variable} holds") as caught:
            async with opened(
                Rows(credentials=UsernameToken("USER", "PASSWORD")), service.wsdl_url, **values
            ):
                pass
        assert "hunter" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="PASSWORD is not set"):
        async with opened(Rows(credentials=UsernameToken("USER", "PASSWORD")), service.wsdl_url, USER="user"):
            pass
    assert service.asked == []


async def test_credentials_in_headers_go_with_every_request(service: Service) -> None:
    service.reply(answered(row("a")))
    pair = base64.b64encode(b"user:hunter2").decode()
    kinds = ((Basic("USER", "PASSWORD"), f"Basic {pair}"), (Bearer("PASSWORD"), "Bearer hunter2"))
    for credentials, header in kinds:
        service.asked.clear()
        upstream = Rows(credentials=credentials)
        async with opened(upstream, service.wsdl_url, USER="user", PASSWORD="hunter2"):
            assert await upstream.by_ids(["a"]) == [Row("a", 1)]
            await upstream.soap.check()
        assert [each.headers["authorization"] for each in service.asked] == [header] * 3
        assert not any(b"hunter2" in each.body for each in service.asked)


async def test_the_adapter_over_the_demo(erp: Erp) -> None:
    process, values = erp
    await adapter.erp.open(runtime(values))
    try:
        process.reset()
        balance, unknown = await adapter.balances_by_customer_numbers(["K1007", "nobody"])
        assert unknown is None
        before = (await adapter.stock_by_skus(["SKU-0003"]))[0]
        assert isinstance(before, adapter.StockLevel)
        reservation = await adapter.reserve_stock(Sku="SKU-0003", Quantity=1)
        assert (reservation.sku, reservation.quantity) == ("SKU-0003", 1)
        after = (await adapter.stock_by_skus(["SKU-0003"]))[0]
        assert isinstance(after, adapter.StockLevel)
        assert after.on_hand == before.on_hand - 1
        for sku, quantity, name in (("NOPE", 1, "UnknownSku"), ("SKU-0003", 10**6, "InsufficientStock")):
            with pytest.raises(SoapFault) as caught:
                await adapter.reserve_stock(Sku=sku, Quantity=quantity)
            assert caught.value.fault == name
        assert process.calls() == {"GetBalances": 1, "GetStockLevels": 2, "ReserveStock": 3}
        assert balance is None or isinstance(balance, adapter.Balance)
    finally:
        await adapter.erp.close()


async def test_the_demos_failures_are_typed_errors(erp: Erp) -> None:
    process, values = erp
    await adapter.erp.open(runtime(values))
    try:
        for mode, error in (
            ({"mode": "garbage"}, UpstreamBadData), ({"mode": "html"}, UpstreamBadData),
            ({"mode": "big", "bytes": 100_000}, UpstreamBadData), ({"mode": "reset"}, UpstreamUnavailable),
            ({"mode": "fail", "status": 500}, UpstreamUnavailable),
        ):  # fmt: skip
            process.fault(**mode)
            assert [type(each) for each in await adapter.stock_by_skus(["SKU-0001", "b"])] == [error] * 2
        process.fault(mode="wrong")
        skus = ["SKU-0001", "SKU-0002", "SKU-0003"]
        kinds = [type(each) for each in await adapter.stock_by_skus(skus)]
        assert sorted(kind.__name__ for kind in kinds) == ["StockLevel", "StockLevel", "UpstreamBadData"]
    finally:
        process.heal()
        await adapter.erp.close()


LOUD = """
import asyncio, logging, os
from patchbay.server.logs import configure_logs
configure_logs("json", "debug")
from pathlib import Path
from adapters import erp
from patchbay.environment import Environment
from patchbay.inbox import Inbox
from patchbay.upstreams import Runtime

async def main():
    await erp.erp.open(Runtime(Environment(os.environ), Inbox(Path("unused"))))
    (outcome,) = await erp.stock_by_skus(["SKU-0001"])
    logging.getLogger("test").debug("asked %r", outcome)
    logging.getLogger("test").error("failed", exc_info=outcome if isinstance(outcome, Exception) else None)
    logging.getLogger("test").debug("%r %r %r", erp.erp, vars(erp.erp), erp.erp._credentials)
    await erp.erp.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("password", [None, "wrong-hunter2"])
def test_the_password_is_in_no_log_at_any_level(erp: Erp, password: str | None) -> None:
    values = {**erp[1], **({} if password is None else {"ERP_PASSWORD": password})}
    ran = subprocess.run(
        [sys.executable, "-c", LOUD],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert '"level": "debug"' in ran.stderr
    assert ("SoapFault" in ran.stderr) == (password is not None)
    assert values["ERP_PASSWORD"] not in ran.stdout + ran.stderr
    assert base64.b64encode(values["ERP_PASSWORD"].encode()).decode() not in ran.stderr
