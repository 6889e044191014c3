"""Kinds of upstream."""

from patchbay.upstreams.base import Runtime, Upstream
from patchbay.upstreams.graphql import GraphQL
from patchbay.upstreams.graphql_documents import asked_as
from patchbay.upstreams.pushdown import Fields
from patchbay.upstreams.rest import Rest
from patchbay.upstreams.soap import Soap
from patchbay.upstreams.soap_credentials import UsernameToken, Wsse, X509Signature
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords
from patchbay.upstreams.webhook_shape import Gone

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
