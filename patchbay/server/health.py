"""Whether the server runs, and which upstreams it can reach.

An upstream that is down does not make the server unready: it still answers everything else, and taking
all replicas out of rotation would turn one outage into a whole one. Readiness fails only where nothing
would work.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Request, Response

from patchbay.errors import PatchbayError, UpstreamTimeout
from patchbay.inbox import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.inbox import Inbox
    from patchbay.upstreams import Upstream

CHECK_DEADLINE_SECONDS = 2.0
REPORT_MAX_AGE_SECONDS = 2.0


class Readiness:
    """Checks upstreams at most every REPORT_MAX_AGE_SECONDS, however often it is asked."""

    def __init__(self, upstreams: Sequence[Upstream], inbox: Inbox) -> None:
        self._upstreams = upstreams
        self._inbox = inbox
        self._lock = asyncio.Lock()
        self._report: tuple[bool, dict[str, Any]] = (False, {})
        self._checked_at = float("-inf")

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """(ready, report): the report has a status, the inbox, and each upstream by name."""
        async with self._lock:
            if time.monotonic() - self._checked_at > REPORT_MAX_AGE_SECONDS:
                self._report = await self._check()
                self._checked_at = time.monotonic()
            return self._report

    def calls(self) -> dict[str, Any]:
        """How the calls of each upstream that is called do, by its name; see Pipeline.status."""
        found = {upstream.name: upstream.status() for upstream in self._upstreams}
        return {name: status for name, status in found.items() if status}

    async def _check(self) -> tuple[bool, dict[str, Any]]:
        states = await asyncio.gather(*map(_state, self._upstreams))
        inbox = await self._check_inbox()
        ready = bool(inbox["ok"])
        reachable = all(state["reachable"] for state in states)
        upstreams = {upstream.name: state for upstream, state in zip(self._upstreams, states, strict=True)}
        status = ("ready" if reachable else "degraded") if ready else "unready"
        return ready, {"status": status, "inbox": inbox, "upstreams": upstreams}

    async def _check_inbox(self) -> dict[str, Any]:
        try:
            await self._inbox.check()
            status = await self._inbox.status()
        except InboxUnavailable as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True, **msgspec.structs.asdict(status)}


async def _state(upstream: Upstream) -> dict[str, Any]:
    try:
        async with asyncio.timeout(CHECK_DEADLINE_SECONDS):
            await upstream.check()
    except TimeoutError:
        return _unreachable(upstream, UpstreamTimeout(upstream.name, CHECK_DEADLINE_SECONDS))
    except PatchbayError as error:
        return _unreachable(upstream, error)
    return {"kind": upstream.kind, "reachable": True}


def _unreachable(upstream: Upstream, error: PatchbayError) -> dict[str, Any]:
    return {"kind": upstream.kind, "reachable": False, "code": error.code, "error": str(error)}


def health_router(readiness: Readiness) -> APIRouter:
    """The routes under /health.

    live: 200 while the process serves. ready: 200, or 503 when unready or about to end. inbox: what waits,
    what was given up, and who leads. upstreams: breaker, places, quota and counters of each.
    """
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.api_route("/live", methods=["GET", "HEAD"])
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.api_route("/ready", methods=["GET", "HEAD"])
    async def ready(request: Request, response: Response) -> dict[str, Any]:
        if getattr(request.app.state, "is_draining", False):
            # See patchbay.server.drain.
            response.status_code = 503
            return {"status": "draining"}
        is_ready, report = await readiness.report()
        if not is_ready:
            response.status_code = 503
        return report

    @router.get("/inbox")
    async def inbox(response: Response) -> dict[str, Any]:
        is_ready, report = await readiness.report()
        if not is_ready:
            response.status_code = 503
        shown: dict[str, Any] = report["inbox"]
        return shown

    @router.get("/upstreams")
    async def upstreams() -> dict[str, Any]:
        return readiness.calls()

    return router
