"""Every scheme, and everything that is wrong with a delivery, at a receiver on a real socket: a table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from patchbay.upstreams.webhook import Webhook
from tests.inbox.database import rows
from tests.inbox.paypal import PayPal
from tests.inbox.serving import Receiver
from tests.inbox.signing import Scheme, environment, schemes

NOW = int(time.time())
NAMES = (
    "stripe", "standard", "svix", "ed25519", "slack", "old", "github", "shopify", "legacy", "twilio",
    "twilio-json", "paypal",
)  # fmt: skip
DEEP = b"[" * 1500 + b"]" * 1500
OPTIONAL = (
    "x-github-event", "x-shopify-topic", "x-shopify-event-id", "x-shopify-webhook-id", "x-event-type",
    "i-twilio-idempotency-token",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Case:
    """One delivery.

    Args:
        scheme: whose address it goes to.
        name: what is special about it.
        headers: as they are sent.
        body: as it is sent.
        expected: statuses that are right.
        path: the address.
    """

    scheme: str
    name: str
    headers: Mapping[str, str | bytes]
    body: bytes
    expected: tuple[int, ...]
    path: str

    def __repr__(self) -> str:
        return f"<{self.scheme}: {self.name}>"


@dataclass
class Cases:
    """Gathers the cases of one scheme, at one time."""

    scheme: Scheme
    now: int
    found: list[Case] = field(default_factory=list)

    def add(
        self, name: str, expected: int | tuple[int, ...], *, body: bytes | None = None, **how: Any
    ) -> None:
        """A case.

        Args:
            name: what is special about it.
            expected: the status, or several that are right.
            body: what is signed; None for the vendor's own.
            how: `at` (seconds from now), `secret` (its number), `changes` to the headers, where None leaves
                one out, `sent` in place of the body.
        """
        scheme = self.scheme
        body = scheme.body if body is None else body
        signed = scheme.sign(body, self.now + how.get("at", 0), scheme.secrets[how.get("secret", 0)])
        changed: dict[str, Any] = {**signed, **how.get("changes", {})}
        headers = {key: value for key, value in changed.items() if value is not None}
        statuses = expected if isinstance(expected, tuple) else (expected,)
        path = f"/webhooks/{scheme.name}{scheme.query(body)}"
        self.found.append(Case(scheme.name, name, headers, how.get("sent", body), statuses, path))


def cases(every: list[Scheme], now: int) -> list[Case]:
    """All cases of all schemes, for a receiver whose clock stands at `now`, in epoch seconds."""
    found: list[Case] = []
    for scheme in every:
        gathered = Cases(scheme, now)
        _of_secrets(gathered)
        _of_headers(gathered)
        _of_times(gathered)
        _of_bodies(gathered)
        found += gathered.found
    return found


def _of_secrets(cases: Cases) -> None:
    cases.add("the first live secret", 200)
    cases.add("the second live secret", 200, secret=1)
    cases.add("a secret that is not live", 401, secret=2)


def _of_headers(cases: Cases) -> None:
    scheme = cases.scheme
    header = scheme.header
    good = scheme.sign(scheme.body, cases.now, scheme.secrets[0])[header]
    before, part, after = good.rpartition(scheme.part) if scheme.part else ("", "", good)
    changed = {
        "missing": (None, 400),
        "empty": ("", 400),
        "only what stands before it": (before + part or "=", (400, 401)),
        "a part of it": (before + part + after[:9], 401),
        "one character short": (good[:-1], 200 if good.endswith("=") else 401),
        "something behind it": (good + "AAAA", 401),
        "another one of its length": (before + part + "A" * len(after), 401),
        "its bytes in another writing": (before + part + "!" * len(after), 401),
        "not ASCII": (good.encode() + b"\xe9", 400),
        "only not ASCII": (b"\xff\xfe", 400),
        "too long": (good + "0" * 9000, 400),
        "a list of nothing": ("," * 500, (400, 401)),
        "a list of spaces": ("v1, " * 500 + "x", (400, 401)),
        "of an unknown version": ((before + part).replace("v", "w").replace("sha", "shb") + after, (400, 401))
        if part
        else (after[::-1], 401),
    }
    for name, (value, expected) in changed.items():
        cases.add(f"signature: {name}", expected, changes={header: value})
    others = set(scheme.sign(scheme.body, cases.now, scheme.secrets[0])) - {header}
    for other in sorted(others):
        is_unread = (scheme.name, other) == ("twilio-json", "content-type")
        for name, value in (("not ASCII", b"\xe9"), ("too long", "x" * 9000)):
            cases.add(f"{other}: {name}", 200 if is_unread else 400, changes={other: value})
        is_optional = other in OPTIONAL or is_unread
        cases.add(f"{other}: empty", 200 if is_optional else 400, changes={other: ""})
        cases.add(f"{other}: missing", 200 if is_optional else 400, changes={other: None})


def _of_times(cases: Cases) -> None:
    scheme = cases.scheme
    if scheme.tolerance_seconds is None:
        cases.add("signed long ago", 200, at=-10 * 86_400)
        return
    back, ahead = scheme.tolerance_seconds
    cases.add("at the edge, behind", 200, at=-back)
    cases.add("at the edge, ahead", 200, at=ahead)
    cases.add("a second too late", 401, at=-back - 1)
    cases.add("a second too early", 401, at=ahead + 1)
    cases.add("a clock that is off by hours", 401, at=5 * 3600)
    if scheme.time is None:
        return
    for value in ("soon", "-1", "NaN", "inf", "1e9", "9" * 13, "9" * 3000, "0x5", "", "²"):
        expected = (400, 401)
        cases.add(f"time: {value[:9]}", expected, changes={scheme.time: value.encode("utf-8")})
    cases.add("time: missing", 400, changes={scheme.time: None})
    shifted = scheme.sign(scheme.body, cases.now + 1, scheme.secrets[0])[scheme.time]
    cases.add("time: another than was signed", 401, changes={scheme.time: shifted})


def _of_bodies(cases: Cases) -> None:
    scheme = cases.scheme
    body = scheme.body
    cases.add("body: nothing", 400 if scheme.name == "twilio" else 401, sent=b"")
    cases.add("body: a byte more", 401, sent=body + b" ")
    cases.add("body: a byte less", 401, sent=body[:-1])
    cases.add("body: 10 MB", 413, sent=body + b" " * 10_000_000)
    if body.startswith(b"{"):
        compact = json.dumps(json.loads(body), separators=(",", ":")).encode()
        cases.add("body: parsed and written again", 401, sent=compact)
        for name, odd in {
            "empty": b"", "open": b"{", "a form": b"id=1", "text behind": b'{"id":"a"} x',
            "NaN": b'{"id":NaN}', "deep": DEEP, "half a pair": b'{"id":"\\ud800"}',
        }.items():  # fmt: skip
            cases.add(f"signed, not JSON: {name}", 400, body=odd)
        repeated = (
            b'{"event_id":"a","event_id":"b","id":"a","i\\u0064":"b","data":{"id":"a","id":"b"},"type":"t"}'
        )
        reads_members = scheme.event_id in ("evt_1", "Ev1", "d1")
        cases.add("signed, its id twice", 400 if reads_members else 200, body=repeated)
        cases.add("signed, long number", 200, body=body.replace(b"1.50", b"9" * 3000))
        for odd in (b"[]", b"7", b"null", b'{"id":7.5}', b'{"id":""}', b'{"id":{"id":[]}}', b'{"data":[]}'):
            by_hash = scheme.name == "slack"
            expected = 400 if reads_members and not by_hash else 200
            cases.add(f"signed, no id: {odd.decode()}", expected, body=odd)
    else:
        for odd in (
            b"",
            b"&",
            b"a",
            b"=b",
            b"?x=1",
            b"a=%ff",
            b"a=%",
            b"a=1&a=2&a=1",
            b"a" * 4000,
            b"\xff=1",
        ):
            fine = (b"a=%", b"a=1&a=2&a=1")
            cases.add(f"signed, form: {odd[:9]!r}", 200 if odd in fine else (400, 401), body=odd)


@pytest.fixture(scope="module")
def paypal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayPal]:
    with PayPal(tmp_path_factory.mktemp("paypal")) as paypal:
        yield paypal


@pytest.fixture(scope="module")
def every(paypal: PayPal) -> list[Scheme]:
    return schemes(paypal)


@pytest.fixture(scope="module")
def receiver(every: list[Scheme], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    webhooks = [Webhook(scheme.name, signature=scheme.signature) for scheme in every]
    variables = environment(every)
    database: Path = tmp_path_factory.mktemp("cases") / "inbox.sqlite3"
    with Receiver(database, variables, others=webhooks) as receiver:
        receiver.clock[0] = NOW
        yield receiver


def test_all_schemes_are_in_the_table(every: list[Scheme]) -> None:
    assert tuple(scheme.name for scheme in every) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_delivery_gets_the_right_status(name: str, every: list[Scheme], receiver: Receiver) -> None:
    table = [case for case in cases(every, NOW) if case.scheme == name]
    assert len(table) >= 25
    wrong = []
    for case in table:
        response = receiver.send(case.path, case.body, case.headers)
        # One that an earlier case stored answers as a duplicate, or as a replay where that can be told.
        status = 200 if response.status_code == 409 else response.status_code
        if status not in case.expected:
            wrong.append((case, status, response.text))
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_is_the_vendors_event(name: str, every: list[Scheme], receiver: Receiver) -> None:
    (scheme,) = (each for each in every if each.name == name)
    headers = scheme.sign(scheme.body, NOW, scheme.secrets[0])
    receiver.send(f"/webhooks/{name}{scheme.query(scheme.body)}", scheme.body, headers)
    statement = "SELECT type, body FROM events WHERE upstream = ? AND event_id = ?"
    ((type_, body),) = rows(receiver.database, statement, name, scheme.event_id)
    assert type_ == scheme.type
    if scheme.body.startswith(b"{"):
        assert body == scheme.body
    else:
        assert json.loads(body)["Body"] == "Grüße & mehr"
