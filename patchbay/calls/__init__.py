"""What surrounds every outbound call: credentials, deadline, concurrency limit, body cap, error mapping."""

from patchbay.calls.credentials import ApiKey, Basic, Bearer, Credentials
from patchbay.calls.pipeline import Call, Limits, Pipeline, Reply

__all__ = [
    "ApiKey",
    "Basic",
    "Bearer",
    "Call",
    "Credentials",
    "Limits",
    "Pipeline",
    "Reply",
]
