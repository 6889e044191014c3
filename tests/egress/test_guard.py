"""Names that lead to closed places: nothing is connected, nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from patchbay.calls import CallPolicy, Egress, Limits, Opened, Pipeline, Resources
from patchbay.calls.egress import Guard
from patchbay.environment import Secret
from patchbay.errors import UpstreamError
from tests.egress.names import Names
from tests.patchbay.calling import CANARY, GET, assert_safe
from tests.patchbay.wire import Wire, reply

THIS_MACHINE = Egress(networks=("127.0.0.0/8",))
FORBIDDEN = "UPSTREAM_FORBIDDEN"
LET_IN = "UPSTREAM_UNAVAILABLE"
"""An address that may be called; that names.py keeps it from being called is not the guard's doing."""

CLOSED = (
    "127.0.0.1 127.8.8.8 ::1 ::ffff:127.0.0.1 0.0.0.0 :: 169.254.169.254 fe80::1 fd00:ec2::254 224.0.0.1 "
    "100.100.100.200 168.63.129.16 64:ff9b::7f00:1 2002:7f00:1:: 255.255.255.255 ::ffff:169.254.169.254"
)
NO_PLACES = "169.254.169.254 [::ffff:a9fe:a9fe] [fe80::1] 0.0.0.0 [::] 100.100.100.200 224.0.0.1"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire(reply(b"well")) as wire:
        yield wire


def pipeline(url: str, egress: Egress | None = None) -> Pipeline:
    return Pipeline(
        "things",
        url,
        policy=CallPolicy(Limits(deadline_seconds=3), retry=None, breaker=None, egress=egress or Egress()),
        credentials=Opened(headers={"X-Api-Key": Secret(CANARY, "KEY")}),
        resources=Resources(single_flight=False),
    )


async def outcome(pipe: Pipeline) -> str:
    """The body of the answer, or the code of the error."""
    try:
        return (await pipe.send(GET)).body.decode()
    except UpstreamError as error:
        assert_safe(error)
        return error.code


async def first_outcome(url: str, egress: Egress | None = None) -> str:
    pipe = pipeline(url, egress)
    try:
        return await outcome(pipe)
    finally:
        await pipe.close()


def port_of(wire: Wire) -> str:
    return wire.url.rpartition(":")[2]


class TestNames:
    @pytest.mark.parametrize("address", CLOSED.split())
    async def test_a_name_never_leads_to_a_closed_address(
        self, names: Names, wire: Wire, address: str
    ) -> None:
        names.addresses["things.example"] = [address]
        assert await first_outcome(f"http://things.example:{port_of(wire)}") == FORBIDDEN
        assert wire.connections == 0

    @pytest.mark.parametrize("address", ["8.8.8.8", "10.1.2.3", "192.168.0.9", "100.64.1.1", "fd12::1"])
    async def test_a_name_may_lead_to_the_internet_and_to_private_networks(
        self, names: Names, address: str
    ) -> None:
        names.addresses["things.example"] = [address]
        assert await first_outcome("http://things.example") == LET_IN

    @pytest.mark.parametrize("good", ["8.8.8.8", "10.1.2.3"])
    async def test_one_closed_address_closes_the_whole_answer(
        self, names: Names, wire: Wire, good: str
    ) -> None:
        for answer in ([good, "127.0.0.1"], ["127.0.0.1", good], [good, good, "127.0.0.1", good]):
            names.addresses["things.example"] = answer
            assert await first_outcome(f"http://things.example:{port_of(wire)}") == FORBIDDEN
        assert wire.connections == 0

    @pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "017700000001", "0"])
    async def test_odd_spellings_of_an_address_are_names(self, wire: Wire, host: str) -> None:
        assert await first_outcome(f"http://{host}:{port_of(wire)}") in (FORBIDDEN, LET_IN)
        assert wire.connections == 0

    async def test_other_digits_and_dots_are_the_address_that_they_spell(self, wire: Wire) -> None:
        # As in a browser: in wide digits and with another full stop, the operator has written 127.0.0.1.
        assert await first_outcome(f"http://\uff11\uff12\uff17\u30020.0.1:{port_of(wire)}") == "well"

    async def test_without_the_guard_all_of_this_would_get_there(
        self, names: Names, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Guard, "admit", lambda *_: None)
        names.addresses["things.example"] = ["8.8.8.8", "127.0.0.1"]
        assert await first_outcome(f"http://things.example:{port_of(wire)}") == "well"
        assert wire.requests[0].headers["x-api-key"] == CANARY


class TestOwnWord:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::ffff:127.0.0.1]"])
    async def test_the_environment_may_name_this_machine(self, wire: Wire, host: str) -> None:
        assert await first_outcome(f"http://{host}:{port_of(wire)}") == "well"

    @pytest.mark.parametrize("host", NO_PLACES.split())
    async def test_but_no_metadata_and_nothing_that_is_no_place(self, host: str) -> None:
        assert await first_outcome(f"http://{host}:1") == FORBIDDEN

    async def test_localhost_leads_to_this_machine_or_nowhere_closed(self, names: Names) -> None:
        names.addresses["localhost"] = ["169.254.169.254"]
        assert await first_outcome("http://localhost") == FORBIDDEN

    async def test_whatever_is_below_localhost_as_well(self, names: Names, wire: Wire) -> None:
        names.addresses["things.localhost"] = ["127.0.0.1"]
        assert await first_outcome(f"http://things.localhost:{port_of(wire)}") == "well"

    @pytest.mark.parametrize("host", ["localhost.example", "localhost.localdomain", "notlocalhost"])
    async def test_a_name_that_looks_like_it_is_a_name(self, names: Names, wire: Wire, host: str) -> None:
        names.addresses[host] = ["127.0.0.1"]
        assert await first_outcome(f"http://{host}:{port_of(wire)}") == FORBIDDEN
        assert wire.connections == 0


