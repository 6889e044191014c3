"""The usual adapter over the usual service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import msgspec

from patchbay.batch import Batch
from patchbay.calls import Credentials, Limits
from patchbay.environment import Environment
from patchbay.inbox import Inbox
from patchbay.upstreams import Runtime, Soap
from patchbay.upstreams.soap_credentials import EnvelopeCredentials
from patchbay.upstreams.soap_writes import SoapWrite

DEADLINE_SECONDS = 3.0


class Row(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    count: int
    note: str | None = None
    price: Decimal | None = None


class Put(msgspec.Struct, frozen=True, rename="pascal"):
    total: int


class Rows:
    """An upstream, its read and its write."""

    def __init__(
        self,
        *,
        credentials: Credentials | EnvelopeCredentials | None = None,
        limits: Limits | None = None,
        max_size: int = 50,
    ) -> None:
        limits = limits or Limits(deadline_seconds=DEADLINE_SECONDS)
        # Each test counts what it asks for itself.
        self.soap = Soap(
            "rows", wsdl="ROWS_WSDL", credentials=credentials, limits=limits, retry=None, breaker=None
        )
        self.by_ids: Batch[Row] = self.soap.batch(
            "GetRows", Row, keys="Ids.Id", at="Rows.Row", match="id", max_size=max_size
        )
        self.put: SoapWrite[Put] = self.soap.write("PutRow", Put)


def runtime(values: Mapping[str, str]) -> Runtime:
    return Runtime(Environment(values), Inbox(Path("unused.sqlite3")))


@asynccontextmanager
async def opened(rows: Rows, location: str, **values: str) -> AsyncIterator[Rows]:
    """The upstream, open over the WSDL at `location`, and closed in the end."""
    try:
        await rows.soap.open(runtime({"ROWS_WSDL": location, **values}))
        yield rows
    finally:
        await rows.soap.close()
