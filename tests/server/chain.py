"""The order chain with a server that is killed around each of its steps, and what has happened in the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from standardwebhooks import Webhook

from demo import events
from demo.launch import Demo
from patchbay.environment import Secret
from tests.faults.proxy import FaultProxy
from tests.inbox.database import rows
from tests.serving import GraphServer

SYSTEMS = {"erp": "ERP_WSDL", "carrier": "CARRIER_URL", "accounting": "ACCOUNTING_URL", "chat": "CHAT_URL"}
"""In the order of the steps, with the variables that say where they are."""

WRITES = {"erp": "ReserveStock", "carrier": "POST ", "accounting": "POST ", "chat": "POST "}
"""What a call that changes something holds, and no other."""

PATIENCE_SECONDS = 20.0


class Chain:
    """A server over the demo, with a proxy in front of each system of the chain.

    Args:
        demo: the systems.
        location: of the server's database.
        command: of the server.
        order_id: of the order that is placed.
    """

    def __init__(
        self, demo: Demo, location: Path | Secret, order_id: str, command: Sequence[str] = ("main.py",)
    ) -> None:
        self._demo = demo
        self._location = location
        self._order_id = order_id
        self._proxies = {name: FaultProxy(demo[name].url) for name in SYSTEMS}
        self._before = {name: len(demo[name].happened()) for name in SYSTEMS}
        self._command = command
        self.server: GraphServer
        self.kills = 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """While the server and the proxies run."""
        with ExitStack() as stack:
            environment = dict(self._demo.environment)
            for name, variable in SYSTEMS.items():
                stack.enter_context(self._proxies[name])
                origin = urlsplit(self._proxies[name].url).netloc
                environment[variable] = environment[variable].replace(
                    urlsplit(self._demo[name].url).netloc, origin
                )
            self.server = GraphServer(environment, self._location, self._command)
            stack.enter_context(self.server)
            yield

    def place(self, event_id: str | None = None) -> None:
        """Deliver the event, acknowledged; perhaps under another id than its own."""
        event = events.order_placed(self._order_id)
        event_id = event_id or event.id
        webhook, now = Webhook(self._demo.environment["SHOP_WEBHOOK_SECRET"]), datetime.now(UTC)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(event_id, now, event.body.decode()),
        }
        answer = self.server.request("POST", "/webhooks/shop_events", content=event.body, headers=headers)
        assert answer.status_code == 200, answer.text

    def hold_calls(self, system: str) -> None:
        """Calls that change something there do not reach it."""
        self._proxies[system].fault("hang", only=WRITES[system])

    def hold_answers(self, system: str) -> None:
        """They are carried out, and the answer takes a minute for each byte."""
        self._proxies[system].fault("trickle", only=WRITES[system], seconds=60)

    def heal(self, system: str) -> None:
        self._proxies[system].heal()

    def until_called(self, system: str) -> None:
        """Returns when a call is held there, and the step's `running` is therefore committed."""
        proxy = self._proxies[system]
        until(lambda: any(each.mode == "hang" for each in proxy.seen().requests))
        assert not self.happened(system)

    def until_carried_out(self, system: str) -> None:
        """Returns when something has happened there that the server does not know of yet."""
        until(lambda: bool(self.happened(system)))

    def kill(self) -> None:
        """SIGKILL, and a new start."""
        self.server.kill()
        self.kills += 1
        self.server.start()

    def until_done(self) -> None:
        until(lambda: self.states() == ["done"])

    def states(self) -> list[str]:
        return [str(state) for (state,) in rows(self._location, "SELECT state FROM reactions ORDER BY id")]

    def events(self) -> list[str]:
        """Their states."""
        return [str(state) for (state,) in rows(self._location, "SELECT state FROM events ORDER BY seq")]

    def happened(self, system: str) -> list[dict[str, object]]:
        """What has happened there since the beginning."""
        return self._demo[system].happened()[self._before[system] :]

    def times(self) -> dict[str, set[int]]:
        """System -> how often each different thing has happened there, whatever its id and time."""
        found: dict[str, set[int]] = {}
        for system in SYSTEMS:
            things = Counter(_content(each) for each in self.happened(system))
            found[system] = set(things.values())
        return found

    def calls(self) -> dict[str, int]:
        """How often each system was really called to change something."""
        return {
            system: sum(
                number
                for operation, number in self._demo[system].calls().items()
                if operation.startswith(WRITES[system].strip())
            )
            for system in SYSTEMS
        }


def _content(thing: dict[str, object]) -> bytes:
    own = {"id", "ReservationId", "ReservedAt", "trackingNumber", "createdAt", "booked_at", "sent_at"}
    return msgspec.json.encode({name: value for name, value in thing.items() if name not in own})


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.02)
