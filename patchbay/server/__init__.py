"""The ASGI application: GraphQL over HTTP, WebSocket and SSE, GraphiQL, webhooks, health."""

from patchbay.server.app import create_app
from patchbay.server.schema import GraphSchema
from patchbay.server.serve import serve
from patchbay.server.settings import Settings

__all__ = ["GraphSchema", "Settings", "create_app", "serve"]
