"""Credentials on the wire, and nowhere else."""

from __future__ import annotations

import base64
import logging
import traceback
from typing import Never

import pytest

from patchbay.calls import ApiKey, Basic, Bearer, Call, Credentials, Limits, Opened, Opening
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, UpstreamError
from patchbay.upstreams import Rest, UsernameToken
from tests.patchbay.calling import CANARY, GET, opened, pipeline_to
from tests.patchbay.wire import Answer, Wire, cut_off, json_reply, silence

KINDS: list[Credentials | UsernameToken] = [
    ApiKey("CRM_KEY"),
    Bearer("CRM_KEY"),
    Basic("CRM_USER", "CRM_KEY"),
    UsernameToken("CRM_USER", "CRM_KEY"),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)


def opened_by(kind: Credentials, environment: Environment) -> Opened:
    """The credentials, open; they ask no other server."""

    def connect(url: str) -> Never:
        raise AssertionError(url)

    return kind.open(Opening("crm", environment, connect))


def read(kind: Credentials | UsernameToken, environment: Environment) -> object:
    """What the credentials make of their variables."""
    return kind.token(environment) if isinstance(kind, UsernameToken) else opened_by(kind, environment)


async def sent_headers(kind: Credentials, **values: str) -> dict[str, str]:
    rest = Rest("crm", base_url="CRM_URL", credentials=kind)
    async with Wire(json_reply({})) as wire, opened(rest, CRM_URL=wire.url, **values):
        await rest.send(GET)
        return wire.requests[0].headers


async def test_an_api_key_travels_in_its_header() -> None:
    headers = await sent_headers(ApiKey("CRM_KEY", header="X-Crm-Key"), CRM_KEY="s3cret value")
    assert headers["x-crm-key"] == "s3cret value"
    assert "authorization" not in headers


async def test_an_api_key_travels_in_the_query_where_that_is_declared() -> None:
    rest = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY", query="api key"))
    key = "a&b=c d+é#?/"
    async with Wire(json_reply({})) as wire, opened(rest, CRM_URL=wire.url, CRM_KEY=key):
        await rest.send(GET)
        await rest.send(Call("GET /things", "GET", "/things?a=1"))
        for request in wire.requests:
            assert request.query("api key") == [key]
            assert "x-api-key" not in request.headers
        assert wire.requests[1].query("a") == ["1"]


@pytest.mark.parametrize("header", ["", "X Key", "X-Key:", "X-Key\r\nX-Admin", "X-Ké"])
def test_a_header_that_can_be_none_is_told_where_it_is_declared(header: str) -> None:
    with pytest.raises(ConfigurationError, match="a header's name holds"):
        ApiKey("CRM_KEY", header=header)


async def test_a_bearer_token_travels_in_authorization() -> None:
    assert (await sent_headers(Bearer("CRM_KEY"), CRM_KEY="abc.def"))["authorization"] == "Bearer abc.def"


@pytest.mark.parametrize("password", ["open sesame", "with:colon", "grüße", "tab\tand\r\nline"])
async def test_basic_travels_as_base64_of_utf8(password: str) -> None:
    headers = await sent_headers(Basic("CRM_USER", "CRM_KEY"), CRM_USER="ürsula", CRM_KEY=password)
    scheme, _, pair = headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair).decode() == f"ürsula:{password}"


def test_a_user_with_a_colon_is_refused_for_basic() -> None:
    environment = Environment({"CRM_USER": "a:b", "CRM_KEY": CANARY})
    with pytest.raises(ConfigurationError, match="environment variable CRM_USER: a user name") as caught:
        opened_by(Basic("CRM_USER", "CRM_KEY"), environment)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("kind", [ApiKey("CRM_KEY"), Bearer("CRM_KEY")], ids=["ApiKey", "Bearer"])
@pytest.mark.parametrize(
    "value", ["{}\r\nX-Admin: 1", "{}\nx", "{}\0x", "{}\x7fx", "{}é", "{}\u2028x", "\t{}\tx"]
)
def test_a_value_that_breaks_out_of_its_header_is_refused(kind: Credentials, value: str) -> None:
    environment = Environment({"CRM_KEY": value.format(CANARY)})
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_KEY holds characters") as caught:
        opened_by(kind, environment)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@each_kind
def test_bytes_that_are_not_utf8_are_refused_without_showing_them(kind: Credentials | UsernameToken) -> None:
    environment = Environment({"CRM_USER": "u", "CRM_KEY": f"{CANARY}\udcff"})
    with pytest.raises(ConfigurationError, match="CRM_KEY") as caught:
        read(kind, environment)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@each_kind
def test_a_missing_variable_is_named(kind: Credentials | UsernameToken) -> None:
    environment = Environment({})
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_(KEY|USER) is not set$"):
        read(kind, environment)


@each_kind
def test_all_variables_that_are_read_are_declared(kind: Credentials | UsernameToken) -> None:
    assert "CRM_KEY" in [variable.name for variable in kind.variables()]
    assert ("CRM_USER" in [variable.name for variable in kind.variables()]) == hasattr(kind, "user")
    assert all(variable.purpose for variable in kind.variables())


@each_kind
def test_the_declaration_holds_names_only(kind: Credentials | UsernameToken) -> None:
    made = read(kind, Environment({"CRM_USER": "u", "CRM_KEY": CANARY}))
    encoded = base64.b64encode(f"u:{CANARY}".encode()).decode()
    for shown in (repr(kind), str(made), f"{made}"):
        assert CANARY not in shown
        assert encoded not in shown


@pytest.mark.parametrize("answer", [json_reply({}), cut_off(b""), silence], ids=["well", "broken", "silent"])
async def test_calls_put_no_credential_into_logs_or_tracebacks(
    answer: Answer | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = opened_by(ApiKey("CRM_KEY"), Environment({"CRM_KEY": CANARY})).headers
    text = ""
    async with Wire(answer) as wire, pipeline_to(wire.url, Limits(deadline_seconds=0.2), credentials) as pipe:
        try:
            await pipe.send(GET)
        except UpstreamError as error:
            text = "".join(traceback.format_exception(error))
        assert wire.requests[0].headers["x-api-key"] == CANARY
    assert CANARY not in text + caplog.text
