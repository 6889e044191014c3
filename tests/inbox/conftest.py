"""An inbox on SQLite and on PostgreSQL, the webhook of payments over it, and a receiver on a real socket.

A test that asks for `location`, `inbox` or `payments` runs on both. One that asks for `database` runs on a
SQLite file, and one that asks for `postgres_location` on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from patchbay.environment import Secret
from patchbay.inbox import Inbox, InboxOptions
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location
from tests.inbox.serving import Receiver
from tests.inbox.vendor import Payment, environment, payments_webhook
from tests.postgres_server import PostgresServer

SOON = InboxOptions(attempts=3, first_backoff_seconds=0.01, max_backoff_seconds=0.02)
"""An event that fails is given up after a moment."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
def postgres_location(postgres: PostgresServer) -> Secret:
    return Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest) -> Location:
    # By name: a test on SQLite needs no server.
    chosen: Location = request.getfixturevalue(
        "database" if request.param == "sqlite" else "postgres_location"
    )
    return chosen


@pytest.fixture
async def inbox(location: Location) -> AsyncIterator[Inbox]:
    inbox = Inbox(location, options=SOON)
    await inbox.open()
    yield inbox
    await inbox.close()


@pytest.fixture
async def payments(inbox: Inbox) -> AsyncIterator[WebhookRecords[Payment]]:
    webhook, records = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    yield records
    await webhook.close()


@pytest.fixture
def receiver(database: Path) -> Iterator[Receiver]:
    with Receiver(database) as receiver:
        yield receiver
