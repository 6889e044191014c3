from __future__ import annotations

import asyncio
import base64
import json

import pytest

from patchbay.environment import Environment
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import (
    Delivered,
    Opening,
    Signature,
    SignatureError,
    StandardWebhooks,
    StripeSignature,
    Verified,
)
from tests.inbox.vendor import (
    OTHER_STANDARD_SECRET,
    PAYMENTS_SECRET,
    SHIPMENTS_SECRET,
    environment,
    payment_event,
    shipment_event,
    sign_standard,
    sign_stripe,
)

NOW = 1_800_000_000
PAYMENT = payment_event()
SHIPMENT = shipment_event()


def stripe(secret: str = PAYMENTS_SECRET) -> StripeSignature:
    signature = StripeSignature("SECRET")
    signature.open(Opening("hooks", Environment({"SECRET": secret})))
    return signature


def standard(secret: str = SHIPMENTS_SECRET) -> StandardWebhooks:
    signature = StandardWebhooks("SECRET")
    signature.open(Opening("hooks", Environment({"SECRET": secret})))
    return signature


def verify(signature: Signature, headers: dict[str, str], body: bytes, now: float = NOW) -> Verified:
    verified = asyncio.run(signature.verify(Delivered(headers, body, now)))
    assert isinstance(verified, Verified)
    return verified


def delivery(signature: Signature, headers: dict[str, str]) -> str:
    text = verify(signature, headers, PAYMENT).delivery
    assert text is not None
    return text


def refusal(signature: Signature, headers: dict[str, str], body: bytes, now: float = NOW) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        verify(signature, headers, body, now)
    return caught.value


def test_stripes_own_sdk_signs_what_is_accepted() -> None:
    verified = verify(stripe(), sign_stripe(PAYMENT, NOW), PAYMENT, NOW)
    assert verified.event_id == "evt_pi_1_1"
    assert len(bytes.fromhex(verified.delivery or "")) == 32


def test_standard_webhooks_own_sdk_signs_what_is_accepted() -> None:
    verified = verify(standard(), sign_standard(SHIPMENT, "msg_7", NOW), SHIPMENT, NOW)
    assert verified.event_id == "msg_7"
    assert len(bytes.fromhex(verified.delivery or "")) == 32


@pytest.mark.parametrize("offset", [-300, 300])
def test_the_edge_of_the_tolerance_is_inside(offset: int) -> None:
    verify(stripe(), sign_stripe(PAYMENT, NOW), PAYMENT, NOW + offset)
    verify(standard(), sign_standard(SHIPMENT, at=NOW), SHIPMENT, NOW + offset)


@pytest.mark.parametrize("offset", [-301, 301])
def test_a_second_beyond_the_tolerance_is_refused(offset: int) -> None:
    for error in (
        refusal(stripe(), sign_stripe(PAYMENT, NOW), PAYMENT, NOW + offset),
        refusal(standard(), sign_standard(SHIPMENT, at=NOW), SHIPMENT, NOW + offset),
    ):
        assert error.status == 401
        assert "300 seconds" in str(error)


def test_both_secrets_of_a_rotation_are_accepted_and_no_third() -> None:
    both = stripe(f"{PAYMENTS_SECRET}, whsec_new")
    verify(both, sign_stripe(PAYMENT, NOW), PAYMENT, NOW)
    verify(both, sign_stripe(PAYMENT, NOW, "whsec_new"), PAYMENT, NOW)
    assert refusal(both, sign_stripe(PAYMENT, NOW, "whsec_third"), PAYMENT).status == 401
    rotating = standard(f"{OTHER_STANDARD_SECRET},{SHIPMENTS_SECRET}")
    verify(rotating, sign_standard(SHIPMENT, at=NOW), SHIPMENT, NOW)
    verify(rotating, sign_standard(SHIPMENT, at=NOW, secret=OTHER_STANDARD_SECRET), SHIPMENT, NOW)
    third = sign_standard(SHIPMENT, at=NOW, secret="whsec_dGhpcmQ=")
    assert refusal(rotating, third, SHIPMENT).status == 401


