"""Credentials: declared by the names of environment variables, read when the upstream opens.

They are sent to the upstream's own origin only: an adapter names paths, never hosts, and where a redirect to
another origin is followed at all, it is without them.
"""

from patchbay.calls.credentials.base import Credentials, Opened, Opening, Outgoing, Signer
from patchbay.calls.credentials.static import ApiKey, Basic, Bearer

__all__ = ["ApiKey", "Basic", "Bearer", "Credentials", "Opened", "Opening", "Outgoing", "Signer"]
