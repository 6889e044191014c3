"""What the proxy is told to do, and what it has seen: records that travel between it and a test as JSON."""

from __future__ import annotations

import bisect
from typing import Literal, TypeAlias

import msgspec

Mode: TypeAlias = Literal[
    "delay", "hang", "trickle", "refuse",
    "reset_before", "reset", "reset_after", "reset_mid_body", "truncate",
    "status", "redirect", "wrong_type", "html", "half_body", "broken_xml", "bad_utf8",
    "double_length", "big_header", "bad_chunk", "http2_goaway",
    "big_body", "gzip_bomb", "deflate_bomb", "nested_gzip", "xml_bomb",
    "soap_fault_11", "soap_fault_12",
    "tls_expired", "tls_wrong_host", "tls_unknown",
]  # fmt: skip

WHOLE_CONNECTION: frozenset[Mode] = frozenset(
    ("refuse", "reset_before", "tls_expired", "tls_wrong_host", "tls_unknown")
)
"""Modes that act before there is a request: `only`, `share`, `times` and `seconds` mean nothing to them."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to fail; the modes are described at the top of proxy.py.

    Args:
        mode: which.
        only: acts on requests that hold this text, in their head or body; on all where it is empty.
        share: the share of these requests that it acts on, drawn by a seeded random.
        times: acts so often at most; None has no end.
        seconds: before the answer; for `trickle` before each byte of the body.
        status, headers: of `status`; `headers` also stand in every other answer that the mode makes itself.
        location: of `redirect`.
        size_bytes: of `big_body`, after which it stays well-formed, and of what a bomb grows to.
        kind: of `xml_bomb`: laughs, quadratic, external, parameter, dtd, xinclude, deep, text, attributes or
            namespaces.
        url: what `external`, `parameter`, `dtd` and `xinclude` refer to.
    """

    mode: Mode
    only: str = ""
    share: float = 1.0
    times: int | None = None
    seconds: float = 0.0
    status: int = 503
    headers: dict[str, str] = {}
    location: str = ""
    size_bytes: int = 524_288_000
    kind: str = "laughs"
    url: str = ""


class Request(msgspec.Struct):
    """One request as it came in. Times are time.monotonic()'s, which all processes of a machine share.

    Args:
        at: when it was whole.
        connection: its connection's number.
        method, target: of its first line.
        head: all of its head.
        body_bytes: of its body.
        mode: the fault that acted on it; empty where it was passed on unharmed.
        status: of the answer that was sent, 0 where none was.
        ended_at: when its answer was whole, or the connection gone; None while it is under way.
        abandoned: its client went away before that.
    """

    at: float
    connection: int
    method: str
    target: str
    head: str
    body_bytes: int
    mode: str = ""
    status: int = 0
    ended_at: float | None = None
    abandoned: bool = False


class Connection(msgspec.Struct):
    """One connection of a client; numbers count from 0 since the proxy's start.

    Args:
        opened_at, closed_at: time.monotonic()'s; the latter None while it is open. Where the client closes,
            it is the moment in which the proxy heard of it.
        tls: it came in at the port that speaks TLS, and the handshake went well.
        received_bytes, sent_bytes: the client's requests, and the answers; both without TLS.
    """

    number: int
    opened_at: float
    closed_at: float | None = None
    tls: bool = False
    received_bytes: int = 0
    sent_bytes: int = 0


class Counts(msgspec.Struct, frozen=True):
    """Of everything since the start or the last `reset`; open and under_way are those of now."""

    requests: int
    connections: int
    open: int
    under_way: int


class Seen(msgspec.Struct, frozen=True):
    """What has come in since the start or the last `reset`, in order of arrival."""

    requests: list[Request]
    connections: list[Connection]

    @property
    def arrivals(self) -> list[float]:
        """When each request was whole."""
        return [request.at for request in self.requests]

    def most_within(self, seconds: float) -> int:
        """The most requests that came in within any window of this length."""
        at = self.arrivals
        return max((bisect.bisect_left(at, start + seconds) - n for n, start in enumerate(at)), default=0)
