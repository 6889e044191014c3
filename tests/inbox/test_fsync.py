"""Promise: between an event's insert and its 2xx there is an fsync."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx2
import pytest

from tests.inbox.respawning import Respawning
from tests.inbox.vendor import payment_event, sign_stripe

EVENTS = 20

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def answers_without_fsync(folder: Path, variant: str) -> int:
    """Deliver events one by one, and count the 200s that had no fsync of their own before them."""
    trace = folder / "trace"
    calls = "fsync,fdatasync,write,writev,sendto,sendmsg"
    prefix = ("strace", "-f", "-qq", "-s", "16", "-e", f"trace={calls}", "-o", str(trace))
    with Respawning(folder / "inbox.sqlite3", variant, prefix) as receiver:
        receiver.start()
        with httpx2.Client(base_url=receiver.url, trust_env=False, timeout=20) as client:
            for n in range(EVENTS):
                body = payment_event(f"pi_{n}")
                answer = client.post("/webhooks/payments", content=body, headers=sign_stripe(body))
                assert answer.status_code == 200
    answers = bare = 0
    synced = False
    for line in trace.read_text(errors="replace").splitlines():
        if "HTTP/1.1 200" in line:
            answers += 1
            bare += not synced
            synced = False
        elif "sync" in line and line.rstrip().endswith("= 0"):
            synced = True
    assert answers == EVENTS
    return bare


def test_every_acknowledgement_has_an_fsync_before_it(tmp_path: Path) -> None:
    assert answers_without_fsync(tmp_path, "as it is") == 0


def test_the_test_above_notices_commits_without_fsync(tmp_path: Path) -> None:
    assert answers_without_fsync(tmp_path, "no fsync") > 0
