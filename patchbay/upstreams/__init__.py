"""Kinds of upstream."""

from patchbay.upstreams.base import Runtime, Upstream
from patchbay.upstreams.rest import Rest
from patchbay.upstreams.soap import Soap
from patchbay.upstreams.soap_credentials import UsernameToken
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords

__all__ = ["Rest", "Runtime", "Soap", "Upstream", "UsernameToken", "Webhook", "WebhookRecords"]
