"""Kinds of addresses: against Python's own flags, and against a list of what no name may lead to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.calls.networks import Kind, kind_of, parse_ip, unwrapped

WRAPPINGS = {
    "mapped": "::ffff:0:0",
    "compatible": "::",
    "translated": "::ffff:0:0:0",
    "NAT64": "64:ff9b::",
}

KINDS = {
    Kind.GLOBAL: "1.1.1.1 8.8.8.8 99.255.255.255 172.32.0.1 2606:4700::1111 64:ff9b::808:808",
    Kind.PRIVATE: (
        "10.0.0.1 172.16.0.1 172.31.255.255 192.168.255.1 100.64.0.1 100.127.255.254 fd00::1 fc12::1 "
        "::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1"
    ),
    Kind.LOOPBACK: (
        "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::"
    ),
    Kind.CLOSED: (
        "0.0.0.0 0.1.2.3 169.254.169.254 169.254.170.2 169.254.1.1 100.100.100.200 168.63.129.16 192.0.0.192 "
        "192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 "
        ":: ::2 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001:db8::1 2001::1 3fff::1 100::1 5f00::1 4000::1 "
        "64:ff9b:1::7f00:1 fd00:ec2::254 fd20:ce::254 fd00:c1::a9fe:a9fe ::ffff:169.254.169.254 "
        "64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: ::ffff:0:a9fe:a9fe ::ffff:0.0.0.0"
    ),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in KINDS for text in KINDS[kind].split()])
def test_the_kind_of_an_address(kind: Kind, text: str) -> None:
    assert kind_of(ip_address(text)) is kind


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_what_is_open_has_no_flag_against_it(address: IPv4Address | IPv6Address) -> None:
    inner = unwrapped(address)
    if kind_of(address) not in (Kind.GLOBAL, Kind.PRIVATE):
        return
    flags = ("is_loopback", "is_link_local", "is_unspecified", "is_multicast", "is_reserved")
    assert not any(getattr(inner, flag) for flag in flags)
    if kind_of(address) is Kind.GLOBAL:
        assert inner.is_global
        assert not inner.is_private


@given(st.ip_addresses(v=4), st.sampled_from(sorted(WRAPPINGS)))
def test_another_form_of_an_address_changes_nothing(address: IPv4Address, form: str) -> None:
    if form == "compatible" and address == IPv4Address("0.0.0.1"):
        return
    wrapped = IPv6Address(int(IPv6Address(WRAPPINGS[form])) + int(address))
    assert unwrapped(wrapped) == address
    assert kind_of(wrapped) is kind_of(address)
    to_4 = IPv6Address((0x2002 << 112) + (int(address) << 80) + 7)
    assert kind_of(to_4) is kind_of(address)


@pytest.mark.parametrize(
    "text", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "", "1.2.3.4.", "0"]
)
def test_what_is_no_address_is_a_name(text: str) -> None:
    assert parse_ip(text) is None
