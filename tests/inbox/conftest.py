"""An open inbox, the two webhooks over it, and a receiver on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from patchbay.inbox import Inbox
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.serving import Receiver
from tests.inbox.vendor import Payment, environment, payments_webhook


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
async def inbox(database: Path) -> AsyncIterator[Inbox]:
    inbox = Inbox(database)
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
