"""What the receiver answers, logs and counts where schemes differ."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from patchbay.environment import Environment
from patchbay.inbox.signatures import GitHubSignature, PayPalSignature, SlackSignature
from patchbay.server.health import Readiness
from patchbay.upstreams.webhook import Webhook
from tests.inbox.database import rows
from tests.inbox.paypal import PayPal
from tests.inbox.serving import Receiver
from tests.inbox.signing import sign_github, sign_slack
from tests.inbox.vendor import PAYMENTS_SECRET, SHIPMENTS_SECRET

SECRET = "secret-of-today"
WEBHOOK_ID = "1JE4291016473214C"
BODY = b'{"event_id":"Ev1","type":"message"}'
NOTHING = {
    "received": 0,
    "stored": 0,
    "duplicates": 0,
    "replayed": 0,
    "challenges": 0,
    "unavailable": 0,
    "refused": {"malformed": 0, "signature": 0, "timestamp": 0, "too_long": 0, "broken_off": 0},
    "repeats": 0,
    "differs": 0,
}


@dataclass
class World:
    """A receiver for three vendors."""

    receiver: Receiver
    paypal: PayPal
    webhooks: dict[str, Webhook]

    def github(self, body: bytes = BODY, event_id: str = "d-1") -> tuple[int, dict[str, Any]]:
        headers = {**sign_github(body, 0, SECRET), "x-github-delivery": event_id}
        response = self.receiver.post("github", body, headers)
        return response.status_code, response.json()

    def slack(self, body: bytes = BODY, offset: float = 0) -> tuple[int, dict[str, Any]]:
        headers = sign_slack(body, self.receiver.clock[0] + offset, SECRET)
        response = self.receiver.post("slack", body, headers)
        return response.status_code, response.json()

    def counted(self, name: str) -> dict[str, Any]:
        """The counters that are not 0."""
        status: Any = self.webhooks[name].status()["deliveries"]
        refused = {key: value for key, value in status.pop("refused").items() if value}
        found = {key: value for key, value in status.items() if value}
        return {**found, **({"refused": refused} if refused else {})}


@pytest.fixture
def world(database: Path, tmp_path: Path) -> Iterator[World]:
    with PayPal(tmp_path) as paypal:
        webhooks = {
            "github": Webhook("github", signature=GitHubSignature("GITHUB_SECRET")),
            "slack": Webhook("slack", signature=SlackSignature("SLACK_SECRET")),
            "paypal": Webhook("paypal", signature=PayPalSignature("PAYPAL_ID", site=paypal.site)),
        }
        variables = {
            "PAYMENTS_WEBHOOK_SECRET": PAYMENTS_SECRET,
            "SHIPMENTS_WEBHOOK_SECRET": SHIPMENTS_SECRET,
            "GITHUB_SECRET": SECRET,
            "SLACK_SECRET": SECRET,
            "PAYPAL_ID": WEBHOOK_ID,
        }
        with Receiver(database, Environment(variables), others=list(webhooks.values())) as receiver:
            yield World(receiver, paypal, webhooks)


def stored(world: World) -> int:
    ((number,),) = rows(world.receiver.database, "SELECT count(*) FROM events")
    return int(number)


def test_without_a_signed_time_the_same_delivery_again_is_a_duplicate(world: World) -> None:
    assert world.github() == (200, {"status": "stored", "event": "d-1"})
    assert world.github() == (200, {"status": "duplicate", "event": "d-1"})
    assert world.slack() == (200, {"status": "stored", "event": "Ev1"})
    assert world.slack(offset=1) == (200, {"status": "duplicate", "event": "Ev1"})
    assert world.slack()[0] == 409
    assert stored(world) == 2
    assert world.counted("github") == {"received": 2, "stored": 1, "duplicates": 1}
    assert world.counted("slack") == {"received": 3, "stored": 1, "duplicates": 1, "replayed": 1}


def test_the_same_body_under_another_id_is_stored_and_told(world: World) -> None:
    world.github()
    with capture_logs() as logs:
        assert world.github(event_id="d-2") == (200, {"status": "stored", "event": "d-2", "repeats": "d-1"})
    (line,) = (entry for entry in logs if entry["event"] == "webhook")
    assert (line["repeats"], line["differs"], line["log_level"]) == ("d-1", False, "info")
    assert world.counted("github") == {"received": 2, "stored": 2, "repeats": 1}


def test_a_known_id_with_another_body_keeps_the_first_and_is_warned_of(world: World) -> None:
    world.github()
    with capture_logs() as logs:
        assert world.github(b'{"other":1}') == (200, {"status": "duplicate", "event": "d-1"})
    (line,) = (entry for entry in logs if entry["event"] == "webhook")
    assert (line["repeats"], line["differs"], line["log_level"]) == (None, True, "warning")
    assert rows(world.receiver.database, "SELECT body, type FROM events") == [(BODY, "issues")]
    assert world.counted("github") == {"received": 2, "stored": 1, "duplicates": 1, "differs": 1}


def test_a_challenge_is_answered_and_stores_nothing(world: World) -> None:
    body = b'{"token":"x","challenge":"3eZbrw1a","type":"url_verification"}'
    assert world.slack(body) == (200, {"challenge": "3eZbrw1a"})
    forged = world.receiver.post("slack", body, sign_slack(body, world.receiver.clock[0], "another"))
    assert forged.status_code == 401
    assert "3eZbrw1a" not in forged.text
    assert stored(world) == 0
    assert world.counted("slack") == {"received": 2, "challenges": 1, "refused": {"signature": 1}}


def test_refusals_are_counted_by_reason(world: World) -> None:
    assert world.slack(offset=-301)[0] == 401
    assert world.slack(b"[")[0] == 400
    assert world.slack(b'{"a":"%s"}' % (b"x" * 5000))[0] == 413
    assert world.receiver.post("slack", BODY, {}).status_code == 400
    headers = sign_slack(BODY, world.receiver.clock[0], "another")
    assert world.receiver.post("slack", BODY, headers).status_code == 401
    head = b"POST /webhooks/slack HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection(world.receiver.address) as connection:
        connection.sendall(head + b"{")
    end = time.monotonic() + 10
    while not world.counted("slack")["refused"].get("broken_off"):
        assert time.monotonic() < end
        time.sleep(0.01)
    reasons = {"malformed": 2, "signature": 1, "timestamp": 1, "too_long": 1, "broken_off": 1}
    assert world.counted("slack") == {"received": 6, "refused": reasons}


def test_a_database_that_is_away_is_counted(world: World) -> None:
    rows(world.receiver.database, "ALTER TABLE events RENAME TO away")
    assert world.github()[0] == 503
    rows(world.receiver.database, "ALTER TABLE away RENAME TO events")
    assert world.github()[0] == 200
    assert world.counted("github") == {"received": 2, "stored": 1, "unavailable": 1}


def test_an_event_that_cannot_be_judged_yet_is_asked_for_again(world: World) -> None:
    body = b'{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED"}'
    headers = world.paypal.sign(body, world.receiver.clock[0], WEBHOOK_ID)
    world.paypal.status = 503
    response = world.receiver.post("paypal", body, headers)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert response.json() == {"error": "the certificate cannot be fetched now"}
    world.paypal.status = 200
    assert world.receiver.post("paypal", body, headers).json() == {"status": "stored", "event": "WH-1"}
    assert world.receiver.post("paypal", body, headers).json() == {"status": "duplicate", "event": "WH-1"}
    expected = {"received": 3, "stored": 1, "duplicates": 1, "unavailable": 1}
    assert world.counted("paypal") == expected


def test_health_shows_the_deliveries_of_each_webhook(world: World) -> None:
    world.github()
    readiness = Readiness(list(world.webhooks.values()), world.receiver.inbox)
    shown = readiness.calls()
    assert shown["slack"] == {"deliveries": NOTHING}
    assert shown["github"] == {"deliveries": {**NOTHING, "received": 1, "stored": 1}}
