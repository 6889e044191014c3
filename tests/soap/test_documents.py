"""What a WSDL may import, and where it may send calls and credentials."""

from __future__ import annotations

import time

import pytest

from patchbay.calls import Basic
from patchbay.errors import ConfigurationError, PatchbayError, UpstreamBadData, UpstreamRefused
from tests.soap.documents import ROW, SCHEMA, included, wsdl
from tests.soap.rows import Row, Rows, opened
from tests.soap.service import Answer, Service, answered, row

QUICK_SECONDS = 1.0
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
CREDENTIALS = {"USER": "user", "PASSWORD": "hunter2"}


def imported(location: str) -> str:
    return f'<xsd:import namespace="urn:other" schemaLocation="{location}"/>'


async def refusal(service: Service, document: bytes) -> PatchbayError:
    """How the read fails over this WSDL: at once, with a typed error, and without one call."""
    service.describe(document)
    upstream = Rows(credentials=Basic("USER", "PASSWORD"))
    started = time.monotonic()
    error: object = None
    try:
        async with opened(upstream, service.wsdl_url, **CREDENTIALS):
            (error,) = await upstream.by_ids(["a"])
    except ConfigurationError as refused:
        error = refused
    assert time.monotonic() - started < QUICK_SECONDS
    assert isinstance(error, PatchbayError)
    assert service.posts == []
    assert not any(secret in str(error) for secret in ("hunter2", "127.0.0.1", "passwd"))
    return error


@pytest.mark.parametrize("how", [included, imported])
@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file:/etc/passwd",
        "{elsewhere}/types.xsd",
        "//{elsewhere_host}/types.xsd",
        "http://user:pw@{elsewhere_host}/types.xsd",
        "http://127.0.0.1:1@{elsewhere_host}/types.xsd",
        "http://[/types.xsd",
        "ftp://{elsewhere_host}/types.xsd",
        "https://127.0.0.1:1/types.xsd",
        "http://169.254.169.254/latest/meta-data",
    ],
)
async def test_a_wsdl_imports_from_no_other_origin(
    service: Service, elsewhere: Service, how: object, location: str
) -> None:
    place = location.format(elsewhere=elsewhere.url, elsewhere_host=elsewhere.url.removeprefix("http://"))
    document = wsdl(f"{service.url}/service", types=ROW + how(place))  # type: ignore[operator]  # a parameter, a function
    assert isinstance(await refusal(service, document), (ConfigurationError, UpstreamBadData))
    assert elsewhere.asked == []


async def test_a_wsdl_document_is_imported_from_no_other_origin(service: Service, elsewhere: Service) -> None:
    for place in (f"{elsewhere.url}/service", "file:///etc/passwd"):
        document = wsdl(f"{service.url}/service").replace(
            b"<wsdl:types>", f'<wsdl:import namespace="urn:o" location="{place}"/><wsdl:types>'.encode(), 1
        )
        assert isinstance(await refusal(service, document), ConfigurationError)
    assert elsewhere.asked == []


