"""The place in `at` is read from the response element, whatever wrappers zeep would take off by itself."""

from __future__ import annotations

import msgspec
import pytest

from patchbay.upstreams import Soap
from tests.soap.documents import PLACE, ROW, wsdl
from tests.soap.rows import Row, runtime
from tests.soap.service import Service, row

ROWS = '<xsd:element name="Rows" type="t:Rows"/>'
COUNT = '<xsd:element name="Total" type="xsd:int"/>'
MANY = '<xsd:element name="Row" type="t:Row" minOccurs="0" maxOccurs="unbounded"/>'
RESULT = (
    f'<xsd:element name="Result"><xsd:complexType><xsd:sequence>{ROWS}</xsd:sequence></xsd:complexType></xsd:element>'
)
WITH_ATTRIBUTE = ROW.replace(
    "</xsd:sequence></xsd:complexType>\n", '</xsd:sequence><xsd:attribute name="page"/></xsd:complexType>\n'
)
TWO = row("a") + row("b")

SHAPES = {
    "two wrappers with an only child": (f"<xsd:sequence>{ROWS}</xsd:sequence>", ROW, "Rows.Row", f"<Rows>{TWO}</Rows>"),
    "a neighbour of the wrapper": (
        f"<xsd:sequence>{COUNT}{ROWS}</xsd:sequence>", ROW, "Rows.Row", f"<Total>2</Total><Rows>{TWO}</Rows>",
    ),
    "rows without a wrapper": (f"<xsd:sequence>{MANY}</xsd:sequence>", ROW, "Row", TWO),
    "rows beside another member": (f"<xsd:sequence>{COUNT}{MANY}</xsd:sequence>", ROW, "Row", f"<Total>2</Total>{TWO}"),
    "three wrappers": (f"<xsd:sequence>{RESULT}</xsd:sequence>", ROW, "Result.Rows.Row", f"<Result><Rows>{TWO}</Rows></Result>"),
    "a wrapper with an attribute": (
        f"<xsd:sequence>{ROWS}</xsd:sequence>", WITH_ATTRIBUTE, "Rows.Row", f'<Rows page="1">{TWO}</Rows>',
    ),
    "a response with an attribute": (
        f'<xsd:sequence>{ROWS}</xsd:sequence><xsd:attribute name="trace"/>', ROW, "Rows.Row", f"<Rows>{TWO}</Rows>",
    ),
    "all in any order": (f"<xsd:all>{COUNT}{ROWS}</xsd:all>", ROW, "Rows.Row", f"<Rows>{TWO}</Rows><Total>2</Total>"),
    "a choice": (f"<xsd:choice>{COUNT}{ROWS}</xsd:choice>", ROW, "Rows.Row", f"<Rows>{TWO}</Rows>"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_rows_are_found_in_a_response_with(service: Service, shape: str) -> None:
    response, types, at, content = SHAPES[shape]
    service.describe(wsdl(f"{service.url}/service", response=response, types=types))
    service.reply(f'<GetRowsResponse xmlns="{PLACE}">{content}</GetRowsResponse>')
    soap = Soap("rows", wsdl="ROWS_WSDL")
    read = soap.batch("GetRows", Row, keys="Ids.Id", at=at, match="id", max_size=9)
    await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    assert await read(["a", "b", "c"]) == [Row("a", 1), Row("b", 1), None]
    await soap.close()


async def test_a_single_row_that_the_wsdl_does_not_repeat_is_a_list_of_one(service: Service) -> None:
    response = '<xsd:sequence><xsd:element name="Row" type="t:Row" minOccurs="0"/></xsd:sequence>'
    service.describe(wsdl(f"{service.url}/service", response=response))
    soap = Soap("rows", wsdl="ROWS_WSDL")
    read = soap.batch("GetRows", Row, keys="Ids.Id", at="Row", match="id", max_size=1)
    await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    service.reply(f'<GetRowsResponse xmlns="{PLACE}">{row("a")}</GetRowsResponse>')
    assert await read(["a"]) == [Row("a", 1)]
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"/>')
    assert await read(["a"]) == [None]
    await soap.close()


class Whole(msgspec.Struct, frozen=True, rename="pascal"):
    rows: Inner


class Inner(msgspec.Struct, frozen=True, rename="pascal"):
    row: list[Row]


async def test_without_a_place_the_record_is_the_whole_response_element(service: Service) -> None:
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{TWO}</Rows></GetRowsResponse>')
    soap = Soap("rows", wsdl="ROWS_WSDL")
    read = soap.write("GetRows", Whole)
    await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    assert await read(Ids={"Id": ["a"]}) == Whole(Inner([Row("a", 1), Row("b", 1)]))
    await soap.close()