def test_one_good_signature_among_several_is_enough() -> None:
    good = sign_stripe(PAYMENT, NOW)["stripe-signature"]
    crowded = {"stripe-signature": f"{good},v1={'0' * 64},v0=legacy"}
    verify(stripe(), crowded, PAYMENT, NOW)
    headers = sign_standard(SHIPMENT, at=NOW)
    headers["webhook-signature"] = f"v1a,asymmetric v1,AAAA {headers['webhook-signature']} v2,BBBB"
    verify(standard(), headers, SHIPMENT, NOW)


def test_rearranged_headers_are_the_same_delivery_and_a_retry_is_another() -> None:
    headers = sign_stripe(PAYMENT, NOW)
    rearranged = {"stripe-signature": headers["stripe-signature"] + ",v0=more"}
    first = delivery(stripe(), headers)
    assert delivery(stripe(), rearranged) == first
    assert delivery(stripe(), sign_stripe(PAYMENT, NOW + 1)) != first


def test_a_body_that_was_parsed_and_written_again_is_refused() -> None:
    compact = json.dumps(json.loads(PAYMENT), separators=(",", ":")).encode()
    assert refusal(stripe(), sign_stripe(PAYMENT, NOW), compact).status == 401
    compact = json.dumps(json.loads(SHIPMENT), separators=(",", ":")).encode()
    assert refusal(standard(), sign_standard(SHIPMENT, at=NOW), compact).status == 401


STRIPE_GOOD = sign_stripe(PAYMENT, NOW)["stripe-signature"]
STRIPE_HEX = STRIPE_GOOD.partition("v1=")[2]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 400),
        ("nonsense", 400),
        (f"v1={STRIPE_HEX}", 400),
        (f"t=,v1={STRIPE_HEX}", 400),
        (f"t=soon,v1={STRIPE_HEX}", 400),
        (f"t=-{NOW},v1={STRIPE_HEX}", 400),
        (f"t={NOW}.5,v1={STRIPE_HEX}", 400),
        (f"t={'9' * 13},v1={STRIPE_HEX}", 400),
        (f"t={'9' * 3000},v1={STRIPE_HEX}", 400),
        (f"t=²,v1={STRIPE_HEX}", 400),
        (f"t={NOW},t={NOW},v1={STRIPE_HEX}", 400),
        (f"t={NOW}", 400),
        (f"t={NOW},v0={STRIPE_HEX}", 400),
        (f"t={NOW},v1=", 401),
        (f"t={NOW},v1={STRIPE_HEX[:16]}", 401),
        (f"t={NOW},v1={STRIPE_HEX}00", 401),
        (f"t={NOW},v1={STRIPE_HEX[:-1]}é", 400),
        (f"t={NOW - 1},v1={STRIPE_HEX}", 401),
        ("t=0,v1=" + STRIPE_HEX, 401),
        (STRIPE_GOOD + ",v1=" + "0" * 100_000, 400),
    ],
)
def test_a_malformed_stripe_header_is_refused_clearly(header: str, status: int) -> None:
    error = refusal(stripe(), {"stripe-signature": header}, PAYMENT)
    assert error.status == status
    assert str(error)


def test_a_missing_stripe_header_is_refused() -> None:
    assert str(refusal(stripe(), {}, PAYMENT)) == "header stripe-signature is missing"


