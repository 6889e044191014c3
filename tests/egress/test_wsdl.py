"""Promise: a WSDL leads nobody astray: not to files, not to other hosts, and not with our credentials.

The last part shows what zeep does when it is left alone, with the same documents.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import requests
import zeep

from patchbay.batch import Batch
from patchbay.calls import ApiKey, Egress, Limits
from patchbay.errors import ConfigurationError, PatchbayError
from patchbay.upstreams import Soap
from tests.egress.names import Names
from tests.patchbay.calling import CANARY
from tests.soap.documents import ROW, SCHEMA, included, wsdl
from tests.soap.rows import Row, runtime
from tests.soap.service import Answer, Service, answered, row

HERE = Egress(networks=("127.0.0.1/32",))
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.describe()
        service.reply(answered(row("a")))
        yield service


@pytest.fixture
async def elsewhere() -> AsyncIterator[Service]:
    """Another origin, with all that a caller who is led astray would want to find."""
    async with Service() as elsewhere:
        elsewhere.describe()
        elsewhere.documents["/types.xsd"] = (SCHEMA % ROW).encode()
        elsewhere.reply(answered(row("a")))
        yield elsewhere


@asynccontextmanager
async def opened(location: str, egress: Egress | None = None) -> AsyncIterator[Batch[Row]]:
    """A read of the service, with an API key."""
    soap = Soap(
        "rows", wsdl="ROWS_WSDL", credentials=ApiKey("KEY", header="X-Api-Key"),
        limits=Limits(deadline_seconds=3), egress=egress or Egress(), retry=None, breaker=None,
    )  # fmt: skip
    by_ids: Batch[Row] = soap.batch("GetRows", Row, keys="Ids.Id", at="Rows.Row", match="id", max_size=50)
    try:
        await soap.open(runtime({"ROWS_WSDL": location, "KEY": CANARY}))
        yield by_ids
    finally:
        await soap.close()


async def outcome(by_ids: Batch[Row]) -> object:
    """The row, or the error's code."""
    (end,) = await by_ids(["a"])
    return end.code if isinstance(end, PatchbayError) else end


async def whole_outcome(location: str, egress: Egress | None = None) -> object:
    """The same of an upstream that is opened for it."""
    try:
        async with opened(location, egress) as by_ids:
            return await outcome(by_ids)
    except ConfigurationError as error:
        return error.code


def through(name: str, service: Service) -> str:
    return f"http://{name}:{service.url.rpartition(':')[2]}/service?wsdl"


class TestNames:
    async def test_a_wsdl_behind_a_name_that_leads_to_this_machine_is_not_loaded(
        self, service: Service, names: Names
    ) -> None:
        for address in ("127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"):
            names.addresses["erp.example"] = [address]
            assert await whole_outcome(through("erp.example", service)) == "UPSTREAM_FORBIDDEN"
        assert service.asked == []

    async def test_nor_is_a_schema_that_it_imports_from_such_a_name(
        self, service: Service, elsewhere: Service, names: Names
    ) -> None:
        names.addresses["erp.example"] = ["127.0.0.1"]
        there = through("erp.example", elsewhere).replace("/service?wsdl", "/types.xsd")
        service.describe(wsdl(f"{service.url}/service", types=included(there)))
        assert await whole_outcome(service.wsdl_url) == "CONFIGURATION_ERROR"
        assert elsewhere.asked == []

    @pytest.mark.parametrize("later", ["127.0.0.2", "169.254.169.254", "::1", "100.100.100.200"])
    async def test_a_name_that_leads_elsewhere_after_the_wsdl_was_loaded_gets_no_call(
        self, service: Service, names: Names, later: str
    ) -> None:
        came = 0

        def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal came
            came += 1
            writer.close()

        names.addresses["erp.example"] = ["127.0.0.1"]
        service.describe(wsdl(through("erp.example", service).removesuffix("?wsdl")))
        port = int(service.url.rpartition(":")[2])
        async with (
            await asyncio.start_server(take, "127.0.0.2", port),
            opened(through("erp.example", service), HERE) as by_ids,
        ):
            assert await outcome(by_ids) == Row("a", 1)
            asked = len(service.asked)
            for addresses in ([later], ["127.0.0.1", later]):
                names.addresses["erp.example"] = addresses
                assert await outcome(by_ids) == "UPSTREAM_FORBIDDEN"
            assert len(service.asked) == asked
            names.addresses["erp.example"] = ["127.0.0.1"]
            assert await outcome(by_ids) == Row("a", 1)
        assert came == 0


