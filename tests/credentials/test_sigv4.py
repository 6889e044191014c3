"""AWS Signature Version 4, checked by a reading of its specification that knows nothing of botocore."""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import pytest

from patchbay.calls import AwsSigV4, Call
from patchbay.calls.credentials import Outgoing, sigv4
from patchbay.errors import ConfigurationError
from patchbay.scope import Scope
from patchbay.upstreams import Rest
from tests.credentials.opening import signer_of
from tests.patchbay import calling
from tests.patchbay.wire import Request, Wire, json_reply

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = {"ACCESS_KEY": ACCESS_KEY, "SECRET_KEY": SECRET_KEY}
_PROOF = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


def aws(service: str = "service", region: str = "us-east-1", session_token: str | None = None) -> AwsSigV4:
    return AwsSigV4(
        access_key="ACCESS_KEY",
        secret_key="SECRET_KEY",
        region=region,
        service=service,
        session_token=session_token,
    )


def require_right(request: Request, service: str = "service") -> list[str]:
    """What a server of AWS's does, with everything but the secret from the wire. Gives the signed headers."""
    proof = _PROOF.fullmatch(request.headers["authorization"])
    assert proof is not None, request.headers["authorization"]
    key_id, day, region, named, signed, signature = proof.groups()
    stamp = request.headers["x-amz-date"]
    assert (key_id, region, named, stamp[:8]) == (ACCESS_KEY, "us-east-1", service, day)
    assert {"host", *(name for name in request.headers if name.startswith("x-amz-"))} <= {*signed.split(";")}
    path, _, query = request.target.partition("?")
    pairs = sorted(
        (encode(name), encode(value)) for name, _, value in (pair.partition("=") for pair in query.split("&"))
    )
    canonical = "\n".join(
        [
            request.method,
            quote(unquote(path), safe="/-_.~") if service == "s3" else quote(path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs) if query else "",
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in signed.split(";")),
            "",
            signed,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{day}/{region}/{named}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, named, "aws4_request", f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert key.hex() == signature
    return signed.split(";")


def encode(text: str) -> str:
    return quote(unquote(text.replace("+", " ")), safe="-_.~")


PUBLISHED = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def test_the_check_accepts_the_example_that_aws_publishes() -> None:
    proof = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={PUBLISHED}"
    )
    headers = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z", "authorization": proof}
    assert require_right(Request("GET", "/", headers, b"")) == ["host", "x-amz-date"]
    for wrong in (
        Request("POST", "/", headers, b""),
        Request("GET", "/a", headers, b""),
        Request("GET", "/?a=b", headers, b""),
        Request("GET", "/", headers, b"x"),
        Request("GET", "/", {**headers, "host": "other.amazonaws.com"}, b""),
    ):
        with pytest.raises(AssertionError):
            require_right(wrong)


async def test_the_example_that_aws_publishes_is_signed_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Then:
            assert tz is UTC
            return cls(2015, 8, 30, 12, 36)

    monkeypatch.setattr(sigv4, "datetime", Then)
    async with signer_of(aws(), **KEYS) as signer:
        request = Outgoing("GET", "https://example.amazonaws.com", "/", {}, b"")
        headers = await signer.sign(request, Scope())
    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["Authorization"].endswith(f"SignedHeaders=host;x-amz-date, Signature={PUBLISHED}")


CALLS = [
    Call("GET /", "GET", "/"),
    Call("GET /things", "GET", "/things?b=2&a=1&a=0&c"),
    Call("GET /things", "GET", "/things/a%20b/%C3%BC,x:y?ids=1,2%2C3&q=a+b%20c%2B&u=%c3%bc&e=&=x&f=a=b"),
    Call("POST /things", "POST", "/things", {"Content-Type": "application/json"}, b'{"x": "\xff"}'),
    Call("PUT /things", "PUT", "/a//b/", {"X-Note": "  two   spaces "}, b"x" * 100_000),
    Call("DELETE /things", "DELETE", "/things/~user/%7Euser"),
]


@pytest.mark.parametrize("service", ["service", "s3"])
@pytest.mark.parametrize("session_token", [None, "SESSION_TOKEN"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.target[:20])
async def test_what_is_signed_is_what_is_sent(service: str, session_token: str | None, call: Call) -> None:
    if service == "service" and "//" in call.target:
        # All but S3 sign a path without its empty steps, which the check above does not do.
        call = Call(call.operation, call.method, "/a/b/", call.headers, call.body)
    rest = Rest("things", base_url="URL", credentials=aws(service, session_token=session_token))
    values = {**KEYS, "SESSION_TOKEN": "session+token/="}
    async with Wire(json_reply({})) as wire, calling.opened(rest, URL=f"{wire.url}/v1", **values):
        await rest.send(call)
        (request,) = wire.requests
    signed = require_right(request, service)
    stamp = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(stamp.timestamp() - time.time()) < 5
    assert request.headers.get("x-amz-security-token") == (session_token and "session+token/=")
    assert ("content-type" in signed) == ("content-type" in request.headers)
    assert ("x-amz-content-sha256" in signed) == (service == "s3")


async def test_a_changed_request_is_found_out() -> None:
    rest = Rest("things", base_url="URL", credentials=aws())
    async with Wire(json_reply({})) as wire, calling.opened(rest, URL=wire.url, **KEYS):
        await rest.send(CALLS[3])
        (request,) = wire.requests
    for changed in (
        Request(request.method, request.target, request.headers, request.body + b" "),
        Request(request.method, request.target + "?a=1", request.headers, request.body),
        Request(request.method, request.target, {**request.headers, "content-type": "a/b"}, request.body),
    ):
        with pytest.raises(AssertionError):
            require_right(changed)


async def test_a_refusal_is_not_signed_again() -> None:
    async with signer_of(aws(), **KEYS) as signer:
        assert not signer.refused(Scope(), {})
        assert signer.identity(Scope()) == ""


async def test_without_botocore_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(
        ConfigurationError, match=r"^things: AwsSigV4 needs botocore: install patchbay\[aws\]$"
    ):
        async with signer_of(aws(), **KEYS):
            pass


@pytest.mark.parametrize(("service", "region"), [("", "us-east-1"), ("s3", ""), ("a/b", "c"), ("a", "US")])
def test_a_region_that_cannot_be_one_is_told_where_it_is_declared(service: str, region: str) -> None:
    with pytest.raises(ConfigurationError, match="holds small letters, digits and dashes only"):
        aws(service, region)


async def test_each_variable_is_declared_and_missed() -> None:
    credentials = aws(session_token="SESSION_TOKEN")
    values = {**KEYS, "SESSION_TOKEN": "abc"}
    assert {variable.name for variable in credentials.variables()} == set(values)
    assert [variable.name for variable in aws().variables()] == list(KEYS)
    for name in values:
        with pytest.raises(ConfigurationError, match=rf"^environment variable {name} is not set$"):
            async with signer_of(credentials, **{**values, name: ""}):
                pass
    for name in ("ACCESS_KEY", "SESSION_TOKEN"):
        with pytest.raises(ConfigurationError, match=rf"^environment variable {name} holds characters"):
            async with signer_of(credentials, **{**values, name: "a\nb"}):
                pass
