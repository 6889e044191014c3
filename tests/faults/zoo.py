"""The fault zoo: every way to fail, and what reads by REST and SOAP make of it; for other tests as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults import bombs
from tests.faults.fault import Mode

BAD_DATA: Final = "UPSTREAM_BAD_DATA"
FINE: Final = ""
QUOTA: Final = "UPSTREAM_QUOTA"
REFUSED: Final = "UPSTREAM_REFUSED"
SOAP_FAULT: Final = "SOAP_FAULT"
TIMEOUT: Final = "UPSTREAM_TIMEOUT"
TOO_LARGE: Final = "UPSTREAM_TOO_LARGE"
UNAVAILABLE: Final = "UPSTREAM_UNAVAILABLE"


@dataclass(frozen=True)
class Beast:
    """One way to fail.

    Args:
        mode: of the proxy.
        rest: the code of the error that a REST read ends with; FINE where it ends well.
        soap: the same of a SOAP read.
        arguments: of the proxy's `fault`.
        name: what it is called, the mode where it has no other.
    """

    mode: Mode
    rest: str
    soap: str
    arguments: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.mode


ZOO: Final = (
    Beast("refuse", UNAVAILABLE, UNAVAILABLE),
    Beast("reset_before", UNAVAILABLE, UNAVAILABLE),
    Beast("reset", UNAVAILABLE, UNAVAILABLE),
    Beast("reset_after", UNAVAILABLE, UNAVAILABLE),
    Beast("reset_mid_body", UNAVAILABLE, UNAVAILABLE),
    Beast("truncate", UNAVAILABLE, UNAVAILABLE),
    Beast("half_body", BAD_DATA, BAD_DATA),
    Beast("hang", TIMEOUT, TIMEOUT),
    Beast("trickle", TIMEOUT, TIMEOUT, {"seconds": 0.1}),
    Beast("delay", TIMEOUT, TIMEOUT, {"seconds": 30.0}),
    Beast("status", UNAVAILABLE, UNAVAILABLE, {"status": 500}, "HTTP 500"),
    Beast("status", UNAVAILABLE, UNAVAILABLE, {"status": 503}, "HTTP 503"),
    Beast("status", QUOTA, QUOTA, {"status": 429, "headers": {"Retry-After": "0"}}, "HTTP 429"),
    Beast("status", REFUSED, REFUSED, {"status": 404}, "HTTP 404"),
    Beast("status", REFUSED, REFUSED, {"status": 401}, "HTTP 401"),
    Beast("redirect", REFUSED, REFUSED, {"location": "http://127.0.0.1:9/"}),
    # Who the body is from is known, and it is read as what was declared, whatever it says that it is.
    Beast("wrong_type", FINE, FINE),
    Beast("html", BAD_DATA, BAD_DATA),
    Beast("broken_xml", BAD_DATA, BAD_DATA),
    Beast("bad_utf8", BAD_DATA, BAD_DATA),
    Beast("double_length", UNAVAILABLE, UNAVAILABLE),
    Beast("big_header", UNAVAILABLE, UNAVAILABLE),
    Beast("bad_chunk", UNAVAILABLE, UNAVAILABLE),
    Beast("http2_goaway", UNAVAILABLE, UNAVAILABLE),
    Beast("big_body", TOO_LARGE, TOO_LARGE, {"size_bytes": 10 * 1024 * 1024 + 1}),
    Beast("gzip_bomb", TOO_LARGE, TOO_LARGE),
    Beast("deflate_bomb", TOO_LARGE, TOO_LARGE),
    Beast("nested_gzip", BAD_DATA, BAD_DATA),
    *(
        Beast("xml_bomb", TOO_LARGE, TOO_LARGE, {"kind": kind}, f"xml_bomb {kind}")
        if kind == "text"
        else Beast(
            "xml_bomb", BAD_DATA, BAD_DATA, {"kind": kind, "url": "file:///etc/passwd"}, f"xml_bomb {kind}"
        )
        for kind in bombs.KINDS
    ),
    Beast("soap_fault_11", UNAVAILABLE, SOAP_FAULT),
    Beast("soap_fault_12", UNAVAILABLE, SOAP_FAULT),
)
"""Those that do not need TLS."""

TLS_ZOO: Final = (
    Beast("tls_expired", UNAVAILABLE, UNAVAILABLE),
    Beast("tls_wrong_host", UNAVAILABLE, UNAVAILABLE),
    Beast("tls_unknown", UNAVAILABLE, UNAVAILABLE),
)
"""Those of `tls_url`."""

LATE: Final = ("hang", "trickle", "delay")
"""Modes that end at the deadline, and not at once."""
