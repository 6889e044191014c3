"""Fetching an issuer's public keys, through the pipeline that all outbound calls take."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from patchbay.access.proofs.issuer import is_loopback, is_safe_url
from patchbay.access.proofs.jwks import PublicKeys
from patchbay.address import parse_address
from patchbay.calls.call import Call, Limits
from patchbay.calls.options import CallPolicy
from patchbay.calls.pipeline import Pipeline
from patchbay.calls.success import require_success
from patchbay.errors import UpstreamBadData

if TYPE_CHECKING:
    from patchbay.access.proofs.issuer import Issuer
    from patchbay.access.proofs.jwks import Algorithms
    from patchbay.calls.call import Reply

SOURCE = "JWT issuer"
"""Its name in errors and logs."""

LIMITS = Limits(deadline_seconds=5.0, concurrency=2, max_body_bytes=256 * 1024)
DISCOVERED_SECONDS = 3600.0
"""How long what the discovery document says of the keys' place is believed, as long as they are there."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?([0-9]{1,9})")


class _Discovered(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: Annotated[str, msgspec.Meta(max_length=2048)]


@dataclass(frozen=True)
class Fetched:
    """Keys, and for how long their answer said that they hold; None where it did not say."""

    keys: PublicKeys
    max_age_seconds: float | None


class KeyFetcher:
    """Fetches the keys of one issuer. Open connections are kept; use it in one event loop.

    Args:
        issuer: whose.
        algorithms: its.
    """

    def __init__(self, issuer: Issuer, algorithms: Algorithms) -> None:
        self._issuer = issuer
        self._algorithms = algorithms
        self._policy = CallPolicy(limits=LIMITS, retry=None, breaker=None, egress=issuer.egress)
        self._pipelines: dict[str, Pipeline] = {}
        self._found: tuple[str, float] | None = None
        """The URL that discovery brought, and when (time.monotonic)."""

    async def fetch(self) -> Fetched:
        """The keys as they are now. Raises UpstreamError; the message is for the log."""
        try:
            reply = await self._get(await self._url())
            keys = PublicKeys(reply.body, self._algorithms)
        except ValueError:
            self._found = None
            raise UpstreamBadData(SOURCE, "not a JWKS") from None
        except BaseException:
            # They may have moved.
            self._found = None
            raise
        stated = _MAX_AGE.search(reply.headers.get("cache-control", "").lower())
        return Fetched(keys, float(stated[1]) if stated else None)

    async def close(self) -> None:
        """Close the connections."""
        pipelines = list(self._pipelines.values())
        self._pipelines.clear()
        for pipeline in pipelines:
            await pipeline.close()

    async def _url(self) -> str:
        """Where the keys are."""
        if self._issuer.jwks_url is not None:
            return self._issuer.jwks_url
        now = time.monotonic()
        if self._found is None or now - self._found[1] >= DISCOVERED_SECONDS:
            self._found = (await self._discover(), now)
        return self._found[0]

    async def _discover(self) -> str:
        url = self._issuer.discovery_url
        reply = await self._get(url)
        found = _decoded(reply.body)
        if found is None:
            raise UpstreamBadData(SOURCE, "not a discovery document")
        if found.issuer != self._issuer.issuer:
            raise UpstreamBadData(SOURCE, "a discovery document of another issuer", "$.issuer")
        # Nobody but who names this machine in a setting may send calls there.
        if not is_safe_url(found.jwks_uri, loopback=is_loopback(parse_address(url))):
            raise UpstreamBadData(SOURCE, "a URL that keys are not fetched from", "$.jwks_uri")
        return found.jwks_uri

    async def _get(self, url: str) -> Reply:
        address = parse_address(url)
        pipeline = self._pipelines.get(address.origin)
        if pipeline is None:
            pipeline = self._pipelines[address.origin] = Pipeline(SOURCE, address.origin, policy=self._policy)
        reply = await pipeline.send(Call("GET keys", "GET", address.target, {"Accept": "application/json"}))
        require_success(SOURCE, reply)
        return reply


def _decoded(body: bytes) -> _Discovered | None:
    try:
        return msgspec.json.decode(body, type=_Discovered)
    except (ValueError, RecursionError):
        return None
