"""Promise: between an event's insert and its 2xx there is an fsync."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx2
import pytest

from tests.inbox.ack_before_commit import PAUSE_SECONDS
from tests.inbox.respawning import Respawning
from tests.inbox.vendor import payment_event, sign_stripe

EVENTS = 10
CALLS = "fsync,fdatasync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg"


def deliver_one_by_one(url: str) -> None:
    with httpx2.Client(base_url=url, trust_env=False, timeout=20) as client:
        for n in range(EVENTS):
            body = payment_event(f"pi_{n}")
            # To an upstream whose events are not applied: applying has fsyncs of its own.
            answer = client.post("/webhooks/plain", content=body, headers=sign_stripe(body))
            assert answer.status_code == 200
            # A commit that comes late must not be taken for the next event's.
            time.sleep(2 * PAUSE_SECONDS)


def synced_answers(trace: Path) -> list[bool]:
    """For each 200 in turn, whether an fsync ended since its request came."""
    answers: list[bool] = []
    synced = False
    for line in trace.read_text(errors="replace").splitlines():
        if '"POST /webhooks' in line:
            synced = False
        elif "HTTP/1.1 200" in line:
            answers.append(synced)
        elif "sync" in line and line.endswith("= 0"):
            synced = True
    return answers


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_acknowledgement_has_an_fsync_before_it(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    prefix = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "16", "-e", f"trace={CALLS}", "-o", str(trace))
    with Respawning(prefix) as receiver:
        receiver.start(tmp_path / "inbox.sqlite3")
        deliver_one_by_one(receiver.url)
        # Mutants, which must look different, or the test sees nothing.
        for variant in ("no fsync", "ack before commit"):
            receiver.kill()
            receiver.start(tmp_path / f"{variant}.sqlite3", variant)
            deliver_one_by_one(receiver.url)
    answers = synced_answers(trace)
    assert len(answers) == 3 * EVENTS
    assert answers[:EVENTS] == [True] * EVENTS
    assert answers[EVENTS : 2 * EVENTS] == [False] * EVENTS
    assert answers[2 * EVENTS :] == [False] * EVENTS
