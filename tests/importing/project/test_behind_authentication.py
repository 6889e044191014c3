"""Descriptions that not everyone may read: they are fetched with credentials, and these go nowhere else."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from patchbay.errors import ConfigurationError
from patchbay.importing.project import OpenApi, Wsdl, imports
from patchbay.importing.project.loading import Loading
from tests.serving import ROOT
from tests.upstreams.opening import opened

SECRETS = {"ERP_USER": "ada", "ERP_PASSWORD": "s3cret-word"}
BASIC = {"basic": ["ERP_USER", "ERP_PASSWORD"]}
EXPECTED = "Basic " + base64.b64encode(b"ada:s3cret-word").decode()
REPLY = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<GetStockLevelsResponse xmlns="urn:patchbay:demo:erp"><Levels>
<Level><Sku>A</Sku><OnHand>3</OnHand><Warehouse>Here</Warehouse></Level>
</Levels></GetStockLevelsResponse></s:Body></s:Envelope>"""


@contextmanager
def guarded(documents: dict[str, bytes]) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """A server that lets nobody in without the password: its address, and what it was asked, and how."""
    asked: list[tuple[str, bool]] = []

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1

        def _answer(self, body: bytes | None) -> None:
            may = self.headers.get("Authorization") == EXPECTED
            asked.append((f"{self.command} {self.path}", may))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(401 if not may else 404 if body is None else 200)
            content = body if may and body is not None else b""
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer(documents.get(self.path))

        def do_POST(self) -> None:
            self._answer(REPLY)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    wsdl = (ROOT / "demo" / "erp.wsdl").read_bytes()
    documents["/soap?wsdl"] = wsdl.replace(b"http://127.0.0.1/soap", f"{url}/soap".encode())
    try:
        yield url, asked
    finally:
        server.shutdown()
        server.server_close()


async def stock(graph: Any) -> Any:
    query = '{ getStockLevels(skus: { sku: ["A"] }) { sku onHand } }'
    result = await graph.schema.execute(query)
    assert not result.errors
    return result.data["getStockLevels"]


def loading(tmp_path: Path, **variables: str) -> Loading:
    return Loading(environment=variables, cache=tmp_path / "copies")


async def test_a_wsdl_is_fetched_with_the_credentials_of_its_service(tmp_path: Path) -> None:
    with guarded({}) as (url, asked):
        source = Wsdl(f"{url}/soap?wsdl", credentials=BASIC)
        graph = imports(erp=source, loading=loading(tmp_path, **SECRETS))
        async with opened(graph.imported["erp"].upstream, **SECRETS):
            assert await stock(graph) == [{"sku": "A", "onHand": 3}]
        assert asked == [("GET /soap?wsdl", True), ("POST /soap", True)]


async def test_without_them_the_start_says_so_and_not_what_they_are(tmp_path: Path) -> None:
    with guarded({}) as (url, _), pytest.raises(ConfigurationError, match=r"\(HTTP 401\)") as raised:
        imports(erp=Wsdl(f"{url}/soap?wsdl"), loading=loading(tmp_path, **SECRETS))
    assert "s3cret" not in str(raised.value)


async def test_an_openapi_document_is_fetched_with_what_is_said_of_the_document(tmp_path: Path) -> None:
    document = (ROOT / "demo" / "descriptions" / "weather.openapi.yaml").read_bytes()
    with guarded({"/weather.yaml": document}) as (url, asked):
        source = OpenApi(f"{url}/weather.yaml", description_credentials=BASIC)
        graph = imports(weather=source, loading=loading(tmp_path, **SECRETS))
        assert [each.name for each in graph.imported["weather"].model.operations] == ["currentWeather"]
        assert asked == [("GET /weather.yaml", True)]


async def test_a_variable_that_is_named_for_the_address_is_told_as_that(tmp_path: Path) -> None:
    source = Wsdl(str(ROOT / "demo" / "erp.wsdl"), url_variable="ERP_ADDRESS")
    weather = OpenApi(
        str(ROOT / "demo" / "descriptions" / "weather.openapi.yaml"), url_variable="WEATHER_ADDRESS"
    )
    graph = imports(erp=source, weather=weather, loading=loading(tmp_path))
    told = {each.name: each.purpose for report in graph.reports for each in report.variables}
    assert told["ERP_ADDRESS"] == told["WEATHER_ADDRESS"] == "address, in place of the description's"
    assert told["WEATHER_USER"] == "credentials, as the description asks for them"
