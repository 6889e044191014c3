"""Addresses of upstreams."""

from __future__ import annotations

import pytest

from patchbay.address import Address, parse_address
from tests.patchbay.calling import CANARY


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://h", Address("http", "h", 80, "/", "")),
        ("HTTPS://CRM.Example/api/v2/", Address("https", "crm.example", 443, "/api/v2/", "/api/v2/")),
        ("http://127.0.0.1:8101/a?b=%2F&c", Address("http", "127.0.0.1", 8101, "/a?b=%2F&c", "/a")),
        ("http://[::1]:80/", Address("http", "::1", 80, "/", "/")),
        ("https://h:443?wsdl", Address("https", "h", 443, "/?wsdl", "")),
        (
            "http://straße.example/é{}",
            Address("http", "xn--strae-oqa.example", 80, "/%C3%A9%7B%7D", "/%C3%A9%7B%7D"),
        ),
        (f"http://user:{CANARY}@h/x#{CANARY}", Address("http", "h", 80, "/x", "/x")),
        (f"http://{'a' * 70}.invalid", Address("http", f"{'a' * 70}.invalid", 80, "/", "")),
    ],
)
def test_what_a_url_says(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://h:80/x", "http://h"),
        ("https://h:80", "https://h:80"),
        ("http://[::1]/x?y", "http://[::1]"),
        ("https://[fe80::1]:8443", "https://[fe80::1]:8443"),
    ],
)
def test_the_origin_names_a_port_that_is_not_the_schemes_own(url: str, origin: str) -> None:
    assert parse_address(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        CANARY,
        f"//{CANARY}",
        f"ftp://{CANARY}",
        f"file:///{CANARY}",
        f"http:///{CANARY}",
        f"http://?{CANARY}",
        f"http://{CANARY}:x",
        f"http://{CANARY}:99999",
        f"http://{CANARY}:0",
        f"http://{CANARY}:-1",
        f"http://[{CANARY}",
        f"http://[{CANARY}]",
        f"http://[::1]{CANARY}",
        f"http://{CANARY} h",
        f"http://h/\n{CANARY}",
        f"http://{CANARY}\x00",
        f"http://{CANARY}%41",
        f"http://{CANARY}\\@h",
        f"http://{CANARY}!",
        f"http://{CANARY}\u2488",
        f"http://\ud800{CANARY}",
        f"http://{CANARY}/{'x' * 70_000}",
    ],
)
def test_what_no_call_can_go_to_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="not a") as caught:
        parse_address(url)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
