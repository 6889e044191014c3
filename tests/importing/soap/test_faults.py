"""SOAP faults, and statuses that say no."""

from __future__ import annotations

import pytest

from patchbay.errors import (
    SoapFault,
    UpstreamBadData,
    UpstreamError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamUnavailable,
)
from patchbay.importing.model import (
    ErrorAnswer,
    Named,
    ObjectType,
)
from tests.importing.soap.asking import NS, answering, read
from tests.importing.soap.models import SHOP, field
from tests.soap.documents import ENVELOPE_12, envelope

PROBLEM = ObjectType(
    "Problem",
    (field("Code", "Int"), field("Text", "String"), field("Price", "Decimal"), field("Inner", "[Problem]")),
)
FAULTY = answering(
    "String",
    PROBLEM,
    errors=(
        ErrorAnswer("Problem", type=Named("Problem"), xml_name=f"{{{SHOP}}}Problem"),
        ErrorAnswer("Text", type=Named("String"), xml_name=f"{{{SHOP}}}Text"),
    ),
)


def _fault(detail: str, code: str = "soap:Client") -> str:
    return (
        f"<e:Fault xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>{code}</faultcode>"
        f"<faultstring>hunter2 at 10.0.0.7</faultstring><detail>{detail}</detail></e:Fault>"
    )


def test_a_declared_fault_tells_its_declared_members_and_no_others() -> None:
    detail = (
        f"<Problem {NS}><Code>7</Code><Text>{'x' * 2000}</Text><Price>1.50</Price><Stack>at line 7</Stack>"
        "<Inner><Code>8</Code></Inner></Problem>"
    )
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(detail), 500)
    told = caught.value.extensions
    assert (told["code"], told["source"], told["fault"]) == ("SOAP_FAULT", "erp", "Problem")
    assert told["detail"] == {"code": 7, "text": "x" * 1000, "price": "1.50", "inner": [{"code": 8}]}
    assert "hunter2" not in f"{caught.value!r}{told}"


def test_a_declared_fault_that_is_a_text_tells_it() -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(f"<Text {NS}>no such order</Text>"))
    assert caught.value.extensions["detail"] == {"value": "no such order"}


def test_wrong_members_of_a_fault_are_left_out() -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(f"<Problem {NS}><Code>seven</Code><Text>x</Text></Problem>"), 500)
    assert caught.value.extensions["detail"] == {"text": "x"}


@pytest.mark.parametrize(("code", "name"), [("soap:Server.Busy", "Server.Busy"), ("{urn:x}Gone", "Gone")])
def test_an_undeclared_fault_tells_its_code_alone(code: str, name: str) -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault("<Stack>at line 7</Stack>", code), 500)
    assert caught.value.extensions == {"code": "SOAP_FAULT", "source": "erp", "fault": name}


def test_a_fault_of_soap_1_2_tells_its_subcode_or_its_detail() -> None:
    fault = (
        f"<e:Fault xmlns:e='{ENVELOPE_12}'><e:Code><e:Value>e:Sender</e:Value><e:Subcode>"
        "<e:Value>m:Timeout</e:Value></e:Subcode></e:Code><e:Reason><e:Text>secret</e:Text></e:Reason>{}</e:Fault>"
    )
    for detail, name in (("", "Timeout"), (f"<e:Detail><Text {NS}>x</Text></e:Detail>", "Text")):
        with pytest.raises(SoapFault) as caught:
            read(FAULTY, envelope(fault.format(detail), ENVELOPE_12), 400)
        assert caught.value.fault == name


def test_a_fault_without_a_code_is_told_by_the_status() -> None:
    with pytest.raises(UpstreamUnavailable):
        read(FAULTY, _fault("", "<no name>"), 500)
    with pytest.raises(UpstreamBadData):
        read(FAULTY, _fault("", ""), 200)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, UpstreamUnavailable), (401, UpstreamRefused), (429, UpstreamQuota)]
)
def test_a_status_without_a_fault_is_its_own_error(status: int, kind: type[UpstreamError]) -> None:
    for body in (b"", b"<html/>", envelope(f"<GetResponse {NS}/>")):
        with pytest.raises(kind):
            read(FAULTY, body, status)
