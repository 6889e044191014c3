"""The ERP, asked by zeep, and by hand where zeep would not send such a message."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

from demo import data
from demo.launch import Demo
from demo.timeline import AS_OF
from tests.demo.wire import Answer, Wire

ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
ERP = "{urn:patchbay:demo:erp}"


def client(demo: Demo, user: str = "", password: str = "", *, digest: bool = False) -> Any:
    environment = demo.environment
    token = UsernameToken(
        user or environment["ERP_USER"], password or environment["ERP_PASSWORD"], use_digest=digest
    )
    settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_external=True)
    return zeep.Client(environment["ERP_WSDL"], wsse=token, settings=settings).service


@pytest.mark.parametrize("digest", [False, True])
def test_every_operation_with_both_kinds_of_password(demo: Demo, *, digest: bool) -> None:
    erp = client(demo, digest=digest)
    levels = erp.GetStockLevels(Skus={"Sku": ["SKU-0001", "SKU-0002", "SKU-9999"]})
    assert [each.Sku for each in levels] == ["SKU-0002", "SKU-0001"]
    balances = erp.GetBalances(CustomerNumbers={"CustomerNumber": ["4001007", "1", "4001008"]})
    assert [each.CustomerNumber for each in balances] == ["4001008", "4001007"]
    assert balances[1].Amount == data.balances()["4001007"]
    assert isinstance(balances[1].Amount, Decimal)
    assert balances[1].Currency == "EUR"
    reservation = erp.ReserveStock(Sku="SKU-0001", Quantity=2, Reference=f"a test {digest}")
    assert (reservation.Sku, reservation.Quantity) == ("SKU-0001", 2)
    after = erp.GetStockLevels(Skus={"Sku": ["SKU-0001"]})
    assert after[0].OnHand == levels[1].OnHand - 2
    assert demo["erp"].calls() == {"GET wsdl": 1, "GetStockLevels": 2, "GetBalances": 1, "ReserveStock": 1}


@pytest.mark.parametrize("digest", [False, True])
@pytest.mark.parametrize(("user", "password"), [("", "wrong"), ("wrong", "")])
def test_a_wrong_token_is_refused(demo: Demo, user: str, password: str, *, digest: bool) -> None:
    with pytest.raises(Fault) as caught:
        client(demo, user, password, digest=digest).GetStockLevels(Skus={"Sku": ["SKU-0001"]})
    assert caught.value.code == "wsse:FailedAuthentication"


def test_typed_faults(demo: Demo) -> None:
    erp = client(demo)
    on_hand = erp.GetStockLevels(Skus={"Sku": ["SKU-0003"]})[0].OnHand
    with pytest.raises(Fault) as caught:
        erp.ReserveStock(Sku="SKU-0003", Quantity=on_hand + 1)
    detail = caught.value.detail[0]
    assert detail.tag == f"{ERP}InsufficientStock"
    assert [each.text for each in detail] == ["SKU-0003", str(on_hand + 1), str(on_hand)]
    with pytest.raises(Fault) as caught:
        erp.ReserveStock(Sku="SKU-9999", Quantity=1)
    assert caught.value.detail[0].tag == f"{ERP}UnknownSku"
    assert erp.GetStockLevels(Skus={"Sku": ["SKU-0003"]})[0].OnHand == on_hand


def test_a_reference_stands_for_one_reservation(demo: Demo) -> None:
    erp = client(demo)
    on_hand = erp.GetStockLevels(Skus={"Sku": ["SKU-0004"]})[0].OnHand
    first, again = (erp.ReserveStock(Sku="SKU-0004", Quantity=3, Reference="once") for _ in range(2))
    assert again.ReservationId == first.ReservationId
    assert again.ReservedAt == first.ReservedAt
    assert erp.GetStockLevels(Skus={"Sku": ["SKU-0004"]})[0].OnHand == on_hand - 3
    for sku, quantity in (("SKU-0004", 2), ("SKU-0005", 3)):
        with pytest.raises(Fault) as caught:
            erp.ReserveStock(Sku=sku, Quantity=quantity, Reference="once")
        assert caught.value.detail[0].tag == f"{ERP}ReferenceInUse"
        assert caught.value.detail[0][0].text == "once"
    row = {"ReservationId": first.ReservationId, "Sku": "SKU-0004", "Quantity": 3}
    assert [row.items() <= each.items() for each in demo["erp"].happened()].count(True) == 1


@pytest.mark.parametrize("reference", [None, ""])
def test_without_a_reference_each_call_is_another_reservation(demo: Demo, reference: str | None) -> None:
    erp = client(demo)
    before = len(demo["erp"].happened())
    ids = {erp.ReserveStock(Sku="SKU-0006", Quantity=1, Reference=reference).ReservationId for _ in "ab"}
    assert len(ids) == len(demo["erp"].happened()) - before == 2


def test_a_refused_reservation_does_not_spend_its_reference(demo: Demo) -> None:
    erp = client(demo)
    with pytest.raises(Fault):
        erp.ReserveStock(Sku="SKU-9999", Quantity=1, Reference="refused")
    assert erp.ReserveStock(Sku="SKU-0007", Quantity=1, Reference="refused").Sku == "SKU-0007"


def test_at_most_50_keys(demo: Demo) -> None:
    erp = client(demo)
    skus = [f"SKU-{number:04}" for number in range(1, 52)]
    assert len(erp.GetStockLevels(Skus={"Sku": skus[:50]})) > 40
    with pytest.raises(Fault) as caught:
        erp.GetStockLevels(Skus={"Sku": skus})
    assert caught.value.detail[0].tag == f"{ERP}TooManyKeys"
    assert caught.value.detail[0][0].text == "50"


def envelope(demo: Demo, body: str) -> bytes:
    token = UsernameToken(demo.environment["ERP_USER"], demo.environment["ERP_PASSWORD"])
    text = f'<s:Envelope xmlns:s="{ENVELOPE[1:-1]}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'
    signed, _ = token.apply(etree.fromstring(text), {})
    return etree.tostring(signed)


def post(demo: Demo, body: bytes) -> Answer:
    return Wire(demo["erp"].url, {"content-type": "text/xml"}).ask("POST", "/soap", body)


def faultcode(answer: Answer) -> str | None:
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/xml")
    return etree.fromstring(answer.body).findtext(f"{ENVELOPE}Body/{ENVELOPE}Fault/faultcode")


@pytest.mark.parametrize(
    "body",
    [
        '<ReserveStock xmlns="urn:patchbay:demo:erp"><Sku>SKU-1</Sku><Quantity>0</Quantity></ReserveStock>',
        '<ReserveStock xmlns="urn:patchbay:demo:erp"><Sku>SKU-0001</Sku></ReserveStock>',
        "<ReserveStock><Sku>SKU-0001</Sku><Quantity>1</Quantity></ReserveStock>",
        '<UnknownSku xmlns="urn:patchbay:demo:erp"><Sku>SKU-0001</Sku></UnknownSku>',
        "",
    ],
)
def test_a_body_against_the_schema_is_refused(demo: Demo, body: str) -> None:
    assert faultcode(post(demo, envelope(demo, body))) == "soap:Client"


def test_a_call_without_a_token_is_refused(demo: Demo) -> None:
    body = f'<s:Envelope xmlns:s="{ENVELOPE[1:-1]}"><s:Body><x/></s:Body></s:Envelope>'
    assert faultcode(post(demo, body.encode())) == "wsse:FailedAuthentication"


def test_a_document_type_is_refused_and_no_file_is_read(demo: Demo, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SKU-0001")
    call = '<GetStockLevels xmlns="urn:patchbay:demo:erp"><Skus><Sku>KEY</Sku></Skus></GetStockLevels>'
    honest = envelope(demo, call)
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
    for body in (doctype + honest.replace(b"KEY", b"&e;"), b"<!DOCTYPE x>" + honest, b"<", b""):
        answer = post(demo, body)
        assert faultcode(answer) == "soap:Client"
        assert b"SKU-0001" not in answer.body
    assert post(demo, honest).status == 200


def test_an_old_digest_is_refused(demo: Demo) -> None:
    environment = demo.environment
    old = UsernameToken(
        environment["ERP_USER"],
        environment["ERP_PASSWORD"],
        use_digest=True,
        created=AS_OF,
    )
    with pytest.raises(Fault) as caught:
        zeep.Client(environment["ERP_WSDL"], wsse=old).service.GetStockLevels(Skus={"Sku": []})
    assert caught.value.code == "wsse:FailedAuthentication"


def test_the_wsdl_names_the_host_it_was_asked_at(demo: Demo) -> None:
    wire = Wire(demo["erp"].url, {"host": "erp.example:8080"})
    answer = wire.ask("GET", "/soap?wsdl")
    assert b'location="http://erp.example:8080/soap"' in answer.body
    assert wire.ask("GET", "/soap").status == 404
