"""What is special about each scheme, beside the table in test_signature_cases.py."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from patchbay.environment import Environment
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import (
    Challenge,
    Delivered,
    Digest,
    GitHubSignature,
    Header,
    HmacHeader,
    Member,
    Opening,
    PayPalSignature,
    ShopifySignature,
    Signature,
    SignatureError,
    SlackSignature,
    StandardWebhooks,
    StripeSignature,
    TwilioSignature,
    Verified,
)
from tests.inbox.signing import (
    ED25519,
    TWILIO_URL,
    digest,
    public_text,
    sign_ed25519,
    sign_github,
    sign_shopify,
    sign_slack,
    sign_twilio_form,
    sign_twilio_json,
    twilio_signature,
)
from tests.inbox.vendor import sign_standard

NOW = 1_800_000_000
SECRET = "secret-of-today"
BROWSER = Path(__file__).parents[1] / "browser"


def opened(signature: Any, secret: str = SECRET, url: str = TWILIO_URL) -> Signature:
    signature.open(Opening("hooks", Environment({"SECRET": secret, "URL": url})))
    scheme: Signature = signature
    return scheme


async def verified(
    signature: Signature, headers: Mapping[str, str], body: bytes, query: str = ""
) -> Verified:
    found = await signature.verify(Delivered(headers, body, NOW, query))
    assert isinstance(found, Verified)
    return found


async def refused(
    signature: Signature, headers: Mapping[str, str], body: bytes, query: str = ""
) -> tuple[int, str]:
    with pytest.raises(SignatureError) as caught:
        await signature.verify(Delivered(headers, body, NOW, query))
    return caught.value.status, str(caught.value)


def test_a_scheme_says_whether_its_event_id_is_signed() -> None:
    signing = (
        StripeSignature("SECRET"),
        StandardWebhooks("SECRET"),
        SlackSignature("SECRET"),
        HmacHeader("SECRET", "x", event_id=Member("id")),
        HmacHeader("SECRET", "x", event_id=None),
    )
    bare = (
        GitHubSignature("SECRET"),
        ShopifySignature("SECRET"),
        TwilioSignature("SECRET", url="URL"),
        PayPalSignature("SECRET"),
        HmacHeader("SECRET", "x", event_id=Header("x-id")),
    )
    assert all(signature.signs_id for signature in signing)
    assert not any(signature.signs_id for signature in bare)


async def test_a_delivery_is_told_from_a_retry_only_where_a_time_is_signed() -> None:
    body = b'{"event_id":"Ev1"}'
    slack = opened(SlackSignature("SECRET"))
    first = await verified(slack, sign_slack(body, NOW, SECRET), body)
    again = await verified(slack, sign_slack(body, NOW + 1, SECRET), body)
    assert first.delivery is not None
    assert again.delivery not in (None, first.delivery)
    github = await verified(opened(GitHubSignature("SECRET")), sign_github(body, NOW, SECRET), body)
    shopify = await verified(opened(ShopifySignature("SECRET")), sign_shopify(body, NOW, SECRET), body)
    assert github.delivery is shopify.delivery is None


async def test_githubs_own_library_signs_what_is_accepted() -> None:
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    if not (BROWSER / "node_modules/@octokit").is_dir():
        pytest.skip("no node_modules (npm ci --ignore-scripts in tests/browser)")
    body = '{"zen": "Größe"}'.encode()
    command = ["node", "github_sign.mjs", SECRET]
    process = await asyncio.create_subprocess_exec(*command, cwd=BROWSER, stdin=PIPE, stdout=PIPE)
    signature, _ = await process.communicate(body)
    headers = {"x-hub-signature-256": signature.decode(), "x-github-delivery": "d-1"}
    found = await verified(opened(GitHubSignature("SECRET")), headers, body)
    assert (found.event_id, found.type) == ("d-1", None)
    assert await refused(opened(GitHubSignature("SECRET")), headers, body + b" ") == (
        401,
        "the signature does not match the body",
    )


async def test_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    public = public_text(ED25519[0])
    signature = opened(StandardWebhooks("SECRET"), public)
    # Who knows the public key, as anybody may, signs with it as if it were the secret.
    forged = sign_standard(b"{}", "msg_1", NOW, "whsec_" + public.removeprefix("whpk_"))
    assert (await refused(signature, forged, b"{}"))[0] == 401
    renamed = {**forged, "webhook-signature": forged["webhook-signature"].replace("v1,", "v1a,")}
    assert (await refused(signature, renamed, b"{}"))[0] == 401


async def test_both_kinds_of_standard_secret_stand_in_one_variable() -> None:
    shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = opened(StandardWebhooks("SECRET"), f"{shared},{public_text(ED25519[0])}")
    symmetric = sign_standard(b"{}", "msg_1", NOW, shared)
    asymmetric = sign_ed25519(b"{}", NOW, public_text(ED25519[0]))
    await verified(signature, symmetric, b"{}")
    await verified(signature, asymmetric, b"{}")
    both = f"{asymmetric['webhook-signature']} v1,AAAA"
    await verified(signature, {**symmetric, "webhook-signature": both}, b"{}")
    other = sign_ed25519(b"{}", NOW, public_text(ED25519[1]))
    assert (await refused(signature, other, b"{}"))[0] == 401


@pytest.mark.parametrize("secret", ["whpk_", "whpk_AAAA", "whpk_!", "whpk_" + "A" * 44])
def test_a_public_key_of_a_wrong_length_names_its_variable(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="environment variable SECRET holds") as caught:
        opened(StandardWebhooks("SECRET"), secret)
    assert secret not in str(caught.value)


async def test_more_signatures_than_any_vendor_sends_are_refused() -> None:
    headers = sign_standard(b"{}", "msg_1", NOW, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    crowded = " ".join(["v1,AAAA"] * 16 + [headers["webhook-signature"]])
    signature = opened(StandardWebhooks("SECRET"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert (await refused(signature, {**headers, "webhook-signature": crowded}, b"{}"))[0] == 400


async def test_slacks_challenge_is_answered_when_it_is_signed() -> None:
    slack = opened(SlackSignature("SECRET"))
    body = b'{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}'
    headers = sign_slack(body, NOW, SECRET)
    found = await slack.verify(Delivered(headers, body, NOW))
    assert isinstance(found, Challenge)
    assert found.answer == {"challenge": "3eZbrw1a"}
    assert (await refused(slack, sign_slack(body, NOW, "another"), body))[0] == 401
    for odd in (b'{"type":"url_verification"}', b'{"type":"url_verification","challenge":7}'):
        assert (await refused(slack, sign_slack(odd, NOW, SECRET), odd))[0] == 400


async def test_slacks_event_is_typed_by_what_happened_and_one_without_id_goes_by_its_body() -> None:
    slack = opened(SlackSignature("SECRET"))
    body = b'{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}'
    found = await verified(slack, sign_slack(body, NOW, SECRET), body)
    assert (found.event_id, found.type) == ("Ev1", "message")
    limited = b'{"type":"app_rate_limited","minute_rate_limited":1518467820}'
    found = await verified(slack, sign_slack(limited, NOW, SECRET), limited)
    digest_of_body = hashlib.sha256(limited).hexdigest()
    assert (found.event_id, found.type) == (f"sha256:{digest_of_body}", "app_rate_limited")


async def test_shopifys_topics_keep_apart_what_comes_under_one_event_id() -> None:
    shopify = opened(ShopifySignature("SECRET"))
    headers = sign_shopify(b"{}", NOW, SECRET)
    other = await verified(shopify, {**headers, "x-shopify-topic": "orders/paid"}, b"{}")
    assert other.event_id != (await verified(shopify, headers, b"{}")).event_id
    del headers["x-shopify-event-id"]
    fallback = await verified(shopify, headers, b"{}")
    assert fallback.event_id == f"orders/create:{headers.pop('x-shopify-webhook-id')}"
    assert (await refused(shopify, headers, b"{}"))[0] == 400


@pytest.mark.parametrize(
    ("declared", "signed"),
    [
        ("https://hooks.example/t", "https://hooks.example:443/t"),
        ("https://hooks.example:443/t?a=1", "https://hooks.example/t?a=1"),
        ("https://hooks.example:8443/t", "https://hooks.example/t"),
        ("http://hooks.example/t", "http://hooks.example:80/t"),
        ("https://[2001:db8::1]/t", "https://[2001:db8::1]:443/t"),
    ],
)
async def test_twilio_may_sign_the_address_with_its_port_or_without(declared: str, signed: str) -> None:
    twilio = opened(TwilioSignature("SECRET", url="URL"), url=declared)
    signature = twilio_signature(signed, {"A": "1"}, SECRET)
    headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
    assert (await verified(twilio, headers, b"A=1")).body == b'{"A":"1"}'


async def test_twilios_shared_key_signs_with_sha256() -> None:
    twilio = opened(TwilioSignature("SECRET", url="URL"))
    signature = twilio_signature(TWILIO_URL, {"A": "1"}, SECRET, "HMAC_SHA256")
    headers = {
        "x-twilio-signature": signature,
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-webhooks-signature-settings": "key=k1, algorithm=HMAC_SHA256",
    }
    await verified(twilio, headers, b"A=1")
    settings = "x-twilio-webhooks-signature-settings"
    assert (await refused(twilio, {**headers, settings: "algorithm=HMAC_MD5"}, b"A=1"))[0] == 400
    assert (await refused(twilio, {**headers, settings: ""}, b"A=1"))[0] == 401


async def test_twilios_form_is_one_event_in_whatever_order_it_comes() -> None:
    twilio = opened(TwilioSignature("SECRET", url="URL"))
    body = urlencode([("B", "2"), ("A", "x"), ("B", "1"), ("B", "2")]).encode()
    found = await verified(twilio, sign_twilio_form(body, NOW, SECRET), body)
    assert json.loads(found.body) == {"A": "x", "B": ["1", "2"]}
    turned = urlencode([("A", "x"), ("B", "1"), ("B", "2")]).encode()
    again = await verified(twilio, sign_twilio_form(turned, NOW, SECRET), turned)
    assert (again.event_id, again.body) == (found.event_id, found.body)


async def test_twilios_signed_json_cannot_be_passed_off_as_a_form() -> None:
    twilio = opened(TwilioSignature("SECRET", url="URL"), url="https://hooks.example/t")
    digest_of_body = hashlib.sha256(b"{}").hexdigest()
    signed = f"https://hooks.example/t?bodySHA256={digest_of_body}"
    headers = {"x-twilio-signature": twilio_signature(signed, {}, SECRET)}
    query = f"bodySHA256={digest_of_body}"
    await verified(twilio, headers, b"{}", query)
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    shifted = urlencode({f"?{query}": ""}).encode()
    assert (await refused(twilio, form, shifted))[0] == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("tenant=7", 400),
        ("bodySHA256=HASH", 400),
        ("tenant=8&bodySHA256=HASH", 400),
        ("tenant=7&bodySHA256=HASH&bodySHA256=HASH", 400),
        ("tenant=7&bodySHA256=", 401),
        ("bodySHA256=HASH&tenant=7", 401),
    ],
)
async def test_twilios_json_needs_its_hash_in_the_declared_address(query: str, status: int) -> None:
    twilio = opened(TwilioSignature("SECRET", url="URL"))
    headers = sign_twilio_json(b"{}", NOW, SECRET)
    query = query.replace("HASH", hashlib.sha256(b"{}").hexdigest())
    assert (await refused(twilio, headers, b"{}", query))[0] == status


async def test_a_generic_id_may_be_a_number_and_may_be_the_body_itself() -> None:
    body = b'{"data": {"id": 12345678901234567890, "kind": true}}'
    headers = {"x-sig": digest(SECRET, body).hex()}
    by_member = opened(HmacHeader("SECRET", "X-Sig", event_id=Member("data.id"), type=Member("data.kind")))
    found = await verified(by_member, headers, body)
    assert (found.event_id, found.type, found.delivery) == ("12345678901234567890", None, None)
    by_body = await verified(opened(HmacHeader("SECRET", "X-Sig", event_id=None)), headers, body)
    assert by_body.event_id == f"sha256:{hashlib.sha256(body).hexdigest()}"
    missing = opened(HmacHeader("SECRET", "X-Sig", event_id=Member("data.none")))
    assert await refused(missing, headers, body) == (
        400,
        "the event's id must be 1 to 255 printable ASCII characters",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"id":"a","id":"b"}}',
        b'{"data":{"id":"a","\\u0069d":"b"}}',
        b'{"data":{"id":"a"},"data":{"id":"b"}}',
        b'{"data":{"id":"a","id":"a"}}',
    ],
)
async def test_a_member_that_comes_twice_on_the_way_to_the_id_is_refused(body: bytes) -> None:
    signature = opened(HmacHeader("SECRET", "X-Sig", event_id=Member("data.id")))
    headers = {"x-sig": digest(SECRET, body).hex()}
    assert await refused(signature, headers, body) == (400, "the body has the member data.id more than once")


async def test_a_member_that_comes_twice_elsewhere_is_no_matter() -> None:
    signature = opened(HmacHeader("SECRET", "X-Sig", event_id=Member("id")))
    body = b'{"id":"a","note":1,"note":2,"data":{"id":1,"id":2}}'
    assert (await verified(signature, {"x-sig": digest(SECRET, body).hex()}, body)).body == body


async def test_a_large_body_is_read_beside_the_event_loop() -> None:
    signature = opened(HmacHeader("SECRET", "X-Sig", event_id=Member("id")))
    body = b'{"id":"a","rows":[' + b'{"a":1},' * 1_200_000 + b"0]}"
    found = await verified(signature, {"x-sig": digest(SECRET, body).hex()}, body)
    assert found.event_id == "a"


def test_a_digest_that_is_none_is_told_at_once() -> None:
    with pytest.raises(
        ConfigurationError, match="digest must be one of sha1, sha256, sha512 in hex or base64"
    ):
        HmacHeader("SECRET", "X-Sig", event_id=None, digest=Digest("md5"))  # type: ignore[arg-type]


def test_nothing_of_a_scheme_or_a_delivery_prints_a_secret_or_a_payload() -> None:
    signatures = (
        opened(StripeSignature("SECRET")),
        opened(SlackSignature("SECRET")),
        opened(TwilioSignature("SECRET", url="URL")),
        opened(HmacHeader("SECRET", "x", event_id=None)),
    )
    shown = [*signatures, Delivered({"x": "canary"}, b"canary", NOW), Verified("canary", b"canary")]
    text = repr([*shown, Challenge({"challenge": "canary"}), *map(vars, signatures)])
    assert SECRET not in text
    assert "canary" not in text
