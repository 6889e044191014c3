"""PayPal's certificates, offline: an authority and a server of the test's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from patchbay.environment import Environment
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import (
    LIVE,
    Delivered,
    Opening,
    PayPalSignature,
    SignatureError,
    SignatureUndecided,
    Verified,
)
from tests.inbox.paypal import PATH, Authority, PayPal

NOW = time.time()
WEBHOOK = "1JE4291016473214C"
BODY = b'{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED"}'


@pytest.fixture
def paypal(tmp_path: Path) -> Iterator[PayPal]:
    with PayPal(tmp_path) as paypal:
        yield paypal


@pytest.fixture
async def signature(paypal: PayPal) -> AsyncIterator[PayPalSignature]:
    signature = PayPalSignature("WEBHOOK_ID", site=paypal.site, roots="ROOTS")
    variables = {"WEBHOOK_ID": f"{WEBHOOK},other", "ROOTS": paypal.authority.pem}
    signature.open(Opening("paypal", Environment(variables)))
    yield signature
    await signature.close()


async def verified(signature: PayPalSignature, headers: dict[str, str], now: float = NOW) -> Verified:
    return await signature.verify(Delivered(headers, BODY, now))


async def refused(signature: PayPalSignature, headers: dict[str, str], now: float = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        await signature.verify(Delivered(headers, BODY, now))
    assert caught.value.status in (400, 401)
    return str(caught.value)


async def test_the_certificate_is_fetched_once(paypal: PayPal, signature: PayPalSignature) -> None:
    for webhook in (WEBHOOK, "other", WEBHOOK):
        found = await verified(signature, paypal.sign(BODY, NOW, webhook))
        assert (found.event_id, found.type, found.delivery) == ("WH-1", "PAYMENT.SALE.COMPLETED", None)
    assert paypal.asked == [f"{PATH}CERT-1"]


async def test_many_at_once_fetch_it_once(paypal: PayPal, signature: PayPalSignature) -> None:
    headers = paypal.sign(BODY, NOW, WEBHOOK)
    found = await asyncio.gather(*(verified(signature, headers) for _ in range(20)))
    assert len(found) == 20
    assert len(paypal.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://paypal.example{path}CERT-1",
        "https://api.paypal.com.example{path}CERT-1",
        "https://api.paypal.com@{host}{path}CERT-1",
        "https://x@{host}{path}CERT-1",
        "http://{host}{path}CERT-1",
        "HTTPS://{host}{path}CERT-1",
        "//{host}{path}CERT-1",
        "https://{host}",
        "https://{host}/CERT-1",
        "https://{host}{path}",
        "https://{host}{path}../../../other/CERT-1",
        "https://{host}{path}..%2f..%2fCERT-1",
        "https://{host}{path}CERT-1?x=1",
        "https://{host}{path}CERT-1#x",
        "https://{host}{path}CERT-1\\@example",
        "https://{host}0{path}CERT-1",
        "https://169.254.169.254{path}CERT-1",
        "file:///etc/passwd",
        "x",
    ],
)
async def test_a_certificate_elsewhere_is_refused_without_a_connection(
    paypal: PayPal, signature: PayPalSignature, url: str
) -> None:
    headers = paypal.sign(BODY, NOW, WEBHOOK)
    host = paypal.origin.removeprefix("https://")
    headers["paypal-cert-url"] = url.format(host=host, path=PATH)
    assert await refused(signature, headers) == "the certificate's URL is not one of PayPal's"
    assert paypal.asked == []


def test_the_declared_places_are_paypals_own() -> None:
    assert all(origin.startswith("https://api") and origin.endswith(".paypal.com") for origin in LIVE.origins)
    assert not any("sandbox" in text for text in (*LIVE.origins, *LIVE.names))


async def test_a_chain_that_leads_elsewhere_is_refused(paypal: PayPal, signature: PayPalSignature) -> None:
    stranger = Authority()
    weak = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    pem = paypal.files[f"{PATH}CERT-1"]
    leaf = pem[: pem.index(b"-----END CERTIFICATE-----") + 26]
    chains = {
        "STRANGER": stranger.issue(paypal.key),
        "OTHER-NAME": paypal.authority.issue(paypal.key, "api.paypal.com"),
        "EXPIRED": paypal.authority.issue(paypal.key, ends=now - timedelta(days=1)),
        "EARLY": paypal.authority.issue(paypal.key, starts=now + timedelta(days=1)),
        "ELLIPTIC": paypal.authority.issue(weak),
        "NO-CHAIN": leaf,
        "EMPTY": b"",
        "HTML": b"<html>",
        "BROKEN": pem.replace(b"M", b"N", 9),
    }
    for name, chain in chains.items():
        paypal.files[PATH + name] = chain
        headers = paypal.sign(BODY, NOW, WEBHOOK, certificate=name)
        told = await refused(signature, headers)
        assert told == "the certificate is not a valid one of PayPal's", name
        # What is no certificate is not asked for again at once.
        assert await refused(signature, headers) == told
        assert paypal.asked.count(PATH + name) == 1, name
    await verified(signature, paypal.sign(BODY, NOW, WEBHOOK))


async def test_another_key_and_another_webhook_are_refused(
    paypal: PayPal, signature: PayPalSignature
) -> None:
    other = rsa.generate_private_key(65537, 2048)
    told = "the signature does not match the body"
    assert await refused(signature, paypal.sign(BODY, NOW, WEBHOOK, key=other)) == told
    assert await refused(signature, paypal.sign(BODY, NOW, "ANOTHER")) == told
    assert await refused(signature, paypal.sign(BODY + b" ", NOW, WEBHOOK)) == told
    headers = {**paypal.sign(BODY, NOW, WEBHOOK), "paypal-auth-algo": "SHA1withRSA"}
    assert await refused(signature, headers) == "header paypal-auth-algo must be SHA256withRSA"


async def test_an_expired_certificate_is_not_used_from_memory(
    paypal: PayPal, signature: PayPalSignature
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    paypal.files[f"{PATH}CERT-1"] = paypal.authority.issue(paypal.key, ends=soon)
    headers = paypal.sign(BODY, NOW, WEBHOOK)
    await verified(signature, headers)
    later = NOW + 2 * 3600
    assert "not a valid one" in await refused(signature, headers, later)
    paypal.files[f"{PATH}CERT-1"] = paypal.authority.issue(paypal.key)
    assert "not a valid one" in await refused(signature, headers, later + 59)
    await verified(signature, headers, later + 61)
    assert len(paypal.asked) == 3


async def test_a_certificate_is_looked_at_again_after_a_day(
    paypal: PayPal, signature: PayPalSignature
) -> None:
    headers = paypal.sign(BODY, NOW, WEBHOOK)
    for hours in (0, 23, 25):
        await verified(signature, headers, NOW + hours * 3600)
    assert len(paypal.asked) == 2


async def test_a_paypal_that_is_away_leaves_it_undecided_and_the_retry_succeeds(
    paypal: PayPal, signature: PayPalSignature
) -> None:
    headers = paypal.sign(BODY, NOW, WEBHOOK)
    paypal.status = 503
    with pytest.raises(SignatureUndecided) as caught:
        await verified(signature, headers)
    assert str(caught.value) == "the certificate cannot be fetched now"
    assert caught.value.retry_after_seconds > 0
    paypal.status = 200
    await verified(signature, headers)
    paypal.stop()
    await verified(signature, headers)
    with pytest.raises(SignatureUndecided):
        await verified(signature, paypal.sign(BODY, NOW, WEBHOOK, certificate="CERT-2"))


async def test_few_certificates_are_kept(paypal: PayPal, signature: PayPalSignature) -> None:
    for number in range(40):
        paypal.files[f"{PATH}CERT-{number}"] = paypal.files[f"{PATH}CERT-1"]
        await verified(signature, paypal.sign(BODY, NOW, WEBHOOK, certificate=f"CERT-{number}"))
    asked = len(paypal.asked)
    await verified(signature, paypal.sign(BODY, NOW, WEBHOOK, certificate="CERT-39"))
    assert len(paypal.asked) == asked
    await verified(signature, paypal.sign(BODY, NOW, WEBHOOK, certificate="CERT-0"))
    assert len(paypal.asked) == asked + 1


async def test_without_roots_of_its_own_the_systems_authorities_vouch(paypal: PayPal) -> None:
    signature = PayPalSignature("WEBHOOK_ID", site=paypal.site)
    signature.open(Opening("paypal", Environment({"WEBHOOK_ID": WEBHOOK})))
    await verified(signature, paypal.sign(BODY, NOW, WEBHOOK))
    await signature.close()
    with pytest.raises(SignatureUndecided):
        await verified(signature, paypal.sign(BODY, NOW, WEBHOOK))
    await signature.close()


async def test_roots_that_are_no_certificates_name_their_variable() -> None:
    for text in ("x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(ConfigurationError, match="environment variable ROOTS: there are no certif"):
            PayPalSignature("WEBHOOK_ID", roots="ROOTS").open(
                Opening("paypal", Environment({"WEBHOOK_ID": WEBHOOK, "ROOTS": text}))
            )
    names = [variable.name for variable in PayPalSignature("WEBHOOK_ID", roots="ROOTS").variables()]
    assert names == ["WEBHOOK_ID", "ROOTS"]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-11-25",
        "2026-11-25T00:00:00",
        "9999-12-31T23:59:59-23:59",
        "²",
    ],
)
async def test_a_time_that_is_none_is_refused(
    paypal: PayPal, signature: PayPalSignature, moment: str
) -> None:
    headers = {**paypal.sign(BODY, NOW, WEBHOOK), "paypal-transmission-time": moment}
    assert await refused(signature, headers)
    assert paypal.asked == []
