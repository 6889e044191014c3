"""What a pipeline is given and gives back: a call, its answer, and the limits that both keep to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class Limits:
    """What one upstream may take of the server.

    Args:
        deadline_seconds: for one whole call, from waiting for a free place to the last byte of the body.
        concurrency: calls under way at once; more wait inside their deadline.
        max_body_bytes: of an answer, after decompression.
    """

    deadline_seconds: float = 5.0
    concurrency: int = 20
    max_body_bytes: int = 10 * 1024 * 1024

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            "limits.deadline_seconds must be more than 0": self.deadline_seconds > 0,
            "limits.concurrency must be at least 1": self.concurrency >= 1,
            "limits.max_body_bytes must be at least 1": self.max_body_bytes >= 1,
        }
        return [problem for problem, is_well in pairs.items() if not is_well]


ANEW: Mapping[str, str] = {"Cache-Control": "no-cache"}
"""Headers of a call that shall be answered by the upstream itself, and by nothing that is kept on the way."""


class Call(msgspec.Struct, frozen=True):
    """One call to make. It prints as its operation: headers and body can hold credentials.

    Args:
        operation: its name in logs and counters, as in "GET /customers" or "GetStockLevels".
        method: the HTTP method.
        target: path and query, encoded, relative to the upstream's base URL.
        headers: beside credentials and those that the client sets itself.
        body: the request body, or None.
        safe: it changes nothing, so that it may be made again, shared and kept. A GET always is.
    """

    operation: str
    method: str
    target: str
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    safe: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether it changes nothing."""
        return self.safe or self.method == "GET"

    def __repr__(self) -> str:
        return f"<call {self.operation}>"


class Reply(msgspec.Struct, frozen=True):
    """A whole answer, of whatever status. It prints as its status: the rest is the upstream's data.

    `headers` has names in lower case; the values of one that came several times stand with commas between.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<reply {self.status}>"
