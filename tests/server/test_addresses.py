"""Whose address it is, with and without proxies in between."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.errors import ConfigurationError
from patchbay.server.addresses import MOST_HOPS, UNKNOWN, TrustedProxies, address_of, site_of

PROXIES = TrustedProxies(("10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"))


def scope(client: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return {"client": client and (client, 4711), "headers": [(b"host", b"x"), *headers]}


@pytest.mark.parametrize(
    ("client", "forwarded", "expected"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["203.0.113.5", "10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.9, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["10.9.9.9, 10.0.0.2"], "10.9.9.9"),
        ("192.0.2.7", [" 203.0.113.5 "], "203.0.113.5"),
        ("192.0.2.8", ["203.0.113.5"], "192.0.2.8"),
        ("::ffff:10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("2001:DB8:1::1", ["2001:0db8:2:0::0001"], "2001:db8:2::1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("10.0.0.1", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.0.0.1", ["[2001:db8:2::1]:4711"], "2001:db8:2::1"),
        ("10.0.0.1", ["2001:db8:2::1"], "2001:db8:2::1"),
        ("10.0.0.1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        (None, ["203.0.113.5"], UNKNOWN),
        ("/run/patchbay.sock", ["203.0.113.5"], UNKNOWN),
    ],
)
def test_the_last_hop_that_is_no_trusted_proxy_is_the_client(
    client: str | None, forwarded: list[str], expected: str
) -> None:
    assert address_of(scope(client, *forwarded), PROXIES) == expected


@pytest.mark.parametrize(
    "written", ["", ",", "unknown", "_hidden", "1.2.3", "a" * 5000, "203.0.113.5, ", "\xff"]
)
def test_what_is_no_address_is_not_believed_nor_what_stands_before_it(written: str) -> None:
    assert address_of(scope("10.0.0.1", f"198.51.100.9, {written}"), PROXIES) == "10.0.0.1"


def test_nobody_is_trusted_unless_it_is_said() -> None:
    assert address_of(scope("10.0.0.1", "203.0.113.5")) == "10.0.0.1"
    assert address_of(scope("127.0.0.1", "203.0.113.5"), TrustedProxies(())) == "127.0.0.1"


def test_a_client_cannot_make_the_server_read_thousands_of_hops() -> None:
    hops = ["198.51.100.9", *["10.0.0.2"] * 5000]
    assert address_of(scope("10.0.0.1", ", ".join(hops)), PROXIES) == "10.0.0.2"
    hops = ["198.51.100.9", *["10.0.0.2"] * (MOST_HOPS - 1)]
    assert address_of(scope("10.0.0.1", ", ".join(hops)), PROXIES) == "198.51.100.9"


def test_an_ipv6_customer_is_one_site() -> None:
    assert site_of("2001:db8:2:3:a::1") == site_of("2001:db8:2:3:ffff::2") == "2001:db8:2:3::/64"
    assert site_of("2001:db8:2:4::1") != site_of("2001:db8:2:3::1")
    assert site_of("203.0.113.5") == "203.0.113.5"
    assert site_of(UNKNOWN) == UNKNOWN


@pytest.mark.parametrize("name", ["proxy.example.com", "10.0.0.0/33", "10.0.0", "*", "10.0.0.1-10.0.0.9"])
def test_what_is_neither_address_nor_network_keeps_it_from_starting(name: str) -> None:
    with pytest.raises(ConfigurationError, match="PATCHBAY_TRUSTED_PROXIES"):
        TrustedProxies(("10.0.0.1", name))


def test_an_address_with_bits_below_its_network_is_that_network() -> None:
    assert TrustedProxies(("10.1.2.3/8",)).believes("10.9.9.9")
