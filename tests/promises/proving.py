"""Row 24: what a vendor has signed is taken, and nothing else."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from patchbay.inbox.signatures import checks
from patchbay.upstreams.webhook import Webhook
from tests.inbox.paypal import PayPal
from tests.inbox.serving import Receiver
from tests.inbox.signing import environment, schemes
from tests.inbox.test_signature_cases import Case, cases
from tests.promises.inbox_mutants import INBOX_MUTANTS
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World


async def signatures(world: World, conditions: Conditions) -> Seen:
    """Row 24."""
    seen = Seen()
    with (
        tempfile.TemporaryDirectory(dir=world.folder) as folder,
        PayPal(Path(folder)) as paypal,
        _broken(conditions.mutant),
        # A line for each delivery, which would drown the table.
        capture_logs(),
    ):
        every = schemes(paypal)
        webhooks = [Webhook(scheme.name, signature=scheme.signature) for scheme in every]
        with Receiver(Path(folder, "inbox.sqlite3"), environment(every), others=webhooks) as receiver:
            now = int(time.time())
            receiver.clock[0] = now
            table = cases(every, now)
            statuses = [receiver.send(case.path, case.body, case.headers).status_code for case in table]
    right = sum(_is_right(case, status) for case, status in zip(table, statuses, strict=True))
    seen.note(f"{len(every)} schemes: {right:,} of {len(table):,} answers right", holds=right == len(table))
    failures = sum(status >= 500 for status in statuses)
    seen.note(f"{failures} of them 5xx", holds=not failures)
    return seen


def _is_right(case: Case, status: int) -> bool:
    """One that an earlier case stored answers as a replay, where that can be told."""
    return (200 if status == 409 else status) in case.expected


@contextmanager
def _broken(mutant: str | None) -> Iterator[None]:
    """The receiver is in this process, which is mended afterwards."""
    sound = checks.require_match, checks.require_fresh
    if mutant is not None:
        INBOX_MUTANTS[mutant]()
    try:
        yield
    finally:
        checks.require_match, checks.require_fresh = sound


ROWS = (
    Row(
        24,
        "signatures",
        "each vendor's SDK signs; empty, prefix only, re-serialised body, +-301 s, two live secrets, "
        "non-ASCII "
        "header: 100 % right, never a 500",
        "Deliveries to a receiver on a real socket, for every scheme: signed by the vendor's own SDK "
        "where there "
        "is one, and then with what can be wrong about a secret, a header, a time or a body. Each "
        "has a status "
        "that is right.",
        signatures,
        {
            "any-signature": "a signature is not compared with what it should be",
            "any-time": "a delivery may have been signed at any time",
        },
    ),
)
