"""Redirects: followed where an adapter allows it, and never with what is not theirs to see."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import pytest
import trustme

from patchbay.address import parse_address
from patchbay.calls import Call, CallPolicy, Egress, Limits, Opened, Pipeline, Reply, Resources
from patchbay.calls.redirects import Redirects
from patchbay.calls.tls import make_tls_context
from patchbay.environment import Secret
from patchbay.errors import UpstreamError, UpstreamForbidden, UpstreamTimeout
from tests.egress.names import Names
from tests.patchbay.calling import CANARY, assert_safe
from tests.patchbay.wire import Answer, Request, Wire, answering, reply

GET = Call("GET /things", "GET", "/things?ids=1", headers={"Authorization": CANARY, "Cookie": CANARY})
READ = Call("Read", "POST", "/read", headers={"SOAPAction": "Read"}, body=CANARY.encode(), safe=True)
STATUSES = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
CREDENTIALS = Opened(headers={"X-Api-Key": Secret(CANARY, "KEY")}, query={"api_key": Secret(CANARY, "KEY")})


def to(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", status, location=location)


def found_at(path: str, location: str, status: str = "302 Found") -> Answer:
    """A redirect everywhere but at one path."""
    return answering(
        lambda request: reply(b"well") if request.target.startswith(path) else to(location, status)
    )


@asynccontextmanager
async def pipeline(
    url: str, egress: Egress, tls: ssl.SSLContext | None = None, deadline_seconds: float = 3
) -> AsyncIterator[Pipeline]:
    credentials = Opened(CREDENTIALS.headers, CREDENTIALS.query, tls)
    policy = CallPolicy(Limits(deadline_seconds=deadline_seconds), retry=None, breaker=None, egress=egress)
    pipe = Pipeline(
        "things", url, policy=policy, credentials=credentials, resources=Resources(single_flight=False)
    )
    try:
        yield pipe
    finally:
        await pipe.close()


async def sent(url: str, egress: Egress, call: Call = GET) -> Reply:
    async with pipeline(url, egress) as pipe:
        return await pipe.send(call)


async def refusal(url: str, egress: Egress, call: Call = GET) -> None:
    with pytest.raises(UpstreamForbidden) as caught:
        await sent(url, egress, call)
    assert_safe(caught.value)
    assert CANARY not in repr(caught.value.__cause__)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Wire]:
    async with Wire(reply(b"well, elsewhere")) as elsewhere:
        yield elsewhere


class TestAtHome:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize(
        "location", ["/v2/things?ids=1", "{url}/v2/things?ids=1", "../v2/things?ids=1#part"]
    )
    async def test_a_redirect_in_the_own_origin_takes_the_credentials_along(
        self, status: str, location: str
    ) -> None:
        async with Wire(b"") as wire:
            wire.answer = found_at("/v2", location.format(url=wire.url), status)
            assert (await sent(f"{wire.url}/v1", Egress(redirects=1))).body == b"well"
            first, second = wire.requests
        assert first.target == f"/v1/things?ids=1&api_key={CANARY}"
        assert second.target == f"/v2/things?ids=1&api_key={CANARY}"
        assert second.headers == first.headers
        assert first.headers["x-api-key"] == CANARY

    async def test_a_credential_that_the_location_repeats_is_sent_once(self) -> None:
        async with Wire(found_at("/v2", f"/v2?a=1&API%5Fkey={CANARY}&b=2")) as wire:
            await sent(wire.url, Egress(redirects=1))
            assert wire.requests[1].target == f"/v2?a=1&b=2&api_key={CANARY}"

    @pytest.mark.parametrize("status", STATUSES)
    async def test_a_read_by_post_stays_one_unless_it_is_told_to_see_elsewhere(self, status: str) -> None:
        async with Wire(found_at("/v2", "/v2", status)) as wire:
            assert (await sent(wire.url, Egress(redirects=1), READ)).body == b"well"
            second = wire.requests[1]
        if status == "303 See Other":
            assert (second.method, second.body) == ("GET", b"")
            assert "soapaction" not in second.headers
        else:
            assert (second.method, second.body) == ("POST", CANARY.encode())
            assert second.headers["soapaction"] == "Read"

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_what_changes_something_is_never_sent_on(self, method: str) -> None:
        for status in STATUSES:
            async with Wire(found_at("/v2", "/v2", status)) as wire:
                write = Call("write", method, "/write", body=b"{}")
                assert (await sent(wire.url, Egress(redirects=5), write)).status == int(status[:3])
                assert len(wire.requests) == 1

    async def test_redirects_are_off_unless_they_are_allowed(self) -> None:
        async with Wire(found_at("/v2", "/v2")) as wire:
            assert (await sent(wire.url, Egress())).status == 302
            assert len(wire.requests) == 1

    @pytest.mark.parametrize("allowed", [1, 3])
    async def test_no_more_than_allowed_are_followed(self, allowed: int) -> None:
        async with Wire(to("/again")) as wire:
            assert (await sent(wire.url, Egress(redirects=allowed))).status == 302
            assert len(wire.requests) == 1 + allowed

    async def test_a_redirect_without_a_location_is_handed_back(self) -> None:
        async with Wire(reply(b"", "302 Found")) as wire:
            assert (await sent(wire.url, Egress(redirects=3))).status == 302
            assert len(wire.requests) == 1

    async def test_all_hops_share_one_deadline(self) -> None:
        async with (
            Wire(answering(lambda _: to("/again"), after_seconds=0.2)) as wire,
            pipeline(wire.url, Egress(redirects=10), deadline_seconds=0.5) as pipe,
        ):
            with pytest.raises(UpstreamTimeout):
                await pipe.send(GET)
            assert len(wire.requests) == 3

    async def test_an_error_behind_a_redirect_is_that_error(self) -> None:
        async def broken(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.target.startswith("/v2"):
                writer.close()
            else:
                writer.write(to("/v2"))

        async with Wire(broken) as wire:
            with pytest.raises(UpstreamError) as caught:
                await sent(wire.url, Egress(redirects=1))
        assert caught.value.code == "UPSTREAM_UNAVAILABLE"


class TestElsewhere:
    @pytest.mark.parametrize("status", STATUSES)
    async def test_an_origin_that_was_named_gets_nothing_that_says_who_we_are(
        self, elsewhere: Wire, status: str
    ) -> None:
        there = f"http://user:pw@{elsewhere.url[7:]}/file?part=1&api_key={CANARY}"
        async with Wire(to(there, status)) as wire:
            egress = Egress(redirects=2, origins=(elsewhere.url,))
            assert (await sent(wire.url, egress)).body == b"well, elsewhere"
        (asked,) = elsewhere.requests
        assert asked.target == "/file?part=1"
        assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding"}
        assert CANARY not in f"{asked}"

    @pytest.mark.parametrize(
        "location",
        [
            "{elsewhere}/", "//{elsewhere_host}/", "http://{home_host}@{elsewhere_host}/",
            "http://127.0.0.1:{elsewhere_port}%2f@{elsewhere_host}/", "HTTP://{elsewhere_host}",
            "http://169.254.169.254/latest/meta-data/", "http://[::1]:{elsewhere_port}/", "http://0.0.0.0/",
            "http://localhost:{home_port}/", "https://{home_host}/", "http://127.0.0.1/", "http://127.1:{home_port}/",
            "http://2130706433:{home_port}/", "http://[::ffff:127.0.0.1]:{home_port}/",
            "file:///etc/passwd", "ftp://{home_host}/", "javascript:alert(1)", "http:\\\\{elsewhere_host}\\",
            "/\\{elsewhere_host}/", "http://[", "http://{home_host}:99999/", "x" * 70_000,
            "http://{home_host}/a b",
        ],
    )  # fmt: skip
    async def test_anywhere_else_nothing_goes(self, elsewhere: Wire, location: str) -> None:
        async with Wire(b"") as wire:
            hosts = {"home": wire.url, "elsewhere": elsewhere.url}
            parts = {f"{name}_host": url[7:] for name, url in hosts.items()}
            parts |= {f"{name}_port": url.rpartition(":")[2] for name, url in hosts.items()}
            wire.answer = to(location.format(**hosts, **parts))
            egress = Egress(redirects=3, origins=("https://cdn.example",))
            await refusal(wire.url, egress)
            assert len(wire.requests) == 1
        assert elsewhere.connections == 0

    async def test_a_follower_that_asks_nobody_would_go_there(
        self, elsewhere: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def anywhere(_: object, origin: str, target: str, location: str) -> object:
            return parse_address(urljoin(origin + target, location))

        monkeypatch.setattr(Redirects, "_judged", anywhere)
        async with Wire(to(elsewhere.url)) as wire:
            assert (await sent(wire.url, Egress(redirects=1))).body == b"well, elsewhere"

    @pytest.mark.parametrize("status", STATUSES)
    async def test_a_body_stays_at_home(self, elsewhere: Wire, status: str) -> None:
        async with Wire(to(elsewhere.url, status)) as wire:
            egress = Egress(redirects=2, origins=(elsewhere.url,))
            if status == "303 See Other":
                assert (await sent(wire.url, egress, READ)).body == b"well, elsewhere"
            else:
                await refusal(wire.url, egress, READ)
        assert all(request.body == b"" and request.method == "GET" for request in elsewhere.requests)

    @pytest.mark.parametrize(
        "hidden", ["/{}/file", "/file?token={}", "/file?token=a%2Db{}", "/file?q=Bearer%20{}"]
    )
    async def test_a_credential_in_the_address_stays_at_home(self, elsewhere: Wire, hidden: str) -> None:
        for secret in (CANARY, CANARY.replace("-", "%2D")):
            async with Wire(to(elsewhere.url + hidden.format(secret))) as wire:
                await refusal(wire.url, Egress(redirects=2, origins=(elsewhere.url,)))
        assert elsewhere.connections == 0

    async def test_there_is_no_way_back(self, elsewhere: Wire) -> None:
        async with Wire(to(elsewhere.url)) as wire:
            elsewhere.answer = to(f"{wire.url}/transfer?to=them")
            await refusal(wire.url, Egress(redirects=5, origins=(elsewhere.url,)))
            assert len(wire.requests) == len(elsewhere.requests) == 1

    async def test_from_there_only_to_what_was_named_as_well(self, elsewhere: Wire) -> None:
        async with Wire(to(elsewhere.url)) as wire, Wire(reply(b"third")) as third:
            elsewhere.answer = to(third.url)
            await refusal(wire.url, Egress(redirects=5, origins=(elsewhere.url,)))
            assert third.connections == 0
            assert (
                await sent(wire.url, Egress(redirects=5, origins=(elsewhere.url, third.url)))
            ).body == b"third"

    async def test_the_guard_stands_there_as_well(self, elsewhere: Wire, names: Names) -> None:
        names.addresses["cdn.example"] = ["127.0.0.1"]
        there = f"http://cdn.example:{elsewhere.url.rpartition(':')[2]}"
        async with Wire(to(there)) as wire:
            await refusal(wire.url, Egress(redirects=1, origins=(there,)))
            assert elsewhere.connections == 0
            egress = Egress(redirects=1, origins=(there,), networks=("127.0.0.0/8",))
            assert (await sent(wire.url, egress)).body == b"well, elsewhere"

    async def test_connections_there_are_kept_and_closed_with_the_upstream(self, elsewhere: Wire) -> None:
        async with Wire(to(elsewhere.url)) as wire:
            async with pipeline(wire.url, Egress(redirects=1, origins=(elsewhere.url,))) as pipe:
                for _ in range(3):
                    assert (await pipe.send(GET)).body == b"well, elsewhere"
                assert elsewhere.connections == 1
            await asyncio.wait_for(elsewhere.all_closed.wait(), 2)


class TestEncrypted:
    @pytest.fixture
    def certificates(self) -> Mapping[str, ssl.SSLContext]:
        ca = trustme.CA()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(server)
        return {"server": server, "client": make_tls_context(ca.cert_pem.bytes().decode())}

    async def test_from_https_to_http_nothing_goes(
        self, certificates: Mapping[str, ssl.SSLContext], elsewhere: Wire
    ) -> None:
        async with Wire(b"", tls=certificates["server"]) as wire:
            egress = Egress(redirects=2, origins=(elsewhere.url, wire.url.replace("https", "http")))
            async with pipeline(wire.url, egress, certificates["client"]) as pipe:
                for location in (elsewhere.url, wire.url.replace("https", "http")):
                    wire.answer = to(location)
                    with pytest.raises(UpstreamForbidden):
                        await pipe.send(GET)
                wire.answer = found_at("/v2", f"{wire.url}/v2")
                assert (await pipe.send(GET)).body == b"well"
        assert elsewhere.connections == 0

    async def test_a_client_certificate_stays_at_home(
        self, certificates: Mapping[str, ssl.SSLContext]
    ) -> None:
        # The other origin's certificate is by an authority that only the upstream's own context trusts.
        async with (
            Wire(reply(b"{}"), tls=certificates["server"]) as there,
            Wire(b"", tls=certificates["server"]) as wire,
            pipeline(wire.url, Egress(redirects=1, origins=(there.url,)), certificates["client"]) as pipe,
        ):
            wire.answer = to(there.url)
            with pytest.raises(UpstreamError, match="TLS failed"):
                await pipe.send(GET)
            assert there.requests == []
