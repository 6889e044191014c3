"""A secret stands on the wire and nowhere else, whatever kind of credentials it is of, and whatever fails."""

from __future__ import annotations

import asyncio
import base64
import gc
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from patchbay.calls import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientCertificate,
    ClientCredentials,
    Credentials,
    ForwardToken,
    HmacSignature,
    RefreshToken,
    TokenExchange,
)
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, PatchbayError
from patchbay.scope import enter_scope
from patchbay.upstreams import Rest, UsernameToken, Wsse, X509Signature
from patchbay.upstreams.soap_credentials import EnvelopeCredentials
from tests.credentials.opening import scope_of
from tests.credentials.token_server import TokenServer
from tests.credentials.watching import CANARY, FORMS, PEMS, Watch, talkative
from tests.patchbay import calling
from tests.patchbay.calling import GET
from tests.patchbay.wire import Wire, cut_off, json_reply, reply
from tests.soap import rows
from tests.soap.documents import envelope
from tests.soap.service import Answer, Service, answered, row

Later = Callable[[float], None]


@dataclass(frozen=True)
class Kind:
    """Credentials with a canary in each secret."""

    credentials: Credentials
    caller: dict[str, str] = field(default_factory=dict)
    tls: bool = False

    def __str__(self) -> str:
        return type(self.credentials).__name__


OAUTH = ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
CERTIFICATE = ClientCertificate(
    "CERT", "KEY", password="PASSWORD", authority="AUTHORITY", credentials=Bearer("SECRET")
)
KINDS = [
    Kind(ApiKey("SECRET")),
    Kind(ApiKey("SECRET", query="key")),
    Kind(Basic("USER", "SECRET")),
    Kind(Bearer("SECRET")),
    Kind(ClientCredentials(*OAUTH)),
    Kind(ClientCredentials(*OAUTH, authentication="post")),
    Kind(RefreshToken(*OAUTH[:2], "SECRET", "CLIENT_SECRET")),
    Kind(TokenExchange(*OAUTH), {"authorization": f"Bearer {CANARY}"}),
    Kind(ForwardToken(), {"authorization": f"Bearer {CANARY}"}),
    Kind(ForwardToken("Cookie"), {"cookie": f"session={CANARY}"}),
    Kind(HmacSignature("SECRET", key_id="CLIENT_ID")),
    Kind(
        AwsSigV4(access_key="CLIENT_ID", secret_key="SECRET", session_token="TOKEN", region="r", service="s")
    ),
    Kind(CERTIFICATE, tls=True),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


VALUES = {
    "SECRET": CANARY,
    "TOKEN": CANARY,
    "USER": "user",
    "CLIENT_ID": f"id-{CANARY}",
    "CLIENT_SECRET": CANARY,
    **PEMS.values,
}


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """All that is logged at any level by anybody, and all that is printed."""
    loggers = [
        logging.getLogger(),
        *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict)),
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)

    def logs() -> str:
        gc.collect()
        printed = capfd.readouterr()
        dumped = "\n".join(repr(vars(record)) for record in caplog.records)
        return f"{caplog.text}\n{dumped}\n{printed.out}\n{printed.err}"

    yield logs
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def outcome(rest: Rest, watch: Watch, caller: dict[str, str]) -> int | None:
    """The status of one call, or None where it failed."""

    async def operation() -> int | None:
        enter_scope(scope_of(**caller))
        try:
            return (await rest.send(GET)).status
        except PatchbayError as error:
            watch.error(error)
            return None

    task = asyncio.create_task(operation())
    status = await task
    watch.thing(task)
    return status


@each_kind
async def test_calls_show_no_secret(kind: Kind, server: TokenServer, logs: Callable[[], str]) -> None:
    talkative()
    watch = Watch()
    server.extra.update(access_token=CANARY, refresh_token=CANARY)
    rest = Rest("things", base_url="URL", credentials=kind.credentials, retry=None, breaker=None)
    async with Wire(json_reply({}), PEMS.server if kind.tls else None) as wire:
        values = {**VALUES, "URL": wire.url, "TOKEN_URL": server.url}
        async with calling.opened(rest, **values):
            for answer, status in (
                (json_reply({}), 200),
                (json_reply(CANARY, "401 Unauthorized"), 401),
                (json_reply(CANARY, "500 Down"), 500),
                (reply(CANARY.encode(), content_encoding="gzip"), None),
                (b"HTTP/1.1 " + CANARY.encode(), None),
                (cut_off(b""), None),
            ):
                wire.answer = answer
                assert await outcome(rest, watch, kind.caller) == status
                watch.thing(rest)
            watch.thing(kind.credentials)
            sent = "\n".join(map(repr, (*wire.requests, *server.asked)))
        watch.thing(rest)
    if not isinstance(kind.credentials, HmacSignature):
        assert any(form in sent for form in FORMS), "the secret was used"
    assert watch.hits(logs()) == []


TOKEN_KINDS = [kind for kind in KINDS if "token_url" in vars(kind.credentials)]


