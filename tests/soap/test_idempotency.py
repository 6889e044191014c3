"""Writes of SOAP upstreams with an idempotency key, on the wire and at the demo's ERP."""

from __future__ import annotations

import uuid

import pytest

from adapters import erp as adapter
from demo.process import Upstream
from patchbay.errors import ConfigurationError, SoapFault, UpstreamError, UpstreamMisconfigured
from patchbay.upstreams import Soap
from tests.soap.documents import PLACE
from tests.soap.rows import Put, Rows, opened, runtime
from tests.soap.service import Answer, Asked, Service

DONE = f'<PutRowResponse xmlns="{PLACE}"><Total>7</Total></PutRowResponse>'


class Keyed(Rows):
    """A write whose member Id takes the key."""

    def __init__(self) -> None:
        super().__init__()
        self.put_once = self.soap.write("PutRow", Put, idempotency_argument="Id")


async def test_the_key_is_a_member_of_the_request(service: Service) -> None:
    service.reply(DONE)
    rows = Keyed()
    async with opened(rows, service.wsdl_url):
        assert await rows.put_once(Count=2, idempotency_key="a&b") == Put(7)
        assert await rows.put_once(Count=2, Id="by hand") == Put(7)
    first, second = service.posts
    assert b"Id>a&amp;b</" in first.body
    assert b"Id>by hand</" in second.body
    assert (rows.put_once.idempotent, rows.put.idempotent) == (True, False)


async def test_it_is_made_once_all_the_same(service: Service) -> None:
    tries: list[Asked] = []

    def drop(asked: Asked) -> Answer:
        tries.append(asked)
        raise ConnectionResetError

    rows = Keyed()
    async with opened(rows, service.wsdl_url):
        service.answer = drop
        with pytest.raises(UpstreamError):
            await rows.put_once(Count=2, idempotency_key="once")
    assert len(tries) == 1


async def test_a_key_that_is_given_twice_dropped_or_none_stops_the_call(service: Service) -> None:
    service.reply(DONE)
    rows = Keyed()
    async with opened(rows, service.wsdl_url):
        with pytest.raises(ConfigurationError, match=r"^rows: PutRow: .* given twice, also as Id$"):
            await rows.put_once(Id="a", Count=2, idempotency_key="once")
        with pytest.raises(ConfigurationError, match=r"^rows: PutRow is not declared to take"):
            await rows.put(Id="a", Count=2, idempotency_key="once")
        with pytest.raises(ConfigurationError, match="1 to 255 visible ASCII characters"):
            await rows.put_once(Count=2, idempotency_key="")
        with pytest.raises(UpstreamMisconfigured):
            await rows.put_once(Count=2)
    assert service.posts == []


async def test_a_member_that_the_wsdl_lacks_is_refused_at_start(service: Service) -> None:
    soap = Soap("rows", wsdl="ROWS_WSDL")
    soap.write("PutRow", Put, idempotency_argument="Reference")
    with pytest.raises(ConfigurationError, match=r"^rows: PutRow: its request in the WSDL has no Reference$"):
        await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    await soap.close()


@pytest.mark.parametrize("name", ["", "Header.Reference", "a b", "1st", "<Id>"])
def test_what_is_not_the_name_of_one_member_is_refused_where_it_is_declared(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^rows: PutRow: idempotency_argument="):
        Soap("rows", wsdl="ROWS_WSDL").write("PutRow", Put, idempotency_argument=name)


async def test_the_erp_reserves_once_for_a_key_even_where_its_answer_is_lost(
    erp: tuple[Upstream, dict[str, str]],
) -> None:
    process, values = erp
    key = str(uuid.uuid4())
    await adapter.erp.open(runtime(values))
    try:
        process.fault(mode="lose", operation="ReserveStock")
        with pytest.raises(UpstreamError):
            await adapter.reserve_stock(Sku="SKU-0008", Quantity=1, idempotency_key=key)
        process.heal()
        first, again = [
            await adapter.reserve_stock(Sku="SKU-0008", Quantity=1, idempotency_key=key) for _ in range(2)
        ]
        with pytest.raises(SoapFault, match="ReferenceInUse"):
            await adapter.reserve_stock(Sku="SKU-0008", Quantity=2, idempotency_key=key)
    finally:
        process.heal()
        await adapter.erp.close()
    assert first == again
    assert [row["ReservationId"] for row in process.happened() if row["Sku"] == "SKU-0008"] == [
        first.reservation_id
    ]
