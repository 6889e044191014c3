"""Signed requests, checked by an independent reading of what came over the wire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest

from patchbay.calls import Call, HmacSignature
from patchbay.calls.credentials import Outgoing
from patchbay.errors import ConfigurationError
from patchbay.scope import Scope
from patchbay.upstreams import Rest
from tests.credentials.opening import signer_of
from tests.patchbay import calling
from tests.patchbay.wire import Request, Wire, json_reply

SECRET = "shared sécret"
POST = Call(
    "POST /things", "POST", "/things?a=b%20c&d", {"Content-Type": "application/json"}, b'{"x":"\xff"}'
)


async def sent(credentials: HmacSignature, *calls: Call, **values: str) -> list[Request]:
    """The calls as they stand on the wire, under a base URL with a path."""
    rest = Rest("things", base_url="URL", credentials=credentials)
    async with Wire(json_reply({})) as wire:
        async with calling.opened(rest, URL=f"{wire.url}/v1", SECRET=SECRET, **values):
            for call in calls:
                await rest.send(call)
        return wire.requests


def signature(algorithm: str, *parts: bytes) -> bytes:
    return hmac.new(SECRET.encode(), b"".join(parts), algorithm).digest()


async def test_the_usual_signature_covers_time_method_target_and_body() -> None:
    requests = await sent(HmacSignature("SECRET"), POST, calling.GET)
    for request in requests:
        stamp = request.headers["x-timestamp"]
        assert abs(int(stamp) - time.time()) < 5
        parts = (stamp, ".", request.method, ".", request.target, ".")
        expected = signature("sha256", *(part.encode() for part in parts), request.body)
        assert request.headers["x-signature"] == expected.hex()
    assert [(request.method, request.target) for request in requests] == [
        ("POST", "/v1/things?a=b%20c&d"),
        ("GET", "/v1/things"),
    ]


async def test_vendors_ways_can_be_said() -> None:
    credentials = HmacSignature(
        "SECRET",
        header="X-Sign",
        algorithm="sha512",
        encoding="base64",
        payload="{{{key_id}}}\n{host}\n{path}\n{query}\n{body_hash}\n{timestamp}",
        timestamp_header="X-Time",
        key_id="KEY_ID",
        key_id_header="X-Key",
        prefix="v1=",
    )
    (request,) = await sent(credentials, POST, KEY_ID="key-7")
    body_hash = hashlib.sha512(request.body).hexdigest()
    text = "\n".join(
        ["{key-7}", request.headers["host"], "/v1/things", "a=b%20c&d", body_hash, request.headers["x-time"]]
    )
    expected = base64.b64encode(signature("sha512", text.encode())).decode()
    assert request.headers["x-sign"] == f"v1={expected}"
    assert request.headers["x-key"] == "key-7"


async def test_no_time_is_sent_where_none_is_declared() -> None:
    (request,) = await sent(HmacSignature("SECRET", payload="{body}", timestamp_header=None), POST)
    assert "x-timestamp" not in request.headers
    assert request.headers["x-signature"] == signature("sha256", request.body).hex()


async def test_a_signature_is_made_for_each_request() -> None:
    async with signer_of(HmacSignature("SECRET"), SECRET=SECRET) as signer:
        headers = [
            (await signer.sign(Outgoing(method, "https://h", target, {}, body), Scope()))["X-Signature"]
            for method, target, body in (
                ("GET", "/a", b""), ("POST", "/a", b""), ("GET", "/b", b""), ("GET", "/a", b"x"),
            )
        ]  # fmt: skip
        assert len(set(headers)) == 4
        assert not signer.refused(Scope(), {})
        assert signer.identity(Scope()) == ""


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"payload": "{nonce}"}, "the places of a payload are {timestamp}, {method}"),
        ({"payload": "{}"}, "the places of a payload are"),
        ({"payload": "{0}"}, "the places of a payload are"),
        ({"payload": "{body!r}"}, "the places of a payload are"),
        ({"payload": "{body:>9}"}, "the places of a payload are"),
        ({"payload": "{body.__class__}"}, "the places of a payload are"),
        ({"payload": "{body"}, "its payload cannot be read"),
        ({"payload": "}"}, "its payload cannot be read"),
        ({"algorithm": "md5"}, "there are sha1, sha256, sha384, sha512, and no 'md5'"),
        ({"encoding": "binary"}, "there are hex, base64, and no 'binary'"),
        ({"timestamp_header": None}, "needs a timestamp_header"),
        ({"payload": "{key_id}"}, "needs a key_id"),
        ({"header": "X Signature"}, "a header's name"),
        ({"timestamp_header": "X:T"}, "a header's name"),
        ({"key_id_header": "X\n"}, "a header's name"),
        ({"prefix": "a\r\n"}, "its prefix holds characters"),
    ],
)
def test_what_cannot_be_meant_is_told_where_it_is_declared(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        HmacSignature("SECRET", **wrong)
    assert problem in str(caught.value)


async def test_each_variable_is_declared_and_missed() -> None:
    credentials = HmacSignature("SECRET", key_id="KEY_ID")
    assert [variable.name for variable in credentials.variables()] == ["SECRET", "KEY_ID"]
    assert [variable.name for variable in HmacSignature("SECRET").variables()] == ["SECRET"]
    for name in ("SECRET", "KEY_ID"):
        with pytest.raises(ConfigurationError, match=rf"^environment variable {name} is not set$"):
            async with signer_of(credentials, **{"SECRET": "a", "KEY_ID": "b", name: ""}):
                pass
    with pytest.raises(ConfigurationError, match=r"^environment variable KEY_ID holds characters"):
        async with signer_of(credentials, SECRET="a", KEY_ID="b\nc"):
            pass
