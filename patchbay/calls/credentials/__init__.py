"""Credentials: declared by the names of environment variables, read when the upstream opens.

They are sent to the upstream's own origin only: an adapter names paths, never hosts, and where a redirect to
another origin is followed at all, it is without them.
"""

from patchbay.calls.credentials.base import Credentials, Opened, Opening, Outgoing, Signer
from patchbay.calls.credentials.exchange import TokenExchange
from patchbay.calls.credentials.forward import ForwardToken
from patchbay.calls.credentials.hmac_signed import HmacSignature
from patchbay.calls.credentials.mtls import ClientCertificate
from patchbay.calls.credentials.oauth import ClientCredentials, RefreshToken
from patchbay.calls.credentials.sigv4 import AwsSigV4
from patchbay.calls.credentials.static import ApiKey, Basic, Bearer

__all__ = [
    "ApiKey",
    "AwsSigV4",
    "Basic",
    "Bearer",
    "ClientCertificate",
    "ClientCredentials",
    "Credentials",
    "ForwardToken",
    "HmacSignature",
    "Opened",
    "Opening",
    "Outgoing",
    "RefreshToken",
    "Signer",
    "TokenExchange",
]
