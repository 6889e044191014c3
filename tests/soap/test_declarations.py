from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

import patchbay.upstreams.soap
from demo.process import Upstream
from patchbay.errors import ConfigurationError
from patchbay.upstreams import Soap, UsernameToken
from patchbay.upstreams.soap_writes import SoapWrite
from tests.soap.rows import Put, Row, runtime
from tests.soap.service import Service


class StockLevel(msgspec.Struct, frozen=True, rename="pascal"):
    sku: str
    on_hand: int


async def test_the_docstrings_declaration_works_as_it_stands(erp: tuple[Upstream, dict[str, str]]) -> None:
    process, values = erp
    text = patchbay.upstreams.soap.__doc__ or ""
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    assert len(code.splitlines()) <= 6
    names = {"Soap": Soap, "UsernameToken": UsernameToken, "StockLevel": StockLevel}
    exec(code, names)  # noqa: S102 - the documentation's own code
    soap: Any = names["erp"]
    read: Any = names["stock_by_skus"]
    await soap.open(runtime(values))
    process.reset()
    first, unknown, second = await read(["SKU-0002", "nope", "SKU-0001"])
    assert (first.sku, unknown, second.sku) == ("SKU-0002", None, "SKU-0001")
    assert process.calls() == {"GetStockLevels": 1}
    await soap.close()


async def refusal(service: Service, soap: Soap) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    await soap.close()
    assert service.posts == []
    return str(caught.value)


async def test_an_operation_that_the_wsdl_lacks_is_refused_at_start(service: Service) -> None:
    soap = Soap("rows", wsdl="ROWS_WSDL")
    soap.write("PutRow", Put)
    soap.write("DropRow", Put)
    assert await refusal(service, soap) == (
        "rows: its WSDL has no operation DropRow; it has GetRows, Poke, PutRow"
    )


@pytest.mark.parametrize(
    ("keys", "at", "message"),
    [
        ("Ids.Key", "Rows.Row", "GetRows: its request in the WSDL has no Ids.Key"),
        ("Keys.Id", "Rows.Row", "GetRows: its request in the WSDL has no Keys.Id"),
        ("Ids.Id.Id", "Rows.Row", "GetRows: its request in the WSDL has no Ids.Id.Id"),
        ("Ids.Id", "Rows.Rows", "GetRows: its response in the WSDL has no Rows.Rows"),
        ("Ids.Id", "Row", "GetRows: its response in the WSDL has no Row"),
    ],
)
async def test_a_place_that_the_wsdl_lacks_is_refused_at_start(
    service: Service, keys: str, at: str, message: str
) -> None:
    soap = Soap("rows", wsdl="ROWS_WSDL")
    soap.batch("GetRows", Row, keys=keys, at=at, match="id", max_size=5)
    assert re.fullmatch(f"rows: {message}", await refusal(service, soap))


async def test_an_operation_that_answers_nothing_is_refused_at_start(service: Service) -> None:
    soap = Soap("rows", wsdl="ROWS_WSDL")
    write: SoapWrite[Put] = soap.write("Poke", Put)
    assert write.name == "Poke"
    assert await refusal(service, soap) == "rows: Poke: its WSDL describes no response"


async def test_a_wsdl_without_a_soap_port_is_refused_at_start(service: Service) -> None:
    document = service.documents["/service"]
    assert isinstance(document, bytes)
    for gone in (
        rb"<wsdl:port name.*</wsdl:port>",
        rb"<soap:address.*?/>",
        rb"<wsdl:service.*</wsdl:service>",
    ):
        service.describe(re.sub(gone, b"", document, flags=re.DOTALL))
        message = await refusal(service, Soap("rows", wsdl="ROWS_WSDL"))
        assert message == "rows: its WSDL has no SOAP port with an address"


async def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    soap = Soap("rows", wsdl="ROWS_WSDL")
    with pytest.raises(ValueError, match="max_size"):
        soap.batch("GetRows", Row, keys="Ids.Id", match="id", max_size=0)
    with pytest.raises(KeyError, match="nope"):
        soap.batch("GetRows", Row, keys="Ids.Id", match="nope", max_size=1)
