"""SIGKILL of the whole server during a stream of webhooks: every acknowledged event is there once."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from standardwebhooks import Webhook

from demo.launch import Demo
from tests.serving import GraphServer

KILLS = 6
SENDERS = 4
MIN_ACKNOWLEDGED = 300


class Sender(threading.Thread):
    """Posts signed shipment events, each until it is acknowledged; some of them twice."""

    def __init__(self, number: int, url: str, secret: str, stop: threading.Event) -> None:
        super().__init__()
        self._random = random.Random(number)
        self._number = number
        self._url = f"{url}/webhooks/shipments"
        self._webhook = Webhook(secret)
        self._stop_event = stop
        self.acknowledged: list[str] = []

    def run(self) -> None:
        """Until told to stop."""
        with httpx2.Client(timeout=2, trust_env=False) as client:
            index = 0
            while not self._stop_event.is_set():
                event_id = f"kill_{self._number}_{index}"
                if self._post(client, event_id, index):
                    self.acknowledged.append(event_id)
                    if self._random.random() < 0.2:
                        self._post(client, event_id, index)
                    index += 1
                else:
                    time.sleep(0.02)

    def _post(self, client: httpx2.Client, event_id: str, index: int) -> bool:
        shipment = {
            "id": f"S-{self._number}",
            "order_id": f"O9{self._number}",
            "carrier": "DHL",
            "status": "in_transit",
            "version": index + 1,
            "events": [],
        }
        body = json.dumps({"type": "shipment.updated", "data": shipment})
        now = datetime.now(UTC)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(event_id, now, body),
        }
        try:
            response = client.post(self._url, content=body.encode(), headers=headers)
        except httpx2.TransportError:
            return False
        assert response.status_code in (200, 409, 503), response.text
        return response.status_code != 503


def test_every_acknowledged_event_is_there_once(demo: Demo, tmp_path: Path) -> None:
    database = tmp_path / "inbox.sqlite3"
    server = GraphServer(demo.environment, database)
    server.start()
    stop = threading.Event()
    secret = demo.environment["SHIPMENTS_WEBHOOK_SECRET"]
    senders = [Sender(number, server.url, secret, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    pauses = random.Random(1)
    for _ in range(KILLS):
        time.sleep(pauses.uniform(0.2, 0.6))
        server.kill()
        server.start()
    time.sleep(0.3)
    stop.set()
    for sender in senders:
        sender.join(10)
    acknowledged = [event_id for sender in senders for event_id in sender.acknowledged]
    assert len(acknowledged) >= MIN_ACKNOWLEDGED

    with closing(sqlite3.connect(database)) as connection:
        _wait_until_applied(connection)
        stored = [row[0] for row in connection.execute("SELECT event_id FROM events")]
        states = {row[0] for row in connection.execute("SELECT DISTINCT state FROM events")}
        versions = dict(connection.execute("SELECT key, version FROM records"))
    server.stop()
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert states == {"applied"}
    for number in range(SENDERS):
        newest = max(
            int(event_id.split("_")[2]) for event_id in stored if event_id.startswith(f"kill_{number}_")
        )
        assert versions[f"S-{number}"] == newest + 1


def _wait_until_applied(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + 10
    while connection.execute("SELECT count(*) FROM events WHERE state = 'new'").fetchone() != (0,):
        assert time.monotonic() < deadline, "events wait to be applied"
        time.sleep(0.1)
