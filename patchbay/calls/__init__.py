"""What surrounds every outbound call; see pipeline.py for the order of its parts."""

from patchbay.calls.breaker import Breaker
from patchbay.calls.cache import HttpCache
from patchbay.calls.call import Call, Limits, Reply
from patchbay.calls.credentials import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientCertificate,
    ClientCredentials,
    Credentials,
    ForwardToken,
    HmacSignature,
    Opened,
    Opening,
    RefreshToken,
    TokenExchange,
)
from patchbay.calls.egress import Egress
from patchbay.calls.options import CallOptions, CallPolicy
from patchbay.calls.pipeline import Pipeline
from patchbay.calls.quota import PerHour, PerMinute, PerSecond, Quota
from patchbay.calls.resources import Resources
from patchbay.calls.retry import Retry
from patchbay.calls.success import require_success

__all__ = [
    "ApiKey",
    "AwsSigV4",
    "Basic",
    "Bearer",
    "Breaker",
    "Call",
    "CallOptions",
    "CallPolicy",
    "ClientCertificate",
    "ClientCredentials",
    "Credentials",
    "Egress",
    "ForwardToken",
    "HmacSignature",
    "HttpCache",
    "Limits",
    "Opened",
    "Opening",
    "PerHour",
    "PerMinute",
    "PerSecond",
    "Pipeline",
    "Quota",
    "RefreshToken",
    "Reply",
    "Resources",
    "Retry",
    "TokenExchange",
    "require_success",
]
