"""Kinds of upstream.

Those of SOAP are loaded when they are asked for: zeep and what it needs take a fifth of a second, which
servers and commands without SOAP need not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from patchbay.upstreams.base import Runtime, Upstream
from patchbay.upstreams.graphql import GraphQL
from patchbay.upstreams.graphql_documents import asked_as
from patchbay.upstreams.pushdown import Fields
from patchbay.upstreams.rest import Rest
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords
from patchbay.upstreams.webhook_shape import Gone

if TYPE_CHECKING:
    from patchbay.upstreams.soap import Soap
    from patchbay.upstreams.soap_credentials import UsernameToken, Wsse, X509Signature

__all__ = [
    "Fields",
    "Gone",
    "GraphQL",
    "Rest",
    "Runtime",
    "Soap",
    "Upstream",
    "UsernameToken",
    "Webhook",
    "WebhookRecords",
    "Wsse",
    "X509Signature",
    "asked_as",
]

_SOAP: Final = {
    "Soap": "soap",
    "UsernameToken": "soap_credentials",
    "Wsse": "soap_credentials",
    "X509Signature": "soap_credentials",
}
"""Name -> the module of this package that has it."""


def __getattr__(name: str) -> Any:
    """One of those of SOAP, loaded now."""
    module = _SOAP.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
