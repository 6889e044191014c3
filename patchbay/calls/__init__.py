"""What surrounds every outbound call; see pipeline.py for the order of its parts."""

from patchbay.calls.breaker import Breaker
from patchbay.calls.cache import HttpCache
from patchbay.calls.call import Call, Limits, Reply
from patchbay.calls.credentials import ApiKey, Basic, Bearer, Credentials, Opened, Opening
from patchbay.calls.egress import Egress
from patchbay.calls.options import CallOptions, CallPolicy
from patchbay.calls.pipeline import Pipeline
from patchbay.calls.quota import PerHour, PerMinute, PerSecond, Quota
from patchbay.calls.resources import Resources
from patchbay.calls.retry import Retry
from patchbay.calls.success import require_success

__all__ = [
    "ApiKey",
    "Basic",
    "Bearer",
    "Breaker",
    "Call",
    "CallOptions",
    "CallPolicy",
    "Credentials",
    "Egress",
    "HttpCache",
    "Limits",
    "Opened",
    "Opening",
    "PerHour",
    "PerMinute",
    "PerSecond",
    "Pipeline",
    "Quota",
    "Reply",
    "Resources",
    "Retry",
    "require_success",
]
