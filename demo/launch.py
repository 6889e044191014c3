"""Starts the demo's services and ends them again; from the command `python -m demo` and from tests.

    with Demo() as demo:                       # or `async with`
        os.environ.update(demo.environment)
        demo["crm"].fault(mode="slow", seconds=2.0, operation="GET /customers")
        assert demo["crm"].calls() == {"GET /customers": 1}
        demo["crm"].heal()
        demo.start_sender("http://127.0.0.1:8000")

All calls of `Demo` and `Upstream` block, for milliseconds once the services run.
"""

import asyncio
import base64
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from demo.process import Upstream
from demo.services import SERVICES

NAMES: Final = tuple(each.name for each in SERVICES)


def credentials() -> dict[str, str]:
    """New credentials for every service and all webhooks, by the name of their environment variable."""
    return {
        **{name: secrets.token_urlsafe(18) for each in SERVICES for name in each.credentials},
        "PAYMENTS_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        **{name: _standard_secret() for name in ("SHIPMENTS_WEBHOOK_SECRET", "SHOP_WEBHOOK_SECRET")},
    }


def _standard_secret() -> str:
    """A secret as Standard Webhooks has them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


class Demo:
    """The services of SERVICES, each a process of its own; the sender once it is started."""

    def __init__(self) -> None:
        self._credentials = credentials()
        self._upstreams = {name: Upstream(name, self._credentials) for name in NAMES}
        self._senders: list[Upstream] = []

    def __getitem__(self, name: str) -> Upstream:
        """The service of this name, or (the one started last) `sender`."""
        return self._senders[-1] if name == "sender" and self._senders else self._upstreams[name]

    def __iter__(self) -> Iterator[Upstream]:
        yield from self._upstreams.values()
        yield from self._senders

    @property
    def environment(self) -> dict[str, str]:
        """Addresses and credentials of all, by the name of their environment variable."""
        addresses = {each.address: f"{self[each.name].url}{each.path}" for each in SERVICES}
        return {**self._credentials, **addresses}

    def start(self) -> None:
        """Starts the upstreams in parallel; StartError, with none left running, when one does not come up."""
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(each.start) for each in self._upstreams.values()]
        failed = next((error for error in (each.exception() for each in starts) if error), None)
        if failed:
            self.stop()
            raise failed

    def start_sender(self, target_url: str, *, order_seconds: float | None = None) -> Upstream:
        """Starts a sender of webhooks to `target_url`, besides those that run already.

        `order_seconds` lie between the orders that it places: 0 for none, None for its own pace.
        """
        pace = () if order_seconds is None else ("--order-seconds", str(order_seconds))
        sender = Upstream("sender", self._credentials, ("--target", target_url, *pace))
        sender.start()
        self._senders.append(sender)
        return sender

    def stop_senders(self) -> None:
        """Ends all senders."""
        _stop(self._senders)
        self._senders.clear()

    def stop(self) -> None:
        """Ends all services, senders first."""
        self.stop_senders()
        _stop(list(self._upstreams.values()))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)


def _stop(services: Sequence[Upstream]) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(Upstream.stop, services))
