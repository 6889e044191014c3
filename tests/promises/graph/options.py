"""How the upstreams are declared, by case. What a case does not say stays at its default."""

from __future__ import annotations

from typing import Final

from patchbay.calls import CallOptions, Egress, Limits, PerSecond

PLAIN: Final = "plain"
"""The defaults, with a deadline that tests can wait for."""

KEPT: Final = "kept"
"""As plain; the field `keptCustomer` is there in every case, and keeps for STALE_SECONDS."""

LONG_KEPT: Final = "long kept"
"""The same for LONG_STALE_SECONDS."""

HOSTILE: Final = "hostile"
"""Further services whose WSDLs lead astray, and a CRM that is called by a name and may redirect."""

HOSTILE_SERVICES: Final = 6
CRM_NETWORK: Final = "127.0.0.1/32"

DEFAULTS: Final = "defaults"
QUOTA: Final = "quota"

DEADLINE_SECONDS: Final = 1.0
TOTAL_SECONDS: Final = 2.0
"""The deadline of the upstream whose body trickles."""

QUOTA_PER_SECOND: Final = 50
FRESH_SECONDS: Final = 0.5
STALE_SECONDS: Final = 3.0
LONG_STALE_SECONDS: Final = 9.0

_SHORT: Final[CallOptions] = {"limits": Limits(deadline_seconds=DEADLINE_SECONDS)}

CASES: Final[dict[str, dict[str, CallOptions]]] = {
    PLAIN: {},
    KEPT: {},
    LONG_KEPT: {},
    DEFAULTS: {"crm": {}},
    # The breaker would hide how calls of a hung upstream end.
    "no breaker": {name: {**_SHORT, "breaker": None} for name in ("crm", "shop", "erp")},
    "slow": {name: {"limits": Limits(deadline_seconds=TOTAL_SECONDS)} for name in ("crm", "erp")},
    QUOTA: {"crm": {**_SHORT, "quota": PerSecond(QUOTA_PER_SECOND)}},
    HOSTILE: {
        "crm": {**_SHORT, "breaker": None, "egress": Egress(networks=(CRM_NETWORK,), redirects=3)},
        "shop": {**_SHORT, "breaker": None},
    },
    # So patient that nothing but the client's own leave ends a call.
    "patient": {name: {"limits": Limits(deadline_seconds=20.0)} for name in ("crm", "erp")},
}


def options_of(case: str, upstream: str) -> CallOptions:
    """The keyword arguments of this upstream. Raises KeyError for an unknown case."""
    return CASES[case].get(upstream, _SHORT)


def stale_seconds_of(case: str) -> float:
    """For how long what is no longer fresh may be served."""
    return LONG_STALE_SECONDS if case == LONG_KEPT else STALE_SECONDS
