"""Whatever comes, a scheme verifies or refuses it: it never fails, and accepts nothing that nobody signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.inbox.signatures import (
    Challenge,
    Delivered,
    Opening,
    SignatureError,
    SignatureUndecided,
    Verified,
)
from tests.inbox.paypal import PayPal
from tests.inbox.signing import Scheme, environment, schemes

NOW = 1_800_000_000
NAMES = ("stripe", "standard", "svix", "ed25519", "slack", "old", "github", "shopify", "legacy", "twilio",
         "twilio-json", "paypal")  # fmt: skip
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# What a server hands over: bytes of a header as Latin-1.
TEXT = st.text(st.characters(max_codepoint=255), max_size=80)
PIECES = st.sampled_from(
    ["v1,", "v1=", "v0=", "t=", "sha256=", "=", ",", " ", "1800000000", "A" * 88, "0" * 64]
)
VALUES = TEXT | st.lists(PIECES | TEXT, max_size=8).map("".join)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def opened(
    loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Scheme]]:
    with PayPal(tmp_path_factory.mktemp("paypal")) as paypal:
        every = schemes(paypal)

        async def open_all() -> None:
            for scheme in every:
                scheme.signature.open(Opening(scheme.name, environment(every)))

        async def close_all() -> None:
            for scheme in every:
                await scheme.signature.close()

        loop.run_until_complete(open_all())
        yield {scheme.name: scheme for scheme in every}
        loop.run_until_complete(close_all())


def outcome(
    loop: asyncio.AbstractEventLoop, scheme: Scheme, headers: dict[str, str], body: bytes, query: str
) -> Verified | Challenge | int:
    """What is found, or the status of a refusal."""
    try:
        return loop.run_until_complete(scheme.signature.verify(Delivered(headers, body, NOW, query)))
    except SignatureUndecided:
        return 503
    except SignatureError as error:
        return error.status


@pytest.mark.parametrize("name", NAMES)
@MANY
@given(data=st.data())
def test_headers_that_nobody_signed_are_refused(
    name: str, data: Any, loop: asyncio.AbstractEventLoop, opened: dict[str, Scheme]
) -> None:
    scheme = opened[name]
    good = scheme.sign(scheme.body, NOW, scheme.secrets[0])
    headers = {key: data.draw(VALUES | st.just(value), label=key) for key, value in good.items()}
    headers[scheme.header] = data.draw(VALUES, label="signature")
    body = data.draw(st.binary(max_size=200) | st.just(scheme.body))
    query = data.draw(VALUES | st.just(scheme.query(body).removeprefix("?")), label="query")
    assert outcome(loop, scheme, headers, body, query) in (400, 401)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("id", "event_id", "type", "event_type", "event", "data", "EventType"), JSON),
)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "twilio"])
@MANY
@given(value=MEMBERS | JSON)
def test_whatever_json_is_signed_is_an_event_or_refused(
    name: str, value: Any, loop: asyncio.AbstractEventLoop, opened: dict[str, Scheme]
) -> None:
    scheme = opened[name]
    body = json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
    try:
        body.decode()
    except UnicodeDecodeError:
        return
    headers = scheme.sign(body, NOW, scheme.secrets[0])
    found = outcome(loop, scheme, headers, body, scheme.query(body).removeprefix("?"))
    if isinstance(found, Verified):
        assert found.body == body
        assert 0 < len(found.event_id) <= 255
        assert found.event_id.isascii()
        assert found.event_id.isprintable()
        assert found.type is None or (found.type.isascii() and found.type.isprintable())
    else:
        assert found == 400 or isinstance(found, Challenge)


@MANY
@given(form=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=20)), max_size=6))
def test_whatever_form_is_signed_is_an_event_or_refused(
    form: list[tuple[str, str]], loop: asyncio.AbstractEventLoop, opened: dict[str, Scheme]
) -> None:
    scheme = opened["twilio"]
    try:
        body = urlencode(form).encode()
    except UnicodeEncodeError:
        return
    found = outcome(loop, scheme, scheme.sign(body, NOW, scheme.secrets[0]), body, "")
    if isinstance(found, Verified):
        told = json.loads(found.body)
        assert set(told) == {name for name, _ in form}
        assert all(text == told[name] or text in told[name] for name, text in form)
    else:
        assert found == 400
