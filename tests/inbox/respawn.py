"""A receiver that can be killed and is back at once: `python -m tests.inbox.respawn`.

One process imports everything and holds the listening socket. It writes the port. For each line on stdin,
which is a Serving as JSON, it waits for the last child's end, forks a child that serves, and writes the
child's pid. At the end of stdin it ends the last child and itself.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import uvicorn

from patchbay.environment import Secret
from patchbay.inbox import Inbox, InboxOptions, retention
from patchbay.inbox.database import postgres, sqlite
from patchbay.inbox.signatures import StripeSignature
from patchbay.upstreams.webhook import Webhook
from tests.inbox import vendor
from tests.inbox.database import Location
from tests.inbox.serving import receiver_app
from tests.promises import mutants

DAY_SECONDS = 86_400.0
CLEANED_EVERY_SECONDS = 0.1


class Serving(msgspec.Struct, frozen=True):
    """How a child serves.

    Args:
        location: a path, or a PostgreSQL's address.
        mutant: what is broken in it, see tests.promises.mutants.
        days: by how much its clock is ahead.
        mended: whether handlers can read what they could not.
        patience_seconds: for a lock in the database; None for the inbox's own.
        options: of the inbox.
    """

    location: str
    mutant: str = ""
    days: float = 0.0
    mended: bool = False
    patience_seconds: float | None = None
    options: dict[str, Any] = {}


def location_of(text: str) -> Location:
    return Secret(text, "PATCHBAY_DATABASE_URL") if text.startswith("postgresql:") else Path(text)


def hanging_webhook() -> Webhook:
    """Its handlers never come back."""
    webhook = Webhook("hanging", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))

    def build(_: vendor.PaymentEvent) -> vendor.Payment | None:
        threading.Event().wait()
        return None

    webhook.records(vendor.Payment, event=vendor.PaymentEvent, build=build, key="id", version="version")
    return webhook


def mended(event: vendor.PaymentEvent) -> vendor.Payment:
    data = event.data
    return vendor.Payment(data.id, data.order_id, data.version, data.status)


def be_impatient(seconds: float) -> None:
    session = postgres._SESSION.replace(f"'{postgres.STATEMENT_SECONDS}s'", f"'{seconds}s'")  # noqa: SLF001 - where it is said to each session
    patch.object(postgres, "_SESSION", session).start()
    patch.object(sqlite, "BUSY_TIMEOUT_SECONDS", seconds).start()


def serve(serving: Serving, listener: socket.socket) -> None:
    mutants.apply(serving.mutant)
    patch.object(retention, "EVERY_SECONDS", CLEANED_EVERY_SECONDS).start()
    if serving.mended:
        patch.object(vendor, "payment_from_event", mended).start()
    if serving.patience_seconds is not None:
        be_impatient(serving.patience_seconds)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)

    def clock() -> float:
        return time.time() + serving.days * DAY_SECONDS

    inbox = Inbox(location_of(serving.location), options=InboxOptions(**serving.options), clock=clock)
    app = receiver_app(inbox, vendor.environment(), clock, (hanging_webhook(),))
    uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on")).run([listener])


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    child = 0
    for line in sys.stdin:
        serving = msgspec.json.decode(line, type=Serving)
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if not child:
            serve(serving, listener)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
