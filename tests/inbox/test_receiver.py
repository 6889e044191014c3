from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.inbox.database import rows
from tests.inbox.serving import Receiver
from tests.inbox.vendor import (
    PAYMENTS_SECRET,
    environment,
    payment_event,
    shipment_event,
    sign_standard,
    sign_stripe,
)

BODY = payment_event()


def count(receiver: Receiver) -> int:
    ((number,),) = rows(receiver.database, "SELECT count(*) FROM events")
    return int(number)


def deliver(receiver: Receiver, body: bytes = BODY, offset: float = 0) -> tuple[int, dict[str, Any]]:
    response = receiver.post("payments", body, sign_stripe(body, receiver.clock[0] + offset))
    return response.status_code, response.json()


def test_a_signed_event_is_stored_before_the_answer(receiver: Receiver) -> None:
    assert deliver(receiver) == (200, {"status": "stored", "event": "evt_pi_1_1"})
    assert rows(receiver.database, "SELECT upstream, event_id, body FROM events") == [
        ("payments", "evt_pi_1_1", BODY)
    ]


def test_a_retry_is_a_duplicate_and_a_replay_is_a_conflict(receiver: Receiver) -> None:
    deliver(receiver)
    assert deliver(receiver, offset=1) == (200, {"status": "duplicate", "event": "evt_pi_1_1"})
    status, answer = deliver(receiver)
    assert status == 409
    assert list(answer) == ["error"]
    assert count(receiver) == 1


def test_standard_webhooks_are_received(receiver: Receiver) -> None:
    body = shipment_event()
    headers = sign_standard(body, "msg_1", receiver.clock[0])
    response = receiver.post("shipments", body, headers)
    assert (response.status_code, response.json()) == (200, {"status": "stored", "event": "msg_1"})
    assert receiver.post("shipments", body, headers).status_code == 409
    later = sign_standard(body, "msg_1", receiver.clock[0] + 5)
    assert receiver.post("shipments", body, later).json() == {"status": "duplicate", "event": "msg_1"}


@pytest.mark.parametrize(("offset", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)])
def test_the_tolerance_is_300_seconds(receiver: Receiver, offset: int, status: int) -> None:
    assert deliver(receiver, offset=offset)[0] == status
    assert count(receiver) == (status == 200)


def test_a_replay_is_refused_once_it_is_old(receiver: Receiver) -> None:
    headers = sign_stripe(BODY, receiver.clock[0])
    assert receiver.post("payments", BODY, headers).status_code == 200
    receiver.clock[0] += 4 * 86_400
    assert receiver.post("payments", BODY, headers).status_code == 401
    assert deliver(receiver) == (200, {"status": "duplicate", "event": "evt_pi_1_1"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"stripe-signature": "t=1,v1="}, 401),
        ({"stripe-signature": b"t=1,v1=\xe9"}, 400),
        ({"stripe-signature": "v1," + "x" * 9000}, 400),
        ({"stripe-signature": f"t=1,v1={'0' * 64}"}, 401),
    ],
)
def test_a_wrong_signature_is_one_clear_message_and_stores_nothing(
    receiver: Receiver, headers: dict[str, Any], status: int
) -> None:
    response = receiver.post("payments", BODY, headers)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert count(receiver) == 0


def test_an_authentic_body_that_is_not_json_stores_nothing(receiver: Receiver) -> None:
    assert deliver(receiver, b"id=1") == (400, {"error": "the body is not JSON"})
    assert count(receiver) == 0


def test_an_unknown_upstream_is_not_told_the_known_ones(receiver: Receiver) -> None:
    response = receiver.post("nobody", BODY, sign_stripe(BODY))
    assert (response.status_code, response.json()) == (404, {"error": "unknown upstream"})


def test_an_upstream_does_not_accept_another_ones_events(receiver: Receiver) -> None:
    assert receiver.post("shipments", BODY, sign_stripe(BODY, receiver.clock[0])).status_code == 400
    assert count(receiver) == 0


def test_a_body_up_to_the_cap_is_taken_and_a_longer_one_refused(receiver: Receiver) -> None:
    fitting = BODY + b" " * (4096 - len(BODY))
    assert deliver(receiver, fitting)[0] == 200
    assert deliver(receiver, payment_event("other") + b" " * 4096)[0] == 413
    assert count(receiver) == 1


