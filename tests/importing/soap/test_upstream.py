"""The upstream: where its calls go, with which credentials, and how often."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from patchbay.calls import Basic
from patchbay.errors import (
    ConfigurationError,
    InputError,
    SoapFault,
    UpstreamBadData,
    UpstreamForbidden,
    UpstreamMisconfigured,
    UpstreamUnavailable,
)
from patchbay.importing.model import Model, SoapCall
from patchbay.importing.records import Records
from patchbay.importing.soap import ImportedSoap
from patchbay.upstreams import UsernameToken, Wsse
from tests.importing.soap.models import SHOP, argument, call, model, operation, shop
from tests.patchbay.calling import runtime
from tests.soap.documents import envelope
from tests.soap.service import Answer, Service, longest_gap
from tests.upstreams.opening import opened

ELSEWHERE = "http://192.0.2.1/shop"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.reply(items("a"))
        yield service


@pytest.fixture
async def other() -> AsyncIterator[Service]:
    async with Service() as other:
        other.reply(items("other"))
        yield other


def items(*skus: str) -> str:
    rows = "".join(f"<Item><Sku>{sku}</Sku><Count>1</Count></Item>" for sku in skus)
    return f'<GetItemsResponse xmlns="{SHOP}">{rows}</GetItemsResponse>'


async def skus(upstream: ImportedSoap, index: int = 0) -> list[str]:
    asked = upstream.model.operations[index]
    rows = await upstream.reading(asked, Records(upstream.model))({"sku": ["a"]})
    return [row.sku for row in rows]


def at(*addresses: str) -> Model:
    """The shop with a read at each of several ports."""
    whole = shop(addresses[0])
    first = whole.operations[0]

    def called(address: str) -> SoapCall:
        assert first.soap is not None
        return msgspec.structs.replace(first.soap, address=address)

    operations = tuple(msgspec.structs.replace(first, soap=called(address)) for address in addresses)
    return msgspec.structs.replace(whole, operations=operations)


# ----------------------------------------------------------------------------------------------- addresses


async def test_calls_go_to_the_ports_address(service: Service) -> None:
    upstream = ImportedSoap(shop(f"{service.url}/a/b?c=d"), address="ERP_URL")
    assert upstream.variables() == ()
    async with opened(upstream):
        assert await skus(upstream) == ["a"]
    assert service.asked[0].target == "/a/b?c=d"
    assert service.asked[0].headers["soapaction"] == '"urn:shop:GetItems"'


async def test_calls_go_where_the_variable_says(service: Service) -> None:
    upstream = ImportedSoap(at(ELSEWHERE, "http://192.0.2.1/second"), address="ERP_URL")
    async with opened(upstream, ERP_URL=f"{service.url}/here"):
        assert await skus(upstream) == await skus(upstream, 1) == ["a"]
    assert [each.target for each in service.asked] == ["/here", "/second"]


@pytest.mark.parametrize("address", ["", "REPLACE_WITH_ACTUAL_URL", "mailto:a@example.com"])
async def test_without_an_address_the_variable_is_needed(service: Service, address: str) -> None:
    upstream = ImportedSoap(shop(address), address="ERP_URL")
    assert [each.name for each in upstream.variables()] == ["ERP_URL"]
    with pytest.raises(ConfigurationError, match="ERP_URL"):
        await upstream.open(runtime())
    async with opened(upstream, ERP_URL=service.url):
        assert await skus(upstream) == ["a"]


async def test_a_fetched_wsdl_may_not_send_calls_elsewhere(service: Service) -> None:
    upstream = ImportedSoap(shop(ELSEWHERE), address="ERP_URL", trusted_origin=service.url)
    assert [each.name for each in upstream.variables()] == ["ERP_URL"]
    with pytest.raises(ConfigurationError, match="another origin"):
        await upstream.open(runtime())


async def test_one_port_elsewhere_costs_its_own_operations_alone(service: Service, other: Service) -> None:
    ports = at(f"{service.url}/a", f"{other.url}/b")
    fetched = ImportedSoap(ports, address="ERP_URL", trusted_origin=service.url)
    async with opened(fetched):
        assert await skus(fetched) == ["a"]
        with pytest.raises(UpstreamForbidden):
            await skus(fetched, 1)
    assert other.asked == []
    trusted = ImportedSoap(ports, address="ERP_URL")
    async with opened(trusted):
        assert await skus(trusted, 1) == ["other"]
        assert trusted.status()["others"]


async def test_it_is_reachable_while_it_answers_anything(service: Service) -> None:
    upstream = ImportedSoap(shop(f"{service.url}/service"))
    with pytest.raises(UpstreamUnavailable):
        await upstream.check()
    async with opened(upstream):
        service.documents["/service"] = Answer(b"<fault/>", 500)
        await upstream.check()
        service.documents["/service"] = Answer(b"", 503)
        with pytest.raises(UpstreamUnavailable):
            await upstream.check()


async def test_closed_it_makes_no_calls(service: Service) -> None:
    upstream = ImportedSoap(shop(service.url))
    async with opened(upstream):
        pass
    with pytest.raises(UpstreamUnavailable, match="not open"):
        await skus(upstream)


# --------------------------------------------------------------------------------------------- credentials


async def test_credentials_go_into_the_envelope_and_into_http(service: Service) -> None:
    wsse = Wsse(UsernameToken("U", "P"), http=Basic("U", "P"))
    upstream = ImportedSoap(shop(service.url), credentials=wsse)
    assert {each.name for each in upstream.variables()} == {"U", "P"}
    async with opened(upstream, U="ada", P="tiger-4711"):
        await skus(upstream)
    (asked,) = service.posts
    assert b"<wsse:Username>ada</wsse:Username>" in asked.body
    assert b"tiger-4711" in asked.body
    assert asked.headers["authorization"].startswith("Basic ")


async def test_a_fault_that_repeats_a_password_does_not_tell_it(service: Service) -> None:
    detail = f'<NoRoom xmlns="{SHOP}"><Left>1</Left><Reason>wrong: tiger-4711</Reason></NoRoom>'
    fault = (
        f"<e:Fault xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><detail>{detail}</detail></e:Fault>"
    )
    service.reply(envelope(fault), 500)
    upstream = ImportedSoap(shop(service.url), credentials=UsernameToken("U", "P"))
    put = upstream.model.operations[1]
    async with opened(upstream, U="ada", P="tiger-4711"):
        with pytest.raises(SoapFault) as caught:
            await upstream.reading(put, Records(upstream.model))({"item": {"Sku": "a"}})
    assert caught.value.extensions["detail"] == {"left": 1}


# --------------------------------------------------------------------------------------------------- calls


async def test_reads_are_made_again_and_changes_are_not(service: Service) -> None:
    service.answer = lambda _: Answer(status=503)
    upstream = ImportedSoap(shop(service.url))
    get, put = upstream.model.operations
    records = Records(upstream.model)
    async with opened(upstream):
        with pytest.raises(UpstreamUnavailable):
            await upstream.reading(get, records)({})
        assert len(service.posts) == 3
        with pytest.raises(UpstreamUnavailable):
            await upstream.reading(put, records)({"item": {"Sku": "a"}})
        assert len(service.posts) == 4


async def test_what_cannot_be_sent_is_not_sent(service: Service) -> None:
    upstream = ImportedSoap(shop(service.url))
    async with opened(upstream):
        read = upstream.reading(upstream.model.operations[0], Records(upstream.model))
        with pytest.raises(InputError, match="'sku'"):
            await read({"sku": ["a\x00"]})
    assert service.asked == []


@pytest.mark.parametrize("name", ["a b", "", "{x", "<a>", "1"])
async def test_a_name_that_is_none_in_xml_costs_its_operation_alone(service: Service, name: str) -> None:
    of = model([operation(call("Get", service.url), "String", [argument("A", "Int")])])
    (asked,) = of.operations
    odd = msgspec.structs.replace(asked.arguments[0], wire=name)
    upstream = ImportedSoap(of)
    async with opened(upstream):
        read = upstream.reading(msgspec.structs.replace(asked, arguments=(odd,)), Records(of))
        with pytest.raises(UpstreamMisconfigured):
            await read({"a": 1})
    assert service.asked == []


@pytest.mark.usefixtures("settled_heap")
async def test_a_large_reply_does_not_hold_up_the_loop(service: Service) -> None:
    service.reply(items(*(f"sku-{number}" for number in range(30_000))))
    upstream = ImportedSoap(shop(service.url))
    async with opened(upstream):
        started = time.monotonic()
        async with longest_gap() as gap:
            assert len(await skus(upstream)) == 30_000
        seconds = time.monotonic() - started
    # On the loop, the gap would be nearly all of that time.
    assert gap[0] < 0.6 * seconds


async def test_wanted_attributes_are_all_that_is_read(service: Service) -> None:
    upstream = ImportedSoap(shop(service.url))
    async with opened(upstream):
        read = upstream.reading(upstream.model.operations[0], Records(upstream.model), frozenset({"sku"}))
        (row,) = await read({})
    assert msgspec.structs.asdict(row) == {"sku": "a"}


async def test_an_answer_of_another_operation_is_bad_data(service: Service) -> None:
    service.reply(f'<PutItemResponse xmlns="{SHOP}"/>')
    upstream = ImportedSoap(shop(service.url))
    async with opened(upstream):
        with pytest.raises(UpstreamBadData):
            await skus(upstream)
