"""A vendor that delivers signed events, each until it is acknowledged, and the databases it is tried on."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from patchbay.environment import Secret
from tests.inbox.database import Location
from tests.inbox.vendor import payment_event, sign_stripe
from tests.promises.inbox_mutants import DATABASES
from tests.promises.load import Client
from tests.promises.row import Conditions

if TYPE_CHECKING:
    from tests.inbox.respawning import Respawning
    from tests.promises.world import World

KEYS: Final = 97
"""How many payments the events tell of."""

PAUSE_SECONDS: Final = 0.005
"""Before a delivery is tried again."""


class Delivery:
    """One delivery of an event, as it stands on the wire.

    Args:
        upstream: whose webhook it goes to; it is signed as Stripe signs.
        body: the event.
        at: epoch seconds, when it is signed; None for now.
    """

    __slots__ = ("request",)

    def __init__(self, upstream: str, body: bytes, at: float | None = None) -> None:
        self.request = posted(upstream, body, sign_stripe(body, at))


def posted(upstream: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The request that delivers it, with its signature in the headers."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST /webhooks/{upstream} HTTP/1.1\r\nHost: patchbay\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def event(number: int, *, keys: int = KEYS, type_: str = "payment") -> bytes:
    """Event `evt_{number}`, which tells of version `number` of one of some payments."""
    return payment_event(f"pi_{number % keys}", number, event_id=f"evt_{number}", type_=type_)


async def deliver_once(client: Client, delivery: Delivery) -> tuple[int, dict[str, str]]:
    """What is answered: 0 and nothing where the connection breaks."""
    try:
        status, body = await client.exchange(delivery.request)
    except (OSError, EOFError):
        return 0, {}
    return status, orjson.loads(body)


async def deliver(client: Client, upstream: str, body: bytes) -> str:
    """Deliver it until it is acknowledged, signed anew each time, as vendors do; what was said of it."""
    while True:
        status, answer = await deliver_once(client, Delivery(upstream, body))
        if status == 200:
            return answer["status"]
        if status == 409:
            return "replayed"
        assert status in (0, 503), (status, answer)
        await asyncio.sleep(PAUSE_SECONDS)


def databases(conditions: Conditions) -> list[str]:
    """Which ones a row is measured on: with a mutant, on that mutant's."""
    return [each for each in DATABASES if (conditions.mutant or each.lower()).endswith(each.lower())]


@contextmanager
def database(name: str, world: World) -> Iterator[Location]:
    """A new, empty database of this name."""
    if name == "PostgreSQL":
        yield Secret(world.postgres.new_url(), "PATCHBAY_DATABASE_URL")
        return
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        yield Path(folder, "inbox.sqlite3")


@contextmanager
def receiving(world: World, location: Location, mutant: str | None, **how: Any) -> Iterator[Respawning]:
    """A receiver on this database, see Respawning.start; at the end it is killed."""
    receiver = world.receiver
    receiver.start(location, mutant, **how)
    try:
        yield receiver
    finally:
        receiver.kill()