@pytest.mark.parametrize("kind", TOKEN_KINDS, ids=str)
async def test_token_calls_that_fail_show_no_secret(
    kind: Kind, server: TokenServer, logs: Callable[[], str], later: Later
) -> None:
    talkative()
    watch = Watch()
    rest = Rest("things", base_url="URL", credentials=kind.credentials)
    token = CANARY.encode()
    async with Wire(json_reply({})) as wire:
        values = {**VALUES, "URL": wire.url, "TOKEN_URL": server.url}
        async with calling.opened(rest, **values):
            for answer in (
                json_reply({"error": CANARY, "error_description": CANARY}, "400 Bad Request"),
                json_reply({"error": "invalid_client", "error_description": CANARY}, "401 Unauthorized"),
                json_reply(CANARY, "503 Down"),
                reply(status="302 Found", location=f"http://h/{CANARY}"),
                reply(token),
                reply(b'{"access_token": "%s \\n"}' % token),
                reply(b'{"access_token": "%s\xff"}' % token),
                reply(b'{"access_token": "a", "token_type": "%s"}' % token),
                reply(b'{"access_token": "a", "expires_in": {"%s": 1}}' % token),
                reply(token, content_encoding="gzip"),
                b"HTTP/1.1 " + token,
            ):
                server.answer = answer
                assert await outcome(rest, watch, kind.caller) is None
                watch.thing(rest)
                later(1.1)
            assert (len(server.asked), len(wire.requests)) == (11, 0)
    assert watch.hits(logs()) == []


@each_kind
@pytest.mark.parametrize("spoilt", ["{}\x00", "{}\r\nX: y", "{}é", "é{}\udcff", "-----BEGIN {}", "/{}/x"])
async def test_variables_that_cannot_be_used_show_no_secret(
    kind: Kind, spoilt: str, logs: Callable[[], str]
) -> None:
    watch, problems = Watch(), []
    for variable in kind.credentials.variables():
        values = {
            **VALUES,
            "TOKEN_URL": "http://h/",
            "URL": "http://h/",
            variable.name: spoilt.format(CANARY),
        }
        rest = Rest("things", base_url="URL", credentials=kind.credentials)
        try:
            async with calling.opened(rest, **values):
                watch.thing(rest)
        except ConfigurationError as error:
            watch.error(error)
            problems.append((variable.name, str(error)))
    assert all(name in problem for name, problem in problems)
    assert watch.hits(logs()) == []


ENVELOPES: list[EnvelopeCredentials] = [
    UsernameToken("USER", "SECRET", timestamp_seconds=60),
    UsernameToken("USER", "SECRET", digest=True),
    X509Signature("CERT", "KEY", password="PASSWORD"),
    Wsse(
        UsernameToken("USER", "SECRET"),
        X509Signature("CERT", "KEY", "PASSWORD"),
        http=Basic("USER", "SECRET"),
    ),
]


@pytest.mark.parametrize("credentials", ENVELOPES, ids=["text", "digest", "x509", "all"])
async def test_envelopes_show_no_secret_outside_of_the_wire(
    credentials: EnvelopeCredentials, logs: Callable[[], str]
) -> None:
    talkative()
    watch = Watch()
    upstream = rows.Rows(credentials=credentials)
    async with Service() as service:
        service.describe()
        async with rows.opened(upstream, service.wsdl_url, **VALUES):
            watch.thing(credentials.token(Environment(VALUES)))
            for answer in (
                Answer(rows_answer()),
                Answer(CANARY.encode(), 500),
                Answer(CANARY.encode()),
                Answer(CANARY.encode(), 401),
            ):
                service.answer = lambda _, answer=answer: answer  # type: ignore[misc]  # bound for this turn
                (found,) = await upstream.by_ids(["a"])
                if isinstance(found, Exception):
                    watch.error(found)
                watch.thing(upstream.soap)
        watch.thing(upstream.soap)
    assert watch.hits(logs()) == []


def rows_answer() -> bytes:
    return envelope(answered(row("a")))


@pytest.mark.parametrize("credentials", ENVELOPES, ids=["text", "digest", "x509", "all"])
@pytest.mark.parametrize("spoilt", ["{}\x08", "é{}\udcff", "-----BEGIN {}", "/{}/x"])
def test_variables_that_no_envelope_can_carry_show_no_secret(
    credentials: EnvelopeCredentials, spoilt: str, logs: Callable[[], str]
) -> None:
    watch, problems = Watch(), []
    for variable in credentials.variables():
        try:
            watch.thing(credentials.token(Environment({**VALUES, variable.name: spoilt.format(CANARY)})))
        except ConfigurationError as error:
            watch.error(error)
            problems.append((variable.name, str(error)))
    assert all(name in problem for name, problem in problems)
    assert watch.hits(logs()) == []


def test_the_watch_sees_what_it_looks_for() -> None:
    class Leaky:
        """Prints nothing itself, and holds a secret in the open."""

    Leaky.__module__ = "patchbay.leaky"
    leaky = Leaky()
    leaky.__dict__["inner"] = [Basic("USER", CANARY)]
    for leak in (CANARY, f"Bearer {CANARY}", [{"a": CANARY}], leaky, PEMS.values["KEY"]):
        watch = Watch()
        watch.thing(leak)
        assert watch.hits() != []
    for before in ("", "u:", "us:", "use:"):
        assert Watch().hits(base64.b64encode(f"{before}{CANARY}".encode()).decode()) != []
    watch = Watch()
    watch.error(ValueError(CANARY))
    assert watch.hits() != []
    assert Watch().hits("nothing") == []