class TestRedirects:
    @pytest.mark.parametrize("status", REDIRECTS)
    @pytest.mark.parametrize("what", ["the WSDL", "a schema", "the call"])
    async def test_none_leads_to_a_closed_place_even_where_redirects_are_followed(
        self, service: Service, elsewhere: Service, status: int, what: str
    ) -> None:
        port = elsewhere.url.rpartition(":")[2]
        for target in (
            elsewhere.wsdl_url, f"http://localhost:{port}/service", f"http://[::1]:{port}/service",
            "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
        ):  # fmt: skip
            away = Answer(status=status, headers={"Location": target})
            service.describe()
            service.reply(answered(row("a")))
            if what == "the WSDL":
                service.documents["/service"] = away
            elif what == "a schema":
                service.documents["/types.xsd"] = away
                service.describe(wsdl(f"{service.url}/service", types=included("types.xsd")))
            else:
                service.answer = lambda _, away=away: away  # type: ignore[misc]  # a parameter, a function
            assert await whole_outcome(service.wsdl_url, Egress(redirects=5)) == "UPSTREAM_FORBIDDEN"
        assert elsewhere.asked == []

    async def test_a_wsdl_that_has_moved_inside_its_origin_is_found(self, service: Service) -> None:
        service.documents["/moved"] = service.documents["/service"]
        service.documents["/service"] = Answer(status=308, headers={"Location": "/moved?wsdl"})
        assert await whole_outcome(service.wsdl_url, Egress(redirects=1)) == Row("a", 1)
        assert all(asked.headers["x-api-key"] == CANARY for asked in service.asked)


def imports_a_schema(service: Service, elsewhere: Service, _: Path) -> None:
    service.describe(wsdl(f"{service.url}/service", types=included(f"{elsewhere.url}/types.xsd")))


def sends_calls(service: Service, elsewhere: Service, _: Path) -> None:
    service.describe(wsdl(f"{elsewhere.url}/service"))


def redirects(service: Service, elsewhere: Service, _: Path) -> None:
    service.documents["/service"] = Answer(status=302, headers={"Location": elsewhere.wsdl_url})


def names_a_file(service: Service, _: Service, folder: Path) -> None:
    (folder / "local.xsd").write_text(SCHEMA % ROW)
    service.describe(wsdl(f"{service.url}/service", types=included(f"file://{folder}/local.xsd")))


WAYS = pytest.mark.parametrize("way", [imports_a_schema, sends_calls, redirects, names_a_file])
Way = Callable[[Service, Service, Path], None]


@WAYS
async def test_no_way_leads_astray(service: Service, elsewhere: Service, tmp_path: Path, way: Way) -> None:
    way(service, elsewhere, tmp_path)
    assert await whole_outcome(service.wsdl_url) in ("CONFIGURATION_ERROR", "UPSTREAM_REFUSED")
    assert service.posts == []
    assert elsewhere.asked == []


@WAYS
async def test_zeep_left_alone_takes_them_all(
    service: Service, elsewhere: Service, tmp_path: Path, way: Way
) -> None:
    way(service, elsewhere, tmp_path)

    def call() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["X-Api-Key"] = CANARY
            client = zeep.Client(service.wsdl_url, transport=zeep.Transport(session=session))
            client.service.GetRows(Ids={"Id": ["a"]})

    await asyncio.to_thread(call)
    if way is names_a_file:
        # Its types stand in that file only, and they were known.
        assert len(service.posts) == 1
    else:
        assert all(asked.headers["x-api-key"] == CANARY for asked in elsewhere.asked)
        assert elsewhere.asked != []
