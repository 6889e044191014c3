"""A WSDL from a file: what it may import, and the schema that none needs to bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

from patchbay.errors import ConfigurationError
from patchbay.upstreams.soap_documents import XML_SCHEMA
from tests.soap.documents import ROW, SCHEMA, included, wsdl
from tests.soap.rows import Row, Rows, opened
from tests.soap.service import Service, answered, row


async def test_imports_beside_a_file(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "wsdl"
    (folder / "schemas").mkdir(parents=True)
    (folder / "schemas" / "row.xsd").write_text(SCHEMA % included("../rest.xsd"))
    (folder / "rest.xsd").write_text(SCHEMA % ROW)
    (folder / "rows.wsdl").write_bytes(wsdl(f"{service.url}/service", types=included("schemas/row.xsd")))
    service.reply(answered(row("a")))
    async with opened(Rows(), str(folder / "rows.wsdl")) as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]


async def test_a_file_imports_from_outside_its_folder_or_the_network_nothing(
    elsewhere: Service, tmp_path: Path
) -> None:
    folder = tmp_path / "wsdl"
    folder.mkdir()
    (tmp_path / "secret.xsd").write_text(SCHEMA % ROW)
    (folder / "link.xsd").symlink_to(tmp_path / "secret.xsd")
    places = (
        "../secret.xsd", "link.xsd", str(tmp_path / "secret.xsd"), f"file://{tmp_path}/secret.xsd",
        "file:///etc/passwd", f"{elsewhere.url}/types.xsd", "missing.xsd", ".",
    )  # fmt: skip
    for place in places:
        (folder / "rows.wsdl").write_bytes(wsdl(f"{elsewhere.url}/service", types=included(place)))
        with pytest.raises(ConfigurationError, match=r"^rows: "):
            async with opened(Rows(), str(folder / "rows.wsdl")):
                pass
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:a/", "/service", "http:"]
)
async def test_a_file_names_an_http_address(tmp_path: Path, address: str) -> None:
    (tmp_path / "rows.wsdl").write_bytes(wsdl(address))
    with pytest.raises(ConfigurationError, match=r"^rows: ROWS_WSDL names a WSDL whose address") as caught:
        async with opened(Rows(), str(tmp_path / "rows.wsdl")):
            pass
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    "location", ["", 'schemaLocation="http://www.w3.org/2001/xml.xsd"', 'schemaLocation="xml.xsd"']
)
async def test_the_schema_of_the_xml_namespace_is_known(
    service: Service, tmp_path: Path, location: str
) -> None:
    use = f'<xsd:import namespace="http://www.w3.org/XML/1998/namespace" {location}/>'
    types = use + ROW.replace(
        '</xsd:sequence></xsd:complexType>\n<xsd:complexType name="Rows">',
        '</xsd:sequence><xsd:attribute ref="xml:lang"/></xsd:complexType>\n<xsd:complexType name="Rows">',
    )
    assert "xml:lang" in types
    service.describe(wsdl(f"{service.url}/service", types=types))
    service.documents["/xml.xsd"] = XML_SCHEMA
    (tmp_path / "xml.xsd").write_bytes(XML_SCHEMA)
    (tmp_path / "rows.wsdl").write_bytes(wsdl(f"{service.url}/service", types=types))
    service.reply(answered(row("a").replace("<Row>", '<Row xml:lang="de">')))
    for place in (service.wsdl_url, str(tmp_path / "rows.wsdl")):
        async with opened(Rows(), place) as upstream:
            assert await upstream.by_ids(["a"]) == [Row("a", 1)]