class TestLeave:
    async def test_networks_open_what_is_closed(self, names: Names, wire: Wire) -> None:
        names.addresses["things.example"] = ["127.0.0.1"]
        assert await first_outcome(f"http://things.example:{port_of(wire)}", THIS_MACHINE) == "well"

    async def test_and_nothing_else(self, names: Names) -> None:
        egress = Egress(networks=("169.254.169.254/32", "fe80::/10"))
        for address, expected in {
            "169.254.169.254": LET_IN,
            "::ffff:169.254.169.254": LET_IN,
            "fe80::7": LET_IN,
            "169.254.169.253": FORBIDDEN,
            "127.0.0.1": FORBIDDEN,
        }.items():
            names.addresses["things.example"] = [address]
            assert await first_outcome("http://things.example", egress) == expected, address

    async def test_a_literal_gets_it_as_well(self) -> None:
        egress = Egress(networks=("0.0.0.0/8",))
        assert await first_outcome("http://0.0.0.0:1", egress) == LET_IN


class TestRebinding:
    async def test_a_name_of_the_internet_does_not_become_one_of_the_private_network(
        self, names: Names
    ) -> None:
        pipe = pipeline("http://things.example")
        for addresses, expected in (
            (["8.8.8.8", "2606:4700::1111"], LET_IN),
            (["10.0.0.5"], FORBIDDEN),
            (["8.8.8.8", "10.0.0.5"], FORBIDDEN),
            (["::ffff:10.0.0.5"], FORBIDDEN),
            (["9.9.9.9"], LET_IN),
        ):
            names.addresses["things.example"] = addresses
            assert await outcome(pipe) == expected, addresses
        await pipe.close()

    async def test_until_it_is_opened_anew(self, names: Names) -> None:
        for addresses in (["8.8.8.8"], ["10.0.0.5"]):
            names.addresses["things.example"] = addresses
            assert await first_outcome("http://things.example") == LET_IN

    async def test_a_name_of_the_private_network_may_move(self, names: Names) -> None:
        pipe = pipeline("http://things.example")
        for addresses in (["10.0.0.5"], ["8.8.8.8"], ["10.0.0.6"], ["8.8.8.8", "10.0.0.5"]):
            names.addresses["things.example"] = addresses
            assert await outcome(pipe) == LET_IN
        await pipe.close()

    async def test_an_adapter_may_expect_it(self, names: Names) -> None:
        pipe = pipeline("http://things.example", Egress(networks=("10.0.0.0/24",)))
        for addresses, expected in ((["8.8.8.8"], LET_IN), (["10.0.0.5"], LET_IN), (["10.0.1.5"], FORBIDDEN)):
            names.addresses["things.example"] = addresses
            assert await outcome(pipe) == expected
        await pipe.close()

    async def test_each_connection_is_one_look_up_that_is_judged(self, names: Names, wire: Wire) -> None:
        names.addresses["things.example"] = ["127.0.0.1"]
        pipe = pipeline(f"http://things.example:{port_of(wire)}", THIS_MACHINE)
        assert [await outcome(pipe) for _ in range(3)] == ["well"] * 3
        assert names.asked == ["things.example"]
        wire.answer = reply(b"well", connection="close")
        assert [await outcome(pipe) for _ in range(3)] == ["well"] * 3
        assert names.asked == ["things.example"] * wire.connections
        await pipe.close()

    async def test_a_refusal_is_no_failure_of_the_upstream_and_not_tried_again(
        self, names: Names, wire: Wire
    ) -> None:
        names.addresses["things.example"] = ["127.0.0.1"]
        pipe = Pipeline("things", f"http://things.example:{port_of(wire)}")
        codes = await asyncio.gather(*(outcome(pipe) for _ in range(30)))
        assert set(codes) == {FORBIDDEN}
        assert wire.connections == 0
        assert pipe.status()["circuit"] == "closed"
        await pipe.close()


class TestDeclaration:
    @pytest.mark.parametrize(
        "egress",
        [
            Egress(),
            Egress(networks=("10.0.0.0/8", "::1/128", "127.0.0.1")),
            Egress(redirects=3, origins=("https://cdn.example", "http://cdn.example:8080")),
        ],
    )
    def test_what_can_be_meant(self, egress: Egress) -> None:
        assert egress.problems() == []

    @pytest.mark.parametrize(
        ("egress", "about"),
        [
            (Egress(networks=("10.0.0.1/8",)), "networks"),
            (Egress(networks=("crm.example",)), "networks"),
            (Egress(networks="10.0.0.0/8"), "networks"),  # type: ignore[arg-type]  # a mistake
            (Egress(networks=(10,)), "networks"),  # type: ignore[arg-type]  # a mistake
            (Egress(redirects=-1), "redirects"),
            (Egress(redirects=99), "redirects"),
            (Egress(redirects=1, origins=("cdn.example",)), "origins"),
            (Egress(redirects=1, origins=("https://cdn.example/path",)), "origins"),
            (Egress(redirects=1, origins=("https://user:pw@cdn.example",)), "origins"),
            (Egress(redirects=1, origins=("https://CDN.example:443",)), "origins"),
            (Egress(redirects=1, origins="https://cdn.example"), "origins"),  # type: ignore[arg-type]  # a mistake
            (Egress(origins=("https://cdn.example",)), "redirects"),
        ],
    )
    def test_what_cannot(self, egress: Egress, about: str) -> None:
        (problem,) = egress.problems()
        assert about in problem
