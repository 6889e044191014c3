"""The place in `at` is read from the response element, whatever wrappers zeep would take off by itself."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from patchbay.upstreams import Soap
from tests.soap.documents import PLACE, ROW, wsdl
from tests.soap.rows import Row, runtime
from tests.soap.service import Service, row

ROWS = '<xsd:element name="Rows" type="t:Rows"/>'
TOTAL = '<xsd:element name="Total" type="xsd:int"/>'
MANY = '<xsd:element name="Row" type="t:Row" minOccurs="0" maxOccurs="unbounded"/>'
END = "</xsd:sequence></xsd:complexType>"
RESULT = f'<xsd:element name="Result"><xsd:complexType><xsd:sequence>{ROWS}{END}</xsd:element>'
PAGED = ROW.replace(f"{END}\n", f'{END[:15]}<xsd:attribute name="page"/>{END[15:]}\n')
TWO = row("a") + row("b")
WRAPPED = f"<Rows>{TWO}</Rows>"


@dataclass(frozen=True)
class Shape:
    """The response's type, where its rows stand, and a response."""

    response: str
    at: str
    content: str
    types: str = ROW


SHAPES = {
    "two wrappers with an only child": Shape(f"<xsd:sequence>{ROWS}</xsd:sequence>", "Rows.Row", WRAPPED),
    "a neighbour of the wrapper": Shape(
        f"<xsd:sequence>{TOTAL}{ROWS}</xsd:sequence>", "Rows.Row", f"<Total>2</Total>{WRAPPED}"
    ),
    "rows without a wrapper": Shape(f"<xsd:sequence>{MANY}</xsd:sequence>", "Row", TWO),
    "rows beside another member": Shape(
        f"<xsd:sequence>{TOTAL}{MANY}</xsd:sequence>", "Row", f"<Total>2</Total>{TWO}"
    ),
    "three wrappers": Shape(
        f"<xsd:sequence>{RESULT}</xsd:sequence>", "Result.Rows.Row", f"<Result>{WRAPPED}</Result>"
    ),
    "a wrapper with an attribute": Shape(
        f"<xsd:sequence>{ROWS}</xsd:sequence>", "Rows.Row", f'<Rows page="1">{TWO}</Rows>', PAGED
    ),
    "a response with an attribute": Shape(
        f'<xsd:sequence>{ROWS}</xsd:sequence><xsd:attribute name="trace"/>', "Rows.Row", WRAPPED
    ),
    "all in any order": Shape(f"<xsd:all>{TOTAL}{ROWS}</xsd:all>", "Rows.Row", f"{WRAPPED}<Total>2</Total>"),
    "a choice": Shape(f"<xsd:choice>{TOTAL}{ROWS}</xsd:choice>", "Rows.Row", WRAPPED),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_rows_are_found_in_a_response_with(service: Service, shape: str) -> None:
    tried = SHAPES[shape]
    service.describe(wsdl(f"{service.url}/service", response=tried.response, types=tried.types))
    service.reply(f'<GetRowsResponse xmlns="{PLACE}">{tried.content}</GetRowsResponse>')
    soap = Soap("rows", wsdl="ROWS_WSDL")
    read = soap.batch("GetRows", Row, keys="Ids.Id", at=tried.at, match="id", max_size=9)
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