STANDARD_GOOD = sign_standard(SHIPMENT, at=NOW)
STANDARD_TEXT = STANDARD_GOOD["webhook-signature"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"webhook-signature": "v1,"}, 401),
        ({"webhook-signature": "v1"}, 401),
        ({"webhook-signature": STANDARD_TEXT[:12]}, 401),
        ({"webhook-signature": STANDARD_TEXT[:-4]}, 401),
        ({"webhook-signature": "v1,not base64!"}, 401),
        ({"webhook-signature": STANDARD_TEXT.removeprefix("v1,")}, 400),
        ({"webhook-signature": STANDARD_TEXT.replace("v1", "v2")}, 400),
        ({"webhook-signature": STANDARD_TEXT + "é"}, 400),
        ({"webhook-signature": " ".join(["v1,AAAA"] * 10_000)}, 400),
        ({"webhook-signature": ""}, 400),
        ({"webhook-timestamp": ""}, 400),
        ({"webhook-timestamp": "NaN"}, 400),
        ({"webhook-timestamp": "inf"}, 400),
        ({"webhook-timestamp": f"{NOW}.0"}, 400),
        ({"webhook-timestamp": "9" * 5000}, 400),
        ({"webhook-timestamp": str(NOW + 1)}, 401),
        ({"webhook-id": ""}, 400),
        ({"webhook-id": "é"}, 400),
        ({"webhook-id": "x" * 256}, 400),
        ({"webhook-id": "msg_2"}, 401),
    ],
)
def test_malformed_standard_headers_are_refused_clearly(change: dict[str, str], status: int) -> None:
    error = refusal(standard(), {**STANDARD_GOOD, **change}, SHIPMENT)
    assert error.status == status
    assert str(error)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_standard_header_is_named(name: str) -> None:
    headers = {key: value for key, value in STANDARD_GOOD.items() if key != name}
    assert str(refusal(standard(), headers, SHIPMENT)) == f"header {name} is missing"


@pytest.mark.parametrize("body", [b"", b"{", b"id=1", b'{"id":"a"} x', b"[" * 4000, b'{"id":NaN}'])
def test_an_authentic_body_that_is_not_json_is_refused(body: bytes) -> None:
    assert refusal(stripe(), sign_stripe(body, NOW), body).status == 400
    error = refusal(standard(), sign_standard(body, at=NOW), body)
    assert error.status == 400
    assert str(error) in ("the body is not JSON", "the body is nested too deeply")


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"id":7}', b'{"id":""}', b'{"id":"\\u0000"}', b'{"id":"\xc3\xa9"}']
)
def test_a_stripe_body_without_a_usable_id_is_refused(body: bytes) -> None:
    assert refusal(stripe(), sign_stripe(body, NOW), body).status == 400


def test_before_it_is_open_a_scheme_accepts_nothing() -> None:
    assert refusal(StripeSignature("SECRET"), sign_stripe(PAYMENT, NOW), PAYMENT).status == 401
    assert refusal(StandardWebhooks("SECRET"), sign_standard(SHIPMENT, at=NOW), SHIPMENT).status == 401


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_", f"{SHIPMENTS_SECRET},whsec_é", "whsec_A"])
def test_a_standard_secret_that_is_not_base64_names_its_variable(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="environment variable SECRET") as caught:
        standard(secret)
    assert secret not in str(caught.value)


def test_a_variable_without_any_secret_is_named() -> None:
    with pytest.raises(ConfigurationError, match="environment variable SECRET holds no secret"):
        stripe(" , ")


def test_a_scheme_tells_its_variable_and_shows_no_secret() -> None:
    for signature in (stripe(), standard()):
        assert [variable.name for variable in signature.variables()] == ["SECRET"]
        assert PAYMENTS_SECRET not in repr(vars(signature))
        assert SHIPMENTS_SECRET not in repr(vars(signature))


def test_a_standard_secret_that_is_too_short_is_told_by_name() -> None:
    for length in (1, 15):
        short = base64.b64encode(b"k" * length).decode()
        with pytest.raises(
            ConfigurationError, match=r"variable SHIPMENTS_WEBHOOK_SECRET holds .* 16"
        ) as caught:
            StandardWebhooks("SHIPMENTS_WEBHOOK_SECRET").open(
                Opening("hooks", environment(shipments_secret=f"whsec_{short}"))
            )
        assert short not in str(caught.value)
    enough = base64.b64encode(b"k" * 16).decode()
    StandardWebhooks("SHIPMENTS_WEBHOOK_SECRET").open(
        Opening("hooks", environment(shipments_secret=f"whsec_{enough}"))
    )
