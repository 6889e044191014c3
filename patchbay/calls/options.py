"""What an adapter can say of an upstream's calls; the same for every kind of upstream that is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

from patchbay.calls.breaker import Breaker
from patchbay.calls.cache import HttpCache
from patchbay.calls.call import Limits
from patchbay.calls.egress import Egress
from patchbay.calls.quota import Quota
from patchbay.calls.retry import Retry


class CallOptions(TypedDict, total=False):
    """Keyword arguments of every kind of upstream that is called.

    limits: what it may take of the server.
    quota: what it allows; None where it says so itself at most.
    retry: how safe calls are made again; None never.
    breaker: when it is left alone; None never.
    cache: keep answers as their headers allow; None keeps none.
    egress: where its calls may lead.
    """

    limits: Limits
    quota: Quota | None
    retry: Retry | None
    breaker: Breaker | None
    cache: HttpCache | None
    egress: Egress


@dataclass(frozen=True)
class CallPolicy:
    """The options of one upstream, with what holds where it says nothing."""

    limits: Limits = field(default_factory=Limits)
    quota: Quota | None = None
    retry: Retry | None = field(default_factory=Retry)
    breaker: Breaker | None = field(default_factory=Breaker)
    cache: HttpCache | None = None
    egress: Egress = field(default_factory=Egress)

    def problems(self) -> list[str]:
        """What cannot be meant, one sentence each; empty where all is well."""
        parts = (self.limits, self.quota, self.retry, self.breaker, self.cache, self.egress)
        return [problem for part in parts if part is not None for problem in part.problems()]
