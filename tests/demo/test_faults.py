"""Counting calls and failing on purpose, over REST and over SOAP."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest
from lxml import etree

from demo.launch import Demo
from tests.demo.test_erp import client, envelope, post
from tests.demo.wire import Wire

LEVELS = (
    '<GetStockLevels xmlns="urn:patchbay:demo:erp"><Skus><Sku>SKU-0001</Sku><Sku>SKU-0002</Sku></Skus>'
    "</GetStockLevels>"
)


def test_calls_are_counted_by_operation_and_forgotten(demo: Demo, crm: Wire) -> None:
    crm.get("/customers", ids="C1007")
    crm.get("/customers", ids="C1008")
    crm.get("/customers/page")
    crm.get("/nothing")
    assert demo["crm"].calls() == {"GET /customers": 2, "GET /customers/page": 1, "unknown": 1}
    demo["crm"].reset()
    assert demo["crm"].calls() == {}


def test_a_fault_of_one_operation_spares_the_others_and_heals(demo: Demo, crm: Wire) -> None:
    demo["crm"].fault(mode="fail", status=503, operation="GET /customers")
    assert crm.get("/customers", ids="C1007").status == 503
    assert crm.get("/customers/page").status == 200
    demo["crm"].heal()
    assert crm.get("/customers", ids="C1007").status == 200
    assert demo["crm"].calls() == {"GET /customers": 2, "GET /customers/page": 1}


@pytest.mark.parametrize("spec", [{"mode": "sulk"}, {"mode": "slow"}, {"mode": "fail", "status": 200}, {}])
def test_an_unknown_fault_is_refused(demo: Demo, spec: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="422"):
        demo["crm"].fault(**spec)


def test_slow_is_late_but_right(demo: Demo, crm: Wire) -> None:
    demo["crm"].fault(mode="slow", seconds=0.3)
    start = time.monotonic()
    assert crm.get("/customers", ids="C1007").json[0]["id"] == "C1007"
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize("name", ["crm", "erp"])
def test_hang_sends_headers_and_then_a_byte_at_a_time(demo: Demo, crm: Wire, name: str) -> None:
    demo[name].fault(mode="hang")
    connection = http.client.HTTPConnection(urlsplit(demo[name].url).netloc, timeout=5)
    if name == "crm":
        connection.request("GET", "/customers?ids=C1007", headers=crm.headers)
    else:
        connection.request("POST", "/soap", envelope(demo, LEVELS))
    start = time.monotonic()
    response = connection.getresponse()
    assert response.status == 200
    assert len(response.read(2)) == 2
    assert 0.4 <= time.monotonic() - start < 2
    connection.close()


def test_garbage_has_the_right_content_type(demo: Demo, crm: Wire) -> None:
    for name in ("crm", "erp"):
        demo[name].fault(mode="garbage")
    answer = crm.get("/customers", ids="C1007")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json
    answer = post(demo, envelope(demo, LEVELS))
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/xml")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.body)


def test_wrong_changes_one_member_of_the_second_row(demo: Demo, crm: Wire, shop: Wire, weather: Wire) -> None:
    queries: tuple[tuple[str, Wire, str, dict[str, object]], ...] = (
        ("crm", crm, "/customers", {"ids": "C1007,C1008,C1009"}),
        ("crm", crm, "/customers/page", {}),
        ("shop", shop, "/orders", {}),
        ("shop", shop, "/orders/by-customer", {"customer_ids": "C1007,C1008"}),
        ("weather", weather, "/v1/current", {"latitude": 1, "longitude": 1}),
    )
    for name, wire, path, query in queries:
        right = leaves(wire.get(path, **query).json)
        demo[name].fault(mode="wrong")
        wrong = leaves(wire.get(path, **query).json)
        demo[name].heal()
        changed = {each for each in right if wrong.get(each) != right[each]}
        assert len(changed) == 1, path
        assert ".1." in changed.pop() or name == "weather"


def test_wrong_in_soap_is_a_number_that_is_none(demo: Demo) -> None:
    demo["erp"].fault(mode="wrong")
    root = etree.fromstring(post(demo, envelope(demo, LEVELS)).body)
    assert [each.text for each in root.iter("{*}Sku")] == ["SKU-0002", "SKU-0001"]
    first, second = [each.text or "" for each in root.iter("{*}OnHand")]
    assert first.isdigit()
    assert not second.isdigit()


def test_html_with_status_200(demo: Demo, crm: Wire) -> None:
    demo["crm"].fault(mode="html")
    answer = crm.get("/customers", ids="C1007")
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/html")


def test_reset_gives_no_answer(demo: Demo, crm: Wire) -> None:
    demo["crm"].fault(mode="reset")
    with pytest.raises(ConnectionError):
        crm.get("/customers", ids="C1007")
    demo["crm"].heal()
    assert crm.get("/customers", ids="C1007").status == 200


@pytest.mark.parametrize("size_bytes", [8, 1_000_000])
def test_big_has_the_asked_size(demo: Demo, crm: Wire, size_bytes: int) -> None:
    demo["crm"].fault(mode="big", bytes=size_bytes)
    demo["erp"].fault(mode="big", bytes=size_bytes)
    answer = crm.get("/customers", ids="C1007")
    assert len(answer.body) == size_bytes
    assert isinstance(answer.json, str)
    body = post(demo, b"<x/>").body
    assert len(body) == size_bytes
    assert etree.fromstring(body).tag == "a"


def test_soap_operations_fail_one_by_one(demo: Demo) -> None:
    erp = client(demo)
    demo["erp"].fault(mode="fail", status=500, operation="GetBalances")
    assert erp.GetStockLevels(Skus={"Sku": ["SKU-0001"]})
    answer = post(demo, envelope(demo, LEVELS.replace("GetStockLevels", "GetBalances")))
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_request_of_more_than_a_mebibyte_is_refused(demo: Demo) -> None:
    assert post(demo, b" " * (1 << 20)).status == 500
    assert post(demo, b" " * ((1 << 20) + 1)).status == 413


def leaves(value: object, path: str = "") -> dict[str, object]:
    """The value's leaves by path; an object inside counts as one leaf where it is the fault's mark."""
    if isinstance(value, dict) and "unexpected" not in value:
        return {
            key: leaf for name, each in value.items() for key, leaf in leaves(each, f"{path}.{name}").items()
        }
    if isinstance(value, list):
        return {
            key: leaf
            for place, each in enumerate(value)
            for key, leaf in leaves(each, f"{path}.{place}").items()
        }
    return {path: value}
