"""Row 21: between the insert of an event and its acknowledgement, the disk has said that it is there."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.inbox.ack_before_commit import PAUSE_SECONDS
from tests.promises.attaching import Attached
from tests.promises.delivering import database, databases, deliver, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.promises.world import World

EVENTS = 200
SHORT_EVENTS = 25
CALLS = "fsync,fdatasync,pwrite64,read,recvfrom,recvmsg,write,writev,sendto,sendmsg"

_CALL = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()")
_LOG = re.compile(r"<[^>]*(?:-wal|/pg_wal/\w+)>")
"""The file that a commit is written to first: SQLite's write-ahead log, or PostgreSQL's."""


class Order:
    """What came before each 200, as a trace of all processes tells: fed line by line.

    Attributes:
        right, wrong: how many 200s there were with and without a log that was written and synced since their
            request came. Requests come one after the other.
    """

    def __init__(self) -> None:
        self.right = self.wrong = 0
        self._is_written = self._is_synced = False
        self._under_way: dict[str, bool] = {}
        """Process -> whether the sync that it is in began after the log was written."""

    def read(self, lines: Iterable[str]) -> None:
        """More of the trace."""
        for line in lines:
            if '"POST /webhooks' in line:
                self._is_written = self._is_synced = False
                self._under_way.clear()
            elif "HTTP/1.1 200" in line:
                self.right += self._is_synced
                self.wrong += not self._is_synced
            elif match := _CALL.match(line):
                self._call(match[1], match[2] or match[3], line, is_begun=match[3] is not None)

    def _call(self, process: str, name: str, line: str, *, is_begun: bool) -> None:
        if name == "pwrite64" and is_begun and _LOG.search(line):
            self._is_written = True
        elif name in ("fsync", "fdatasync"):
            if is_begun:
                self._under_way[process] = self._is_written and _LOG.search(line) is not None
            if line.endswith("= 0") and self._under_way.pop(process, False):
                self._is_synced = True


async def durable_first(world: World, conditions: Conditions) -> Seen:
    """Row 21."""
    seen = Seen()
    for name in databases(conditions):
        with (
            database(name, world) as location,
            tempfile.TemporaryDirectory(dir=world.folder) as folder,
            receiving(world, location, conditions.mutant) as receiver,
        ):
            trace = Path(folder, "trace")
            async with Client(receiver.port) as client:
                # It has connected by the time that it answers.
                await deliver(client, "plain", event(0))
                servers = world.postgres.processes() if name == "PostgreSQL" else ()
                with Attached([receiver.pid, *servers], trace, "-e", f"trace={CALLS}"):
                    await _deliver(client, conditions.count(EVENTS, SHORT_EVENTS))
            order = _order_in(trace)
            seen.note(
                f"{name}: {order.right} of {order.right + order.wrong} answers after it",
                holds=order.wrong == 0 and order.right >= conditions.count(EVENTS, SHORT_EVENTS),
            )
    return seen


def _order_in(trace: Path) -> Order:
    order = Order()
    order.read(trace.read_text(errors="replace").splitlines())
    return order


async def _deliver(client: Client, count: int) -> None:
    for number in range(1, count + 1):
        # To an upstream whose events are not applied: applying has commits of its own.
        assert await deliver(client, "plain", event(number)) == "stored"
        # A commit that comes late must not be taken for the next event's.
        await asyncio.sleep(2 * PAUSE_SECONDS)


ROWS = (
    Row(
        21,
        "durable before the ack",
        "an fdatasync between the insert and every 2xx",
        "Events are delivered one after the other while strace writes down the system calls of the receiver "
        "and, on PostgreSQL, of the server and all its sessions, in one trace. Each 200 must have a write to "
        "the write-ahead log before it that came after its request, and after that an fdatasync of the log "
        "that has ended well.",
        durable_first,
        on_both(
            ack_before_commit="an event is acknowledged first and committed a moment later",
            no_fsync="a commit does not wait for the disk",
        ),
    ),
)