def exchange(receiver: Receiver, *parts: bytes) -> bytes:
    """Send raw bytes; the first 1,000 bytes of the answer, as far as it comes before the connection ends."""
    with socket.create_connection(receiver.address, timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        return connection.recv(1000)


CHUNKED = b"POST /webhooks/payments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"


def test_a_chunked_body_is_cut_at_the_cap_before_it_ends(receiver: Receiver) -> None:
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    # No last chunk: an answer that waits for the end of the body would never come.
    assert exchange(receiver, CHUNKED + b"\r\n", chunk, chunk).startswith(b"HTTP/1.1 413")


def test_a_chunked_body_is_verified_as_a_whole(receiver: Receiver) -> None:
    header = f"Stripe-Signature: {sign_stripe(BODY, receiver.clock[0])['stripe-signature']}\r\n\r\n"
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:])]
    answer = exchange(receiver, CHUNKED + header.encode(), *chunks, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_an_announced_length_beyond_the_cap_is_refused_unread(receiver: Receiver) -> None:
    head = b"POST /webhooks/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    assert exchange(receiver, head).startswith(b"HTTP/1.1 413")


def test_a_connection_that_ends_inside_the_body_is_harmless(receiver: Receiver) -> None:
    head = b"POST /webhooks/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection(receiver.address) as connection:
        connection.sendall(head + b"{")
    assert deliver(receiver)[0] == 200


def test_two_live_secrets_are_accepted(database: Path) -> None:
    variables = environment(payments_secret=f"{PAYMENTS_SECRET},whsec_new")
    with Receiver(database, variables) as receiver:
        body = payment_event("other")
        headers = sign_stripe(body, receiver.clock[0], "whsec_new")
        assert receiver.post("payments", body, headers).status_code == 200
        assert deliver(receiver)[0] == 200


def test_a_database_that_fails_answers_503_and_recovers(receiver: Receiver) -> None:
    rows(receiver.database, "ALTER TABLE events RENAME TO away")
    response = receiver.post("payments", BODY, sign_stripe(BODY, receiver.clock[0]))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert list(response.json()) == ["error"]
    rows(receiver.database, "ALTER TABLE away RENAME TO events")
    assert deliver(receiver)[0] == 200


@pytest.fixture
def narrow(database: Path) -> Iterator[Receiver]:
    with Receiver(database, max_waiting=4) as receiver:
        yield receiver


def test_a_full_queue_answers_503_and_loses_nothing_it_took(narrow: Receiver) -> None:
    bodies = [payment_event(f"pi_{n}") for n in range(16)]

    def post(body: bytes) -> tuple[int, str | None]:
        response = narrow.post("payments", body, sign_stripe(body, narrow.clock[0]))
        return response.status_code, response.headers.get("retry-after")

    with (
        closing(sqlite3.connect(narrow.database, isolation_level=None)) as other,
        ThreadPoolExecutor(16) as pool,
    ):
        # While another process holds the write lock, nothing commits and the queue fills.
        other.execute("BEGIN IMMEDIATE")
        answers = [pool.submit(post, body) for body in bodies]
        while sum(answer.done() for answer in answers) < 12:
            time.sleep(0.01)
        other.execute("ROLLBACK")
        outcomes = [answer.result() for answer in answers]
    assert sorted(outcomes, key=str) == [(200, None)] * 4 + [(503, "1")] * 12
    assert count(narrow) == 4


def test_each_delivery_is_one_log_line_without_body_and_signature(receiver: Receiver) -> None:
    secretive = payment_event("pi_canary", event_id="evt_1")
    headers = sign_stripe(secretive, receiver.clock[0])
    with capture_logs() as logs:
        receiver.post("payments", secretive, headers)
        receiver.post("payments", secretive, headers)
        receiver.post("payments", secretive, {"stripe-signature": "t=1,v1=canary"})
        receiver.post("canary", secretive, headers)
    lines = [entry for entry in logs if entry["event"] == "webhook"]
    assert [(line["upstream"], line["outcome"], line["log_level"]) for line in lines] == [
        ("payments", "stored", "info"),
        ("payments", "replayed", "warning"),
        ("payments", "refused", "warning"),
        (None, "refused", "warning"),
    ]
    assert [line["event_id"] for line in lines] == ["evt_1", "evt_1", None, None]
    assert all(line["duration_ms"] >= 0 for line in lines)
    assert "canary" not in repr(lines)
    assert headers["stripe-signature"] not in repr(lines)
