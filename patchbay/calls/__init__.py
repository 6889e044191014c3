"""What surrounds every outbound call: credentials, deadline, concurrency limit, body cap, error mapping."""

from patchbay.calls.call import Call, Limits, Reply
from patchbay.calls.credentials import ApiKey, Basic, Bearer, Credentials
from patchbay.calls.pipeline import Pipeline, require_success

__all__ = [
    "ApiKey",
    "Basic",
    "Bearer",
    "Call",
    "Credentials",
    "Limits",
    "Pipeline",
    "Reply",
    "require_success",
]