async def test_redirects_are_not_followed(service: Service, elsewhere: Service) -> None:
    for status in (301, 302, 303, 307, 308):
        there = Answer(status=status, headers={"Location": elsewhere.wsdl_url})
        service.documents["/types.xsd"] = there
        document = wsdl(f"{service.url}/service", types=included("types.xsd"))
        assert isinstance(await refusal(service, document), UpstreamRefused)
        service.documents["/service"] = there
        async with opened(Rows(), service.wsdl_url) as upstream:
            assert isinstance((await upstream.by_ids(["a"]))[0], UpstreamRefused)
        service.describe()
        async with opened(
            Rows(credentials=Basic("USER", "PASSWORD")), service.wsdl_url, **CREDENTIALS
        ) as upstream:
            service.answer = lambda _, there=there: there  # type: ignore[misc]  # a parameter, a function
            assert isinstance((await upstream.by_ids(["a"]))[0], UpstreamRefused)
        service.asked.clear()
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE wsdl:definitions>",
        f'<!DOCTYPE a [<!ENTITY l0 "{"ha" * 50}">{LAUGHS}]>',
        '<!DOCTYPE a [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY l9 SYSTEM "{elsewhere}/entity">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{elsewhere}/entity"> %p;]>',
        '<!DOCTYPE a SYSTEM "{elsewhere}/external.dtd">',
        '<!DOCTYPE a PUBLIC "-//A//B" "file:///etc/passwd">',
    ],
)
@pytest.mark.parametrize("where", ["the WSDL", "an imported schema"])
async def test_a_document_type_is_refused(
    service: Service, elsewhere: Service, before: str, where: str
) -> None:
    before = before.replace("{elsewhere}", elsewhere.url)
    use = (
        "<xsd:annotation><xsd:documentation>&l9;</xsd:documentation></xsd:annotation>"
        if "l9" in before
        else ""
    )
    if where == "the WSDL":
        document = wsdl(f"{service.url}/service", types=use + ROW, before=before)
    else:
        service.documents["/types.xsd"] = (before + SCHEMA % (use + ROW)).encode()
        document = wsdl(f"{service.url}/service", types=included("types.xsd"))
    assert isinstance(await refusal(service, document), UpstreamBadData)
    assert elsewhere.asked == []


class Endless(dict[str, bytes | Answer]):
    """A schema at every path /<n>.xsd, which includes the next."""

    def get(self, path: str, *rest: object) -> bytes | Answer:
        del rest
        number = path.strip("/.xsd")
        if number.isdigit():
            return (SCHEMA % included(f"/{int(number) + 1}.xsd")).encode()
        return self[path]


async def test_imports_without_an_end_do_end(service: Service) -> None:
    service.documents = Endless()
    service.describe(wsdl(f"{service.url}/service", types=included("/1.xsd")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        (error,) = await upstream.by_ids(["a"])
    assert isinstance(error, UpstreamBadData)
    assert 2 < len(service.asked) < 1_000


@pytest.mark.parametrize("depth", [300, 100_000])
async def test_deep_documents_are_refused(service: Service, depth: int) -> None:
    deep = "<xsd:sequence>" * depth + "</xsd:sequence>" * depth
    document = wsdl(
        f"{service.url}/service", types=f'{ROW}<xsd:complexType name="D">{deep}</xsd:complexType>'
    )
    assert isinstance(await refusal(service, document), UpstreamBadData)


async def test_a_service_at_another_origin_is_refused_before_any_call(
    service: Service, elsewhere: Service
) -> None:
    for address in (
        f"{elsewhere.url}/service", f"https{service.url[4:]}/service", "http://127.0.0.1/service",
        f"{service.url[:-1]}/service", "file:///etc/passwd", "http://[/", "/service",
    ):  # fmt: skip
        error = await refusal(service, wsdl(address))
        assert isinstance(error, ConfigurationError)
        assert "ROWS_WSDL" in str(error)
    assert elsewhere.asked == []


async def test_credentials_in_the_address_go_nowhere(service: Service) -> None:
    service.describe(wsdl(service.url.replace("://", "://other:pw@") + "/service"))
    service.reply(answered(row("a")))
    async with opened(Rows(), service.wsdl_url) as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]
    assert all("authorization" not in asked.headers for asked in service.asked)


async def test_relative_imports_from_the_own_origin(service: Service) -> None:
    service.documents["/schemas/row.xsd"] = (SCHEMA % included("../more/../rest.xsd")).encode()
    service.documents["/rest.xsd"] = (SCHEMA % ROW).encode()
    service.describe(wsdl(f"{service.url}/service", types=included("schemas/row.xsd")))
    service.reply(answered(row("a")))
    async with opened(
        Rows(credentials=Basic("USER", "PASSWORD")), service.wsdl_url, **CREDENTIALS
    ) as upstream:
        assert await upstream.by_ids(["a"]) == [Row("a", 1)]
    assert {"/schemas/row.xsd", "/rest.xsd"} <= {asked.target for asked in service.asked}
    assert all("authorization" in asked.headers for asked in service.asked)
