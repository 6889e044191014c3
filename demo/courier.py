"""Brings signed events to the target: posts, counts, and tries again with backoff, newly signed each time."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

import httpx2

from demo.events import Event, Kind
from demo.signing import standard_headers, stripe_headers

POST_TIMEOUT_SECONDS: Final = 10.0
BACKOFF_FIRST_SECONDS: Final = 0.2
BACKOFF_MAX_SECONDS: Final = 10.0
ATTEMPTS_MAX: Final = 20
PROBE_SECONDS: Final = 0.2
CONNECTIONS_MAX: Final = 16
CONFLICT: Final = 409
PATHS: Final[dict[Kind, str]] = {
    "order": "/webhooks/shop_events",
    "payment": "/webhooks/payments",
    "shipment": "/webhooks/shipments",
}
SECRETS: Final[dict[Kind, str]] = {
    "order": "SHOP_WEBHOOK_SECRET",
    "payment": "PAYMENTS_WEBHOOK_SECRET",
    "shipment": "SHIPMENTS_WEBHOOK_SECRET",
}
"""The environment variables of what events are signed with."""


class Courier:
    """Posts to `target`; `counts` holds posts by kind and status: ``"payment 200"``, ``"payment error"``."""

    def __init__(self, target: str, secrets: Mapping[Kind, str]) -> None:
        self.counts: Counter[str] = Counter()
        self._secrets = secrets
        self._client = httpx2.AsyncClient(
            base_url=target,
            timeout=POST_TIMEOUT_SECONDS,
            trust_env=False,
            verify=ssl.SSLContext(
                ssl.PROTOCOL_TLS_CLIENT
            ),  # the target is on loopback: no store of authorities to load
            limits=httpx2.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX),
        )

    async def wait_for_target(self) -> None:
        """Returns when the target answers GET /health/live."""
        while True:
            try:
                if (await self._client.get("/health/live")).is_success:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(PROBE_SECONDS)

    async def post(self, event: Event) -> int | None:
        """One attempt, signed now; the status, or None when there was no answer."""
        now, secret = int(time.time()), self._secrets[event.kind]
        if event.kind == "payment":
            signature = stripe_headers(secret, event.body, now)
        else:
            signature = standard_headers(secret, event.id, event.body, now)
        headers = {"content-type": "application/json", **signature}
        try:
            response = await self._client.post(PATHS[event.kind], content=event.body, headers=headers)
        except httpx2.HTTPError:
            self.counts[f"{event.kind} error"] += 1
            return None
        self.counts[f"{event.kind} {response.status_code}"] += 1
        return response.status_code

    async def deliver(self, event: Event) -> None:
        """Posts until the event is received, at most ATTEMPTS_MAX times."""
        if not received(await self.post(event)):
            await self.retry(event)

    async def retry(self, event: Event) -> None:
        """Goes on after a first attempt that failed: waits, posts, and waits longer each time."""
        for attempt in range(ATTEMPTS_MAX - 1):
            await asyncio.sleep(min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2**attempt))
            if received(await self.post(event)):
                return

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def received(status: int | None) -> bool:
    """Whether the target has the event: any 2xx, or 409, which says that it had it before."""
    return status is not None and (200 <= status < 300 or status == CONFLICT)  # noqa: PLR2004 - HTTP's own ranges
